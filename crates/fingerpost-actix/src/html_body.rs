use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
};
use bytes::Bytes;
use fingerpost::Snapshot;
use fingerpost_http::{HtmlChange, HtmlEncoding, HtmlTransform};
use pin_project_lite::pin_project;

use crate::snapshot_scoped::SnapshotScoped;

pin_project! {
    /// The response body of a layer that changes HTML.
    ///
    /// If the inner body fails, the data before the error is sent first.
    pub struct HtmlBody<B: MessageBody> {
        #[pin]
        inner: SnapshotScoped<B>,
        state: State,
        // The error to return after the remaining output of the transform.
        error: Option<B::Error>,
    }
}

enum State {
    /// Passes data on unchanged.
    Unchanged,
    /// Sends nothing. Used for responses to HEAD, because the response to GET has another length.
    HeadersOnly,
    Transforming(HtmlTransform),
    Ended,
}

/// Applies the change of a layer to the body of a response.
pub(crate) fn change_body<B: MessageBody>(
    mut response: HttpResponse<B>,
    snapshot: &Snapshot,
    change: HtmlChange,
    transform: impl FnOnce(HtmlEncoding) -> HtmlTransform,
) -> HttpResponse<HtmlBody<B>> {
    let state = match change {
        HtmlChange::Nothing => State::Unchanged,
        HtmlChange::Headers => State::HeadersOnly,
        HtmlChange::Body(encoding) if has_data(response.body()) => State::Transforming(transform(encoding)),
        HtmlChange::Body(_) => State::Unchanged,
    };
    if matches!(state, State::Transforming(_)) {
        // A handler that sets `Content-Length` has disabled chunked encoding.
        response.head_mut().no_chunking(false);
    }
    response.map_body(|_, body| HtmlBody {
        inner: SnapshotScoped::new(body, snapshot.clone()),
        state,
        error: None,
    })
}

fn has_data(body: &impl MessageBody) -> bool {
    !matches!(body.size(), BodySize::None | BodySize::Sized(0))
}

impl<B: MessageBody> MessageBody for HtmlBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        match self.state {
            State::Unchanged => self.inner.size(),
            State::HeadersOnly => BodySize::None,
            State::Transforming(_) | State::Ended => BodySize::Stream,
        }
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        let mut this = self.project();
        loop {
            let transform = match this.state {
                State::Unchanged => return this.inner.poll_next(cx),
                State::HeadersOnly => return Poll::Ready(None),
                State::Ended => return Poll::Ready(this.error.take().map(Err)),
                State::Transforming(transform) => transform,
            };
            let output = match ready!(this.inner.as_mut().poll_next(cx)) {
                Some(Ok(data)) => transform.write(data),
                end => {
                    *this.error = end.and_then(Result::err);
                    this.state.end()
                }
            };
            if !output.is_empty() {
                return Poll::Ready(Some(Ok(output)));
            }
        }
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { inner, state, error } = self;
        match state {
            State::Unchanged => inner.try_into_bytes().map_err(|inner| Self { inner, state, error }),
            _ => Err(Self { inner, state, error }),
        }
    }
}

impl State {
    /// Ends the document and returns the remaining output of the transform.
    fn end(&mut self) -> Bytes {
        match std::mem::replace(self, Self::Ended) {
            Self::Transforming(transform) => transform.end(),
            _ => Bytes::new(),
        }
    }
}

impl<B: MessageBody> fmt::Debug for HtmlBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HtmlBody").finish_non_exhaustive()
    }
}
