//! Tests of import maps in a browser.

use std::{fs, path::Path, sync::Arc};

use axum::{Router, response::Html, routing::get};
use fingerpost::{Assets, AssetsBuilder, Mode, Snapshot, Strategy};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower_http::services::ServeDir;

use crate::tools::{self, Browser, npm_package, serve};

/// The start of a JavaScript call that appends its arguments to the array `window.runs`. Each module of these tests
/// contains one such call.
const RUN: &str = "(window.runs ??= []).push";

/// A function that returns the headers and the body of a page.
type Page = fn(&Snapshot) -> (HeaderMap, String);

/// Creates a source directory with these files.
fn source(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    files.iter().for_each(|(path, content)| write(dir.path(), path, content));
    dir
}

fn write(dir: &Path, path: &str, content: impl AsRef<[u8]>) {
    let file = dir.join(path);
    fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
    fs::write(file, content).expect("a writable file");
}

/// Adds the page at `/` to the routes.
fn with_page(routes: Router, assets: &Assets, page: Page) -> Router {
    let assets = Arc::new(assets.clone());
    let page = move || async move {
        let (headers, body) = page(&assets.snapshot());
        let icon = "<!doctype html><meta charset=utf-8><title>Import map</title><link rel=icon href=data:,>";
        (headers, Html(format!("{icon}{body}<h1>Import map</h1>")))
    };
    routes.route("/", get(page))
}

async fn serve_page(assets: &Assets, page: Page) -> String {
    serve(with_page(Router::new().nest_service("/static", StaticFiles::new(assets)), assets, page)).await
}

fn no_headers(body: String) -> (HeaderMap, String) {
    (HeaderMap::new(), body)
}

fn header(name: HeaderName, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(name, HeaderValue::try_from(value).expect("a header value"))])
}

/// Visits the page, and waits until `window.done` is set.
async fn visit(browser: &mut Browser, origin: &str) {
    browser.goto(origin).await.expect("a page");
    browser.until("window.done").await;
}

/// Returns the paths of the requests to `/static/` since the browser opened, sorted.
async fn requested(browser: &mut Browser) -> Vec<String> {
    let requests = browser.requests().await.iter();
    let mut paths: Vec<_> = requests
        .filter_map(|request| Some(format!("/static/{}", request.url.split_once("/static/")?.1)))
        .collect();
    paths.sort();
    paths
}

async fn runs(browser: &Browser) -> Value {
    browser.evaluate("window.runs").await
}

/// Creates a source directory with a script that imports the npm packages `htmx.org` and `acorn`.
fn site_with_packages() -> Option<TempDir> {
    let (htmx, acorn) = (npm_package("htmx.org")?, npm_package("acorn")?);
    let script = format!(
        "import htmx from 'htmx'; import {{ parse }} from 'acorn/acorn.mjs'; import {{ b }} from './b.js';\n\
         const again = await import('./b.js'), byName = await import('htmx');\n\
         {RUN}('app', htmx.version, parse('1', {{ ecmaVersion: 2020 }}).type, again.b === b, byName.default === htmx);\n\
         window.done = true"
    );
    let dir = source(&[("js/app.js", &script), ("js/b.js", &format!("{RUN}('b'); export const b = {{}}"))]);
    let copy = |from: &Path, to: &str| write(dir.path(), to, fs::read(from).expect("a file of the package"));
    copy(&htmx.join("dist/htmx.esm.js"), "vendor/htmx.esm.js");
    copy(&acorn.join("dist/acorn.mjs"), "vendor/acorn/acorn.mjs");
    copy(&acorn.join("dist/acorn.mjs"), "vendor/acorn/copy.mjs");
    Some(dir)
}

fn collect_with_packages(source: &Path) -> (TempDir, Assets) {
    let out = TempDir::new().expect("a temporary directory");
    let config = CollectConfig::new(out.path()).source(source);
    let report = collect(&config.import("htmx", "vendor/htmx.esm.js").import("acorn/", "vendor/acorn/"));
    assert_eq!(report.expect("files that can be collected").warnings, []);
    let assets = Assets::production(out.path()).expect("an output directory");
    (out, assets)
}

fn expected_runs() -> Value {
    let package = fs::read(tools::cache().join("npm/htmx.org/package.json")).expect("a package");
    let version = serde_json::from_slice::<Value>(&package).expect("JSON")["version"].clone();
    json!(["b", "app", version, "Program", true, true])
}

const NONCE_PAGE: Page = |snapshot| {
    let nonce = "cjRuZDBt";
    let map = snapshot.importmap_with_nonce(nonce).expect("a map");
    let tags = snapshot.tags_with_nonce(["js/app.js"], nonce).expect("tags");
    let policy =
        format!("default-src 'none'; img-src data:; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'");
    (header(header::CONTENT_SECURITY_POLICY, &policy), map + &tags)
};

const HASH_PAGE: Page = |snapshot| {
    let hash = snapshot.importmap_csp_hash().expect("a map").expect("a map");
    let policy =
        format!("default-src 'none'; img-src data:; script-src 'self' {hash}; style-src 'unsafe-inline'");
    let (map, tags) = (snapshot.importmap().expect("a map"), snapshot.tags(["js/app.js"]).expect("tags"));
    (header(header::CONTENT_SECURITY_POLICY, &policy), map + &tags)
};

const PRELOADED_PAGE: Page = |snapshot| {
    let link = snapshot.preload_header(["js/app.js"]).expect("a header");
    let (map, tags) = (snapshot.importmap().expect("a map"), snapshot.tags(["js/app.js"]).expect("tags"));
    (header(header::LINK, &link), map + &tags)
};

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn packages_are_imported_by_name_and_each_url_is_fetched_once() {
    let Some(source) = site_with_packages() else { return };
    let Some(mut browser) = Browser::open().await else { return };
    let (_out, assets) = collect_with_packages(source.path());
    let snapshot = assets.snapshot();
    let mut urls: Vec<_> = ["js/app.js", "js/b.js", "vendor/acorn/acorn.mjs", "vendor/htmx.esm.js"]
        .map(|path| snapshot.url(path).expect("an asset").to_string())
        .into();
    urls.sort();
    for page in [NONCE_PAGE, HASH_PAGE, PRELOADED_PAGE] {
        let seen = requested(&mut browser).await;
        let origin = serve_page(&assets, page).await;
        visit(&mut browser, &origin).await;
        assert_eq!(runs(&browser).await, expected_runs());
        let requests = requested(&mut browser).await;
        let expected: Vec<_> =
            urls.iter().flat_map(|url| vec![url.clone(); seen.len() / urls.len() + 1]).collect();
        assert_eq!(requests, expected);
        browser.assert_silent().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn names_in_a_directory_have_hashed_urls_if_a_script_imports_them() {
    let Some(source) = site_with_packages() else { return };
    let Some(mut browser) = Browser::open().await else { return };
    let (_out, assets) = collect_with_packages(source.path());
    let page: Page = |snapshot| {
        let script = "<script type=module>
            const urls = ['acorn.mjs', 'copy.mjs'].map((name) => import.meta.resolve('acorn/' + name));
            const modules = await Promise.all(urls.map((url) => import(url)));
            window.runs = [...urls.map((url) => new URL(url).pathname), ...modules.map((module) => typeof module.parse)];
            window.done = true</script>";
        no_headers(snapshot.importmap().expect("a map") + script)
    };
    let origin = serve_page(&assets, page).await;
    visit(&mut browser, &origin).await;
    let hashed = assets.url("vendor/acorn/acorn.mjs").expect("an asset");
    assert_eq!(
        runs(&browser).await,
        json!([&*hashed, "/static/vendor/acorn/copy.mjs", "function", "function"])
    );
    browser.assert_silent().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn tampered_modules_are_blocked() {
    let Some(mut browser) = Browser::open().await else { return };
    let source = source(&[
        ("js/app.js", "import './b.js'; window.ran = true"),
        ("js/b.js", "window.ran = true"),
        ("vendor/x.js", "window.ran = true"),
    ]);
    let out = TempDir::new().expect("a temporary directory");
    let config = CollectConfig::new(out.path()).source(source.path()).import("x", "vendor/x.js");
    collect(&config).expect("files that can be collected");
    let assets = Assets::production(out.path()).expect("an output directory");
    let snapshot = assets.snapshot();
    for path in ["js/b.js", "vendor/x.js"] {
        write(out.path(), snapshot.hashed_path(path).expect("a file"), "window.ran = 'tampered'");
    }
    let page: Page = |snapshot| {
        let script = "<script type=module>
            import('x').catch((error) => { window.refused = String(error); window.done = true })</script>";
        let (map, tags) = (snapshot.importmap().expect("a map"), snapshot.tags(["js/app.js"]).expect("tags"));
        no_headers(map + &tags + script)
    };
    let files = Router::new().nest_service("/static", ServeDir::new(out.path()));
    let origin = serve(with_page(files, &assets, page)).await;
    visit(&mut browser, &origin).await;
    browser.until("document.readyState === 'complete'").await;
    assert_eq!(browser.evaluate("window.ran").await, Value::Null);
    let refused = browser.evaluate("window.refused").await;
    assert!(refused.as_str().is_some_and(|error| error.contains("Failed to fetch")), "{refused}");
    let errors = browser.errors().await;
    for path in ["js/b.js", "vendor/x.js"] {
        let url = snapshot.url(path).expect("an asset");
        assert!(
            errors.iter().any(|error| error.contains("integrity") && error.contains(&*url)),
            "{errors:?}"
        );
    }
}

/// A page that loads `b.js` and `deep/c.js` twice: with a script element, and as an import of another module.
const TWICE: Page = |snapshot| {
    let b = snapshot.url("js/b.js").expect("an asset");
    let tags = snapshot.tags(["js/app.js", "js/deep/c.js"]).expect("tags");
    no_headers(format!(
        "{}<script type=module src=\"{b}\"></script>{tags}",
        snapshot.importmap().expect("a map")
    ))
};

fn modules() -> TempDir {
    source(&[
        ("js/app.js", &format!("import './b.js'; import 'x'; {RUN}('app'); window.done = true")),
        ("js/b.js", &format!("import './deep/c.js'; {RUN}('b')")),
        ("js/deep/c.js", &format!("import '../../vendor/x.js'; {RUN}('c')")),
        ("vendor/x.js", &format!("{RUN}('x')")),
    ])
}

fn with_modules(builder: AssetsBuilder) -> Assets {
    builder.import("x", "vendor/x.js").import_modules("js/**").build().expect("assets")
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn each_module_runs_once_in_development_also_after_an_edit() {
    let Some(mut browser) = Browser::open().await else { return };
    let source = modules();
    let assets = with_modules(Assets::builder().source(source.path()).mode(Mode::Dev));
    let origin = serve_page(&assets, TWICE).await;
    visit(&mut browser, &origin).await;
    assert_eq!(runs(&browser).await, json!(["x", "c", "b", "app"]));
    let urls = |assets: &Assets| {
        ["js/app.js", "js/b.js", "js/deep/c.js", "vendor/x.js"]
            .map(|path| assets.url(path).expect("an asset").to_string())
    };
    let first = urls(&assets);
    assert_eq!(requested(&mut browser).await, first);

    write(source.path(), "js/b.js", format!("import './deep/c.js'; {RUN}('edited')"));
    visit(&mut browser, &origin).await;
    assert_eq!(runs(&browser).await, json!(["x", "c", "edited", "app"]));
    let mut both = [first, urls(&assets)].concat();
    both.sort();
    assert_eq!(requested(&mut browser).await, both, "the browser requests each URL once per visit");
    browser.assert_silent().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn each_module_runs_once_under_version_query() {
    let Some(mut browser) = Browser::open().await else { return };
    let source = modules();
    let production = Assets::builder().source(source.path()).mode(Mode::Production);
    let assets = with_modules(production.strategy(Strategy::VersionQuery).app_version("v1"));
    let origin = serve_page(&assets, TWICE).await;
    visit(&mut browser, &origin).await;
    assert_eq!(runs(&browser).await, json!(["x", "c", "b", "app"]));
    let expected =
        ["js/app.js", "js/b.js", "js/deep/c.js", "vendor/x.js"].map(|path| format!("/static/{path}?v=v1"));
    assert_eq!(requested(&mut browser).await, expected);
    browser.assert_silent().await;
}
