use std::{
    pin::Pin,
    task::{Context, Poll},
};

use fingerpost::Snapshot;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// A future or body that is polled inside the scope of its snapshot
/// ([`Snapshot::scope`](fingerpost::Snapshot::scope)).
    #[derive(Debug)]
    pub struct SnapshotScoped<T> {
        #[pin]
        inner: T,
        snapshot: Snapshot,
    }
}

impl<T> SnapshotScoped<T> {
    pub(crate) fn new(inner: T, snapshot: Snapshot) -> Self {
        Self { inner, snapshot }
    }
}

impl<F: Future> Future for SnapshotScoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.snapshot.scope(|| this.inner.poll(cx))
    }
}

impl<B: Body> Body for SnapshotScoped<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        this.snapshot.scope(|| this.inner.poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
