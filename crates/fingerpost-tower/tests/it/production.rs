//! Collected files by hashed path and by asset path, and missing files.

use std::fs;

use axum::{Router, body::Body};
use fingerpost::{Mode, manifest::Digest};
use fingerpost_tower::{AssetServer, CachePolicy, StaticFiles};
use http::{Method, Request};
use tower::ServiceExt as _;

use crate::site::{IMMUTABLE, ONE_HOUR, Site, get, get_hashed, get_until, path_below_mount, send};

const CSS: &[u8] = b"body{color:red}";

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", &Digest::from_content(bytes).to_string()[..32])
}

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
async fn large_files_are_streamed_and_small_files_are_cached_in_memory() {
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let site = Site::new(&[("small.css", CSS), ("large.bin", &large)]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    let [small, large_path] =
        ["small.css", "large.bin"].map(|path| path_below_mount(&assets.url(path).unwrap()));
    for _ in 0..2 {
        get(&files, &small).await.assert_is(200, IMMUTABLE, CSS);
        let response = get_hashed(&files, &large_path).await;
        response.assert_is(200, IMMUTABLE, &large);
        assert_eq!(response.header("etag"), tag(&large));
    }
    fs::remove_dir_all(site.dist()).unwrap();
    get(&files, &small).await.assert_is(200, IMMUTABLE, CSS);
    get(&files, &large_path).await.assert_not_found();
}

#[tokio::test]
async fn cache_capacity_limits_cached_bytes() {
    let site = Site::new(&[("a.txt", b"aaaaaa"), ("b.txt", b"bbbbbb")]);
    let files = StaticFiles::from(AssetServer::new(&site.collect().production()).cache_capacity(10));
    get(&files, "/a.txt").await.assert_is(200, ONE_HOUR, b"aaaaaa");
    get(&files, "/b.txt").await.assert_is(200, ONE_HOUR, b"bbbbbb");
    get(&files, "/b.txt").await.assert_is(200, ONE_HOUR, b"bbbbbb");
    fs::remove_dir_all(site.dist()).unwrap();
    get(&files, "/a.txt").await.assert_is(200, ONE_HOUR, b"aaaaaa");
    get(&files, "/b.txt").await.assert_not_found();
}

#[tokio::test]
async fn bytes_that_differ_from_the_release_are_never_immutable() {
    for size in [40, 200_000] {
        let bytes = vec![b'x'; size];
        let site = Site::new(&[("a.txt", &bytes)]);
        let assets = site.collect().production();
        let hashed = path_below_mount(&assets.url("a.txt").unwrap());
        let file = site.dist().join(&hashed[1..]);
        for damage in [vec![b'y'; size], vec![b'x'; size - 1], vec![b'x'; size + 1], Vec::new()] {
            fs::write(&file, damage).unwrap();
            let files = StaticFiles::new(&assets);
            let first = get(&files, &hashed).await;
            // A large file is hashed in the background.
            assert!(first.status == 404 || size == 200_000, "{first:?}");
            assert_eq!((first.cache_control(), first.header("etag")), ("no-store", "-"));
            get_until(&files, &hashed, &[], |response| response.status == 404).await.assert_not_found();
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        let files = StaticFiles::new(&assets);
        get(&files, &hashed).await.assert_not_found();

        // Restore the file.
        fs::remove_dir(&file).unwrap();
        fs::write(&file, &bytes).unwrap();
        get_hashed(&files, &hashed).await.assert_is(200, IMMUTABLE, &bytes);
    }
}

#[tokio::test]
#[cfg(unix)]
async fn pipes_and_devices_in_place_of_a_file_are_not_read() {
    for size in [40, 200_000] {
        let site = Site::new(&[("a.txt", &vec![b'x'; size])]);
        let assets = site.collect().production();
        let hashed = path_below_mount(&assets.url("a.txt").unwrap());
        let file = site.dist().join(&hashed[1..]);

        fs::remove_file(&file).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        get(&StaticFiles::new(&assets), &hashed).await.assert_not_found();

        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
        get(&StaticFiles::new(&assets), &hashed).await.assert_not_found();

        // The file does not fit into memory.
        fs::remove_file(&file).unwrap();
        fs::File::create(&file).unwrap().set_len(1 << 40).unwrap();
        get(&StaticFiles::new(&assets), &hashed).await.assert_not_found();
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
async fn django_manifest_is_served() {
    let site = Site::new(&[]);
    fs::create_dir(site.dist()).unwrap();
    fs::write(site.dist().join("a.0123456789ab.css"), CSS).unwrap();
    let manifest = r#"{"version": "1.0", "paths": {"a.css": "a.0123456789ab.css", "gone.css": "gone.0123456789ab.css"}}"#;
    fs::write(site.dist().join("staticfiles.json"), manifest).unwrap();
    let files = StaticFiles::new(&site.builder(Mode::Production).build().unwrap());
    let response = get(&files, "/a.0123456789ab.css").await;
    response.assert_is(200, IMMUTABLE, CSS);
    assert_eq!(response.header("etag"), tag(CSS));
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, CSS);
    get(&files, "/gone.css").await.assert_not_found();
}
