use std::{
    future::Future,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use tokio::task::{JoinHandle, spawn_blocking};

/// An answer of ours: there at once, or made on one of tokio's threads for blocking work.
pub(crate) enum MaybeBlocking<C> {
    Ready(Option<Response<C>>),
    Blocking(JoinHandle<Response<C>>),
}

impl<C: Send + 'static> MaybeBlocking<C> {
    pub(crate) fn ready(answer: Response<C>) -> Self {
        Self::Ready(Some(answer))
    }

    pub(crate) fn blocking(answer: impl FnOnce() -> Response<C> + Send + 'static) -> Self {
        Self::Blocking(spawn_blocking(answer))
    }
}

impl<C: Unpin> Future for MaybeBlocking<C> {
    type Output = Response<C>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<C>> {
        match self.get_mut() {
            Self::Ready(answer) => Poll::Ready(answer.take().expect("a future is not polled after its end")),
            Self::Blocking(work) => match ready!(Pin::new(work).poll(cx)) {
                Ok(answer) => Poll::Ready(answer),
                Err(err) => match err.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    // The runtime is shutting down: nobody waits for an answer.
                    Err(_) => Poll::Pending,
                },
            },
        }
    }
}
