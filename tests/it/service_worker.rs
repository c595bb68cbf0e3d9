//! Tests the Workbox service worker from the module `service_workers`, which precaches assets and a chunk of a bundler.

use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    process::{Command, Output},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    middleware::{Next, from_fn},
    response::Html,
    routing::get,
};
use fingerpost::Assets;
use fingerpost_tower::StaticFiles;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpStream, runtime::Runtime, time::sleep};

use crate::tools::{Browser, built, npm_package, serve};

const DOCUMENT: &str = include_str!("../../crates/fingerpost-tower/docs/service-workers.md");

const PACKAGES: [&str; 4] = ["workbox-core", "workbox-routing", "workbox-strategies", "workbox-precaching"];

/// Returns the first code block in this language that contains `words`.
fn block(language: &str, words: &str) -> &'static str {
    let blocks = DOCUMENT.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix(language));
    blocks.into_iter().find(|block| block.contains(words)).expect(words)
}

struct Site {
    dir: TempDir,
    program: PathBuf,
}

impl Site {
    fn new(packages: &[PathBuf]) -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let site = Self { dir, program: built("fingerpost-cli", "fingerpost") };
        for package in packages {
            for file in fs::read_dir(package.join("build")).expect("the builds of a package") {
                let file = file.expect("an entry").path();
                let name = file.file_name().and_then(|name| name.to_str()).expect("UTF-8");
                if name.ends_with(".prod.js") {
                    site.write(&format!("workbox/{name}"), &fs::read_to_string(&file).expect("a script"));
                }
            }
        }
        let settings = format!("{}\n[vite]\nout = \"build\"\n", block("toml\n", "rules"));
        let manifest =
            r#"{"src/main.ts": {"file": "assets/main-BRBmoGS9.js", "name": "main", "isEntry": true}}"#;
        for (path, text) in [
            ("fingerpost.toml", &*settings),
            ("build/.vite/manifest.json", manifest),
            ("build/assets/main-BRBmoGS9.js", "window.isBuilt = true\n"),
        ] {
            let file = site.path(path);
            fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
            fs::write(file, text).expect("a writable file");
        }
        site.write("sw.js", block("js\n", "importScripts"));
        site.write("logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"7\" height=\"7\"/>");
        site.write("js/text.js", "export const text = 'ready'\n");
        let register = block("js\n", "navigator");
        let text = "import { text } from './text.js'\ndocument.querySelector('h1').textContent = text\n";
        let ready = "navigator.serviceWorker.ready.then(() => { window.isReady = true })\n";
        site.write("js/app.js", &[text, register, ready].concat());
        site
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.path("static").join(path);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
        fs::write(file, text).expect("a writable file");
    }

    fn run(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = Command::new(&self.program)
            .args(arguments)
            .current_dir(self.dir.path())
            .output()
            .expect("the program");
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        assert!(status.success() && !stderr.contains("does not exist"), "{stderr}");
        String::from_utf8(stdout).expect("UTF-8")
    }

    /// Publishes a release with this color, as described in the document. Returns the URLs of the precache manifest.
    fn publish(&self, color: &str) -> BTreeSet<String> {
        self.write("css/app.css", &format!("h1 {{ color: {color}; background: url(../logo.svg) }}\n"));
        self.run(&["collect", "--out", "dist/static", "--compress", "gzip,dcz", "static"]);
        let list = self.run(&["list", "--out", "dist/static", "--workbox"]);
        fs::write(self.path("dist/precache.json"), &list).expect("a writable file");
        let list: Vec<Value> = serde_json::from_str(&list).expect("JSON");
        list.iter().map(|entry| entry["url"].as_str().expect("a URL").to_owned()).collect()
    }
}

/// Returns the routes of the site, which add the path of each request to `requests`.
fn routes(assets: &Assets, precache: PathBuf, requests: &Arc<Mutex<Vec<String>>>) -> Router {
    let page = {
        let assets = assets.clone();
        move || {
            let tags = assets.tags(["css/app.css", "js/app.js", "src/main.ts"]).expect("entries");
            let icon = "<link rel=\"icon\" href=\"data:,\">";
            async move { Html(format!("<!doctype html>{icon}{tags}<h1></h1>")) }
        }
    };
    let precache = move || {
        let list = fs::read_to_string(&precache).expect("a precache manifest");
        let headers = [(CONTENT_TYPE, "text/javascript"), (CACHE_CONTROL, "no-cache")];
        async move { (headers, format!("self.precache = {list};")) }
    };
    let requests = Arc::clone(requests);
    let record = from_fn(move |request: http::Request<axum::body::Body>, next: Next| {
        let path = request.uri().path().to_owned();
        requests.lock().unwrap_or_else(PoisonError::into_inner).push(path);
        next.run(request)
    });
    Router::new()
        .route("/", get(page))
        .nest_service("/static", StaticFiles::new(assets))
        .route_service("/sw.js", StaticFiles::file(assets, "sw.js").expect("an asset"))
        .route("/precache.js", get(precache))
        .layer(record)
}

/// Opens the page, and waits until the style sheet and the scripts have an effect.
async fn visit(browser: &Browser, origin: &str, color: &str) {
    browser.goto(&format!("{origin}/")).await.expect("a page");
    browser.until("document.querySelector('h1')?.textContent === 'ready'").await;
    browser.until(&format!("getComputedStyle(document.querySelector('h1')).color === '{color}'")).await;
    browser.until("window.isReady && window.isBuilt").await;
}

/// Returns the paths of all precached files.
async fn precached(browser: &Browser) -> BTreeSet<String> {
    let script = "const done = arguments[0]; (async () => {
        const name = (await caches.keys()).find((name) => name.startsWith('workbox-precache'));
        const requests = await (await caches.open(name)).keys();
        return requests.map((request) => new URL(request.url).pathname);
    })().then(done)";
    let paths = browser.execute_async(script, vec![]).await.expect("paths");
    serde_json::from_value(paths).expect("strings")
}

async fn until_stopped(origin: &str) {
    let address = origin.trim_start_matches("http://");
    for _ in 0..500 {
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("{origin} is not stopped");
}

#[tokio::test]
#[ignore = "needs npm packages and Chromium: run tests/setup"]
async fn page_works_without_a_server() {
    let packages: Vec<_> = PACKAGES.iter().map_while(|name| npm_package(name)).collect();
    if packages.len() < PACKAGES.len() {
        return;
    }
    let Some(mut browser) = Browser::open().await else { return };
    let site = Site::new(&packages);
    let first = site.publish("rgb(1, 2, 3)");
    let assets = Assets::production(site.path("dist/static")).expect("a release");
    let requests = Arc::<Mutex<Vec<String>>>::default();
    let server = Runtime::new().expect("a runtime");
    let routes = routes(&assets, site.path("dist/precache.json"), &requests);
    let origin = server.spawn(serve(routes)).await.expect("an origin");
    visit(&browser, &origin, "rgb(1, 2, 3)").await;
    assert!(first.len() >= 10 && first.contains("/static/vite/assets/main-BRBmoGS9.js"), "{first:?}");
    assert_eq!(precached(&browser).await, first);

    // After a deploy, the new worker downloads only changed files. The worker is activated after the page is closed.
    let second = site.publish("rgb(4, 5, 6)");
    assets.reload().expect("a release");
    requests.lock().unwrap_or_else(PoisonError::into_inner).clear();
    visit(&browser, &origin, "rgb(4, 5, 6)").await;
    let update = "navigator.serviceWorker.getRegistration().then(async (found) => {
        await found.update()
        window.registration = found
    })";
    browser.evaluate(&format!("void {update}")).await;
    browser.until("window.registration?.waiting").await;
    browser.goto("about:blank").await.expect("an empty page");
    visit(&browser, &origin, "rgb(4, 5, 6)").await;
    browser.until("navigator.serviceWorker.controller?.state === 'activated'").await;
    // On activation, the worker deletes the files of earlier releases.
    assert_eq!(precached(&browser).await, second);
    let downloaded: BTreeSet<_> =
        requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
    let downloaded: Vec<_> = downloaded.intersection(&second).collect();
    assert_eq!(downloaded, second.difference(&first).collect::<Vec<_>>());

    server.shutdown_background();
    until_stopped(&origin).await;
    // The HTTP cache is empty, so all files come from the worker.
    browser.clear_http_cache().await;
    let before = browser.requests().await.len();
    visit(&browser, &origin, "rgb(4, 5, 6)").await;
    let requests = &browser.requests().await[before..];
    assert!(requests.iter().all(|request| request.status == Some(200)), "{requests:?}");
    browser.assert_silent().await;
}
