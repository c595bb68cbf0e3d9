//! Tests the pages of the Turbo example while a new version is deployed.

use axum::body::Body;
use fantoccini::Locator;
use http::Request;

use crate::tools::{Browser, Server, npm_package, send};

async fn click(browser: &Browser, selector: &str) {
    browser.find(Locator::Css(selector)).await.expect("an element").click().await.expect("a click");
}

async fn deploy(site: &Server) {
    let deploy = Request::post(site.url("/deploy")).body(Body::empty()).expect("a request");
    assert_eq!(send(deploy).await.status(), 303);
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn turbo_example_reloads_stale_pages_and_keeps_text() {
    let Some(turbo) = npm_package("turbo") else { return };
    let Some(mut browser) = Browser::open().await else { return };
    let site = Server::start(Server::example_command("axum-turbo").env("TURBO_DIST", turbo.join("dist")));
    browser.goto(&site.url("/")).await.expect("a page");
    browser.until("window.Turbo && window.fingerpost").await;
    let release = |n: u32| {
        format!("getComputedStyle(document.querySelector('.release'), '::after').content === '\"{n}\"'")
    };
    browser.until(&release(1)).await;

    // A link after a deploy loads the style sheet of the new release.
    deploy(&site).await;
    click(&browser, "a[href='/second']").await;
    browser
        .until(&format!("document.querySelector('h1')?.textContent === 'Second page' && {}", release(2)))
        .await;

    // A frame reloads the page in place. The page records one reload per minute.
    browser.execute("sessionStorage.clear()", Vec::new()).await.expect("a script");
    browser.goto(&site.url("/")).await.expect("a page");
    browser.until("window.Turbo && window.fingerpost").await;
    deploy(&site).await;
    click(&browser, "#load").await;
    browser.until(&release(3)).await;

    // The page retains the text in the form.
    click(&browser, "a[href='/note']").await;
    browser.until("document.querySelector('#text')").await;
    let field = browser.find(Locator::Css("#text")).await.expect("a field");
    field.send_keys("short").await.expect("a field that can be filled in");
    deploy(&site).await;
    click(&browser, "a[href='/second']").await;
    browser.until("document.querySelector('fingerpost-banner')").await;
    assert_eq!(browser.evaluate("document.querySelector('#text').value").await, "short");

    // The response to the form is shown, although the style sheet has changed.
    click(&browser, "#send").await;
    browser.until("document.querySelector('#error')").await;
    assert_eq!(browser.evaluate("document.querySelector('#text').value").await, "short");
    let failed = |error: &&String| !error.contains("422");
    assert_eq!(browser.errors().await.iter().filter(failed).collect::<Vec<_>>(), [&""; 0]);
}
