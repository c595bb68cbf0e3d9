use std::io;

use fingerpost_tower::{EitherBody, HtmlBody, VersionLayer};
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use tower::{Layer, ServiceExt, service_fn};

use super::{PAGE, always, page, production, request, send};
use crate::frames::{Frames, Piece, data, next};

async fn streamed(layer: &VersionLayer, frames: Vec<Piece>) -> EitherBody<HtmlBody<Frames>> {
    let mut frames = Some(Frames::new(frames));
    let inner = service_fn(move |_| {
        let body = frames.take().unwrap();
        let response = Response::builder().header("content-type", "text/html").body(body).unwrap();
        std::future::ready(Ok::<_, io::Error>(response))
    });
    layer.layer(inner).oneshot(request("/", &[])).await.unwrap().into_body()
}

/// Returns a layer, and the tag that the layer inserts into pages.
async fn layer_and_tag() -> (VersionLayer, String) {
    let layer = VersionLayer::new(&production().1);
    let response = send(layer.layer(always(page())), request("/", &[])).await;
    (layer, response.tag().unwrap().to_owned())
}

#[tokio::test]
async fn chunks_are_forwarded_as_they_arrive() {
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
async fn page_may_be_split_at_any_byte() {
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
async fn failing_body_yields_its_data_before_the_error() {
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
async fn trailers_are_forwarded_without_digests() {
    let (layer, _) = layer_and_tag().await;
    let mut trailers = HeaderMap::new();
    trailers.insert("content-digest", HeaderValue::from_static("x"));
    trailers.insert("server-timing", HeaderValue::from_static("x"));
    let mut body = streamed(&layer, vec![data("x<a"), Some(Ok(Frame::trailers(trailers)))]).await;
    for expected in ["x", "<a", r#"["server-timing"]"#, "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
}
