//! Tests the appearance, accessibility and use of the banner.

use fantoccini::key::Key;
use fingerpost_tower::OnMismatch;
use serde_json::json;

use super::{Site, get_fragment, has_banner, open, run, wait_for_banner};
use crate::tools::Browser;

const ROOT: &str = "document.querySelector('fingerpost-banner').shadowRoot";

/// Opens a page and deploys a version, so that the page shows the banner.
async fn prompt(browser: &Browser, site: &Site, path: &str) {
    site.deploy("one", OnMismatch::Prompt);
    open(browser, site, path).await;
    site.deploy("two", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
}

async fn style(browser: &Browser, selector: &str, property: &str) -> String {
    let value =
        browser.evaluate(&format!("getComputedStyle({ROOT}.querySelector('{selector}')).{property}")).await;
    value.as_str().expect("a style").to_owned()
}

pub(super) async fn banner_fits_color_schemes_and_narrow_screens(browser: &mut Browser, site: &Site) {
    for scheme in ["light", "dark"] {
        browser.prefer_color_scheme(scheme).await;
        prompt(browser, site, "/").await;
        browser.save_screenshot(&format!("client/{scheme}")).await;
        let dark = "rgb(18, 18, 18)";
        assert_eq!(style(browser, "div", "backgroundColor").await == dark, scheme == "dark");
    }
    browser.emulate_phone(320).await;
    prompt(browser, site, "/").await;
    browser.save_screenshot("client/narrow").await;
    let inside = format!(
        "(({{ left, right, bottom }}) => left >= 0 && right <= 320 && bottom <= innerHeight)({ROOT}.firstChild.getBoundingClientRect())"
    );
    assert_eq!(browser.evaluate(&inside).await, true);

    run(browser, "document.documentElement.dir = 'rtl'").await;
    browser.save_screenshot("client/narrow-right-to-left").await;
    assert_eq!(browser.evaluate(&inside).await, true);
}

pub(super) async fn banner_is_announced_and_keyboard_accessible(browser: &mut Browser, site: &Site) {
    prompt(browser, site, "/").await;
    let parts = format!(
        "[...{ROOT}.querySelectorAll('[part]')].map((element) => [element.localName, element.part.value, element.getAttribute('role')])"
    );
    let expected = json!([
        ["div", "banner", null],
        ["output", "text", null],
        ["button", "button reload", null],
        ["button", "button later", null]
    ]);
    assert_eq!(browser.evaluate(&parts).await, expected);

    // The Escape key outside of the banner does not close the banner.
    let active = browser.active_element().await.unwrap();
    active.send_keys(&Key::Escape.to_string()).await.unwrap();
    assert!(has_banner(browser).await);

    run(
        browser,
        &format!("document.querySelector('#search input').focus(); {ROOT}.querySelector('button').focus()"),
    )
    .await;
    assert_eq!(style(browser, "button", "outlineStyle").await, "solid");
    browser.active_element().await.unwrap().send_keys(&Key::Escape.to_string()).await.unwrap();
    assert!(!has_banner(browser).await);
    assert_eq!(
        browser.evaluate("document.activeElement.id").await,
        "get",
        "the focus returns to the element that had the focus before the banner"
    );
}

pub(super) async fn pages_can_customize_the_style_and_text_of_the_banner(browser: &mut Browser, site: &Site) {
    site.deploy("one", OnMismatch::Prompt);
    open(browser, site, "/open").await;
    run(
        browser,
        "document.head.insertAdjacentHTML('beforeend', `
        <meta name=fingerpost-banner content='Es gibt eine neue Fassung.|Neu laden|Später'>
        <style>
            fingerpost-banner { --fingerpost-background: rgb(1, 2, 3); --fingerpost-color: rgb(4, 5, 6) }
            fingerpost-banner::part(later) { text-decoration-line: underline }
        </style>`)",
    )
    .await;
    site.deploy("two", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    let words = format!("[...{ROOT}.firstChild.children].map((element) => element.textContent)");
    assert_eq!(browser.evaluate(&words).await, json!(["Es gibt eine neue Fassung.", "Neu laden", "Später"]));
    assert_eq!(style(browser, "div", "backgroundColor").await, "rgb(1, 2, 3)");
    assert_eq!(style(browser, "div", "color").await, "rgb(4, 5, 6)");
    assert_eq!(style(browser, "[part~=later]", "textDecorationLine").await, "underline");
    // The page's CSS rules for `div`, `p` and `button` do not apply to the banner.
    assert_eq!(style(browser, "output", "textTransform").await, "none");
}

pub(super) async fn new_banner_replaces_the_previous_one(browser: &mut Browser, site: &Site) {
    prompt(browser, site, "/").await;
    site.deploy("three", OnMismatch::Prompt);
    run(browser, "document.querySelector('fingerpost-banner').old = true").await;
    get_fragment(browser).await;
    browser.until("document.querySelector('fingerpost-banner')?.old === undefined").await;
    assert_eq!(browser.evaluate("document.querySelectorAll('fingerpost-banner').length").await, 1);
}
