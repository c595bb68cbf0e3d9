//! Compares the responses of nginx and `StaticFiles` to the same requests, for the same output directory. The
//! module `differences` lists all differences.

mod differences;
mod requests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
};
use fingerpost::Assets;
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use http::{Request, Response};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::tools::{Nginx, send, serve};
use differences::{DIFFERENCES, Difference};
use requests::REQUESTS;

/// The configuration of nginx that is closest to `StaticFiles`.
const CONFIG: &str = r#"default_type application/octet-stream;
server {
    listen 80;
    location /static/ {
        alias "OUT/";
        gzip_static on;
        gzip_vary on;
        add_header Cache-Control "public, max-age=31536000, immutable";
    }
}
"#;

/// The headers to compare, besides the status and the body.
const HEADERS: [&str; 12] = [
    "accept-ranges",
    "allow",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "vary",
];

fn write(dir: &Path, path: &str, bytes: &[u8]) {
    let file = dir.join(path);
    fs::create_dir_all(file.parent().expect("a file has a parent directory")).expect("a new directory");
    fs::write(file, bytes).expect("a writable file");
}

/// Creates an output directory with files of several kinds and sizes.
fn site() -> TempDir {
    let (source, out) =
        (TempDir::new().expect("a temporary directory"), TempDir::new().expect("a temporary directory"));
    let large: Vec<u8> =
        (0..300_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).take(300_000).collect();
    for (path, bytes) in [
        ("app.css", b"a { color: red }\n".repeat(200).as_slice()),
        ("app.js", b"export let red = 'red';\n".repeat(200).as_slice()),
        ("forty.txt", b"0123456789012345678901234567890123456789"),
        ("empty.css", b""),
        ("img/a b.png", b"\x89PNG\r\n\x1a\n"),
        ("LICENSE", b"MIT"),
        ("large.woff2", &large),
    ] {
        write(source.path(), path, bytes);
    }
    collect(&CollectConfig::new(out.path()).source(source.path()).compress(["gzip"])).expect("a release");
    out
}

/// One of the two servers, with the values of the placeholders in requests.
struct Side {
    origin: String,
    placeholders: Vec<(String, String)>,
}

impl Side {
    /// Sets the placeholders: the URLs of assets, `{date}`, and the ETags of this server.
    async fn new(origin: String, assets: &Assets, date: &str) -> Self {
        let urls = assets.iter().map(|(path, url)| (format!("{{{path}}}"), url.to_string()));
        let mut side =
            Self { origin, placeholders: urls.chain([("{date}".to_owned(), date.to_owned())]).collect() };
        for (name, request) in [
            ("{tag}", "GET {forty.txt}"),
            ("{css-tag}", "GET {app.css}"),
            ("{gzip-tag}", "GET {app.css} | Accept-Encoding: gzip"),
            ("{empty-tag}", "GET {empty.css}"),
        ] {
            let tag = compared_parts(&side.send(request).await)["etag"].clone();
            side.placeholders.push((name.to_owned(), tag));
        }
        side.wait_for_the_large_file().await;
        side
    }

    /// Waits until `StaticFiles` has hashed the large file. The first request starts the hashing in the background.
    async fn wait_for_the_large_file(&self) {
        for _ in 0..1000 {
            if compared_parts(&self.send("HEAD {large.woff2}").await)["etag"] != "-" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} returned no ETag for the large file in time", self.origin);
    }

    /// Sends a request, written as `METHOD PATH | Header: value | …`.
    async fn send(&self, request: &str) -> Response<Bytes> {
        let expanded = self
            .placeholders
            .iter()
            .fold(request.to_owned(), |text, (name, value)| text.replace(name, value));
        let mut parts = expanded.split(" | ");
        let (method, path) = parts.next().and_then(|line| line.split_once(' ')).expect("a method and a path");
        let mut built = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        for header in parts {
            let (name, value) = header.split_once(": ").unwrap_or((header.trim_end_matches(':'), ""));
            built = built.header(name, value);
        }
        send(built.body(Body::empty()).unwrap_or_else(|err| panic!("{request}: {err}"))).await
    }
}

/// Returns the compared parts of a response. An absent header has the value `-`. The body of an error is not compared.
fn compared_parts(response: &Response<Bytes>) -> BTreeMap<&'static str, String> {
    let header = |name| response.headers().get(name).map_or("-", |value| value.to_str().expect("a string"));
    let mut parts: BTreeMap<_, _> = HEADERS.iter().map(|name| (*name, header(*name).to_owned())).collect();
    let is_error = !response.status().is_success() && response.status() != 304;
    if is_error {
        for name in ["content-length", "content-type"] {
            parts.remove(name);
        }
    } else {
        let hash = Sha256::digest(response.body());
        parts.insert("body", format!("{} bytes {:02x}{:02x}", response.body().len(), hash[0], hash[1]));
    }
    parts.insert("status", response.status().as_u16().to_string());
    parts
}

/// Returns the same parts as [`compared_parts`], with normalized ETags, media types and dates.
fn compared(response: &Response<Bytes>) -> BTreeMap<&'static str, String> {
    let mut parts = compared_parts(response);
    for (name, value) in &mut parts {
        let normalized = match (*name, value.as_str()) {
            (_, "-") => continue,
            ("etag", tag) if tag.starts_with("W/") => "weak",
            ("etag", _) => "strong",
            ("last-modified", _) => "a date",
            ("content-type", text) => text.split(';').next().unwrap_or(text).trim(),
            (_, text) => text,
        };
        *value = normalized.to_owned();
    }
    parts
}

/// An observed difference: the request, the part of the response, the value of nginx and the value of `StaticFiles`.
type Observed = (&'static str, &'static str, String, String);

/// Returns the differences. If the status or the encoding differs, the other parts are not compared.
fn differing(request: &'static str, theirs: &Response<Bytes>, ours: &Response<Bytes>) -> Vec<Observed> {
    let (theirs, ours) = (compared(theirs), compared(ours));
    let differs = |name: &&&str| theirs.get(**name) != ours.get(**name);
    let names = match ["status", "content-encoding"].iter().find(differs) {
        Some(name) => vec![*name],
        None => theirs.keys().filter(differs).copied().collect(),
    };
    names.into_iter().map(|name| (request, name, theirs[name].clone(), ours[name].clone())).collect()
}

impl Difference {
    fn matches(&self, (request, part, nginx, ours): &Observed) -> bool {
        (self.requests.is_empty() || self.requests.contains(request))
            && (self.part, self.nginx, self.ours) == (*part, nginx, ours)
    }

    /// Returns the listed requests whose responses do not have this difference.
    fn unobserved<'a>(&'a self, observed: &'a [Observed]) -> impl Iterator<Item = &'a str> {
        let is_observed =
            |request: &str| observed.iter().any(|one| self.matches(one) && ["any", one.0].contains(&request));
        let listed = if self.requests.is_empty() { &["any"] } else { self.requests };
        listed.iter().copied().filter(move |request| !is_observed(request))
    }
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn responses_differ_from_nginx_only_as_documented() {
    let out = site();
    let Some(nginx) = Nginx::start(&CONFIG.replace("OUT", out.path().to_str().expect("a UTF-8 path"))) else {
        return;
    };
    let assets = Assets::production(out.path()).expect("an output directory");
    let ours = serve(Router::new().nest_service("/static", StaticFiles::new(&assets))).await;
    let date = send(
        Request::get(nginx.url(&assets.url("forty.txt").expect("a URL")))
            .body(Body::empty())
            .expect("a request"),
    )
    .await;
    let date = compared_parts(&date)["last-modified"].clone();
    let theirs = Side::new(nginx.url(""), &assets, &date).await;
    let ours = Side::new(ours, &assets, &date).await;

    let mut observed = Vec::new();
    for request in REQUESTS {
        observed.extend(differing(request, &theirs.send(request).await, &ours.send(request).await));
    }
    let unlisted: Vec<_> =
        observed.iter().filter(|one| !DIFFERENCES.iter().any(|difference| difference.matches(one))).collect();
    assert!(unlisted.is_empty(), "differences not in the table (request, part, nginx, ours): {unlisted:#?}");
    let unobserved = DIFFERENCES
        .iter()
        .flat_map(|difference| difference.unobserved(&observed).map(move |request| (request, difference)));
    let unobserved: Vec<_> = unobserved.collect();
    assert!(unobserved.is_empty(), "in the table, but not observed: {unobserved:#?}");
}

#[test]
fn every_documented_nginx_difference_has_a_reason_and_a_tested_request() {
    let requests: BTreeSet<_> = REQUESTS.iter().collect();
    assert_eq!(requests.len(), REQUESTS.len(), "a request is listed twice");
    for difference in DIFFERENCES {
        assert!(difference.why.starts_with('§'), "{difference:?}");
        assert!(difference.requests.iter().all(|request| requests.contains(request)), "{difference:?}");
    }
}
