use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use fingerpost_http::Routing;
use http::Response;
use pin_project_lite::pin_project;

use crate::either_body::EitherBody;

pin_project! {
    /// The future of [`VersionRouter`](crate::VersionRouter).
    pub struct VersionRouterFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Refused { refusal: Option<Response<Bytes>> },
        Routed { #[pin] inner: F, routing: Routing },
    }
}

impl<F> VersionRouterFuture<F> {
    pub(super) fn refused(refusal: Response<Bytes>) -> Self {
        Self { state: State::Refused { refusal: Some(refusal) } }
    }

    pub(super) fn routed(inner: F, routing: Routing) -> Self {
        Self { state: State::Routed { inner, routing } }
    }
}

impl<F, R, E> Future for VersionRouterFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<EitherBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match self.project().state.project() {
            StateProjection::Refused { refusal } => {
                refusal.take().expect("a future is not polled after its end").map(EitherBody::own)
            }
            StateProjection::Routed { inner, routing } => {
                let mut answer = ready!(inner.poll(cx))?;
                routing.finish(answer.headers_mut());
                answer.map(EitherBody::inner)
            }
        }))
    }
}

impl<F> fmt::Debug for VersionRouterFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionRouterFuture").finish_non_exhaustive()
    }
}
