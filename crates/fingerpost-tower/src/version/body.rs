use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use fingerpost::Snapshot;
use fingerpost_http::{HeadInserter, HtmlChange, VersionExchange};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::{either_body::EitherBody, html_body::HtmlBody};

pin_project! {
    /// The body of the responses of [`Version`](crate::Version).
    ///
    /// Trailers pass, of a page without digests. If the inner body fails, all that it gave until then comes out first.
    pub struct VersionBody<B: Body> {
        #[pin]
        inner: EitherBody<HtmlBody<B, HeadInserter>>,
    }
}

impl<B: Body> VersionBody<B> {
    pub(super) fn new(inner: B, snapshot: &Snapshot, change: HtmlChange, exchange: &VersionExchange) -> Self {
        let body = HtmlBody::new(inner, snapshot, change, |encoding| exchange.inserter(encoding));
        Self { inner: EitherBody::inner(body) }
    }

    /// An answer of the layer itself.
    pub(super) fn own(bytes: Bytes) -> Self {
        Self { inner: EitherBody::own(bytes) }
    }
}

impl<B: Body> Body for VersionBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Body> fmt::Debug for VersionBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionBody").finish_non_exhaustive()
    }
}
