//! Tests the pages of the Turbo example while a new version is deployed.

use crate::{
    examples::deploy,
    tools::{Browser, Server, npm_package},
};

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
    browser.click("a[href='/second']").await;
    browser
        .until(&format!("document.querySelector('h1')?.textContent === 'Second page' && {}", release(2)))
        .await;

    // A response in a frame reloads the page in place. A page reloads at most once per minute, so the test clears the
    // record of reloads.
    browser.execute("sessionStorage.clear()", Vec::new()).await.expect("a script");
    browser.goto(&site.url("/")).await.expect("a page");
    browser.until("window.Turbo && window.fingerpost").await;
    deploy(&site).await;
    browser.click("#load").await;
    browser.until(&release(3)).await;

    // The page retains the text in the form.
    browser.click("a[href='/note']").await;
    browser.until("document.querySelector('#text')").await;
    browser.write("#text", "short").await;
    deploy(&site).await;
    browser.click("a[href='/second']").await;
    browser.until("document.querySelector('fingerpost-banner')").await;
    assert_eq!(browser.evaluate("document.querySelector('#text').value").await, "short");

    // The response to the form is shown, although the style sheet has changed.
    browser.click("#send").await;
    browser.until("document.querySelector('#error')").await;
    assert_eq!(browser.evaluate("document.querySelector('#text').value").await, "short");
    let failed = |error: &&String| !error.contains("422");
    assert_eq!(browser.errors().await.iter().filter(failed).collect::<Vec<_>>(), [&""; 0]);
}
