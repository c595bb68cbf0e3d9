//! A site with two nodes behind an nginx with a cache.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, Request},
    http::StatusCode,
    response::Html,
    routing::get,
};
use fingerpost::Assets;
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use minijinja::{Environment, context};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::tools::{Nginx, serve};

/// The template of each page.
pub(crate) const PAGE: &str = r#"<!-- version {{ app_version() }} -->
<link rel="stylesheet" href="{{ static('css/app.css') }}">
<script type="module" src="{{ static('js/app.js') }}"></script>
<img src="{{ static('img/hero.svg') }}">
<img src="{{ static('img/' ~ number ~ '.svg') }}">
"#;

/// The number of pages, each with a picture that no other page requests.
pub(crate) const PAGES: usize = 100;

/// The assets of a site. `R` is replaced by the name of the release.
const FILES: [(&str, &str); 4] = [
    ("css/app.css", "/* release R */ body { background: url(../img/hero.svg) }"),
    ("js/app.js", "/* release R */ import \"./lib.js\";"),
    ("js/lib.js", "/* release R */ export {};"),
    ("img/hero.svg", "<!-- release R --><svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
];

/// Creates the source directory of a release.
pub(crate) fn source(release: char) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    let pictures = (0..PAGES).map(|number| (format!("img/{number}.svg"), FILES[3].1));
    for (path, text) in FILES.map(|(path, text)| (path.to_owned(), text)).into_iter().chain(pictures) {
        let file = dir.path().join(path);
        fs::create_dir_all(file.parent().expect("a file is in a directory")).expect("a new directory");
        fs::write(file, text.replace('R', &release.to_string())).expect("a writable file");
    }
    dir
}

/// Returns the site of a node: a page and its assets.
pub(crate) fn site(assets: &Assets, files: StaticFiles) -> Router {
    let mut env = Environment::new();
    fingerpost_minijinja::register(&mut env, assets);
    env.add_template("page.html", PAGE).expect("a template");
    let snapshots = assets.clone();
    let page = get(async move |Path(number): Path<usize>| {
        let render = || env.get_template("page.html")?.render(context! { number });
        let page = snapshots.snapshot().scope(render);
        page.map(Html).map_err(|err| (StatusCode::INTERNAL_SERVER_ERROR, err.to_string()))
    });
    Router::new().route("/{number}", page).nest_service(assets.mount_path().trim_end_matches('/'), files)
}

/// A server whose site can be replaced.
#[derive(Clone, Default)]
pub(crate) struct Node {
    site: Arc<Mutex<Router>>,
    /// The number of responses with status 200 for each path below `/static/`.
    sent: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Node {
    /// Replaces the site, as a restart with another release would.
    pub(crate) fn run(&self, site: Router) {
        *self.site.lock().expect("an unpoisoned lock") = site;
    }

    /// Returns the paths with more than one response with status 200.
    pub(crate) fn sent_again(&self) -> Vec<String> {
        let sent = self.sent.lock().expect("an unpoisoned lock");
        assert!(!sent.is_empty(), "this node has sent no assets");
        sent.iter().filter(|(_, times)| **times > 1).map(|(path, _)| path.clone()).collect()
    }

    async fn serve(&self) -> String {
        let node = self.clone();
        serve(Router::new().fallback(async move |request: Request| {
            let path = request.uri().path().to_owned();
            let site = node.site.lock().expect("an unpoisoned lock").clone();
            let response = site.oneshot(request).await.expect("a response");
            if path.starts_with("/static/") && response.status() == StatusCode::OK {
                *node.sent.lock().expect("an unpoisoned lock").entry(path).or_default() += 1;
            }
            response
        }))
        .await
    }
}

/// Starts an nginx that distributes requests to these nodes, and caches responses as `Cache-Control` allows. `more` is
/// added to the `server` block.
pub(crate) async fn behind_nginx(nodes: &[Node; 2], more: &str) -> Option<Nginx> {
    let mut upstream = String::new();
    for node in nodes {
        let origin = node.serve().await;
        upstream += &format!("    server {} max_fails=0;\n", origin.trim_start_matches("http://"));
    }
    Nginx::start(&format!(
        "proxy_cache_path cache keys_zone=assets:1m;
upstream nodes {{
{upstream}    keepalive 4;
}}
server {{
    listen 80;
    proxy_http_version 1.1;
    proxy_set_header Connection '';
    {more}
    location / {{
        proxy_pass http://nodes;
    }}
    location /static/ {{
        proxy_pass http://nodes;
        proxy_cache assets;
        proxy_cache_lock on;
        add_header X-Cache $upstream_cache_status always;
    }}
}}
"
    ))
}

/// Returns the release in the text of a file.
pub(crate) fn release_in(text: &str) -> char {
    let (_, rest) = text.split_once("release ").unwrap_or_else(|| panic!("no release in: {text}"));
    rest.chars().next().expect("a letter")
}

/// Waits until a running node can find new files by their hashed paths.
pub(crate) async fn wait_until_the_output_dir_is_reread() {
    tokio::time::sleep(Duration::from_millis(1010)).await;
}

/// Collects this release into an output directory, in addition to earlier releases and the releases of `keep_from`.
pub(crate) fn publish(source: &TempDir, out: &TempDir, keep_from: Option<&TempDir>) {
    let config = CollectConfig::new(out).source(source);
    let config = keep_from.into_iter().fold(config, CollectConfig::keep_from);
    collect(&config).expect("a release");
}
