//! Pages as responses of `askama_web` and axum.

use std::{
    future::{poll_fn, ready},
    pin::pin,
    sync::Arc,
};

use askama::Template;
use askama_web::{WebTemplate, WebTemplateExt as _};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use fingerpost::{Assets, Snapshot};
use fingerpost_askama::{StaticHelpers as _, values};
use tower::ServiceExt as _;

use crate::support::{hashed_path, in_own_process, release};

#[derive(Template, WebTemplate)]
#[template(source = r#"{{ static("css/app.css") }}"#, ext = "html")]
struct Page;

#[derive(Template)]
#[template(source = r#"{{ static("css/app.css") }}"#, ext = "html")]
struct Plain;

async fn page() -> Page {
    Page
}

/// A handler that needs more than one poll.
async fn slow() -> Page {
    tokio::task::yield_now().await;
    Page
}

/// Enters the scope at every poll, like a layer that pins one release per request.
async fn pin_snapshot(snapshot: Snapshot, request: Request, next: Next) -> Response {
    let mut response = pin!(next.run(request));
    poll_fn(|context| snapshot.scope(|| response.as_mut().poll(context))).await
}

fn site(assets: &Assets) -> Router {
    let assets = assets.clone();
    Router::new()
        .route("/", get(page))
        .route("/slow", get(slow))
        .route("/wrapped", get(|| ready(Plain.into_web_template())))
        .layer(middleware::from_fn(move |request, next| pin_snapshot(assets.snapshot(), request, next)))
}

async fn status_and_body(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn fetch(router: &Router, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    status_and_body(router.clone().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn page_uses_the_scope_around_into_response() {
    let (_site, assets) = release("one");
    let response = assets.snapshot().scope(|| Page.into_response());
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(status_and_body(response).await, (StatusCode::OK, hashed_path("one")));
}

#[tokio::test]
async fn two_sites_in_one_process_use_their_own_assets() {
    let ((_one, one), (_two, two)) = (release("one"), release("two"));
    let (one, two) = (site(&one), site(&two));
    for path in ["/", "/slow", "/wrapped"] {
        let (of_one, of_two) = tokio::join!(fetch(&one, path), fetch(&two, path));
        assert_eq!(of_one, (StatusCode::OK, hashed_path("one")), "{path}");
        assert_eq!(of_two, (StatusCode::OK, hashed_path("two")), "{path}");
    }
}

#[tokio::test]
async fn request_uses_one_release_during_a_reload() {
    let (files, assets) = release("one");
    let (files, reloading) = (Arc::new(files), assets.clone());
    let handler = move || {
        files.publish(&["css/app.css"], "two");
        reloading.reload().unwrap();
        slow()
    };
    let pin = move |request, next| pin_snapshot(assets.snapshot(), request, next);
    let router = Router::new().route("/", get(handler)).layer(middleware::from_fn(pin));
    assert_eq!(fetch(&router, "/").await.1, hashed_path("one"));
    assert_eq!(fetch(&router, "/").await.1, hashed_path("two"));
}

#[tokio::test]
async fn page_without_assets_is_a_server_error() {
    let (status, body) = status_and_body(Page.into_response()).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!body.contains("static"), "{body}");
}

#[test]
fn page_uses_the_assets_of_init() {
    let result = in_own_process(|| {
        fingerpost_askama::init(release("one").1).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let router = Router::new().route("/", get(page));
        runtime.block_on(fetch(&router, "/")).1
    });
    assert_eq!(result, hashed_path("one"));
}

#[tokio::test]
async fn handler_may_render_with_its_own_assets() {
    let (_site, assets) = release("one");
    let router = Router::new()
        .route("/", get(move || ready(Html(Page.render_with_values(&values(&assets)).unwrap()))));
    assert_eq!(fetch(&router, "/").await, (StatusCode::OK, hashed_path("one")));
}
