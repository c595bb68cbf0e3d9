use adapter_suite::capture_log;
use axum::{Router, body::Body, response::Html, routing::get};
use bytes::Bytes;
use fingerpost_tower::{EitherBody, HtmlBody, ResponseFuture, StaticFiles, VersionLayer};
use http::{Method, Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Empty, Full};
use tower::{Layer, ServiceExt};

use super::{
    HTML, PAGE, always, build_response, development, layer, page, production, request, send, with_method,
};
use crate::site::{IMMUTABLE, ONE_HOUR, Site, TestResponse, path_below_mount};

#[tokio::test]
async fn page_gets_the_script_and_outdated_headers_are_removed() {
    let response = send(layer().layer(always(page())), request("/", &[])).await;
    assert_eq!(response.attribute("data-version"), Some("v1"));
    assert_eq!(response.attribute("data-action"), Some("reload"));
    assert_eq!(response.attribute("nonce"), None);
    let src = response.attribute("src").unwrap();
    let hash = src.strip_prefix("/_fingerpost/client.").unwrap().strip_suffix(".js").unwrap();
    assert!(hash.len() == 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{src}");
    assert_eq!(response.text().replace(response.tag().unwrap(), ""), PAGE);
    let etag = response.header("etag");
    assert!(etag.starts_with("W/\"x-version."), "{etag}");
    assert_eq!(response.headers.len(), 4, "content-type, etag, and the two version headers: {response:?}");
}

#[tokio::test]
async fn response_to_a_form_is_marked_as_posted() {
    for (method, is_posted) in [(Method::GET, false), (Method::POST, true), (Method::PUT, true)] {
        let response = send(layer().layer(always(page())), with_method(method.clone(), "/")).await;
        assert_eq!(response.tag().unwrap().contains(" data-posted>"), is_posted, "{method}");
    }
}

#[tokio::test]
async fn bodies_of_other_responses_are_unchanged() {
    for headers in [
        &[("content-type", "text/css")][..],
        &[("content-type", "application/xhtml+xml")],
        &[("content-type", "text/html; charset=utf-16")],
        &[HTML, ("content-encoding", "gzip")],
        &[HTML, ("content-encoding", "identity, br")],
        &[HTML, ("cache-control", "public, max-age=31536000, immutable")],
        &[HTML, ("cache-control", "no-transform")],
        &[HTML, ("content-disposition", "attachment; filename=\"a.html\"")],
        &[HTML, ("content-disposition", "Attachment")],
        &[HTML, ("content-disposition", "download")],
        &[],
    ] {
        let headers =
            [headers, &[("etag", "\"x\""), ("content-length", "71"), ("last-modified", "x")]].concat();
        let response =
            layer().layer(always(build_response(200, &headers, PAGE))).oneshot(request("/", &[])).await;
        let mut response = response.unwrap();
        assert_eq!(response.body().size_hint().exact(), Some(71));
        for name in ["x-app-version", "x-app-version-action"] {
            assert!(response.headers_mut().remove(name).is_some(), "{headers:?}");
        }
        assert_eq!(response.headers(), build_response(200, &headers, "").headers());
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), PAGE);
    }
    for status in [204, 205, 206, 304] {
        let inner =
            build_response(status, &[HTML, ("etag", "\"x\""), ("content-range", "bytes 0-70/71")], PAGE);
        let response = send(layer().layer(always(inner)), request("/", &[])).await;
        assert_eq!((response.header("etag"), response.text()), ("\"x\"", PAGE), "{status}");
    }
}

#[tokio::test]
async fn page_with_inline_content_disposition_gets_the_script() {
    for disposition in ["inline", "INLINE ; filename=a.html", "filename=a.html", ""] {
        let inner = build_response(200, &[HTML, ("content-disposition", disposition)], PAGE);
        let response = send(layer().layer(always(inner)), request("/", &[])).await;
        assert!(response.tag().is_some(), "{disposition}");
    }
}

#[tokio::test]
async fn error_pages_get_the_script_and_fragments_do_not() {
    for status in [200, 403, 404, 500] {
        let response =
            send(layer().layer(always(build_response(status, &[HTML], PAGE))), request("/", &[])).await;
        assert!(response.tag().is_some(), "{status}");
    }
    for fragment in ["<div>x</div>", "<template><head></head></template>", "", "<!-- <head> -->"] {
        let inner = build_response(200, &[HTML], fragment);
        let response = send(layer().layer(always(inner)), request("/", &[("hx-request", "true")])).await;
        assert_eq!((response.text(), response.version_and_action()), (fragment, ("v1", "reload")));
    }
}

#[test]
fn compressed_page_is_unchanged_and_logged_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let send = |layer: &VersionLayer, method, inner: &Response<Full<Bytes>>| {
        runtime.block_on(send(layer.layer(always(inner.clone())), with_method(method, "/")))
    };
    let compressed =
        build_response(200, &[HTML, ("content-encoding", "br"), ("etag", "\"x\"")], "\u{1}\u{2}");
    let layer = layer();
    let messages = capture_log(|| {
        for layer in [&layer, &layer, &layer.clone(), &layer.clone().header(false)] {
            let response = send(layer, Method::GET, &compressed);
            assert_eq!((response.text(), response.header("etag")), ("\u{1}\u{2}", "\"x\""));
        }
    });
    assert_eq!(
        messages,
        [
            "the client script was not inserted into a page because the page is compressed; place the version layer inside the \
             compression layer"
        ]
    );
    let other = super::layer();
    for headers in [
        &[("content-type", "text/css"), ("content-encoding", "br")][..],
        &[HTML, ("content-encoding", "identity")],
        &[HTML, ("content-encoding", "br"), ("cache-control", "no-transform")],
        &[HTML, ("content-encoding", "br"), ("cache-control", "max-age=1, immutable")],
    ] {
        let messages = capture_log(|| drop(send(&other, Method::GET, &build_response(200, headers, PAGE))));
        assert_eq!(messages, [""; 0], "{headers:?}");
    }
    let mut not_modified = compressed.clone();
    *not_modified.status_mut() = http::StatusCode::NOT_MODIFIED;
    assert_eq!(capture_log(|| drop(send(&other, Method::GET, &not_modified))), [""; 0]);
    assert_eq!(capture_log(|| drop(send(&other, Method::HEAD, &compressed))).len(), 1);
}

#[tokio::test]
async fn page_inside_a_compression_layer_gets_the_script() {
    let (_dir, assets) = production();
    let app: Router = Router::new()
        .route("/", get(async || Html(PAGE)))
        .layer(VersionLayer::new(&assets))
        .layer(axum::middleware::map_response(async |response: axum::response::Response| {
            let (mut parts, body) = response.into_parts();
            parts.headers.insert("content-encoding", http::HeaderValue::from_static("x-reversed"));
            let mut body = axum::body::to_bytes(body, 1000).await.unwrap().to_vec();
            body.reverse();
            Response::from_parts(parts, Body::from(body))
        }));
    let response = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    let mut body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap().to_vec();
    body.reverse();
    assert!(String::from_utf8(body).unwrap().starts_with("<!DOCTYPE html><html><head><script defer "));
}

#[tokio::test]
async fn head_has_the_same_headers_as_get() {
    let (_dir, assets) = production();
    let page = get(async || ([("etag", "\"x\""), ("content-length", "71")], Html(PAGE)));
    let router = Router::new().route("/", page);
    let within = router.clone().layer(VersionLayer::new(&assets));
    let around = VersionLayer::new(&assets).layer(router);
    for path in ["/", "/nowhere", "/_fingerpost/version", "/_fingerpost/client.0123456789ab.js"] {
        let send_to_both = async |method: Method| {
            let request = || Request::builder().method(&method).uri(path).body(Body::empty()).unwrap();
            let one = within.clone().oneshot(request()).await.unwrap();
            let other = around.clone().oneshot(request()).await.unwrap();
            assert_eq!(one.headers(), other.headers(), "{path}");
            let (head, body) = other.into_parts();
            (head.headers, axum::body::to_bytes(Body::new(body), usize::MAX).await.unwrap())
        };
        let (by_get, body) = send_to_both(Method::GET).await;
        let (by_head, body_of_head) = send_to_both(Method::HEAD).await;
        assert_eq!(by_get, by_head, "{path}");
        assert_eq!((body.is_empty(), body_of_head.is_empty()), (path == "/nowhere", true));
        assert_eq!(by_get.contains_key("content-length"), path.starts_with("/_fingerpost"), "{path}");
    }
}

#[tokio::test]
async fn script_is_inserted_at_the_asset_path_of_a_page_and_not_at_the_hashed_path() {
    let site = Site::new(&[("page.html", PAGE.as_bytes())]);
    let assets = site.collect().production();
    let served = VersionLayer::new(&assets).layer(StaticFiles::new(&assets));
    let get = async |path: &str, tag: &str| {
        let (head, body) =
            served.clone().oneshot(request(path, &[("if-none-match", tag)])).await.unwrap().into_parts();
        TestResponse {
            status: head.status,
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    };
    let hashed = path_below_mount(&assets.url("page.html").unwrap());
    let response = get(&hashed, "\"\"").await;
    response.assert_is(200, IMMUTABLE, PAGE.as_bytes());
    assert_eq!(response.version_and_action().1, "reload");
    let tag = response.header("etag");
    assert!(tag.starts_with('"') && response.header("content-length") == "71", "{response:?}");
    get(&hashed, tag).await.assert_is(304, IMMUTABLE, b"");

    let plain = get("/page.html", "\"\"").await;
    assert_eq!(
        (plain.cache_control(), plain.attribute("data-version")),
        (ONE_HOUR, Some(plain.version_and_action().0))
    );
    assert_eq!(get("/page.html", plain.header("etag")).await.status, 304);
}

#[tokio::test]
async fn empty_page_is_unchanged() {
    let inner = Response::builder().header("content-type", "text/html").body(Empty::<Bytes>::new()).unwrap();
    let response = layer().layer(always(inner)).oneshot(request("/", &[])).await.unwrap();
    assert!(response.body().is_end_stream());
    assert_eq!(response.body().size_hint().exact(), Some(0));
}

#[tokio::test]
async fn development_pages_have_no_etag() {
    let layer = VersionLayer::new(&development("v7"));
    let response = send(layer.layer(always(page())), request("/", &[])).await;
    assert_eq!((response.attribute("data-version"), response.version_and_action().0), (Some("v7"), "v7"));
    assert_eq!((response.header("etag"), response.header("last-modified")), ("-", "-"));
}

#[test]
fn public_types_are_clone_send_and_sync() {
    fn is_send_sync_and_clone<T: Clone + Send + Sync>(_: &T) {}
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_sync_and_clone(&layer());
    is_send_sync_and_clone(&layer().layer(()));
    is_send_and_sync::<EitherBody<HtmlBody<Full<Bytes>>>>();
    is_send_and_sync::<ResponseFuture<std::future::Ready<()>, ()>>();
    let text = format!("{:?}", layer().layer(()));
    assert!(text.starts_with("VersionService {"), "{text}");
}
