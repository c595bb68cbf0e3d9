//! `VersionLayer` without the feature `html`.

use axum::{Router, body::Body, response::Html, routing::get};
use fingerpost_tower::{OnMismatch, VersionLayer};
use http::Request;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::site::Site;

const PAGE: &str = "<head><title>x</title></head>";

#[tokio::test]
async fn pages_have_version_headers_and_an_unchanged_body() {
    let site = Site::new(&[("app.css", b"one")]);
    let assets = site.collect().production();
    let scoped = assets.clone();
    let url = assets.url("app.css").unwrap().to_string();
    let router = Router::new()
        .route("/", get(async || ([("etag", "\"x\"")], Html(PAGE))))
        .route("/url", get(async move || scoped.url("app.css").unwrap().to_string()))
        .layer(VersionLayer::new(&assets).on_mismatch(OnMismatch::Prompt));
    for (path, status, tag, body) in [
        ("/", 200, "\"x\"", PAGE),
        ("/url", 200, "-", &*url),
        ("/_fingerpost/version", 404, "-", ""),
        ("/_fingerpost/client.0123456789ab.js", 404, "-", ""),
    ] {
        let request = Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap();
        let (head, rest) = router.clone().oneshot(request).await.unwrap().into_parts();
        let header = |name| head.headers.get(name).map_or("-", |value| value.to_str().unwrap());
        assert_eq!((head.status.as_u16(), header("etag")), (status, tag), "{path}");
        let version = assets.app_version();
        assert_eq!((header("x-app-version"), header("x-app-version-action")), (&*version, "prompt"));
        assert_eq!(rest.collect().await.unwrap().to_bytes(), body, "{path}");
    }
}
