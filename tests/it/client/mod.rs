//! The client script in a browser, with each supported version of htmx.

mod actions;
mod banner;
mod caches;
mod destinations;
mod fields;
mod policy;
mod renewal;
mod requests;
mod served;
mod site;
mod tabs;
mod pending;

use fantoccini::Locator;
use serde_json::Value;

use crate::tools::Browser;
use site::{HTMX, Site};

/// Runs a test once with each version of htmx, each time on a new site.
async fn with_every_htmx(test: impl AsyncFn(&mut Browser, &Site)) {
    let Some(mut browser) = Browser::open().await else { return };
    for htmx in HTMX {
        let Some(site) = Site::start(htmx).await else { return };
        test(&mut browser, &site).await;
    }
}

/// Runs a test with htmx 2.
async fn with_htmx(test: impl AsyncFn(&mut Browser, &Site)) {
    let Some(mut browser) = Browser::open().await else { return };
    let Some(site) = Site::start("htmx-2").await else { return };
    test(&mut browser, &site).await;
}

async fn open(browser: &Browser, site: &Site, path: &str) {
    browser.goto(&site.url(path)).await.expect("a page");
    browser.until("document.readyState === 'complete'").await;
}

/// Runs JavaScript in the page and returns its result. A promise is awaited first.
async fn run(browser: &Browser, script: &str) -> Value {
    browser.execute(&format!("return (async () => {{ {script} }})()"), vec![]).await.expect("the script runs")
}

async fn address(browser: &Browser) -> String {
    browser.current_url().await.expect("an address").into()
}

async fn click(browser: &Browser, selector: &str) {
    let element = browser.find(Locator::Css(selector)).await.expect("an element");
    element.click().await.expect("an element that can be clicked");
}

async fn write(browser: &Browser, selector: &str, text: &str) {
    let field = browser.find(Locator::Css(selector)).await.expect("a field");
    field.send_keys(text).await.expect("a field that can be filled in");
}

/// Waits until the browser has loaded the page of this path and version, with the client script.
async fn wait_for_page(browser: &Browser, path: &str, version: &str) {
    let heading = format!("document.querySelector('h1')?.textContent === '{path} of {version}'");
    browser.until(&format!("window.fingerpost?.version === '{version}' && {heading}")).await;
}

/// Waits until the page shows the banner with its text.
async fn wait_for_banner(browser: &Browser) {
    browser
        .until("document.querySelector('fingerpost-banner')?.shadowRoot.querySelector('p').textContent")
        .await;
}

async fn has_banner(browser: &Browser) -> bool {
    browser.evaluate("Boolean(document.querySelector('fingerpost-banner'))").await == true
}

async fn click_banner(browser: &Browser, part: &str) {
    let button =
        format!("document.querySelector('fingerpost-banner').shadowRoot.querySelector('[part~={part}]')");
    run(browser, &format!("{button}.click()")).await;
}

/// Requests a fragment through htmx, and waits for the response.
async fn get_fragment(browser: &Browser) {
    run(browser, "document.querySelector('#target').replaceChildren()").await;
    click(browser, "#get").await;
    browser.until("document.querySelector('#response')").await;
}

/// Waits until the script has requested the version endpoint this many times and has handled the responses.
async fn wait_for_checks(browser: &Browser, site: &Site, times: usize) {
    browser
        .until(&format!(
            "performance.getEntriesByName('{}').length === {times}",
            site.url("/_fingerpost/version")
        ))
        .await;
    // The script may handle the response just after the browser records the request.
    run(browser, "await new Promise((resolve) => setTimeout(resolve, 50))").await;
    assert!(site.checks() >= times);
}
