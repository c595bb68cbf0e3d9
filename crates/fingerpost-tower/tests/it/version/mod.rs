#[cfg(feature = "metrics")]
mod request_counter;
mod headers;
mod nested;
mod nonce;
mod layer_responses;
mod pages;
#[cfg(feature = "metrics")]
mod metrics_recorder;
mod validators;
mod snapshot;
mod stream;
mod hostile_versions;

use std::{convert::Infallible, fmt, fs};

use bytes::Bytes;
use fingerpost::{Assets, Mode};
use fingerpost_tower::VersionLayer;
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tempfile::TempDir;
use tower::{Service, ServiceExt, service_fn};

use crate::site::TestResponse;

const PAGE: &str = "<!DOCTYPE html><html><head><title>x</title></head><body>y</body></html>";
const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");

/// Publishes a manifest with this hash. The hash is the app version.
fn publish(dir: &TempDir, hash: &str) {
    let manifest = format!(r#"{{"version": "1.1", "paths": {{"a.css": "a.{hash}.css"}}, "hash": "{hash}"}}"#);
    let file = dir.path().join("staticfiles.json");
    // Some tests read the manifest concurrently, so the replacement must be atomic.
    fs::write(file.with_extension("new"), manifest).unwrap();
    fs::rename(file.with_extension("new"), file).unwrap();
}

fn production() -> (TempDir, Assets) {
    let dir = tempfile::tempdir().unwrap();
    publish(&dir, "v1");
    let assets = Assets::production(dir.path()).unwrap();
    (dir, assets)
}

fn development(version: &str) -> Assets {
    let dir = tempfile::tempdir().unwrap();
    Assets::builder().source(dir.path()).mode(Mode::Dev).app_version(version).build().unwrap()
}

fn layer() -> VersionLayer {
    VersionLayer::new(&production().1)
}

fn request(path: &str, headers: &[(&str, &str)]) -> Request<()> {
    let request =
        headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap()
}

fn with_method(method: Method, path: &str) -> Request<()> {
    Request::builder().method(method).uri(path).body(()).unwrap()
}

fn build_response(status: u16, headers: &[(&str, &str)], body: &'static str) -> Response<Full<Bytes>> {
    let response = headers
        .iter()
        .fold(Response::builder().status(status), |response, (name, value)| response.header(*name, *value));
    response.body(body.into()).unwrap()
}

fn page() -> Response<Full<Bytes>> {
    build_response(200, &[HTML, ("etag", "\"x\""), ("last-modified", "x"), ("content-length", "71")], PAGE)
}

/// Returns a service that always returns this response.
fn always<B: Clone>(
    response: Response<B>,
) -> impl Service<Request<()>, Response = Response<B>, Error = Infallible, Future: Send> + Clone
where
    Response<B>: Send,
{
    service_fn(move |_| std::future::ready(Ok(response.clone())))
}

/// Sends a request and reads the complete response.
async fn send<S, B>(service: S, request: Request<()>) -> TestResponse
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    B: Body<Error: fmt::Debug>,
{
    let (head, body) = service.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    TestResponse { status: head.status, headers: head.headers, body }
}

impl TestResponse {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn version_and_action(&self) -> (&str, &str) {
        (self.header("x-app-version"), self.header("x-app-version-action"))
    }

    /// Returns the script tag, if the tag is the first element of `<head>`.
    fn tag(&self) -> Option<&str> {
        let (_, after) = self.text().split_once("<head>")?;
        let end = "</script>";
        after.starts_with("<script defer ").then(|| &after[..after.find(end).unwrap() + end.len()])
    }

    /// Returns the value of an attribute of the script tag.
    fn attribute(&self, name: &str) -> Option<&str> {
        let (_, after) = self.tag()?.split_once(&format!(" {name}=\""))?;
        Some(after.split_once('"').unwrap().0)
    }
}
