//! Tests the nginx configuration in the documentation of `fingerpost-tower`.

use std::{fs, path::Path};

use axum::body::{Body, Bytes};
use fingerpost::Assets;
use fingerpost_collect::{CollectConfig, collect};
use http::{Request, Response};
use tempfile::TempDir;

use crate::tools::{Nginx, send};

const DOCUMENT: &str = include_str!("../../crates/fingerpost-tower/docs/deploying.md");
const YEAR: &str = "public, max-age=31536000, immutable";
const HOUR: &str = "public, max-age=3600";

/// Collects the same files into both output directories of the document.
fn collected(root: &Path) -> Assets {
    let source = TempDir::new().expect("a temporary directory");
    for (path, text) in [
        ("css/app.css", "a { color: red }\n".repeat(200).as_str()),
        ("js/app.mjs", "export {}"),
        ("app.webmanifest", "{}"),
        ("report.202403150900.pdf", "a name that looks hashed"),
        (".well-known/security.txt", "Contact: mailto:a@example.com"),
    ] {
        let file = source.path().join(path);
        fs::create_dir_all(file.parent().expect("a parent directory")).expect("a new directory");
        fs::write(file, text).expect("a writable file");
    }
    let config = |out: &str| CollectConfig::new(root.join(out)).source(source.path()).compress(["gzip"]);
    collect(&config("hashed/static")).expect("a release");
    collect(&config("plain/static").originals(true)).expect("a release");
    Assets::production(root.join("hashed/static")).expect("an output directory")
}

fn start(root: &Path) -> Option<Nginx> {
    let (_, rest) = DOCUMENT.split_once("```nginx\n").expect("a configuration");
    let (config, _) = rest.split_once("```").expect("a closing fence");
    Nginx::start(&config.replace("/srv/site", root.to_str().expect("a UTF-8 path")))
}

async fn get(nginx: &Nginx, path: &str, encoding: &str) -> Response<Bytes> {
    let request = Request::get(nginx.url(path)).header("accept-encoding", encoding);
    send(request.body(Body::empty()).expect("a request")).await
}

#[track_caller]
fn assert_headers(response: &Response<Bytes>, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        let found = response.headers().get(*name).map_or("-", |value| value.to_str().expect("a string"));
        assert_eq!(found, *value, "{name} in {response:?}");
    }
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn nginx_caches_hashed_paths_for_a_year_and_plain_paths_for_an_hour() {
    let root = TempDir::new().expect("a temporary directory");
    let assets = collected(root.path());
    let Some(nginx) = start(root.path()) else { return };
    for (path, media_type) in [
        ("css/app.css", "text/css; charset=utf-8"),
        ("js/app.mjs", "text/javascript; charset=utf-8"),
        ("app.webmanifest", "application/manifest+json"),
        ("report.202403150900.pdf", "application/pdf"),
        (".well-known/security.txt", "text/plain; charset=utf-8"),
    ] {
        let hashed = assets.url(path).expect("a URL").to_string();
        for (url, lifetime) in [(hashed, YEAR), (format!("/static/{path}"), HOUR)] {
            let response = get(&nginx, &url, "identity").await;
            assert_eq!(response.status(), 200, "{url}");
            assert_headers(
                &response,
                &[
                    ("content-type", media_type),
                    ("cache-control", lifetime),
                    ("access-control-allow-origin", "*"),
                    ("x-content-type-options", "nosniff"),
                ],
            );
        }
    }
    assert_eq!(nginx.errors(), "");
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn nginx_sends_variants_and_a_304_has_the_same_lifetime() {
    let root = TempDir::new().expect("a temporary directory");
    let assets = collected(root.path());
    let Some(nginx) = start(root.path()) else { return };
    let hashed = assets.url("css/app.css").expect("a URL").to_string();
    for (url, lifetime) in [(&*hashed, YEAR), ("/static/css/app.css", HOUR)] {
        let plain = get(&nginx, url, "identity").await;
        assert_headers(&plain, &[("content-encoding", "-"), ("vary", "Accept-Encoding")]);
        let small = get(&nginx, url, "gzip").await;
        let same = [("content-encoding", "gzip"), ("vary", "Accept-Encoding"), ("cache-control", lifetime)];
        assert_headers(&small, &same);
        assert_headers(&small, &[("content-type", "text/css; charset=utf-8")]);
        assert!(small.body().len() < plain.body().len());

        let request = Request::get(nginx.url(url)).header("if-none-match", &plain.headers()["etag"]);
        let response = send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(response.status(), 304);
        assert_headers(&response, &[("cache-control", lifetime)]);
    }
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn nginx_sends_no_other_files_and_errors_are_not_cached() {
    let root = TempDir::new().expect("a temporary directory");
    let assets = collected(root.path());
    let Some(nginx) = start(root.path()) else { return };
    for dir in ["hashed", "plain"] {
        fs::write(root.path().join(dir).join("static/.env"), "SECRET").expect("a writable file");
        fs::write(root.path().join(dir).join("secret.txt"), "SECRET").expect("a writable file");
    }
    let hashed = assets.url("css/app.css").expect("a URL");
    for path in [
        "/static/nope.css",
        "/static/css/app.000000000000.css",
        "/static",
        "/static/",
        "/static/css",
        "/static/css/",
        "/static/staticfiles.json",
        "/static/%73taticfiles.json",
        "/static/.fingerpost/releases/1.json",
        "/static/css/../.fingerpost/releases/1.json",
        "/static/%2efingerpost/lock",
        "/static/.env",
        "/static/../secret.txt",
        "/secret.txt",
        &format!("{hashed}/"),
    ] {
        let response = get(&nginx, path, "gzip").await;
        assert_eq!(response.status(), 404, "{path}");
        assert_headers(&response, &[("cache-control", "-")]);
    }
}
