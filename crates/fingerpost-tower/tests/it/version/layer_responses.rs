use std::{collections::BTreeSet, convert::Infallible};

use fingerpost::{Assets, Mode};
use fingerpost_tower::{VersionLayer, VersionMiddleware};
use http::{Method, Request, Response};
use tower::{Layer, service_fn};

use super::{always, layer, page, production, request, send, with_method};
use crate::site::{IMMUTABLE, TestResponse};

const OTHER: &str = "/_fingerpost/client.0123456789ab.js";

/// Returns a response of the layer. Panics if the layer calls the inner service.
async fn respond(layer: &VersionLayer, request: Request<()>) -> TestResponse {
    let inner = service_fn(async |_| -> Result<Response<String>, Infallible> {
        panic!("the inner service was called")
    });
    send(layer.layer(inner), request).await
}

/// Returns the path of the client script in a page.
async fn script_path() -> String {
    let response = send(layer().layer(always(page())), request("/", &[])).await;
    response.attribute("src").unwrap().to_owned()
}

#[tokio::test]
async fn script_is_immutable() {
    let response = respond(&layer(), request(&script_path().await, &[])).await;
    response.assert_is(
        200,
        IMMUTABLE,
        include_bytes!("../../../../fingerpost-http/src/version/client/client.min.js"),
    );
    assert_eq!(response.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(response.header("x-content-type-options"), "nosniff");
    assert_eq!(response.header("content-length"), response.body.len().to_string());
    let etag = response.header("etag");
    assert!(etag.starts_with('"') && etag.len() == 34, "{etag}");

    let again = respond(&layer(), request(&script_path().await, &[("if-none-match", etag)])).await;
    again.assert_is(304, IMMUTABLE, b"");
    let part = respond(&layer(), request(&script_path().await, &[("range", "bytes=0-1")])).await;
    part.assert_is(206, IMMUTABLE, &response.body[..2]);
}

#[tokio::test]
async fn script_is_sent_compressed() {
    let path = script_path().await;
    let plain = respond(&layer(), request(&path, &[])).await;
    let mut tags = vec![plain.header("etag").to_owned()];
    for (encoding, bytes) in [
        ("gzip", &include_bytes!("../../../../fingerpost-http/src/version/client/client.min.js.gz")[..]),
        ("br", include_bytes!("../../../../fingerpost-http/src/version/client/client.min.js.br")),
    ] {
        let response = respond(&layer(), request(&path, &[("accept-encoding", encoding)])).await;
        response.assert_is(200, IMMUTABLE, bytes);
        assert_eq!(response.header("content-encoding"), encoding);
        assert_eq!(response.header("content-length"), bytes.len().to_string());
        assert_eq!(response.header("content-type"), "text/javascript; charset=utf-8");
        let tag = response.header("etag");
        let conditions = [("accept-encoding", encoding), ("if-none-match", tag)];
        respond(&layer(), request(&path, &conditions)).await.assert_is(304, IMMUTABLE, b"");
        tags.push(tag.to_owned());
        let other = respond(&layer(), request(OTHER, &[("accept-encoding", encoding)])).await;
        other.assert_is(200, "no-store", bytes);
    }
    assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), 3, "{tags:?}");
    let preferred =
        respond(&layer(), request(&path, &[("accept-encoding", "gzip, deflate, br, zstd")])).await;
    assert_eq!(preferred.header("content-encoding"), "br");
    for headers in [&[][..], &[("accept-encoding", "br")], &[("if-none-match", &*tags[0])]] {
        assert_eq!(
            respond(&layer(), request(&path, headers)).await.header("vary"),
            "Accept-Encoding",
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn script_path_of_another_release_gets_the_current_script_with_no_store() {
    let present = respond(&layer(), request(&script_path().await, &[])).await;
    respond(&layer(), request(OTHER, &[])).await.assert_is(200, "no-store", &present.body);
    respond(&layer(), request(&format!("{OTHER}?x"), &[])).await.assert_is(200, "no-store", &present.body);
}

#[tokio::test]
async fn version_endpoint_is_no_store() {
    let response = respond(&layer(), request("/_fingerpost/version", &[("if-none-match", "*")])).await;
    response.assert_is(200, "no-store", br#"{"components":{},"source":"manifest","version":"v1"}"#);
    assert_eq!(response.header("content-type"), "application/json");
}

#[tokio::test]
async fn version_endpoint_lists_the_components() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..15).map(|i| dir.path().join(format!("{i}.html"))).collect();
    files.iter().for_each(|file| std::fs::write(file, "").unwrap());
    let builder = Assets::builder().source(dir.path()).mode(Mode::Dev).component("templates", &files);
    let layer = VersionLayer::new(&builder.build().unwrap());
    let response = respond(&layer, request("/_fingerpost/version", &[])).await;
    let version = response.version_and_action().0;
    let json = format!(r#"{{"components":{{"templates":15}},"source":"components","version":"{version}"}}"#);
    response.assert_is(200, "no-store", json.as_bytes());
}

#[tokio::test]
async fn head_has_the_headers_of_get() {
    for path in [script_path().await, OTHER.to_owned(), "/_fingerpost/version".to_owned()] {
        let get = respond(&layer(), request(&path, &[])).await;
        let head = respond(&layer(), with_method(Method::HEAD, &path)).await;
        assert_eq!((get.status, &get.headers), (head.status, &head.headers));
        assert_eq!((get.body.is_empty(), head.body.is_empty()), (false, true));
    }
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    for path in [script_path().await, OTHER.to_owned(), "/_fingerpost/version".to_owned()] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let response = respond(&layer(), with_method(method, &path)).await;
            assert_eq!((response.status.as_u16(), response.header("allow")), (405, "GET, HEAD"), "{path}");
            assert_eq!(response.cache_control(), "no-store");
        }
    }
}

#[tokio::test]
async fn other_paths_reach_the_inner_service() {
    for path in [
        "/_fingerpost",
        "/_fingerpost/",
        "/_fingerpost/versions",
        "/_fingerpost/version/",
        "/_fingerpost/client.js",
        "/_fingerpost/client.0123456789AB.js",
        "/_fingerpost/client.0123456789abc.js",
        "/_fingerpost/client.0123456789ab.js.map",
        "/_fingerpost/x/client.0123456789ab.js",
        "/_fingerpost//version",
        "/x/_fingerpost/version",
        "/version",
    ] {
        let response = send(layer().layer(always(page())), request(path, &[])).await;
        assert!(response.tag().is_some(), "{path}");
    }
}

#[tokio::test]
async fn client_path_is_configurable() {
    let middleware = VersionMiddleware::new(&production().1);
    let layer = VersionLayer::from(middleware.client_path("/a/b/").unwrap());
    let response = send(layer.layer(always(page())), request("/", &[])).await;
    let src = response.attribute("src").unwrap();
    assert!(src.starts_with("/a/b/client."), "{src}");
    assert_eq!(respond(&layer, request(src, &[])).await.cache_control(), IMMUTABLE);
    assert_eq!(respond(&layer, request("/a/b/version", &[])).await.status, 200);
    let response = send(layer.layer(always(page())), request("/_fingerpost/version", &[])).await;
    assert!(response.tag().is_some(), "the layer still handles the default path");
}

#[test]
fn invalid_client_path_is_an_error() {
    let middleware = VersionMiddleware::new(&production().1);
    for path in ["", "/", "x", "//x", "/x//y", "/..", "/x y", "/x?y", "/\"x", "/é", "/%41", "https://x/y"] {
        let err = middleware.clone().client_path(path).unwrap_err().to_string();
        assert!(
            err.starts_with("client path `") && err.ends_with("write a path such as `/_fingerpost`"),
            "{err}"
        );
    }
}
