use std::convert::Infallible;

use adapter_suite::capture_log;
use fingerpost_tower::{CspNonce, VersionLayer};
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, service_fn};

use super::{HTML, PAGE, always, build_response, layer, page, request, send};
use crate::site::TestResponse;

fn with_nonce(nonce: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = request("/", headers);
    request.extensions_mut().insert(CspNonce(nonce.to_owned()));
    request
}

async fn page_with(nonce: &str) -> TestResponse {
    send(layer().layer(always(page())), with_nonce(nonce, &[])).await
}

#[tokio::test]
async fn script_gets_the_nonce_and_the_page_has_no_validators() {
    let response = page_with("2726c7f26c+/==").await;
    assert_eq!(response.attribute("nonce"), Some("2726c7f26c+/=="));
    for name in ["etag", "last-modified", "content-length"] {
        assert_eq!(response.header(name), "-", "{name}");
    }
    let css =
        build_response(200, &[("content-type", "text/css"), ("etag", "\"x\""), ("last-modified", "x")], "");
    let response = send(layer().layer(always(css)), with_nonce("abc", &[])).await;
    assert_eq!((response.header("etag"), response.header("last-modified")), ("\"x\"", "x"));
}

#[test]
fn invalid_nonce_is_never_written_and_is_logged_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let layer = layer();
    let messages = capture_log(|| {
        for nonce in ["", "a b", "\"><script>alert(1)</script>", "'", "a\"b", "ä", "a=b", "a\r\nb", "==="] {
            let response = runtime.block_on(send(layer.layer(always(page())), with_nonce(nonce, &[])));
            assert_eq!((response.attribute("nonce"), response.header("etag")), (None, "-"), "{nonce}");
            assert_eq!(response.text().replace(response.tag().unwrap(), ""), PAGE);
        }
    });
    assert_eq!(
        messages,
        [
            "a `CspNonce` is not a valid nonce and was left out of the script tag; a nonce may contain only letters, digits, \
          `+ / - _`, and up to two `=` at its end"
        ]
    );
}

/// Serves a constant page with validators and supports conditional requests.
async fn conditional(request: Request<()>) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    let tags = request.headers().get("if-none-match").map_or("", |tags| tags.to_str().unwrap());
    let is_dated = request.headers().contains_key("if-modified-since");
    let status = if tags.contains("\"x\"") || tags == "*" || is_dated { 304 } else { 200 };
    Ok(build_response(status, &[HTML, ("etag", "\"x\""), ("last-modified", "x")], PAGE))
}

#[tokio::test]
async fn page_with_a_nonce_is_never_a_304() {
    let layer: VersionLayer = layer();
    let accept = ("accept", "text/html,*/*;q=0.8");
    let before = send(layer.layer(service_fn(conditional)), request("/", &[accept])).await;
    let tag = before.header("etag");
    let again =
        send(layer.layer(service_fn(conditional)), request("/", &[accept, ("if-none-match", tag)])).await;
    assert_eq!(again.status, 304, "a page without a nonce may be a 304");
    for condition in [
        ("if-none-match", tag),
        ("if-none-match", "\"x\""),
        ("if-none-match", "*"),
        ("if-modified-since", "Sat, 29 Oct 1994 19:43:31 GMT"),
    ] {
        let response =
            send(layer.layer(service_fn(conditional)), with_nonce("abc", &[accept, condition])).await;
        assert_eq!((response.status.as_u16(), response.header("etag")), (200, "-"), "{condition:?}");
        assert_eq!(response.attribute("nonce"), Some("abc"));
    }
    // Simulates a request of htmx, with a tag of the layer.
    let response =
        send(layer.layer(service_fn(conditional)), with_nonce("abc", &[("if-none-match", tag)])).await;
    assert_eq!(response.status, 200);
}
