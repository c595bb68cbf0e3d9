//! Tests a page with JavaScript modules in a browser, without a bundler.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    middleware::{Next, from_fn},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use fingerpost::Assets;
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use http::header::{self, CONTENT_SECURITY_POLICY, HeaderValue};
use minijinja::{Environment, context};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::tools::{Browser, serve};

const MODULES: usize = 30;
/// The modules that import other modules: `app.js` imports `m1.js`, which imports `m2.js`, and so on. A browser opens
/// at most six connections to an HTTP/1.1 server, so one connection is free while the responses for these five modules
/// wait.
const PARENTS: [&str; 5] = ["app", "m1", "m2", "m3", "m4"];
/// The module at depth five.
const DEEPEST: &str = "m30";
const NONCE: &str = "r4nd+0m==";

/// Returns the imports of each module. Each module except the parents is imported by one parent.
fn imports() -> BTreeMap<String, Vec<String>> {
    let mut imports = BTreeMap::<_, Vec<_>>::new();
    for (number, parent) in PARENTS.iter().enumerate() {
        imports.insert(
            (*parent).to_owned(),
            PARENTS.get(number + 1).map(ToString::to_string).into_iter().collect(),
        );
    }
    for number in PARENTS.len()..=MODULES {
        let module = format!("m{number}");
        // The deepest parent imports the last module, because the number of modules is a multiple of five.
        let parent = PARENTS[(number + PARENTS.len() - 1) % PARENTS.len()];
        imports.get_mut(parent).expect("a parent").push(module.clone());
        imports.insert(module, Vec::new());
    }
    imports
}

/// Returns a script that records its runs. `app` also has a dynamic import of [`DEEPEST`], which `m4` imports
/// statically.
fn script(name: &str, imports: &[String], version: u32) -> String {
    let imports: String = imports.iter().map(|import| format!("import './{import}.js';\n")).collect();
    let record = format!("(globalThis.runs ??= []).push('{name} {version}');\n");
    let dynamic = format!(
        "const {{ state }} = await import('./{DEEPEST}.js'); globalThis.shared = state === globalThis.state;"
    );
    let last = match name {
        "app" => dynamic,
        DEEPEST => "export const state = globalThis.state = {};".to_owned(),
        _ => String::new(),
    };
    imports + &record + &last
}

#[derive(Debug)]
struct State {
    requests: Mutex<Vec<String>>,
    /// The number of different files that were requested.
    requested: watch::Sender<usize>,
    /// The responses for parents wait until this number of different files was requested.
    hold_until: Mutex<usize>,
    /// The module whose content the server replaces.
    tampered: Mutex<Option<String>>,
    /// `true` if the browser must not cache the replaced module.
    is_tampered_uncached: AtomicBool,
}

struct Site {
    dir: TempDir,
    assets: Assets,
    state: Arc<State>,
    origin: String,
}

impl Site {
    async fn start() -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        fs::create_dir(dir.path().join("static")).expect("a source directory");
        fs::write(dir.path().join("static/app.css"), "body{color:rgb(1,2,3)}").expect("a style sheet");
        for (name, imports) in imports() {
            write_script(&dir, &name, &imports, 1);
        }
        publish(&dir);
        let assets = Assets::production(dir.path().join("dist")).expect("assets");
        let state = Arc::new(State {
            requests: Mutex::default(),
            requested: watch::Sender::new(0),
            hold_until: Mutex::default(),
            tampered: Mutex::default(),
            is_tampered_uncached: AtomicBool::new(false),
        });
        let origin = serve(routes(&assets, &state)).await;
        Self { dir, assets, state, origin }
    }

    /// Returns the URL paths of the files that were requested since the last call.
    fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.requests.lock().expect("an unpoisoned lock"))
    }

    fn url(&self, name: &str) -> String {
        self.assets.url(name).expect("a URL").to_string()
    }

    async fn open(&self, browser: &Browser, page: &str) {
        browser.goto("about:blank").await.expect("an empty page");
        browser.goto(&format!("{}{page}", self.origin)).await.expect("a page");
    }
}

fn write_script(dir: &TempDir, name: &str, imports: &[String], version: u32) {
    let file = dir.path().join("static").join(format!("{name}.js"));
    fs::write(file, script(name, imports, version)).expect("a script");
}

fn publish(dir: &TempDir) {
    let config = CollectConfig::new(dir.path().join("dist")).source(dir.path().join("static"));
    collect(&config).expect("a release");
}

fn routes(assets: &Assets, state: &Arc<State>) -> Router {
    let page = |policy: Option<String>, start: &str, call: &str| {
        let mut env = Environment::new();
        fingerpost_minijinja::register(&mut env, assets);
        let source =
            format!("<!DOCTYPE html><link rel=\"icon\" href=\"data:,\">{start}{{{{ {call} }}}}<h1>Page</h1>");
        env.add_template_owned("page.html", source).expect("a template");
        get(async move || {
            let page = env.get_template("page.html").expect("a template");
            let mut response =
                Html(page.render(context! { nonce => NONCE }).expect("a page")).into_response();
            let policy = policy.map(|policy| HeaderValue::from_str(&policy).expect("a header value"));
            policy.into_iter().for_each(|policy| {
                drop(response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy));
            });
            response
        })
    };
    let strict =
        format!("default-src 'none'; img-src data:; script-src 'nonce-{NONCE}'; style-src 'nonce-{NONCE}'");
    let state = Arc::clone(state);
    let files = Router::new()
        .nest_service(assets.mount_path(), StaticFiles::new(assets))
        .layer(from_fn(move |request: Request, next: Next| respond(Arc::clone(&state), request, next)));
    let integrity =
        assets.iter().map(|(path, url)| (url.to_string(), assets.integrity(&path).expect("a digest").into()));
    let map = json!({ "integrity": integrity.collect::<serde_json::Map<_, _>>() });
    let map = format!("<script type=\"importmap\" nonce=\"{NONCE}\">{map}</script>");
    Router::new()
        .route("/map", page(Some(strict.clone()), &map, "static_tags('app.js', 'app.css', nonce=nonce)"))
        .route("/", page(None, "", "static_tags('app.js', 'app.css')"))
        .route("/strict", page(Some(strict), "", "static_tags('app.js', 'app.css', nonce=nonce)"))
        .merge(files)
}

/// Records a request. The response for a parent waits until enough files were requested.
async fn respond(state: Arc<State>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let requested = {
        let mut requests = state.requests.lock().expect("an unpoisoned lock");
        requests.push(path.clone());
        requests.iter().collect::<BTreeSet<_>>().len()
    };
    state.requested.send_replace(requested);
    let is_parent = PARENTS.iter().any(|parent| path.starts_with(&format!("/static/{parent}.")));
    let hold_until = *state.hold_until.lock().expect("an unpoisoned lock");
    if is_parent {
        let mut requested = state.requested.subscribe();
        let enough = requested.wait_for(|requested| *requested >= hold_until);
        // Without a time limit, a failing test would not end.
        drop(tokio::time::timeout(Duration::from_secs(5), enough).await);
    }
    let response = next.run(request).await;
    let tampered = state.tampered.lock().expect("an unpoisoned lock").clone();
    if tampered.is_none_or(|tampered| !path.starts_with(&format!("/static/{tampered}."))) {
        return response;
    }
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    if state.is_tampered_uncached.load(Ordering::Relaxed) {
        head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Response::from_parts(head, Body::from("globalThis.tampered = true; export const state = {};"))
}

/// Returns the sorted names of the modules that ran.
async fn runs(browser: &Browser) -> Vec<String> {
    browser.until("globalThis.shared !== undefined").await;
    let runs = browser.evaluate("[...globalThis.runs].sort()").await;
    serde_json::from_value(runs).expect("strings")
}

fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort();
    names
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn modules_at_depth_five_load_in_two_rounds_and_are_fetched_again_only_after_changes() {
    for page in ["/", "/strict", "/map"] {
        let Some(mut browser) = Browser::open().await else { return };
        let (site, imports) = (Site::start().await, imports());
        let names = || imports.keys().map(|name| format!("{name}.js"));
        assert_eq!(imports.len(), MODULES + 1);

        // Only parents import other modules, but the browser requests all files before any parent has arrived.
        *site.state.hold_until.lock().unwrap() = MODULES + 2;
        site.open(&browser, page).await;
        assert_eq!(runs(&browser).await, sorted(imports.keys().map(|name| format!("{name} 1"))));
        let all = names().chain(["app.css".to_owned()]);
        assert_eq!(sorted(site.take_requests()), sorted(all.map(|name| site.url(&name))), "{page}");
        assert_eq!(browser.evaluate("globalThis.shared").await, true);
        assert_eq!(browser.evaluate("getComputedStyle(document.body).color").await, "rgb(1, 2, 3)");

        *site.state.hold_until.lock().unwrap() = 0;
        site.open(&browser, page).await;
        assert_eq!(runs(&browser).await.len(), MODULES + 1);
        assert_eq!(site.take_requests(), [""; 0]);

        write_script(&site.dir, DEEPEST, &[], 2);
        publish(&site.dir);
        site.assets.reload().expect("a release");
        site.open(&browser, page).await;
        assert!(runs(&browser).await.contains(&format!("{DEEPEST} 2")));
        let changed = PARENTS.into_iter().chain([DEEPEST]).map(|name| site.url(&format!("{name}.js")));
        assert_eq!(sorted(site.take_requests()), sorted(changed), "{page}");
        assert_eq!(browser.evaluate("globalThis.shared").await, true);
        browser.assert_silent().await;
    }
}

/// Opens a page while the server tampers with a module, and checks that the browser blocks the module.
async fn assert_blocked(tampered: &str, is_uncached: bool, page: &str) {
    let Some(mut browser) = Browser::open().await else { return };
    let site = Site::start().await;
    *site.state.tampered.lock().unwrap() = Some(tampered.to_owned());
    site.state.is_tampered_uncached.store(is_uncached, Ordering::Relaxed);
    site.open(&browser, page).await;
    let blocked =
        format!("Failed to find a valid digest in the 'integrity' attribute for resource '{}", site.origin);
    let blocked = format!("{blocked}{}'", site.url(&format!("{tampered}.js")));
    let mut errors = Vec::new();
    for _ in 0..200 {
        errors = browser.errors().await.to_vec();
        if errors.iter().any(|error| error.contains(&blocked)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(errors.iter().any(|error| error.contains(&blocked)), "{page}: {errors:?}");
    // The entry does not run if the browser blocks one of its imports.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let state = browser.evaluate("[globalThis.tampered ?? null, globalThis.shared ?? null]").await;
    assert_eq!(state, json!([Value::Null, Value::Null]), "{page}");
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn tampered_module_is_blocked() {
    for page in ["/", "/strict"] {
        assert_blocked("app", true, page).await;
        assert_blocked(DEEPEST, false, page).await;
    }
}

/// If a preloaded module fails the integrity check and must not be cached, Chromium requests the module again without a
/// check. The integrity in the import map applies to every request.
#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn uncached_tampered_import_is_blocked_by_the_integrity_in_an_import_map() {
    assert_blocked(DEEPEST, true, "/map").await;
}
