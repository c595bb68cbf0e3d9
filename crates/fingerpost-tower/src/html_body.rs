use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use fingerpost::Snapshot;
use fingerpost_http::{HtmlChange, HtmlEncoding, HtmlTransform, remove_digests};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::{either_body::into_bytes, snapshot_scoped::SnapshotScoped};

pin_project! {
    /// The response body of a layer that changes HTML.
    ///
    /// Digests are removed from the trailers of a changed page. If the inner body fails, the data before the error is sent
    /// first.
    pub struct HtmlBody<B: Body> {
        #[pin]
        inner: SnapshotScoped<B>,
        state: State,
        // The frame to send after the remaining output of the transform.
        after_rest: Option<Result<Frame<Bytes>, B::Error>>,
    }
}

enum State {
    /// Passes frames on unchanged.
    Unchanged,
    /// Passes frames on unchanged, without a size hint. Used after the end of a document, and for responses to HEAD, because
    /// the response to GET has another length.
    UnknownLength,
    Transforming(HtmlTransform),
    Ended,
}

impl<B: Body> HtmlBody<B> {
    pub(crate) fn new(
        inner: B,
        snapshot: &Snapshot,
        change: HtmlChange,
        transform: impl FnOnce(HtmlEncoding) -> HtmlTransform,
    ) -> Self {
        let state = match change {
            HtmlChange::Body(encoding) if !inner.is_end_stream() => State::Transforming(transform(encoding)),
            HtmlChange::Headers => State::UnknownLength,
            _ => State::Unchanged,
        };
        Self { inner: SnapshotScoped::new(inner, snapshot.clone()), state, after_rest: None }
    }
}

impl<B: Body> Body for HtmlBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        if let Some(frame) = this.after_rest.take() {
            return Poll::Ready(Some(frame));
        }
        loop {
            if matches!(this.state, State::Ended) {
                return Poll::Ready(None);
            }
            let frame = ready!(this.inner.as_mut().poll_frame(cx));
            let frame = frame.map(|frame| frame.map(|frame| frame.map_data(into_bytes)));
            let State::Transforming(transform) = this.state else { return Poll::Ready(frame) };
            let frame = match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => {
                    let data = transform.write(data);
                    if data.is_empty() {
                        continue;
                    }
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Some(Ok(Err(mut frame))) => {
                    if let Some(trailers) = frame.trailers_mut() {
                        remove_digests(trailers);
                    }
                    Some(Ok(frame))
                }
                Some(Err(err)) => Some(Err(err)),
                None => None,
            };
            let after = if matches!(frame, Some(Ok(_))) { State::UnknownLength } else { State::Ended };
            let rest = match mem::replace(this.state, after) {
                State::Transforming(transform) => transform.end(),
                _ => Bytes::new(),
            };
            if rest.is_empty() {
                return Poll::Ready(frame);
            }
            *this.after_rest = frame;
            return Poll::Ready(Some(Ok(Frame::data(rest))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.after_rest.is_none()
            && match self.state {
                State::Unchanged | State::UnknownLength => self.inner.is_end_stream(),
                State::Transforming(_) => false,
                State::Ended => true,
            }
    }

    fn size_hint(&self) -> SizeHint {
        match self.state {
            State::Unchanged => self.inner.size_hint(),
            State::UnknownLength | State::Transforming(_) => SizeHint::default(),
            State::Ended => SizeHint::with_exact(0),
        }
    }
}

impl<B: Body> fmt::Debug for HtmlBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HtmlBody").finish_non_exhaustive()
    }
}
