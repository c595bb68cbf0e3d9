//! `StaticFiles` in development mode.

use std::fs;

use axum::{Router, body::Body};
use fingerpost::{Assets, manifest::ContentHash};
use fingerpost_tower::{AssetServer, StaticFiles};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::site::{IMMUTABLE, Site, get, path_below_mount, send};

#[tokio::test]
async fn version_parameter_with_the_content_hash_is_immutable() {
    let site = Site::new(&[("a.css", b"one")]);
    let assets = site.development();
    let files = StaticFiles::new(&assets);
    let url = path_below_mount(&assets.url("a.css").unwrap());
    get(&files, &url).await.assert_is(200, IMMUTABLE, b"one");
    get(&files, "/a.css").await.assert_is(200, "no-cache", b"one");
    get(&files, "/a.css?rev=1").await.assert_is(200, "no-cache", b"one");
    get(&files, "/a.css?v=").await.assert_is(200, "no-store", b"one");
    get(&files, "/a.css?v=000000000000").await.assert_is(200, "no-store", b"one");
}

#[tokio::test]
async fn saved_file_is_sent_immediately_and_old_versions_are_no_store() {
    let site = Site::new(&[("a.css", b"one")]);
    let assets = site.development();
    let files = StaticFiles::new(&assets);
    let old = path_below_mount(&assets.url("a.css").unwrap());
    let before = get(&files, &old).await;
    for text in ["two", "six", "ten"] {
        fs::write(site.source().join("a.css"), text).unwrap();
        let now = get(&files, &old).await;
        now.assert_is(200, "no-store", text.as_bytes());
        assert_ne!(now.header("etag"), before.header("etag"));
        get(&files, &path_below_mount(&assets.url("a.css").unwrap())).await.assert_is(
            200,
            IMMUTABLE,
            text.as_bytes(),
        );
    }
}

#[tokio::test]
async fn etag_changes_with_the_bytes() {
    let site = Site::new(&[("a.css", b"one")]);
    let files = StaticFiles::new(&site.development());
    let first = get(&files, "/a.css").await;
    let headers = [("if-none-match", first.header("etag"))];
    send(&files, Method::GET, "/a.css", &headers).await.assert_is(304, "no-cache", b"");
    site.write("a.css", b"two");
    send(&files, Method::GET, "/a.css", &headers).await.assert_is(200, "no-cache", b"two");
}

#[tokio::test]
async fn files_that_collect_would_skip_are_not_found() {
    let site = Site::new(&[
        ("a.css", b"a"),
        (".env", b"SECRET"),
        (".git/config", b"x"),
        ("CVS/Root", b"x"),
        ("a.css~", b"x"),
        (".well-known/security.txt", b"hello"),
        ("dir/b.css", b"b"),
    ]);
    let outside = Site::new(&[("secret.txt", b"secret")]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(outside.source().join("secret.txt"), site.source().join("link.txt")).unwrap();
        symlink(outside.source(), site.source().join("linked")).unwrap();
    }
    let files = StaticFiles::new(
        &site.builder(fingerpost::Mode::Dev).collected(site.source().join("dist")).build().unwrap(),
    );
    fs::create_dir(site.source().join("dist")).unwrap();
    fs::write(site.source().join("dist/out.css"), "x").unwrap();
    for path in [
        "/.env",
        "/.git/config",
        "/CVS/Root",
        "/a.css~",
        "/link.txt",
        "/linked/secret.txt",
        "/dir",
        "/dir/",
        "/",
        "/dist/out.css",
        "/A.css",
        "/dir/../a.css",
        "/nope.css",
        "/a.css/",
        "/a.css/x",
    ] {
        get(&files, path).await.assert_not_found();
    }
    get(&files, "/.well-known/security.txt").await.assert_is(200, "no-cache", b"hello");
}

#[tokio::test]
async fn not_found_response_in_development_has_a_suggestion() {
    let site = Site::new(&[("css/app.css", b"a")]);
    let files = StaticFiles::new(&site.development());
    let response = get(&files, "/css/ap.css").await;
    response.assert_not_found();
    let text = String::from_utf8(response.body.to_vec()).unwrap();
    assert!(text.contains("did you mean `css/app.css`?"), "{text}");
    assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
}

#[tokio::test]
async fn not_found_response_in_development_is_not_readable_cross_origin() {
    let site = Site::new(&[("css/app.css", b"a")]);
    let files = StaticFiles::new(&site.development());
    for (path, origins) in [("/css/app.css", "*"), ("/css/ap.css", "-"), ("/css//app.css", "-")] {
        assert_eq!(get(&files, path).await.header("access-control-allow-origin"), origins, "{path}");
    }
    // In production a 404 contains no details.
    let files = StaticFiles::new(&site.collect().production());
    assert_eq!(get(&files, "/css/ap.css").await.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn large_file_in_development_is_streamed_without_etag_and_never_immutable() {
    let large = vec![b'x'; 9 * 1024 * 1024];
    let site = Site::new(&[("large.bin", &large)]);
    let assets = site.development();
    let files = StaticFiles::new(&assets);
    let response = get(&files, "/large.bin").await;
    response.assert_is(200, "no-cache", &large);
    assert_eq!(response.header("etag"), "-");
    let response = get(&files, &path_below_mount(&assets.url("large.bin").unwrap())).await;
    response.assert_is(200, "no-store", &large);
    send(&files, Method::GET, "/large.bin", &[("range", "bytes=-3")])
        .await
        .assert_is(206, "no-cache", b"xxx");
}

#[tokio::test]
async fn version_parameter_with_an_outdated_hash_is_no_store() {
    let site = Site::new(&[("a.css", b"one")]);
    let files = StaticFiles::new(&site.development());
    let path = format!("/a.css?v={}", ContentHash::from_content(b"two").as_str());
    get(&files, &path).await.assert_is(200, "no-store", b"one");
    site.write("a.css", b"two");
    get(&files, &path).await.assert_is(200, IMMUTABLE, b"two");
}

async fn text(app: Router, path: &str) -> String {
    let response = app.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["cache-control"], "no-store");
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

const ADVICE: &str = "if the mount path `/static/` is still part of the request path, this is a request for asset `css/app.css`: \
                      mount with `nest_service`, or set `.paths_include_mount(true)` with `route_service`";

fn route(files: StaticFiles) -> Router {
    Router::new().route_service("/static/{*path}", files)
}

/// Returns a service for paths below the mount, and a service for paths that include the mount.
fn without_and_with_mount(assets: &Assets) -> (StaticFiles, StaticFiles) {
    let server = AssetServer::new(assets);
    (server.clone().into(), server.paths_include_mount(true).into())
}

fn nest(files: StaticFiles) -> Router {
    Router::new().nest_service("/static", files)
}

#[tokio::test]
async fn mismatched_mount_is_explained_in_development() {
    let site = Site::new(&[("css/app.css", b"one")]);
    site.collect();
    let (files, with_mount) = without_and_with_mount(&site.development());
    let response = text(route(files.clone()), "/static/css/app.css").await;
    assert_eq!(response.split_once('\n').unwrap().0, ADVICE);
    assert_eq!(
        text(nest(with_mount.clone()), "/static/css/app.css").await,
        "if the mount path `/static/` was removed from the request path, this is a request for asset `css/app.css`: \
         mount with `route_service`, or remove `.paths_include_mount(true)`"
    );
    // With the right mount, the 404 reports the missing asset.
    for app in [route(with_mount), nest(files)] {
        let response = text(app, "/static/css/ap.css").await;
        assert!(response.starts_with("asset `css/ap.css` was not found"), "{response}");
        assert!(response.ends_with("(did you mean `css/app.css`?)"), "{response}");
    }
    let (files, with_mount) = without_and_with_mount(&site.production());
    assert_eq!(text(route(files), "/static/css/app.css").await, "Not Found");
    assert_eq!(text(nest(with_mount), "/static/css/app.css").await, "Not Found");
}

#[tokio::test]
async fn missing_asset_gets_no_mount_advice() {
    let site = Site::new(&[("css/app.css", b"one"), ("static/css/more.css", b"two")]);
    let (files, with_mount) = without_and_with_mount(&site.development());
    let fallback = Router::new().fallback_service(with_mount.clone());
    for path in ["/favicon.ico", "/", "/static", "/css/ap.css", "/css//app.css", "/..%2Fcss/app.css"] {
        assert_eq!(text(fallback.clone(), path).await, "Not Found", "{path}");
    }
    for app in [fallback, nest(files)] {
        let response = text(app, "/static/static/css/mor.css").await;
        assert!(response.starts_with("asset `static/css/mor.css` was not found"), "{response}");
    }
}

#[tokio::test]
async fn missing_asset_in_a_directory_named_like_the_mount_gets_error_and_advice() {
    let site = Site::new(&[("css/app.css", b"one"), ("static/css/more.css", b"two")]);
    let (files, with_mount) = without_and_with_mount(&site.development());
    let response = text(nest(files), "/static/static/css/app.css").await;
    let (advice, error) = response.split_once("\notherwise, ").unwrap();
    assert_eq!(advice, ADVICE);
    assert!(error.starts_with("asset `static/css/app.css` was not found"), "{response}");
    let response = text(nest(with_mount), "/static/static/css/more.css").await;
    let (advice, error) = response.split_once("\notherwise, ").unwrap();
    assert!(
        advice.ends_with(": mount with `route_service`, or remove `.paths_include_mount(true)`"),
        "{response}"
    );
    assert!(error.starts_with("asset `css/more.css` was not found"), "{response}");
}

#[tokio::test]
async fn asset_in_a_directory_named_like_the_mount_is_served() {
    let site = Site::new(&[("static/app.css", b"one")]);
    let files = StaticFiles::new(&site.development());
    get(&files, "/static/app.css").await.assert_is(200, "no-cache", b"one");
}
