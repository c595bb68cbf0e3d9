//! The body of a response whose HTML is changed on its way.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use fingerpost::Snapshot;
use fingerpost_http::{HeadInserter, HtmlChange, HtmlEncoding, UrlRewriter, remove_digests};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::{either_body::into_bytes, snapshot_scoped::Scoped};

/// What changes a document that comes in pieces.
pub(crate) trait Rewrite {
    /// Takes the next piece and gives out all that is certain by now.
    fn write(&mut self, chunk: Bytes) -> Bytes;

    /// Gives out what was held back.
    fn end(self) -> Bytes;
}

pin_project! {
    /// Trailers pass, without digests. If the inner body fails, all that it gave until then comes out first.
    pub(crate) struct HtmlBody<B: Body, R> {
        #[pin]
        inner: Scoped<B>,
        state: State<R>,
        // What comes after the rest that was held back.
        next: Option<Result<Frame<Bytes>, B::Error>>,
    }
}

enum State<R> {
    /// Passes as it is.
    Untouched,
    /// Passes as it is, as the body of a HEAD response or after the end of a document; what GET would send has another length.
    Unmeasured,
    Rewriting(R),
    Ended,
}

impl<B: Body, R: Rewrite> HtmlBody<B, R> {
    pub(crate) fn new(
        inner: B,
        snapshot: &Snapshot,
        change: HtmlChange,
        rewriter: impl FnOnce(HtmlEncoding) -> R,
    ) -> Self {
        let state = match change {
            HtmlChange::Body(encoding) if !inner.is_end_stream() => State::Rewriting(rewriter(encoding)),
            HtmlChange::Headers => State::Unmeasured,
            _ => State::Untouched,
        };
        Self { inner: Scoped::new(inner, snapshot.clone()), state, next: None }
    }
}

impl<B: Body, R: Rewrite> Body for HtmlBody<B, R> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        if let Some(next) = this.next.take() {
            return Poll::Ready(Some(next));
        }
        loop {
            if matches!(this.state, State::Ended) {
                return Poll::Ready(None);
            }
            let frame = ready!(this.inner.as_mut().poll_frame(cx));
            let frame = frame.map(|frame| frame.map(|frame| frame.map_data(into_bytes)));
            let State::Rewriting(rewriter) = this.state else { return Poll::Ready(frame) };
            let frame = match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => {
                    let data = rewriter.write(data);
                    // An empty frame would tell nobody anything.
                    if data.is_empty() {
                        continue;
                    }
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Some(Ok(Err(frame))) => Some(Ok(without_digests(frame))),
                Some(Err(err)) => Some(Err(err)),
                None => None,
            };
            let has_more = matches!(frame, Some(Ok(_)));
            let rest = this.state.end(has_more);
            if rest.is_empty() {
                return Poll::Ready(frame);
            }
            *this.next = frame;
            return Poll::Ready(Some(Ok(Frame::data(rest))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_none()
            && match self.state {
                State::Untouched | State::Unmeasured => self.inner.is_end_stream(),
                State::Rewriting(_) => false,
                State::Ended => true,
            }
    }

    fn size_hint(&self) -> SizeHint {
        match self.state {
            State::Untouched => self.inner.size_hint(),
            State::Unmeasured | State::Rewriting(_) => SizeHint::default(),
            State::Ended => SizeHint::with_exact(0),
        }
    }
}

impl<R: Rewrite> State<R> {
    /// The document is at its end, or will not go on; what was held back of it.
    fn end(&mut self, has_more: bool) -> Bytes {
        let after = if has_more { Self::Unmeasured } else { Self::Ended };
        match std::mem::replace(self, after) {
            Self::Rewriting(rewriter) => rewriter.end(),
            _ => Bytes::new(),
        }
    }
}

impl Rewrite for UrlRewriter {
    fn write(&mut self, chunk: Bytes) -> Bytes {
        Self::write(self, &chunk)
    }

    fn end(self) -> Bytes {
        Self::end(self)
    }
}

impl Rewrite for HeadInserter {
    fn write(&mut self, chunk: Bytes) -> Bytes {
        Self::write(self, chunk)
    }

    fn end(self) -> Bytes {
        Self::end(self)
    }
}

fn without_digests(frame: Frame<Bytes>) -> Frame<Bytes> {
    match frame.into_trailers() {
        Ok(mut trailers) => {
            remove_digests(&mut trailers);
            Frame::trailers(trailers)
        }
        Err(frame) => frame,
    }
}
