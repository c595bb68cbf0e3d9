//! What the client script does in a browser, with every htmx that is in use.

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
mod under_way;

use fantoccini::Locator;
use serde_json::Value;

use crate::tools::Browser;
use site::{HTMX, Site};

/// Runs a test with each htmx in turn, on a site of its own.
async fn with_every_htmx(test: impl AsyncFn(&mut Browser, &Site)) {
    let Some(mut browser) = Browser::open().await else { return };
    for htmx in HTMX {
        let Some(site) = Site::start(htmx).await else { return };
        test(&mut browser, &site).await;
    }
}

/// Runs a test with the htmx that most sites have.
async fn with_htmx(test: impl AsyncFn(&mut Browser, &Site)) {
    let Some(mut browser) = Browser::open().await else { return };
    let Some(site) = Site::start("htmx-2").await else { return };
    test(&mut browser, &site).await;
}

async fn open(browser: &Browser, site: &Site, path: &str) {
    browser.goto(&site.url(path)).await.expect("a page");
    browser.until("document.readyState === 'complete'").await;
}

/// Runs JavaScript in the page, and returns what it returns, or promises to return.
async fn run(browser: &Browser, script: &str) -> Value {
    browser
        .execute(&format!("return (async () => {{ {script} }})()"), vec![])
        .await
        .expect("a script that works")
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

/// Waits until a page that was loaded whole, from this version, shows this path.
async fn shows(browser: &Browser, path: &str, version: &str) {
    let heading = format!("document.querySelector('h1')?.textContent === '{path} of {version}'");
    browser.until(&format!("window.fingerpost?.version === '{version}' && {heading}")).await;
}

/// Waits until the page has the banner, and its text.
async fn is_prompted(browser: &Browser) {
    browser
        .until("document.querySelector('fingerpost-banner')?.shadowRoot.querySelector('p').textContent")
        .await;
}

async fn has_banner(browser: &Browser) -> bool {
    browser.evaluate("Boolean(document.querySelector('fingerpost-banner'))").await == true
}

/// Clicks a button of the banner.
async fn answer_banner(browser: &Browser, part: &str) {
    let button =
        format!("document.querySelector('fingerpost-banner').shadowRoot.querySelector('[part~={part}]')");
    run(browser, &format!("{button}.click()")).await;
}

/// Lets htmx get a fragment, and waits for it.
async fn get_fragment(browser: &Browser) {
    run(browser, "document.querySelector('#target').replaceChildren()").await;
    click(browser, "#get").await;
    browser.until("document.querySelector('#answer')").await;
}

/// Waits until the server has been asked so often for its version, and the script has dealt with the answer.
async fn is_checked(browser: &Browser, site: &Site, times: usize) {
    browser
        .until(&format!(
            "performance.getEntriesByName('{}').length === {times}",
            site.url("/_fingerpost/version")
        ))
        .await;
    // The script is told before the browser notes the request.
    run(browser, "await new Promise((resolve) => setTimeout(resolve, 50))").await;
    assert!(site.checks() >= times);
}
