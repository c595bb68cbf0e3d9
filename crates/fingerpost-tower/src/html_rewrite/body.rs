use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use fingerpost::Snapshot;
use fingerpost_http::{HtmlChange, UrlRewriter};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::html_body::HtmlBody;

pin_project! {
    /// The body of the responses of [`HtmlRewrite`](crate::HtmlRewrite).
    ///
    /// Trailers pass, without digests. If the inner body fails, all that it gave until then comes out first.
    pub struct HtmlRewriteBody<B: Body> {
        #[pin]
        inner: HtmlBody<B, UrlRewriter>,
    }
}

impl<B: Body> HtmlRewriteBody<B> {
    pub(super) fn new(inner: B, snapshot: &Snapshot, change: HtmlChange) -> Self {
        let versioner = |encoding| UrlRewriter::with_encoding(snapshot, encoding);
        Self { inner: HtmlBody::new(inner, snapshot, change, versioner) }
    }
}

impl<B: Body> Body for HtmlRewriteBody<B> {
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

impl<B: Body> fmt::Debug for HtmlRewriteBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HtmlRewriteBody").finish_non_exhaustive()
    }
}
