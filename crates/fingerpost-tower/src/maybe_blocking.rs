use std::{
    future::Future,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use tokio::task::{JoinHandle, spawn_blocking};

/// A response of a layer or service itself: ready immediately, or computed on one of tokio's blocking threads.
#[derive(Debug)]
pub(crate) enum MaybeBlocking<B> {
    Ready(Option<Response<B>>),
    Blocking(JoinHandle<Response<B>>),
}

impl<B: Send + 'static> MaybeBlocking<B> {
    pub(crate) fn ready(response: Response<B>) -> Self {
        Self::Ready(Some(response))
    }

    pub(crate) fn blocking(response: impl FnOnce() -> Response<B> + Send + 'static) -> Self {
        Self::Blocking(spawn_blocking(response))
    }
}

impl<B: Unpin> Future for MaybeBlocking<B> {
    type Output = Response<B>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<B>> {
        match self.get_mut() {
            Self::Ready(response) => {
                Poll::Ready(response.take().expect("`MaybeBlocking` is not polled after completion"))
            }
            Self::Blocking(work) => match ready!(Pin::new(work).poll(cx)) {
                Ok(response) => Poll::Ready(response),
                Err(err) => match err.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    // Cancelled: the runtime is shutting down, and drops this future as well.
                    Err(_) => Poll::Pending,
                },
            },
        }
    }
}
