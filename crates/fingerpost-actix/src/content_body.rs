use std::{
    convert::Infallible,
    io, mem,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{self, BodySize, BoxBody, MessageBody},
    rt::task::{JoinHandle, spawn_blocking},
};
use bytes::Bytes;
use fingerpost_http::{Content, FilePart};

/// Returns the body of a response with this `Content-Length`. Bytes in memory are not copied.
pub(crate) fn content_body(content: Content, length: Option<u64>) -> BoxBody {
    match (content, length) {
        (_, None) => BoxBody::new(body::None::new()),
        (Content::Bytes(bytes), Some(length)) if bytes.len() as u64 == length => BoxBody::new(bytes),
        (Content::Bytes(_), Some(length)) => BoxBody::new(Omitted(length)),
        (Content::File(part), Some(length)) => {
            BoxBody::new(FileBody { remaining: length, state: State::Idle(part) })
        }
    }
}

/// The body of a response to HEAD: only the length is sent.
struct Omitted(u64);

impl MessageBody for Omitted {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

/// A file that is read in chunks on the blocking threads of the worker.
struct FileBody {
    remaining: u64,
    state: State,
}

enum State {
    Idle(Box<FilePart>),
    Reading(JoinHandle<(Box<FilePart>, io::Result<Option<Bytes>>)>),
    Ended,
}

impl FileBody {
    /// Starts to read the next chunk. Returns `Pending` while the last bytes are withheld.
    fn poll_start(&mut self, mut part: Box<FilePart>, cx: &mut Context<'_>) -> Poll<()> {
        let is_ready = part.poll_ready(cx).is_ready();
        self.state = if is_ready {
            State::Reading(spawn_blocking(move || {
                let chunk = part.next_chunk();
                (part, chunk)
            }))
        } else {
            State::Idle(part)
        };
        if is_ready { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Returns `None` if the chunk must be read again.
    fn finish(
        &mut self,
        part: Box<FilePart>,
        chunk: io::Result<Option<Bytes>>,
    ) -> Option<Option<io::Result<Bytes>>> {
        match chunk {
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => {
                self.state = State::Idle(part);
                None
            }
            Ok(Some(chunk)) => {
                self.remaining -= chunk.len() as u64;
                self.state = State::Idle(part);
                Some(Some(Ok(chunk)))
            }
            other => Some(other.transpose()),
        }
    }
}

impl MessageBody for FileBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.remaining)
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            match mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Idle(part) => {
                    if self.poll_start(part, cx).is_pending() {
                        return Poll::Pending;
                    }
                }
                State::Reading(mut work) => match Pin::new(&mut work).poll(cx) {
                    Poll::Pending => {
                        self.state = State::Reading(work);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok((part, chunk))) => {
                        if let Some(chunk) = self.finish(part, chunk) {
                            return Poll::Ready(chunk);
                        }
                    }
                    Poll::Ready(Err(err)) if err.is_panic() => resume_unwind(err.into_panic()),
                    Poll::Ready(Err(err)) => return Poll::Ready(Some(Err(io::Error::other(err)))),
                },
            }
        }
    }
}
