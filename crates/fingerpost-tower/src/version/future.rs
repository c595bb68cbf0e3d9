use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use fingerpost::Snapshot;
use fingerpost_http::VersionExchange;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::VersionBody;
use crate::scoped::Scoped;

pin_project! {
    /// The future of [`Version`](crate::Version).
    #[derive(Debug)]
    pub struct VersionFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProjection]
    enum Kind<F> {
        Inner { #[pin] future: Scoped<F>, snapshot: Snapshot, exchange: VersionExchange },
        // An answer of the layer itself.
        Own { answer: Option<Response<Bytes>> },
    }
}

impl<F> VersionFuture<F> {
    pub(super) fn new(inner: F, snapshot: Snapshot, exchange: VersionExchange) -> Self {
        Self { kind: Kind::Inner { future: Scoped::new(inner, snapshot.clone()), snapshot, exchange } }
    }

    pub(super) fn own(answer: Response<Bytes>) -> Self {
        Self { kind: Kind::Own { answer: Some(answer) } }
    }
}

impl<F, B, E> Future for VersionFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<VersionBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Inner { future, snapshot, exchange } => {
                let (mut parts, body) = ready!(future.poll(cx))?.into_parts();
                let change = exchange.finish(&mut parts);
                let body = VersionBody::new(body, snapshot, change, exchange);
                Poll::Ready(Ok(Response::from_parts(parts, body)))
            }
            KindProjection::Own { answer } => {
                let answer = answer.take().expect("a future is not polled after its end");
                Poll::Ready(Ok(answer.map(VersionBody::own)))
            }
        }
    }
}
