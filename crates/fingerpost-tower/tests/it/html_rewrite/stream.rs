use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use fingerpost_tower::HtmlRewriteBody;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame};

use super::{answer, production, request};

/// A body of these frames, each of which is there when it is asked for; between them it is pending.
struct Frames(Vec<Option<Result<Frame<Bytes>, io::Error>>>);

impl Frames {
    fn new(frames: impl IntoIterator<Item = Option<Result<Frame<Bytes>, io::Error>>>) -> Self {
        let mut frames: Vec<_> = frames.into_iter().collect();
        frames.reverse();
        Self(frames)
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.0.pop() {
            Some(None) => Poll::Pending,
            Some(frame) => Poll::Ready(frame),
            None => Poll::Ready(None),
        }
    }
}

fn data(data: &'static str) -> Option<Result<Frame<Bytes>, io::Error>> {
    Some(Ok(Frame::data(data.into())))
}

async fn rewritten(
    frames: impl IntoIterator<Item = Option<Result<Frame<Bytes>, io::Error>>>,
) -> HtmlRewriteBody<Frames> {
    let (_dir, assets) = production();
    let page = Response::builder().header("content-type", "text/html").body(Frames::new(frames)).unwrap();
    answer(&assets, request(&[]), page).await.into_body()
}

/// What one poll gives, as text; trailers by their names.
async fn next(body: &mut HtmlRewriteBody<Frames>) -> String {
    poll_fn(|cx| {
        Poll::Ready(match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Pending => "pending".to_owned(),
            Poll::Ready(None) => "end".to_owned(),
            Poll::Ready(Some(Err(err))) => format!("error {err}"),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => String::from_utf8(data.to_vec()).unwrap(),
                Err(frame) => format!("{:?}", frame.into_trailers().unwrap().keys().collect::<Vec<_>>()),
            },
        })
    })
    .await
}

#[tokio::test]
async fn a_page_streams() {
    let pieces =
        [data("<p>one<a hr"), None, data("ef='/sta"), data("tic/a.css"), data("'>two"), None, data("<b")];
    let mut body = rewritten(pieces).await;
    assert!(!body.is_end_stream());
    for expected in ["<p>one", "pending", "<a href='/static/a.1.css'>two", "pending", "<b", "end", "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
    assert!(body.is_end_stream() && body.size_hint().exact() == Some(0));
}

#[tokio::test]
async fn trailers_pass_without_digests() {
    let mut trailers = HeaderMap::new();
    trailers.insert("content-digest", HeaderValue::from_static("x"));
    trailers.insert("server-timing", HeaderValue::from_static("x"));
    let mut body = rewritten([data("x<a"), Some(Ok(Frame::trailers(trailers)))]).await;
    for expected in ["x", "<a", r#"["server-timing"]"#, "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
}

#[tokio::test]
async fn a_body_that_fails_gives_what_it_had_and_then_the_error() {
    let failure = Some(Err(io::Error::other("broken")));
    let mut body =
        rewritten([data("<a href='/static/a.css'>x<a href='/static/a.css'"), failure, data("more")]).await;
    for expected in ["<a href='/static/a.1.css'>x", "<a href='/static/a.css'", "error broken", "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
}

#[tokio::test]
async fn a_base_element_counts_for_what_comes_after_it() {
    let mut body = rewritten([
        data("<link href=/static/a.css><base hr"),
        data("ef=//other.example/><link href=/static/a.css>"),
    ])
    .await;
    assert_eq!(next(&mut body).await, "<link href=\"/static/a.1.css\">");
    assert_eq!(next(&mut body).await, "<base href=//other.example/><link href=/static/a.css>");
    assert_eq!(next(&mut body).await, "end");
}
