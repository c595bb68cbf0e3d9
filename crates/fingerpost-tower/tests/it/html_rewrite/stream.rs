use std::io;

use fingerpost_tower::{EitherBody, HtmlBody};
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame};

use super::{production, request, rewrite};
use crate::frames::{Frames, Piece, data, next};

async fn rewritten(frames: impl IntoIterator<Item = Piece>) -> EitherBody<HtmlBody<Frames>> {
    let (_dir, assets) = production();
    let page = Response::builder().header("content-type", "text/html").body(Frames::new(frames)).unwrap();
    rewrite(&assets, request(&[]), page).await.into_body()
}

#[tokio::test]
async fn page_is_rewritten_while_streaming() {
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
async fn trailers_are_forwarded_without_digests() {
    let mut trailers = HeaderMap::new();
    trailers.insert("content-digest", HeaderValue::from_static("x"));
    trailers.insert("server-timing", HeaderValue::from_static("x"));
    let mut body = rewritten([data("x<a"), Some(Ok(Frame::trailers(trailers)))]).await;
    for expected in ["x", "<a", r#"["server-timing"]"#, "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
}

#[tokio::test]
async fn failing_body_yields_its_data_before_the_error() {
    let failure = Some(Err(io::Error::other("broken")));
    let mut body =
        rewritten([data("<a href='/static/a.css'>x<a href='/static/a.css'"), failure, data("more")]).await;
    for expected in ["<a href='/static/a.1.css'>x", "<a href='/static/a.css'", "error broken", "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
}

#[tokio::test]
async fn base_element_applies_to_references_after_it() {
    let mut body = rewritten([
        data("<link href=/static/a.css><base hr"),
        data("ef=//other.example/><link href=/static/a.css>"),
    ])
    .await;
    assert_eq!(next(&mut body).await, "<link href=\"/static/a.1.css\">");
    assert_eq!(next(&mut body).await, "<base href=//other.example/><link href=/static/a.css>");
    assert_eq!(next(&mut body).await, "end");
}
