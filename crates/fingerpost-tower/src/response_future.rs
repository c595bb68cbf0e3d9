use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use fingerpost_http::Routing;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::{either_body::EitherBody, maybe_blocking::MaybeBlocking};

pin_project! {
    /// The future of a layer's service.
    ///
    /// Resolves to the response of the layer itself, or to the response of the inner service with the changes of the layer.
    pub struct ResponseFuture<F, X> {
        #[pin]
        state: State<F, X>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, X> {
        FromLayer { response: MaybeBlocking<Bytes> },
        FromInner { #[pin] inner: F, exchange: X },
    }
}

/// The state of a layer between a request and its response.
pub trait Exchange<B> {
    /// The body of the changed response.
    type Body;

    /// Applies the changes of the layer to the response of the inner service.
    fn finish(&mut self, response: Response<B>) -> Response<Self::Body>;
}

/// Leaves the response unchanged.
impl<B: Body> Exchange<B> for () {
    type Body = B;

    fn finish(&mut self, response: Response<B>) -> Response<B> {
        response
    }
}

impl<B: Body> Exchange<B> for Routing {
    type Body = B;

    fn finish(&mut self, mut response: Response<B>) -> Response<B> {
        Self::finish(self, response.headers_mut());
        response
    }
}

impl<F, X> ResponseFuture<F, X> {
    pub(crate) fn from_layer(response: MaybeBlocking<Bytes>) -> Self {
        Self { state: State::FromLayer { response } }
    }

    pub(crate) fn from_inner(inner: F, exchange: X) -> Self {
        Self { state: State::FromInner { inner, exchange } }
    }
}

impl<F, X, B, E> Future for ResponseFuture<F, X>
where
    F: Future<Output = Result<Response<B>, E>>,
    X: Exchange<B>,
{
    type Output = Result<Response<EitherBody<X::Body>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match self.project().state.project() {
            StateProjection::FromLayer { response } => {
                ready!(Pin::new(response).poll(cx)).map(EitherBody::from_layer)
            }
            StateProjection::FromInner { inner, exchange } => {
                exchange.finish(ready!(inner.poll(cx))?).map(EitherBody::from_inner)
            }
        }))
    }
}

impl<F, X> fmt::Debug for ResponseFuture<F, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
