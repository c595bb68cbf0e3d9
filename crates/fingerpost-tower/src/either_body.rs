use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a response that comes either from the layer itself or from the inner service.
    pub struct EitherBody<B> {
        #[pin]
        inner: Option<B>,
        bytes: Bytes,
    }
}

impl<B> EitherBody<B> {
    pub(crate) fn from_layer(bytes: Bytes) -> Self {
        Self { inner: None, bytes }
    }

    pub(crate) fn from_inner(inner: B) -> Self {
        Self { inner: Some(inner), bytes: Bytes::new() }
    }
}

impl<B: Body> Body for EitherBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            let bytes = std::mem::take(this.bytes);
            return Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))));
        };
        inner.poll_frame(cx).map_ok(|frame| frame.map_data(into_bytes))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().map_or(self.bytes.is_empty(), Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(self.bytes.len() as u64), Body::size_hint)
    }
}

/// Converts `data`, without a copy if `data` is already `Bytes`.
pub(crate) fn into_bytes(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}

impl<B> fmt::Debug for EitherBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EitherBody").field("is_from_layer", &self.inner.is_none()).finish_non_exhaustive()
    }
}
