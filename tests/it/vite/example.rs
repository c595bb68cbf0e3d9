//! The example `axum-vite`.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use axum::body::Body;
use http::{Request, header::CACHE_CONTROL};
use tempfile::TempDir;

use super::project::{link, packages};
use crate::{
    examples::copy_of,
    tools::{Browser, Server, built_outside, get, send},
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

/// Builds a copy of the example with Vite and with Cargo. Returns the command that starts the copy in production.
fn built_copy(project: &Path, packages: &Path) -> Command {
    copy_of("axum-vite", project, "copy-of-axum-vite");
    // The example may have been run.
    fs::remove_dir_all(project.join("node_modules")).ok();
    link(&packages.join("node_modules"), &project.join("node_modules"));
    let vite = project.join("node_modules/vite/bin/vite.js");
    let output = Command::new("node").arg(vite).arg("build").current_dir(project).output().expect("node");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut command = Command::new(built_outside(project));
    command.arg("--production").env("ADDRESS", "127.0.0.1:0");
    command
}

#[tokio::test]
#[ignore = "needs npm packages and Chromium: run tests/setup"]
async fn production_page_loads_chunks_and_their_style_sheets() {
    let Some(packages) = packages(8) else { return };
    let Some(mut browser) = Browser::open().await else { return };
    let project = TempDir::new().expect("a temporary directory");
    let site = Server::start(&mut built_copy(project.path(), &packages));
    browser.goto(&site.url("/")).await.expect("a page");
    browser.until("document.querySelector('button')?.title === '4 huts'").await;
    browser.evaluate("document.querySelector('button').click()").await;
    browser.until("document.querySelectorAll('.bar').length === 4").await;
    browser.until("getComputedStyle(document.querySelector('#profile')).display === 'flex'").await;
    assert_eq!(browser.errors().await, [""; 0]);
    let warnings = browser.warnings().await;
    assert!(warnings.is_empty(), "{warnings:?}");
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
