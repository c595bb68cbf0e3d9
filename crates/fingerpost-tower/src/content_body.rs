use std::{
    future::Future,
    io, mem,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use fingerpost_http::{Content, FilePart};
use http_body::{Body, Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

/// The body of a response of [`StaticFiles`](crate::StaticFiles).
///
/// The content is either in memory, or a file that is read in chunks on tokio's blocking threads.
#[derive(Debug)]
pub struct ContentBody {
    remaining: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Bytes(Bytes),
    Idle(Box<FilePart>),
    Reading(JoinHandle<(Box<FilePart>, io::Result<Option<Bytes>>)>),
    Ended,
}

impl ContentBody {
    pub(crate) fn new(content: Content) -> Self {
        let remaining = content.len();
        let state = match content {
            _ if remaining == 0 => State::Ended,
            Content::Bytes(bytes) => State::Bytes(bytes),
            Content::File(part) => State::Idle(part),
        };
        Self { remaining, state }
    }
}

impl Body for ContentBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            match mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Bytes(bytes) => {
                    self.remaining = 0;
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                State::Idle(mut part) => {
                    if part.poll_ready(cx).is_pending() {
                        self.state = State::Idle(part);
                        return Poll::Pending;
                    }
                    self.state = State::Reading(spawn_blocking(move || {
                        let chunk = part.next_chunk();
                        (part, chunk)
                    }));
                }
                State::Reading(mut work) => {
                    let Poll::Ready(result) = Pin::new(&mut work).poll(cx) else {
                        self.state = State::Reading(work);
                        return Poll::Pending;
                    };
                    let (part, chunk) = match result {
                        Ok(done) => done,
                        Err(err) if err.is_panic() => resume_unwind(err.into_panic()),
                        Err(err) => return Poll::Ready(Some(Err(io::Error::other(err)))),
                    };
                    if matches!(&chunk, Err(err) if err.kind() == io::ErrorKind::WouldBlock) {
                        self.state = State::Idle(part);
                        continue;
                    }
                    let Some(chunk) = chunk.transpose() else { return Poll::Ready(None) };
                    if let Ok(chunk) = &chunk {
                        self.remaining -= chunk.len() as u64;
                        self.state = State::Idle(part);
                    }
                    return Poll::Ready(Some(chunk.map(Frame::data)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Ended) || self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}
