//! Tests the requests of a browser on a second visit and after a deploy.

use std::{net::TcpListener, process::Command, time::Duration};

use fantoccini::Locator;
use serde_json::Value;
use tokio::time::sleep;

use crate::tools::{Browser, Server, get};

/// Returns the URLs of the style sheets of the page.
async fn style_sheets(browser: &Browser) -> Vec<String> {
    let urls =
        "[...document.querySelectorAll('link[rel=stylesheet]')].map((link) => link.getAttribute('href'))";
    match browser.evaluate(urls).await {
        Value::Array(urls) => urls.iter().map(|url| url.as_str().expect("a string").to_owned()).collect(),
        other => panic!("{other}"),
    }
}

async fn visit(browser: &mut Browser, url: &str) {
    browser.goto(url).await.expect("a page");
    browser.wait().for_element(Locator::Css("h1")).await.expect("a heading");
    // On a busy machine, the heading appears before the icon is loaded.
    for _ in 0..500 {
        if browser.requests().await.iter().all(|request| request.status.is_some()) {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn assert_no_errors(browser: &mut Browser) {
    assert_eq!(browser.errors().await, [""; 0]);
    let requests = browser.requests().await;
    assert!(requests.iter().all(|request| matches!(request.status, Some(200 | 304))), "{requests:?}");
}

/// Checks that the browser loads all versioned URLs from its cache on a second visit.
async fn assert_versions_are_requested_once(
    command: &mut Command,
    page: &str,
    is_versioned: fn(&str) -> bool,
) {
    let Some(mut browser) = Browser::open().await else { return };
    let site = Server::start(command);
    visit(&mut browser, &site.url(page)).await;
    let first = browser.requests().await.len();
    // Opens another page first, because a reload would revalidate more files than a visit.
    browser.goto("about:blank").await.expect("an empty page");
    visit(&mut browser, &site.url(page)).await;
    let requests = &browser.requests().await[first..];
    let versioned: Vec<_> = requests.iter().filter(|request| is_versioned(&request.url)).collect();
    assert!(versioned.len() >= 3, "{requests:?}");
    let refetched: Vec<_> = versioned.iter().filter(|request| !request.from_cache).collect();
    assert!(refetched.is_empty(), "{refetched:?}");
    assert_no_errors(&mut browser).await;
}

fn has_hash_in_name(url: &str) -> bool {
    let is_hash = |part: &str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    url.contains("/static/") && url.rsplit('.').nth(1).is_some_and(is_hash)
}

fn has_version(url: &str) -> bool {
    url.contains("/static/") && url.contains("?v=")
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn hashed_paths_cause_no_request_on_the_second_visit() {
    for example in ["axum-minijinja", "axum-tera", "axum-askama"] {
        let mut command = Server::example_command(example);
        assert_versions_are_requested_once(command.arg("--production"), "/", has_hash_in_name).await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn version_queries_cause_no_request_on_the_second_visit() {
    assert_versions_are_requested_once(&mut Server::example_command("axum-minijinja"), "/", has_version)
        .await;
    let mut command = Server::example_command("axum-html");
    command.arg("--production").env("FINGERPOST_APP_VERSION", "first");
    assert_versions_are_requested_once(&mut command, "/", has_version).await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn path_tokens_cause_no_request_on_the_second_visit() {
    let mut command = Server::example_command("axum-token");
    command.arg("--production").env("DEPLOY", "7");
    assert_versions_are_requested_once(&mut command, "/", |url| url.contains("/static/7/")).await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn examples_without_a_build_step_use_content_hashes_in_development() {
    for (example, pages) in [("axum-token", &["/"][..]), ("axum-html", &["/", "/about.html"])] {
        let Some(mut browser) = Browser::open().await else { return };
        let site = Server::start(&mut Server::example_command(example));
        for page in pages {
            visit(&mut browser, &site.url(page)).await;
            let urls = style_sheets(&browser).await;
            assert!(urls.len() == 1 && has_version(&urls[0]), "{example}{page}: {urls:?}");
        }
        browser.save_screenshot(&format!("{example}-development")).await;
        assert_no_errors(&mut browser).await;
    }
}

/// Each row of the table in axum-token contains a URL and the expected response.
#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn axum_token_page_matches_its_responses_in_both_modes() {
    let Some(mut browser) = Browser::open().await else { return };
    let mut production = Server::example_command("axum-token");
    production.arg("--production");
    for mut command in [production, Server::example_command("axum-token")] {
        let site = Server::start(&mut command);
        visit(&mut browser, &site.url("/")).await;
        let rows = "[...document.querySelectorAll('#tokens tbody tr')].map((row) => \
                    [row.querySelector('a').getAttribute('href'), row.cells[2].textContent])";
        let rows = browser.evaluate(rows).await;
        let rows: Vec<(String, String)> = serde_json::from_value(rows).expect("URLs and responses");
        assert_eq!(rows.len(), 4);
        for (url, expected) in rows {
            let (status, _) = get(&site.url(&url)).await;
            assert_eq!(expected.get(..3), Some(&*status.to_string()), "{url}: {expected}");
        }
    }
}

/// Starts an example on `port`.
fn redeploy(example: &str, port: u16, variable: &str, value: &str) -> Server {
    let mut command = Server::example_command(example);
    let address = format!("127.0.0.1:{port}");
    Server::start(command.arg("--production").env("ADDRESS", address).env(variable, value))
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn page_unchanged_on_disk_has_the_new_urls_after_a_deploy() {
    let Some(mut browser) = Browser::open().await else { return };
    let port =
        TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address").port();
    for version in ["first", "second", "first"] {
        let site = redeploy("axum-html", port, "FINGERPOST_APP_VERSION", version);
        for page in ["/", "/about.html", "/"] {
            visit(&mut browser, &site.url(page)).await;
            let urls = style_sheets(&browser).await;
            assert_eq!(urls, [format!("/static/css/app.css?v={version}")]);
        }
    }
    browser.save_screenshot("axum-html").await;
    assert_no_errors(&mut browser).await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn urls_of_an_earlier_deploy_redirect_to_the_current_urls() {
    let Some(mut browser) = Browser::open().await else { return };
    let port =
        TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address").port();
    drop(redeploy("axum-token", port, "DEPLOY", "7"));
    let site = redeploy("axum-token", port, "DEPLOY", "8");
    visit(&mut browser, &site.url("/")).await;
    assert_eq!(style_sheets(&browser).await, ["/static/8/css/app.css"]);
    browser.save_screenshot("axum-token").await;
    assert_no_errors(&mut browser).await;
    browser.goto(&site.url("/static/7/css/app.css")).await.expect("a style sheet");
    let url = browser.current_url().await.expect("a URL");
    assert_eq!(url.as_str(), site.url("/static/8/css/app.css"));
}
