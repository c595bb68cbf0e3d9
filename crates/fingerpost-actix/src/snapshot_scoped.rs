use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use fingerpost::Snapshot;
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

impl<B: MessageBody> MessageBody for SnapshotScoped<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        let this = self.project();
        this.snapshot.scope(|| this.inner.poll_next(cx))
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { inner, snapshot } = self;
        inner.try_into_bytes().map_err(|inner| Self { inner, snapshot })
    }
}
