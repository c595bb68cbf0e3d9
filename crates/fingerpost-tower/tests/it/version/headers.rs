use std::convert::Infallible;

use axum::{Router, body::Body, response::Redirect, routing::get};
use fingerpost_tower::{OnMismatch, StaticFiles, VersionLayer};
use http::{Method, Request};
use tower::{Layer, Service, ServiceExt};

use super::{HTML, PAGE, always, build_response, layer, page, production, request, send, with_method};
use crate::site::TestResponse;

#[tokio::test]
async fn every_response_has_the_version_header() {
    for status in [200, 201, 204, 206, 301, 304, 404, 405, 416, 500, 503] {
        for media_type in ["text/html", "text/css", "application/json"] {
            let inner = build_response(status, &[("content-type", media_type)], "");
            for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
                let response = send(layer().layer(always(inner.clone())), with_method(method, "/")).await;
                assert_eq!(response.version_and_action(), ("v1", "reload"), "{status} {media_type}");
                assert_eq!(response.status.as_u16(), status);
            }
        }
    }
}

#[tokio::test]
async fn every_response_of_an_axum_site_has_the_version_header() {
    let (dir, assets) = production();
    std::fs::write(dir.path().join("a.v1.css"), "body{}").unwrap();
    let site: Router = Router::new()
        .route("/", get(async || axum::response::Html(PAGE)))
        .route("/old", get(async || Redirect::to("/")))
        .nest_service("/static", StaticFiles::new(&assets))
        .layer(VersionLayer::new(&assets));
    let send = async |method: Method, path: &str, tag: &str| -> TestResponse {
        let request = Request::builder().method(method).uri(path).header("if-none-match", tag);
        let request = request.body(Body::empty()).unwrap();
        let (head, body) = site.clone().oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        TestResponse { status: head.status, headers: head.headers, body }
    };
    let css = send(Method::GET, "/static/a.v1.css", "\"\"").await;
    let tag = css.header("etag").to_owned();
    for (method, path, tag, status) in [
        (Method::GET, "/", "\"\"", 200),
        (Method::HEAD, "/", "\"\"", 200),
        (Method::POST, "/", "\"\"", 405),
        (Method::GET, "/old", "\"\"", 303),
        (Method::GET, "/nowhere", "\"\"", 404),
        (Method::GET, "/static/a.v1.css", "\"\"", 200),
        (Method::GET, "/static/a.v1.css", &*tag, 304),
        (Method::GET, "/static/nope.css", "\"\"", 404),
        (Method::POST, "/static/a.v1.css", "\"\"", 405),
        (Method::GET, "/_fingerpost/version", "\"\"", 200),
        (Method::POST, "/_fingerpost/version", "\"\"", 405),
        (Method::GET, "/_fingerpost/client.0123456789ab.js", "\"\"", 200),
        (Method::GET, "/_fingerpost/else", "\"\"", 404),
    ] {
        let response = send(method, path, tag).await;
        assert_eq!(
            (response.status.as_u16(), response.version_and_action()),
            (status, ("v1", "reload")),
            "{path}"
        );
    }
    assert_eq!(css.cache_control(), crate::site::IMMUTABLE);
    assert_eq!(css.body, "body{}");
    assert!(send(Method::GET, "/", "\"\"").await.tag().is_some());
}

#[tokio::test]
async fn action_header_matches_on_mismatch() {
    for (mismatch, action) in [
        (OnMismatch::Reload, "reload"),
        (OnMismatch::Prompt, "prompt"),
        (OnMismatch::Warn, "warn"),
        (OnMismatch::Ignore, "ignore"),
    ] {
        let layer = layer().on_mismatch(mismatch);
        let response = send(layer.layer(always(page())), request("/", &[])).await;
        assert_eq!(response.version_and_action(), ("v1", action));
        let has_script = mismatch != OnMismatch::Ignore;
        assert_eq!(response.attribute("data-action"), has_script.then_some(action));
        let endpoint = send(layer.layer(always(page())), request("/_fingerpost/version", &[])).await;
        assert_eq!(endpoint.version_and_action(), ("v1", action));
    }
}

#[tokio::test]
async fn headers_of_a_page_without_script_are_unchanged() {
    let layer = layer().on_mismatch(OnMismatch::Ignore);
    let conditions = [("if-none-match", "\"x\""), ("accept", "text/html"), ("range", "bytes=0-1")];
    let inner = tower::service_fn(async |request: Request<()>| {
        assert_eq!(request.headers().len(), 3);
        Ok::<_, Infallible>(page())
    });
    let response = send(layer.layer(inner), request("/", &conditions)).await;
    assert_eq!(response.headers.len(), page().headers().len() + 2);
    assert_eq!((response.header("etag"), response.text()), ("\"x\"", PAGE));
}

#[tokio::test]
async fn pages_get_the_script_when_the_header_is_disabled() {
    let layer = layer().header(false);
    for path in ["/", "/_fingerpost/version", "/_fingerpost/client.0123456789ab.js"] {
        let response = send(layer.layer(always(page())), request(path, &[])).await;
        assert_eq!(response.version_and_action(), ("-", "-"), "{path}");
        assert_eq!(response.tag().is_some(), path == "/");
    }
}

#[tokio::test]
async fn version_headers_of_the_inner_service_are_replaced() {
    let inner = build_response(200, &[HTML, ("x-app-version", "mine"), ("x-app-version-action", "mine")], "");
    let response = send(layer().layer(always(inner)), request("/", &[])).await;
    assert_eq!(response.version_and_action(), ("v1", "reload"));
    assert_eq!(response.headers.get_all("x-app-version").iter().count(), 1);
}

#[tokio::test]
async fn errors_of_the_inner_service_are_returned() {
    let inner = tower::service_fn(async |_: Request<()>| Err::<http::Response<String>, _>("broken"));
    let mut service = layer().layer(inner);
    assert_eq!(service.call(request("/", &[])).await.unwrap_err(), "broken");
}
