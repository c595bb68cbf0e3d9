//! Tests deltas for visitors who return after a deploy (RFC 9842): in Chromium, behind a cache, and with another
//! decoder.

mod browser;
mod cache;
mod independent;

use std::{
    fs,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Body,
    middleware::{Next, from_fn},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use fingerpost::{Assets, manifest::Digest};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use http::{HeaderMap, Request};
use serde_json::json;
use tempfile::TempDir;

use crate::tools::serve;

/// A request for a file, and its response.
#[derive(Debug, Clone)]
struct Exchange {
    path: String,
    request: HeaderMap,
    response: HeaderMap,
}

impl Exchange {
    /// Returns the digest of the dictionary of the client, in base64.
    fn dictionary(&self) -> Option<&str> {
        self.request.get("available-dictionary").map(|value| value.to_str().expect("base64"))
    }

    fn encoding(&self) -> &str {
        self.response.get("content-encoding").map_or("-", |value| value.to_str().expect("a name"))
    }
}

/// A site with one script, whose releases are published while the site is running.
struct Site {
    dir: TempDir,
    script: &'static str,
    publish: Publish,
    assets: Assets,
    origin: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

/// A function that publishes a version of the script with this name.
type Publish = fn(&TempDir, &str, u32);

/// Returns a script of about 100 KB, which sets the global variable `version`. One line differs between versions.
fn script(version: u32) -> String {
    let line = |n: u32| format!("window.c{n} = {};\n", n.wrapping_mul(2_654_435_761));
    let mut lines: Vec<_> = (0..3_500).map(line).collect();
    lines.insert(1_700, format!("window.version = {version};\n"));
    lines.concat()
}

/// Returns the value of `Available-Dictionary` of a client that has this version.
fn dictionary(version: u32) -> String {
    let integrity = Digest::from_content(script(version).as_bytes()).integrity();
    format!(":{}:", integrity.strip_prefix("sha256-").expect("SHA-256"))
}

impl Site {
    /// Publishes version 1 of the script, and serves the site.
    async fn start(script: &'static str) -> Self {
        Self::start_with(script, publish).await
    }

    async fn start_with(script: &'static str, publish: Publish) -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        publish(&dir, script, 1);
        let assets = Assets::production(dir.path().join("dist")).expect("a release");
        let exchanges = Arc::<Mutex<Vec<Exchange>>>::default();
        let files = Router::new().nest_service("/static", StaticFiles::new(&assets));
        let files = files.layer(from_fn({
            let exchanges = Arc::clone(&exchanges);
            move |request, next| record(request, next, Arc::clone(&exchanges))
        }));
        let page = {
            let assets = assets.clone();
            move || async move { Html(page(&assets, script)) }
        };
        let clear = || async {
            ([("clear-site-data", "\"cache\", \"cookies\", \"storage\"")], "cleared").into_response()
        };
        let app = Router::new().route("/", get(page)).route("/clear", get(clear)).merge(files);
        Self { dir, script, publish, assets, origin: serve(app).await, exchanges }
    }

    /// Publishes a version of the script, and switches to the new release.
    fn deploy(&self, version: u32) {
        (self.publish)(&self.dir, self.script, version);
        self.assets.reload().expect("a release");
    }

    /// Returns the path of the current script.
    fn path(&self) -> String {
        self.assets.url(self.script).expect("a URL").to_string()
    }

    /// Returns the last exchange for a path.
    fn last(&self, path: &str) -> Option<Exchange> {
        let exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.iter().rfind(|exchange| exchange.path == path).cloned()
    }
}

fn publish(dir: &TempDir, path: &str, version: u32) {
    let (source, out) = (dir.path().join("static"), dir.path().join("dist"));
    fs::create_dir_all(&source).expect("a new directory");
    fs::write(source.join(path), script(version)).expect("a writable file");
    let config = CollectConfig::new(out).source(source);
    collect(&config.compress(["br:5", "dcz"])).expect("a release");
}

/// Publishes a version of the script as a chunk of Vite, whose asset path differs in each release.
fn publish_chunk(dir: &TempDir, source: &str, version: u32) {
    let (build, out) = (dir.path().join("build"), dir.path().join("dist"));
    fs::remove_dir_all(&build).ok();
    let file = format!("assets/index-A-b_v{version}.js");
    let manifest = json!({ source: { "file": file, "name": "index", "src": source, "isEntry": true } });
    for (name, content) in [(&*file, script(version)), (".vite/manifest.json", manifest.to_string())] {
        let file = build.join(name);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
        fs::write(file, content).expect("a writable file");
    }
    collect(&CollectConfig::new(out).vite(build).compress(["br:5", "dcz"])).expect("a release");
}

fn page(assets: &Assets, script: &str) -> String {
    let (url, integrity) = (assets.url(script).expect("a URL"), assets.integrity(script).expect("a digest"));
    format!(
        "<!doctype html><title>deltas</title><script src='{url}' integrity='{integrity}' crossorigin></script>"
    )
}

async fn record(request: Request<Body>, next: Next, exchanges: Arc<Mutex<Vec<Exchange>>>) -> Response {
    let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
    let response = next.run(request).await;
    let exchange = Exchange { path, request: headers, response: response.headers().clone() };
    exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    response
}
