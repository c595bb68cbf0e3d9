//! Tests the documented recipes for libraries without an adapter.

use std::fs;

use axum::{
    Router,
    extract::Path,
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use fingerpost_tower::OnMismatch;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use super::{Library, Site, click_banner, has_banner, open, run, wait_for_banner, wait_for_page};
use crate::tools::{Browser, npm_project};

pub(super) const INERTIA: &[Library] = &["inertia"];
pub(super) const DATASTAR: &[Library] = &["datastar"];

/// Returns the script of a recipe in the documentation.
fn recipe(heading: &str) -> &'static str {
    let text = include_str!("../../../crates/fingerpost-tower/docs/stale-pages.md");
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).expect("the section");
    let (_, code) = section.split_once("```js\n").expect("the recipe");
    code.split_once("```").expect("the end of the recipe").0
}

/// Returns the routes of the pages with a recipe.
pub(super) fn routes(library: Library, version: &str) -> Router {
    let script =
        |text: &'static str| get(move || async move { ([(header::CONTENT_TYPE, "text/javascript")], text) });
    match library {
        "inertia" => {
            let version = version.to_owned();
            Router::new()
                .route("/recipe.js", script(recipe("Inertia")))
                .route("/inertia.js", script(include_str!("pages/inertia.js")))
                .route("/npm/{*path}", get(module))
                .route(
                    "/open/inertia/{name}",
                    get(move |Path(name): Path<String>, headers| async move {
                        inertia(&name, &version, &headers)
                    }),
                )
        }
        "datastar" => {
            let events = "event: datastar-merge-fragments\n\
                data: fragments <div id=\"target\"><p id=\"response\">the response</p></div>\n\n";
            let respond = move || async move { ([(header::CONTENT_TYPE, "text/event-stream")], events) };
            Router::new().route("/recipe.js", script(recipe("Datastar"))).route("/events", get(respond))
        }
        _ => Router::new(),
    }
}

async fn module(Path(path): Path<String>) -> Response {
    let Some(project) = npm_project("inertia") else { return StatusCode::NOT_FOUND.into_response() };
    let text = fs::read(project.join("node_modules").join(path)).expect("a module");
    ([(header::CONTENT_TYPE, "text/javascript")], text).into_response()
}

/// Responds like a server with Inertia. The version is compared only for the page `compared`.
fn inertia(name: &str, version: &str, request: &HeaderMap) -> Response {
    let url = format!("/open/inertia/{name}");
    let heading = format!("{url} of {version}");
    let page =
        json!({ "component": "Page", "props": { "heading": heading }, "url": url, "version": version });
    if !request.contains_key("x-inertia") {
        return Html(include_str!("pages/inertia.html").replace("{page}", &page.to_string())).into_response();
    }
    if name == "compared" && request.get("x-inertia-version").is_some_and(|requested| requested != version) {
        return (StatusCode::CONFLICT, [("x-inertia-location", url)]).into_response();
    }
    let headers = [("x-inertia", "true"), ("vary", "X-Inertia"), ("content-type", "application/json")];
    (headers, page.to_string()).into_response()
}

pub(super) async fn inertia_page_is_reloaded(browser: &mut Browser, site: &Site) {
    if npm_project("inertia").is_none() {
        return;
    }
    for (n, name) in ["compared", "plain"].into_iter().enumerate() {
        let (old, new) = (format!("a{n}"), format!("b{n}"));
        site.deploy(&old, OnMismatch::Reload);
        open(browser, site, "/open/inertia/first").await;
        run(browser, "sessionStorage.clear()").await;
        wait_for_page(browser, "/open/inertia/first", &old).await;
        site.deploy(&new, OnMismatch::Reload);
        browser.click(&format!("#{name}")).await;
        wait_for_page(browser, &format!("/open/inertia/{name}"), &new).await;
        run(browser, "await new Promise((resolve) => setTimeout(resolve, 100))").await;
        assert!(!has_banner(browser).await);
    }
    let paths = ["first", "compared", "first", "plain"].map(|name| format!("/open/inertia/{name}"));
    assert_eq!(site.loads(), paths);
}

/// The page prompts, because the events of Datastar do not contain the method of the request.
pub(super) async fn datastar_page_prompts(browser: &mut Browser, site: &Site) {
    open(browser, site, "/open").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    browser.until("document.querySelector('#response')").await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/open"]);
    click_banner(browser, "reload").await;
    wait_for_page(browser, "/open", "two").await;
}
