use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use fingerpost_tower::{VersionBody, VersionLayer};
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use tower::{Layer, ServiceExt, service_fn};

use super::{PAGE, always, ask, page, production, request};

/// A body of these frames, each of which is there when it is asked for; between them it is pending.
struct Frames(std::vec::IntoIter<Option<Result<Frame<Bytes>, io::Error>>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.0.next() {
            Some(None) => Poll::Pending,
            Some(frame) => Poll::Ready(frame),
            None => Poll::Ready(None),
        }
    }
}

fn data(data: &'static str) -> Option<Result<Frame<Bytes>, io::Error>> {
    Some(Ok(Frame::data(data.into())))
}

async fn streamed(
    layer: &VersionLayer,
    frames: Vec<Option<Result<Frame<Bytes>, io::Error>>>,
) -> VersionBody<Frames> {
    let mut frames = Some(Frames(frames.into_iter()));
    let inner = service_fn(move |_| {
        let body = frames.take().unwrap();
        let response = Response::builder().header("content-type", "text/html").body(body).unwrap();
        std::future::ready(Ok::<_, io::Error>(response))
    });
    layer.layer(inner).oneshot(request("/", &[])).await.unwrap().into_body()
}

/// What one poll gives, as text; trailers by their names.
async fn next(body: &mut VersionBody<Frames>) -> String {
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

/// A layer, and the tag that it puts into pages.
async fn layer_and_tag() -> (VersionLayer, String) {
    let layer = VersionLayer::new(&production().1);
    let answer = ask(layer.layer(always(page())), request("/", &[])).await;
    (layer, answer.tag().unwrap().to_owned())
}

#[tokio::test]
async fn what_comes_in_goes_out() {
    let (layer, tag) = layer_and_tag().await;
    let pieces = [data("<html><he"), None, data("ad"), data("><title>"), None, data("x<b"), data("<head>")];
    let mut body = streamed(&layer, pieces.into()).await;
    assert!(!body.is_end_stream());
    let with_tag = format!("<head>{tag}<title>");
    for expected in ["<html>", "pending", &with_tag, "pending", "x<b", "<head>", "end", "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
    assert!(body.is_end_stream() && body.size_hint().exact() == Some(0));
}

#[tokio::test]
async fn a_page_may_be_split_anywhere() {
    let (layer, tag) = layer_and_tag().await;
    let expected = PAGE.replace("<head>", &format!("<head>{tag}"));
    for at in 0..=PAGE.len() {
        let (before, after) = PAGE.split_at(at);
        let body = streamed(&layer, vec![data(before), data(after)]).await;
        assert_eq!(body.collect().await.unwrap().to_bytes(), expected, "split at {at}");
    }
    let bytes = (0..PAGE.len()).map(|at| data(&PAGE[at..=at])).collect();
    assert_eq!(streamed(&layer, bytes).await.collect().await.unwrap().to_bytes(), expected);
}

#[tokio::test]
async fn a_body_that_fails_gives_what_it_had_and_then_the_error() {
    let (layer, tag) = layer_and_tag().await;
    let with_tag = format!("<head>{tag}<ti");
    for (before, rest) in [
        ("<html><hea", &["<html>", "<hea"][..]),
        ("<head><ti", &[&*with_tag]),
        ("<html lang='", &["<html lang='"]),
        ("", &[]),
    ] {
        let failure = Some(Err(io::Error::other("broken")));
        let mut body = streamed(&layer, vec![data(before), failure, data("more")]).await;
        for expected in rest.iter().chain(&["error broken", "end"]) {
            assert_eq!(next(&mut body).await, *expected, "{before}");
        }
    }
}

#[tokio::test]
async fn trailers_pass_without_digests() {
    let (layer, _) = layer_and_tag().await;
    let mut trailers = HeaderMap::new();
    trailers.insert("content-digest", HeaderValue::from_static("x"));
    trailers.insert("server-timing", HeaderValue::from_static("x"));
    let mut body = streamed(&layer, vec![data("x<a"), Some(Ok(Frame::trailers(trailers)))]).await;
    for expected in ["x", "<a", r#"["server-timing"]"#, "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
}
