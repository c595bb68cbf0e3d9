//! Tests of the example `axum-vite`.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use axum::{Router, body::Body, response::Html, routing};
use fingerpost::{Assets, Mode, Settings};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use http::{
    Request,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
};
use tempfile::TempDir;

use super::project::{link, packages};
use crate::{
    examples::copy_of,
    tools::{Browser, Server, built_outside, get, send, serve},
};

#[tokio::test]
async fn development_page_names_the_development_server() {
    let site = Server::example("axum-vite");
    let (status, page) = get(&site.url("/")).await;
    let page = String::from_utf8(page).expect("UTF-8");
    assert_eq!(status, 200, "{page}");
    let script = |path: &str| {
        format!("<script type=\"module\" src=\"http://localhost:5173/{path}\" crossorigin></script>")
    };
    let tags = [script("@vite/client"), script("frontend/main.ts")].join("\n");
    assert!(page.contains(&tags), "{page}");
    let (_, icon) = page.split_once("rel=\"icon\" href=\"").expect("an icon");
    assert_eq!(get(&site.url(icon.split('"').next().expect("a URL"))).await.0, 200);
}

/// Copies the example, and builds the copy with Vite.
fn build_copy(project: &Path, packages: &Path) {
    copy_of("axum-vite", project, "copy-of-axum-vite");
    // The example may contain installed packages.
    fs::remove_dir_all(project.join("node_modules")).ok();
    link(&packages.join("node_modules"), &project.join("node_modules"));
    let vite = project.join("node_modules/vite/bin/vite.js");
    let output = Command::new("node").arg(vite).arg("build").current_dir(project).output().expect("node");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Opens the page, and clicks the button, which loads a chunk with a style sheet. Checks that the console
/// has no errors and no warnings.
async fn assert_chunks_load(browser: &mut Browser, url: &str) {
    browser.goto(url).await.expect("a page");
    browser.until("document.querySelector('button')?.title === '4 huts'").await;
    browser.evaluate("document.querySelector('button').click()").await;
    browser.until("document.querySelectorAll('.bar').length === 4").await;
    browser.until("getComputedStyle(document.querySelector('#profile')).display === 'flex'").await;
    browser.assert_silent().await;
}

#[tokio::test]
#[ignore = "needs npm packages and Chromium: run tests/setup"]
async fn production_page_loads_chunks_and_their_style_sheets() {
    let Some(packages) = packages(8) else { return };
    let Some(mut browser) = Browser::open().await else { return };
    let project = TempDir::new().expect("a temporary directory");
    build_copy(project.path(), &packages);
    let mut command = Command::new(built_outside(project.path()));
    let site = Server::start(command.arg("--production").env("ADDRESS", "127.0.0.1:0"));
    assert_chunks_load(&mut browser, &site.url("/")).await;
    let requests = browser.requests().await;
    let built: Vec<_> =
        requests.iter().map(|request| &request.url).filter(|url| url.contains("/vite/assets/")).collect();
    let unique: BTreeSet<_> = built.iter().collect();
    assert!(built.len() >= 4 && unique.len() == built.len(), "{built:?}");
    for url in built {
        let response = send(Request::get(url).body(Body::empty()).expect("a URL")).await;
        let cached = response.headers().get(CACHE_CONTROL).expect("a header");
        assert_eq!(cached, "public, max-age=31536000, immutable", "{url}");
    }
}

/// Returns a router with the built files, and with a page that has this content security policy.
fn site(project: &Path, policy: &'static str, nonce: Option<&'static str>) -> Router {
    let settings = Settings::read(project.join("fingerpost.toml")).expect("valid settings");
    collect(&CollectConfig::from_settings(settings.clone())).expect("a successful run");
    let assets = Assets::builder().settings(settings).mode(Mode::Production).build().expect("a manifest");
    let entries = ["frontend/main.ts"];
    let tags = nonce.map_or_else(|| assets.tags(entries), |nonce| assets.tags_with_nonce(entries, nonce));
    let meta =
        nonce.map_or_else(String::new, |nonce| format!("<meta property=\"csp-nonce\" nonce=\"{nonce}\">"));
    let body = "<b data-elevation=\"1\"></b>".repeat(4) + "<button></button><div id=\"profile\"></div>";
    let icon = assets.url("vite/favicon.svg").expect("an asset");
    let head = format!("{meta}<link rel=\"icon\" href=\"{icon}\">{}", tags.expect("an entry"));
    let page = Html(format!("<!doctype html><head>{head}</head>{body}"));
    let response = ([(CONTENT_SECURITY_POLICY, policy)], page);
    Router::new()
        .route("/", routing::get(|| async { response }))
        .nest_service("/static", StaticFiles::new(&assets))
}

#[tokio::test]
#[ignore = "needs npm packages and Chromium: run tests/setup"]
async fn built_files_load_under_strict_policies() {
    let Some(packages) = packages(8) else { return };
    let Some(mut browser) = Browser::open().await else { return };
    let project = TempDir::new().expect("a temporary directory");
    build_copy(project.path(), &packages);
    let with_nonce =
        "default-src 'none'; script-src 'nonce-r4nd0m'; style-src 'nonce-r4nd0m'; img-src 'self'";
    for (policy, nonce) in [("default-src 'self'", None), (with_nonce, Some("r4nd0m"))] {
        let origin = serve(site(project.path(), policy, nonce)).await;
        assert_chunks_load(&mut browser, &format!("{origin}/")).await;
    }
}
