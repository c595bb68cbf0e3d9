//! Several versions of an axum app. Tests of the parsing of versions are in `fingerpost-http`.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use axum::{Router, body::Body, response::Html, routing::get};
use bytes::Bytes;
use fingerpost::ErrorKind;
use fingerpost_tower::{VersionRouter, VersionRouterLayer};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

const VERSIONS: [(&str, &str); 2] = [("v2", "green"), ("v1", "blue")];

/// Returns an app with one page, and the number of renderings of the page.
fn app(layer: VersionRouterLayer) -> (Router, Arc<AtomicUsize>) {
    let rendered = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&rendered);
    let page = async move || {
        counted.fetch_add(1, Relaxed);
        Html("page")
    };
    (Router::new().route("/", get(page.clone()).post(page)).layer(layer), rendered)
}

fn router() -> VersionRouterLayer {
    VersionRouter::new(VERSIONS).unwrap().default_version("v2").unwrap().into()
}

async fn send(app: &Router, method: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let request = Request::builder().method(method).uri("/");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

#[track_caller]
fn assert_routed(response: &Response<Bytes>, version: &str, target: &str) {
    assert_eq!((response.status().as_u16(), &**response.body()), (200, &b"page"[..]));
    assert_eq!(response.headers()["x-app-served-version"], version);
    assert_eq!(response.headers()["x-backend-target"], target);
}

#[tokio::test]
async fn request_is_routed_by_its_version() {
    let (app, _) = app(router());
    let (header, cookie) = (("x-app-requested-version", "v1"), ("cookie", "app_version=v1"));
    assert_routed(&send(&app, "GET", &[]).await, "v2", "green");
    assert_routed(&send(&app, "GET", &[header]).await, "v1", "blue");
    assert_routed(&send(&app, "GET", &[cookie]).await, "v1", "blue");
    assert_routed(&send(&app, "POST", &[("x-app-requested-version", "v2"), cookie]).await, "v2", "green");
}

#[tokio::test]
async fn unknown_version_header_is_rejected_before_the_inner_service_runs() {
    let (app, rendered) = app(router());
    for method in ["GET", "POST"] {
        let response = send(&app, method, &[("x-app-requested-version", "v0")]).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["cache-control"]),
            (409, &"no-store".parse().unwrap())
        );
        let error: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(error["versions"], serde_json::json!(["v1", "v2"]));
    }
    assert_eq!(rendered.load(Relaxed), 0);
}

/// The router cannot expire a cookie that a sibling host set with `Domain=`, because the expiry needs the same domain.
#[tokio::test]
async fn cookie_that_cannot_be_expired_does_not_block_requests() {
    let (app, _) = app(router());
    let foreign = ("cookie", "app_version=of-another-site");
    let page = [foreign, ("accept", "text/html")];
    for _ in 0..2 {
        assert_routed(&send(&app, "GET", &page).await, "v2", "green");
        assert_routed(&send(&app, "GET", &[foreign]).await, "v2", "green");
        assert_routed(&send(&app, "POST", &page).await, "v2", "green");
    }
}

#[tokio::test]
async fn page_load_with_an_old_cookie_gets_the_default_and_expires_the_cookie() {
    let old = [("cookie", "app_version=v0"), ("accept", "text/html")];
    let (with_default, _) = app(router());
    let response = send(&with_default, "GET", &old).await;
    assert_routed(&response, "v2", "green");
    let expiry = "app_version=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    assert_eq!(
        (&response.headers()["set-cookie"], &response.headers()["cache-control"]),
        (&expiry.parse().unwrap(), &"no-store".parse().unwrap())
    );

    let (without, _) = app(VersionRouterLayer::new(VERSIONS).unwrap());
    let response = send(&without, "GET", &old).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["set-cookie"]),
        (200, &expiry.parse().unwrap())
    );
    assert!(!response.headers().contains_key("x-backend-target"));
}

#[tokio::test]
async fn empty_map_changes_nothing() {
    let (app, rendered) = app(VersionRouterLayer::new([("", ""); 0]).unwrap());
    let plain = send(&app, "GET", &[]).await;
    for headers in [("x-app-requested-version", "v1"), ("cookie", "app_version=v1")] {
        let response = send(&app, "GET", &[headers]).await;
        assert_eq!((response.headers(), response.body()), (plain.headers(), plain.body()));
    }
    assert!(!plain.headers().contains_key("vary"));
    assert_eq!(rendered.load(Relaxed), 3);
}

#[test]
fn default_version_missing_from_the_map_is_an_error() {
    let err = VersionRouter::new(VERSIONS).unwrap().default_version("v3").unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidConfig);
}
