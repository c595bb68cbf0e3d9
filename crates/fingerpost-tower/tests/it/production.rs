//! Collected files by hashed path and by asset path, and missing files.

use std::fs;

use axum::{Router, body::Body};
use fingerpost::manifest::Digest;
use fingerpost_tower::{AssetServer, CachePolicy, StaticFiles};
use http::{Method, Request};
use tower::ServiceExt as _;

use super::site::{IMMUTABLE, ONE_HOUR, Site, get, get_hashed, path_below_mount, send, tag};

const CSS: &[u8] = b"body{color:red}";

#[tokio::test]
async fn hashed_path_is_immutable_with_any_query() {
    let site = Site::new(&[("css/app.css", CSS)]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    let path = path_below_mount(&assets.url("css/app.css").unwrap());
    for query in ["", "?v=4.7.0", "?v=", "?x=1&v=2", "?"] {
        let response = get(&files, &format!("{path}{query}")).await;
        response.assert_is(200, IMMUTABLE, CSS);
        assert_eq!(response.header("etag"), tag(CSS));
        assert_eq!(response.header("content-type"), "text/css; charset=utf-8");
        assert_eq!(response.header("content-length"), CSS.len().to_string());
        assert_eq!(response.header("x-content-type-options"), "nosniff");
        assert_eq!(response.header("access-control-allow-origin"), "*");
        assert_eq!(response.header("accept-ranges"), "bytes");
        assert_eq!((response.header("last-modified"), response.header("vary")), ("-", "-"));
    }
}

#[tokio::test]
async fn asset_path_is_immutable_only_with_a_proven_version() {
    let site = Site::new(&[("css/app.css", CSS)]);
    let server = AssetServer::new(&site.collect().production());
    let files = server.clone().into();
    let hash = &Digest::from_content(CSS).to_string()[..12];
    for (query, cache) in [
        (String::new(), ONE_HOUR),
        ("?rev=1".to_owned(), ONE_HOUR),
        (format!("?v={hash}"), IMMUTABLE),
        (format!("?x=1&v={hash}"), IMMUTABLE),
        (format!("?v={hash}&v=1"), "no-store"),
        (format!("?v={}", hash.to_uppercase()), "no-store"),
        ("?v=000000000000".to_owned(), "no-store"),
        ("?v=".to_owned(), "no-store"),
        ("?v".to_owned(), "no-store"),
    ] {
        let response = get(&files, &format!("/css/app.css{query}")).await;
        response.assert_is(200, cache, CSS);
        assert_eq!(response.header("etag"), tag(CSS));
    }
    let files = server.clone().unversioned_policy(CachePolicy::Seconds(60)).into();
    get(&files, "/css/app.css").await.assert_is(200, "public, max-age=60", CSS);
    let files = server.unversioned_policy(CachePolicy::Immutable).into();
    get(&files, "/css/app.css").await.assert_is(200, ONE_HOUR, CSS);
}

#[tokio::test]
async fn files_missing_from_the_manifest_are_not_found() {
    let site = Site::new(&[("css/app.css", CSS), ("img/a.svg", b"<svg/>")]);
    site.collect_compressed(&["gzip"]);
    fs::write(site.dist().join("stray.css"), "stray").unwrap();
    fs::write(site.dist().join(".env"), "SECRET=1").unwrap();
    let assets = site.production();
    let files = StaticFiles::new(&assets);
    let hashed = path_below_mount(&assets.url("css/app.css").unwrap());
    for path in [
        "/css/app.000000000000.css".to_owned(),
        "/css/nope.css".to_owned(),
        format!("{hashed}.gz"),
        "/css".to_owned(),
        "/css/".to_owned(),
        "/".to_owned(),
        "/staticfiles.json".to_owned(),
        "/.fingerpost/releases/1.json".to_owned(),
        "/.fingerpost/lock".to_owned(),
        "/.env".to_owned(),
        "/.git/config".to_owned(),
        "/stray.css".to_owned(),
        format!("/css/..{hashed}"),
        hashed.replace("/css/", "/css//"),
        hashed.replace("/css/", "/css%2F"),
    ] {
        get(&files, &path).await.assert_not_found();
    }
}

#[tokio::test]
async fn names_that_need_percent_encoding_are_served() {
    let names = ["⊗.txt", "%2F.txt", "a b.css", "what?.css", "a#b.css", "a&b;c='d'.css"];
    let site = Site::new(&names.map(|name| (name, name.as_bytes())));
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    for (name, url) in assets.iter() {
        get(&files, &path_below_mount(&url)).await.assert_is(200, IMMUTABLE, name.as_bytes());
    }
    get(&files, "/%E2%8A%97.txt").await.assert_is(200, ONE_HOUR, "⊗.txt".as_bytes());
    get(&files, "/%252F.txt").await.assert_is(200, ONE_HOUR, b"%2F.txt");
    get(&files, "/%2F.txt").await.assert_not_found();
}

#[tokio::test]
async fn only_get_and_head_are_allowed() {
    let site = Site::new(&[("a.css", CSS)]);
    let files = StaticFiles::new(&site.collect().production());
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE] {
        let response = send(&files, method, "/a.css", &[]).await;
        assert_eq!((response.status.as_u16(), response.header("allow")), (405, "GET, HEAD"));
        assert_eq!(response.cache_control(), "no-store");
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let site = Site::new(&[("a.css", &[b'a'; 5000]), ("large.txt", &[b'l'; 200_000])]);
    let assets = site.collect_compressed(&["gzip"]).production();
    let files = StaticFiles::new(&assets);
    get_hashed(&files, "/large.txt").await;
    for path in
        [&path_below_mount(&assets.url("a.css").unwrap()), "/a.css", "/a.css?v=1", "/large.txt", "/nope"]
    {
        for headers in [&[][..], &[("accept-encoding", "gzip")], &[("if-none-match", "*")]] {
            let [get, head] = [Method::GET, Method::HEAD].map(|method| send(&files, method, path, headers));
            let (get, head) = (get.await, head.await);
            assert_eq!((get.status, get.headers), (head.status, head.headers), "{path}");
            assert!(head.body.is_empty());
        }
    }
}

#[tokio::test]
async fn cross_origin_access_can_be_disabled() {
    let site = Site::new(&[("a.css", CSS)]);
    let files = StaticFiles::from(AssetServer::new(&site.collect().production()).allow_any_origin(false));
    assert_eq!(get(&files, "/a.css").await.header("access-control-allow-origin"), "-");
}

#[tokio::test]
async fn axum_mount_and_full_paths_are_both_supported() {
    let site = Site::new(&[("a.css", CSS)]);
    let assets = site.collect().production();
    let url = assets.url("a.css").unwrap();
    let app: Router = Router::new().nest_service("/static", StaticFiles::new(&assets));
    let response = app.oneshot(Request::get(&*url).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["cache-control"]),
        (200, &IMMUTABLE.parse().unwrap())
    );

    let files = StaticFiles::from(AssetServer::new(&assets).paths_include_mount(true));
    get(&files, &url).await.assert_is(200, IMMUTABLE, CSS);
    get(&files, &path_below_mount(&url)).await.assert_not_found();
    get(&files, "/staticfoo/a.css").await.assert_not_found();
}

#[tokio::test]
async fn files_of_retained_releases_stay_immutable() {
    let site = Site::new(&[("a.css", b"one"), ("old.css", b"old")]);
    let first = site.collect().production();
    let [one, old] = ["a.css", "old.css"].map(|path| path_below_mount(&first.url(path).unwrap()));
    site.write("a.css", b"two");
    fs::remove_file(site.source().join("old.css")).unwrap();
    let second = site.collect().production();
    let files = StaticFiles::new(&second);
    get(&files, &path_below_mount(&second.url("a.css").unwrap())).await.assert_is(200, IMMUTABLE, b"two");
    get(&files, &one).await.assert_is(200, IMMUTABLE, b"one");
    get(&files, &old).await.assert_is(200, IMMUTABLE, b"old");
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, b"two");
    get(&files, "/old.css").await.assert_not_found();
}
