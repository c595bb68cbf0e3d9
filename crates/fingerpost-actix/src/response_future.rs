use std::{
    fmt,
    future::{self, Future},
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{Error, body::BoxBody, dev::ServiceResponse, rt::task::spawn_blocking};

/// The future of a service of this crate.
///
/// Resolves to the response of the service itself, or to the changed response of the inner service.
pub struct ResponseFuture<B = BoxBody>(State<B>);

enum State<B> {
    Ready(Option<ServiceResponse<B>>),
    Boxed(Pin<Box<dyn Future<Output = Result<ServiceResponse<B>, Error>>>>),
}

impl<B> ResponseFuture<B> {
    pub(crate) fn ready(response: ServiceResponse<B>) -> Self {
        Self(State::Ready(Some(response)))
    }

    pub(crate) fn boxed(response: impl Future<Output = Result<ServiceResponse<B>, Error>> + 'static) -> Self {
        Self(State::Boxed(Box::pin(response)))
    }
}

// The response is never pinned.
impl<B> Unpin for ResponseFuture<B> {}

impl<B> Future for ResponseFuture<B> {
    type Output = Result<ServiceResponse<B>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(response) => {
                Poll::Ready(Ok(response.take().expect("a future is not polled after completion")))
            }
            State::Boxed(response) => response.as_mut().poll(cx),
        }
    }
}

impl<B> fmt::Debug for ResponseFuture<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// Runs a function on a blocking thread of the worker.
pub(crate) async fn blocking<T: Send + 'static>(function: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(function).await {
        Ok(value) => value,
        Err(err) => match err.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Cancelled: the worker is shutting down, and drops this future as well.
            Err(_) => future::pending().await,
        },
    }
}
