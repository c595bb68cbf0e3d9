//! Tests that the script works under the content security policy `default-src 'self'`.

use std::time::{Duration, Instant};

use fingerpost_tower::OnMismatch;
use tokio::time::sleep;

use super::{Site, click_banner, get_fragment, open, run, wait_for_banner, wait_for_page};
use crate::tools::Browser;

/// Returns the policy violations in the console. Skips the first `earlier` errors, which earlier tests caused.
async fn violations(browser: &mut Browser, earlier: usize) -> Vec<String> {
    let errors = browser.errors().await.iter().skip(earlier);
    errors.filter(|error| error.contains("Content Security Policy")).cloned().collect()
}

pub(super) async fn strict_content_security_policy_is_not_violated(browser: &mut Browser, site: &Site) {
    let earlier = browser.errors().await.len();
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    let position =
        "getComputedStyle(document.querySelector('fingerpost-banner').shadowRoot.firstChild).position";
    assert_eq!(browser.evaluate(position).await, "fixed", "the style of the banner applies");
    click_banner(browser, "reload").await;
    wait_for_page(browser, "/", "two").await;

    run(browser, "sessionStorage.clear()").await;
    site.deploy("three", OnMismatch::Reload);
    browser.click("#boosted").await;
    wait_for_page(browser, "/next", "three").await;
    site.deploy("four", OnMismatch::Warn);
    get_fragment(browser).await;
    assert_eq!(violations(browser, earlier).await, [""; 0]);
}

pub(super) async fn content_security_policy_violations_are_detected(browser: &mut Browser, site: &Site) {
    let earlier = browser.errors().await.len();
    open(browser, site, "/").await;
    run(browser, "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')").await;
    let begun = Instant::now();
    while violations(browser, earlier).await.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10), "no violation is reported");
        sleep(Duration::from_millis(20)).await;
    }
}
