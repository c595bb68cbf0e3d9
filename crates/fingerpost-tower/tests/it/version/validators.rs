use std::convert::Infallible;

use bytes::Bytes;
use fingerpost_tower::{OnMismatch, VersionLayer, VersionMiddleware};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Layer, service_fn};

use super::{PAGE, build_response, production, publish, request, send};
use crate::site::TestResponse;

const DATE: &str = "Sat, 29 Oct 1994 19:43:31 GMT";

/// Serves a constant page and a constant style sheet, and supports conditional requests.
async fn conditional(request: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_css = request.uri().path().ends_with(".css");
    let (media_type, tag) = if is_css { ("text/css", "\"css\"") } else { ("text/html", "\"page\"") };
    let is_same = match request.headers().get("if-none-match") {
        Some(list) => list.to_str().unwrap().contains(tag) || list == "*",
        None => request.headers().get("if-modified-since").is_some_and(|since| since == DATE),
    };
    let headers = [("content-type", media_type), ("etag", tag), ("last-modified", DATE)];
    Ok(build_response(if is_same { 304 } else { 200 }, &headers, if is_same { "" } else { PAGE }))
}

async fn visit(layer: &VersionLayer, path: &str, headers: &[(&str, &str)]) -> TestResponse {
    send(layer.layer(service_fn(conditional)), request(path, headers)).await
}

const BROWSER: [(&str, &str); 2] = [("accept", "text/html,*/*;q=0.8"), ("sec-fetch-dest", "document")];
const HTMX: [(&str, &str); 2] = [("accept", "*/*"), ("sec-fetch-dest", "empty")];

#[tokio::test]
async fn unchanged_page_is_sent_again_after_each_release() {
    let (dir, assets) = production();
    let layer = VersionLayer::new(&assets);
    let first = visit(&layer, "/", &BROWSER).await;
    let tag = first.header("etag").to_owned();
    assert_eq!((first.status, first.header("last-modified")), (StatusCode::OK, "-"));
    for client in [BROWSER, HTMX] {
        let again = visit(&layer, "/", &[&client[..], &[("if-none-match", &tag)]].concat()).await;
        assert_eq!((again.status, again.header("etag")), (StatusCode::NOT_MODIFIED, &*tag));
        assert_eq!((again.header("last-modified"), again.version_and_action()), ("-", ("v1", "reload")));
    }
    publish(&dir, "v2");
    assets.reload().unwrap();
    for validators in [
        &[("if-none-match", &*tag)][..],
        &[("if-none-match", &tag), ("if-modified-since", DATE)],
        // Validators of responses without the layer.
        &[("if-none-match", "\"page\"")],
        &[("if-none-match", "W/\"page\""), ("if-modified-since", DATE)],
        &[("if-modified-since", DATE)],
        &[("if-none-match", "*")],
    ] {
        let response = visit(&layer, "/", &[&BROWSER[..], validators].concat()).await;
        assert_eq!(
            (response.status, response.attribute("data-version")),
            (StatusCode::OK, Some("v2")),
            "{validators:?}"
        );
        assert_ne!(response.header("etag"), tag);
    }
    let validators = [("if-none-match", &*tag), ("if-modified-since", DATE)];
    let response = visit(&layer, "/", &[HTMX, validators].concat()).await;
    assert_eq!((response.status, response.attribute("data-version")), (StatusCode::OK, Some("v2")));
}

#[tokio::test]
async fn page_is_sent_again_when_a_setting_changes_its_script_tag() {
    let (_dir, assets) = production();
    let layer = VersionLayer::new(&assets);
    let tag = visit(&layer, "/", &BROWSER).await.header("etag").to_owned();
    for (layer, status) in [
        (layer.clone(), 304),
        (layer.clone().header(false), 304),
        (layer.clone().on_mismatch(OnMismatch::Prompt), 200),
        (layer.clone().on_mismatch(OnMismatch::Ignore), 200),
        (VersionMiddleware::new(&assets).client_path("/x").unwrap().into(), 200),
    ] {
        let response = visit(&layer, "/", &[&BROWSER[..], &[("if-none-match", &tag)]].concat()).await;
        assert_eq!(response.status, status, "{layer:?}");
    }
}

#[tokio::test]
async fn conditional_requests_for_style_sheets_are_forwarded() {
    let (_dir, assets) = production();
    let layer = VersionLayer::new(&assets);
    let browser = [("accept", "text/css,*/*;q=0.1"), ("sec-fetch-dest", "style")];
    for condition in [("if-none-match", "\"css\""), ("if-modified-since", DATE)] {
        let response = visit(&layer, "/a.css", &[&browser[..], &[condition]].concat()).await;
        assert_eq!(
            (response.status, response.version_and_action()),
            (StatusCode::NOT_MODIFIED, ("v1", "reload"))
        );
        assert_eq!((response.header("etag"), response.header("last-modified")), ("\"css\"", DATE));
    }
    let response = visit(&layer, "/a.css", &[("if-none-match", "\"other\"")]).await;
    assert_eq!((response.status, response.text()), (StatusCode::OK, PAGE));
}
