//! Tests the example `axum-modules` in a browser.

use serde_json::json;

use crate::tools::{Browser, Server};

/// The number of modules: 30 modules of the example, and 2 modules of its npm package.
const MODULES: usize = 30 + 2;

/// Checks that each module is requested once, and that the page shows the results of the script.
async fn assert_page_works(browser: &mut Browser, arguments: &[&str], is_versioned: fn(&str) -> bool) {
    let site = Server::start(Server::example_command("axum-modules").args(arguments));
    let before = browser.requests().await.len();
    browser.goto(&site.url("/")).await.expect("a page");
    browser.until("document.querySelectorAll('#stages tbody tr').length === 7").await;
    let modules: Vec<_> = browser.requests().await[before..]
        .iter()
        .filter(|request| request.url.contains(".js") || request.url.contains(".mjs"))
        .map(|request| request.url.clone())
        .collect();
    assert_eq!(modules.len(), MODULES, "{modules:#?}");
    assert!(modules.iter().all(|url| is_versioned(url)), "{modules:#?}");

    let summary = "document.querySelector('#summary').textContent.replace(/\\s+/g, ' ').trim()";
    assert_eq!(browser.evaluate(summary).await, json!("16.6 km in 5 h 1 min, home at 13:31."));
    let imperial = "(document.forms[0].units.value = 'imperial',
        document.forms[0].dispatchEvent(new Event('input')), document.querySelector('#stages td + td').textContent)";
    assert_eq!(browser.evaluate(imperial).await, json!("1.1 mi"));
    browser.assert_silent().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn thirty_modules_are_loaded_once_each_in_both_modes() {
    let Some(mut browser) = Browser::open().await else { return };
    assert_page_works(&mut browser, &[], |url| url.contains("?v=")).await;
    let is_hashed = |url: &str| url.rsplit('.').nth(1).is_some_and(|hash| hash.len() == 12);
    assert_page_works(&mut browser, &["--production"], is_hashed).await;
}
