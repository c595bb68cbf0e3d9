mod validators;
mod scope;
mod stream;

use std::{
    convert::Infallible,
    fmt, fs,
    sync::{Arc, Mutex},
};

use axum::{Router, response::Html, routing::get};
use bytes::Bytes;
use fingerpost::{Assets, Mode};
use fingerpost_tower::{EitherBody, HtmlBody, HtmlRewriteLayer};
use http::{Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full};
use tempfile::TempDir;
use tower::{Layer, ServiceExt, service_fn};

const PAGE: &str = r#"<link rel="stylesheet" href="/static/a.css">"#;

/// Publishes a manifest in which `a.css` has this hashed path.
fn publish(dir: &TempDir, hashed: &str) {
    let manifest = format!(r#"{{"version": "1.1", "paths": {{"a.css": "{hashed}"}}, "hash": "{hashed}"}}"#);
    fs::write(dir.path().join("staticfiles.json"), manifest).unwrap();
}

fn production() -> (TempDir, Assets) {
    let dir = tempfile::tempdir().unwrap();
    publish(&dir, "a.1.css");
    let assets = Assets::production(dir.path()).unwrap();
    (dir, assets)
}

fn request(headers: &[(&str, &str)]) -> Request<()> {
    let request =
        headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap()
}

fn build_response(headers: &[(&str, &str)], body: &'static str) -> Response<Full<Bytes>> {
    let response =
        headers.iter().fold(Response::builder(), |response, (name, value)| response.header(*name, *value));
    response.body(body.into()).unwrap()
}

const HTML: (&str, &str) = ("content-type", "text/html");

/// Sends one request through the layer to a service that returns this response.
async fn rewrite<B: Body>(
    assets: &Assets,
    request: Request<()>,
    response: Response<B>,
) -> Response<EitherBody<HtmlBody<B>>> {
    let response = Arc::new(Mutex::new(Some(response)));
    let inner = service_fn(|_| {
        let response = Arc::clone(&response);
        async move { Ok::<_, Infallible>(response.lock().unwrap().take().unwrap()) }
    });
    HtmlRewriteLayer::new(assets).layer(inner).oneshot(request).await.unwrap()
}

async fn text<B: Body<Error: fmt::Debug>>(body: B) -> String {
    String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn html_gets_the_current_urls() {
    let (_dir, assets) = production();
    let page =
        build_response(&[HTML, ("etag", "\"x\""), ("content-length", "44"), ("last-modified", "x")], PAGE);
    let response = rewrite(&assets, request(&[]), page).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["etag"].to_str().unwrap().starts_with("W/\"x-"));
    assert_eq!(response.headers().len(), 2);
    assert_eq!(response.body().size_hint().exact(), None);
    assert_eq!(text(response).await, r#"<link rel="stylesheet" href="/static/a.1.css">"#);
}

#[tokio::test]
async fn other_responses_pass_unchanged() {
    let (_dir, assets) = production();
    for headers in [
        &[("content-type", "text/css")][..],
        &[("content-type", "application/xhtml+xml")],
        &[("content-type", "text/html; charset=utf-16")],
        &[HTML, ("content-encoding", "gzip")],
        &[HTML, ("cache-control", "public, max-age=31536000, immutable")],
        &[HTML, ("cache-control", "no-transform")],
        &[HTML, ("content-disposition", "attachment; filename=\"a.html\"")],
        &[],
    ] {
        let headers = [headers, &[("etag", "\"x\""), ("content-length", "44")]].concat();
        let response = rewrite(&assets, request(&[]), build_response(&headers, PAGE)).await;
        assert_eq!(response.headers(), build_response(&headers, "").headers());
        assert_eq!(response.body().size_hint().exact(), Some(44));
        assert_eq!(text(response).await, PAGE);
    }
    for status in [StatusCode::NO_CONTENT, StatusCode::PARTIAL_CONTENT, StatusCode::NOT_MODIFIED] {
        let mut response = build_response(&[HTML, ("etag", "\"x\"")], PAGE);
        *response.status_mut() = status;
        let response = rewrite(&assets, request(&[]), response).await;
        assert_eq!(response.headers()["etag"], "\"x\"", "{status}");
        assert_eq!(text(response).await, PAGE, "{status}");
    }
}

#[tokio::test]
async fn development_uses_content_hashes_and_removes_the_etag() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.css"), "body{}").unwrap();
    let assets = Assets::builder().source(dir.path()).mode(Mode::Dev).build().unwrap();
    let response = rewrite(&assets, request(&[]), build_response(&[HTML, ("etag", "\"x\"")], PAGE)).await;
    assert!(!response.headers().contains_key("etag"));
    assert_eq!(text(response).await, PAGE.replace("a.css", "a.css?v=7c98040a5416"));
}

#[tokio::test]
async fn head_has_the_same_headers_as_get() {
    let (_dir, assets) = production();
    let page = get(async || ([(header::ETAG, "\"x\""), (header::CONTENT_LENGTH, "44")], Html(PAGE)));
    let router = Router::new().route("/", page);
    let (within, around) =
        (router.clone().layer(HtmlRewriteLayer::new(&assets)), HtmlRewriteLayer::new(&assets).layer(router));
    let headers = async |method: Method| {
        let request = || Request::builder().method(&method).uri("/").body(axum::body::Body::empty()).unwrap();
        let one = within.clone().oneshot(request()).await.unwrap();
        let other = around.clone().oneshot(request()).await.unwrap();
        assert_eq!(one.headers(), other.headers());
        assert_eq!((one.body().size_hint().exact(), other.body().size_hint().exact()).1, None);
        let headers = one.headers().clone();
        (headers, text(one).await, text(other).await)
    };
    let (by_get, one, other) = headers(Method::GET).await;
    let (by_head, head_of_one, head_of_other) = headers(Method::HEAD).await;
    assert_eq!((by_get.clone(), one), (by_head, other.clone()));
    assert!(!by_get.contains_key("content-length") && other.contains("a.1.css"));
    assert_eq!((head_of_one, head_of_other), (String::new(), String::new()));
}

#[tokio::test]
async fn empty_page_stays_empty() {
    let (_dir, assets) = production();
    let page = Response::builder().header("content-type", "text/html").body(Empty::<Bytes>::new()).unwrap();
    let response = rewrite(&assets, request(&[]), page).await;
    assert!(response.body().is_end_stream());
    assert_eq!(response.body().size_hint().exact(), Some(0));
    assert_eq!(text(response).await, "");
}

#[test]
fn public_types_are_clone_send_and_sync() {
    fn is_send_sync_and_clone<T: Clone + Send + Sync>(_: &T) {}
    fn is_send_and_sync<T: Send + Sync>() {}
    let (_dir, assets) = production();
    let layer = HtmlRewriteLayer::new(&assets);
    is_send_sync_and_clone(&layer);
    is_send_sync_and_clone(&layer.layer(()));
    is_send_and_sync::<HtmlBody<Full<Bytes>>>();
}
