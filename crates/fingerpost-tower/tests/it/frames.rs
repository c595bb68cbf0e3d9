//! A body of given frames, and a function that returns the result of one poll as text.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};

/// A frame, or `None` for a pending poll.
pub(crate) type Piece = Option<Result<Frame<Bytes>, io::Error>>;

/// A body that returns the next frame, or a pending poll, at each poll.
pub(crate) struct Frames(std::vec::IntoIter<Piece>);

impl Frames {
    pub(crate) fn new(frames: impl IntoIterator<Item = Piece>) -> Self {
        Self(frames.into_iter().collect::<Vec<_>>().into_iter())
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.0.next() {
            Some(None) => Poll::Pending,
            Some(frame) => Poll::Ready(frame),
            None => Poll::Ready(None),
        }
    }
}

pub(crate) fn data(data: &'static str) -> Piece {
    Some(Ok(Frame::data(data.into())))
}

/// Polls the body once. Returns the result as text: the data, the error, or the names of the trailers.
pub(crate) async fn next<B: Body<Data = Bytes, Error = io::Error> + Unpin>(body: &mut B) -> String {
    poll_fn(|cx| {
        Poll::Ready(match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Pending => "pending".to_owned(),
            Poll::Ready(None) => "end".to_owned(),
            Poll::Ready(Some(Err(err))) => format!("error {err}"),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => String::from_utf8(data.to_vec()).unwrap(),
                Err(frame) => format!("{:?}", frame.into_trailers().unwrap().keys().collect::<Vec<_>>()),
            },
        })
    })
    .await
}
