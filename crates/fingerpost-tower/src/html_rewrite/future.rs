use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use fingerpost::Snapshot;
use fingerpost_http::HtmlExchange;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::HtmlRewriteBody;
use crate::scoped::Scoped;

pin_project! {
    /// The future of [`HtmlRewrite`](crate::HtmlRewrite).
    #[derive(Debug)]
    pub struct HtmlRewriteFuture<F> {
        #[pin]
        inner: Scoped<F>,
        snapshot: Snapshot,
        exchange: HtmlExchange,
    }
}

impl<F> HtmlRewriteFuture<F> {
    pub(super) fn new(inner: F, snapshot: Snapshot, exchange: HtmlExchange) -> Self {
        Self { inner: Scoped::new(inner, snapshot.clone()), snapshot, exchange }
    }
}

impl<F, B, E> Future for HtmlRewriteFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<HtmlRewriteBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut parts, body) = ready!(this.inner.poll(cx))?.into_parts();
        let change = this.exchange.finish(&mut parts);
        let body = HtmlRewriteBody::new(body, this.snapshot, change);
        Poll::Ready(Ok(Response::from_parts(parts, body)))
    }
}
