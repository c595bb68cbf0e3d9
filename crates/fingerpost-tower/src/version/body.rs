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

use crate::html_body::HtmlBody;

pin_project! {
    /// The body of the responses of [`Version`](crate::Version).
    ///
    /// Trailers pass, of a page without digests. If the inner body fails, all that it gave until then comes out first.
    pub struct VersionBody<B: Body> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<B: Body> {
        Inner { #[pin] body: HtmlBody<B, HeadInserter> },
        // An answer of the layer itself.
        Own { bytes: Bytes },
    }
}

impl<B: Body> VersionBody<B> {
    pub(super) fn new(inner: B, snapshot: &Snapshot, change: HtmlChange, exchange: &VersionExchange) -> Self {
        let body = HtmlBody::new(inner, snapshot, change, |encoding| exchange.inserter(encoding));
        Self { kind: Kind::Inner { body } }
    }

    pub(super) fn own(bytes: Bytes) -> Self {
        Self { kind: Kind::Own { bytes } }
    }
}

impl<B: Body> Body for VersionBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            KindProjection::Inner { body } => body.poll_frame(cx),
            KindProjection::Own { bytes } if bytes.is_empty() => Poll::Ready(None),
            KindProjection::Own { bytes } => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Own { bytes } => bytes.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { body } => body.size_hint(),
            Kind::Own { bytes } => SizeHint::with_exact(bytes.len() as u64),
        }
    }
}

impl<B: Body> fmt::Debug for VersionBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionBody").finish_non_exhaustive()
    }
}
