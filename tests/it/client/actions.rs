//! Tests the precedence on a version mismatch: listener of the page, action of the server, action of the page.

use serde_json::json;

use fingerpost_tower::OnMismatch;

use super::{
    Site, address, click_banner, get_fragment, has_banner, open, run, wait_for_banner, wait_for_checks,
    wait_for_page,
};
use crate::tools::Browser;

const RECORD_EVENTS: &str = "window.events = [];
    document.addEventListener('fingerpost:version-mismatch', ({ detail }) => events.push(detail))";

pub(super) async fn prompt_policy_offers_a_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/"]);
    click_banner(browser, "reload").await;
    wait_for_page(browser, "/", "two").await;
    assert_eq!(site.loads(), ["/"; 2]);
}

pub(super) async fn dismissed_prompt_does_not_reappear_for_the_same_version(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    click_banner(browser, "later").await;
    for _ in 0..3 {
        get_fragment(browser).await;
    }
    browser.click("#boosted").await;
    browser.until("document.querySelector('h1').textContent === '/next of two'").await;
    assert!(!has_banner(browser).await);
    assert_eq!((site.loads().len(), site.checks()), (1, 1));

    site.deploy("three", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
}

pub(super) async fn dismissed_prompt_does_not_reappear_after_back(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    run(browser, "window.isCached = true").await;
    site.deploy("two", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    click_banner(browser, "later").await;
    open(browser, site, "/other").await;
    browser.back().await.unwrap();
    browser.until("window.isCached").await;
    wait_for_checks(browser, site, 2).await;
    assert!(!has_banner(browser).await);

    site.deploy("three", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
}

pub(super) async fn prompt_survives_boosted_navigation_and_reloads_the_current_url(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    browser.click("#boosted").await;
    wait_for_banner(browser).await;
    browser.until("document.querySelector('h1').textContent === '/next of two'").await;
    browser.write("#search input", "caches\n").await;
    browser.until("document.querySelector('h1').textContent === '/found of two'").await;
    click_banner(browser, "reload").await;
    wait_for_page(browser, "/found", "two").await;
    assert_eq!(address(browser).await, site.url("/found?q=caches"));
}

pub(super) async fn warn_policy_logs_to_the_console_and_ignore_policy_does_nothing(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    run(browser, RECORD_EVENTS).await;
    let before = browser.warnings().await.len();
    for (n, mismatch) in [OnMismatch::Ignore, OnMismatch::Warn, OnMismatch::Warn].into_iter().enumerate() {
        site.deploy(&format!("b{n}"), mismatch);
        get_fragment(browser).await;
        browser.until(&format!("events.length === {}", n + 1)).await;
    }
    get_fragment(browser).await;
    let warnings: Vec<_> = browser.warnings().await[before..]
        .iter()
        .map(|text| text.split_once(" \"").map_or(&**text, |text| text.1).to_owned())
        .collect();
    assert_eq!(
        warnings,
        ["b1", "b2"].map(|version| format!("A new version of this page is available: {version}\""))
    );
    assert_eq!(site.loads(), ["/"]);
    assert!(!has_banner(browser).await);
}

pub(super) async fn server_action_overrides_the_action_of_the_page(browser: &mut Browser, site: &Site) {
    site.deploy("one", OnMismatch::Warn);
    open(browser, site, "/").await;
    run(browser, RECORD_EVENTS).await;
    site.deploy("two", OnMismatch::Ignore);
    get_fragment(browser).await;
    browser.until("events.length === 1").await;
    site.deploy("three", OnMismatch::Prompt);
    site.set_action("an unknown action");
    get_fragment(browser).await;
    browser.until("events.length === 2").await;
    site.deploy("four", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    assert_eq!(
        browser.evaluate("events.map(({ action }) => action)").await,
        json!(["ignore", "warn", "prompt"])
    );
}

pub(super) async fn canceled_mismatch_event_suppresses_the_default_action(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    let cancel =
        "document.addEventListener('fingerpost:version-mismatch', (event) => event.preventDefault())";
    run(browser, &format!("{RECORD_EVENTS}; {cancel}")).await;
    site.deploy("two", OnMismatch::Reload);
    get_fragment(browser).await;
    browser.until("events.length").await;
    get_fragment(browser).await;
    let detail = json!([{ "page": "one", "version": "two", "action": "reload", "url": site.url("/") }]);
    assert_eq!(browser.evaluate("events").await, detail);
    assert_eq!((site.loads().len(), site.checks()), (1, 1));
    assert!(!has_banner(browser).await);
}

pub(super) async fn mismatch_event_contains_the_target_url(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    let cancel =
        "document.addEventListener('fingerpost:version-mismatch', (event) => event.preventDefault())";
    run(browser, &format!("{RECORD_EVENTS}; {cancel}")).await;
    site.deploy("two", OnMismatch::Prompt);
    browser.click("#boosted").await;
    browser.until("events.length").await;
    assert_eq!(browser.evaluate("events[0].url").await, json!(site.url("/next?page=2#end")));
}

pub(super) async fn page_without_the_script_is_unaffected(browser: &mut Browser, site: &Site) {
    site.deploy("one", OnMismatch::Ignore);
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    get_fragment(browser).await;
    browser.click("#boosted").await;
    browser.until("document.querySelector('h1').textContent === '/next of two'").await;
    assert_eq!(browser.evaluate("typeof fingerpost").await, "undefined");
    assert_eq!((site.loads().len(), site.checks()), (1, 0));
}

pub(super) async fn script_may_run_twice(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    let again = "const { src } = document.querySelector('script[data-version]');
        const add = (version) => new Promise((onload) => {
            const script = Object.assign(document.createElement('script'), { src, onload });
            if (version) script.dataset.version = version;
            document.head.append(script);
        });
        return Promise.all([add(), add('one'), add('two')])";
    run(browser, again).await;
    assert_eq!(browser.evaluate("fingerpost.version").await, "one");
    site.deploy("two", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    wait_for_checks(browser, site, 1).await;
    assert_eq!(site.checks(), 1);
}

pub(super) async fn script_without_attributes_does_nothing(browser: &mut Browser, site: &Site) {
    site.deploy("one", OnMismatch::Ignore);
    open(browser, site, "/").await;
    let add = "return new Promise((onload) => {
        const src = '/_fingerpost/client.0123456789ab.js';
        document.head.append(Object.assign(document.createElement('script'), { src, onload }));
    })";
    run(browser, add).await;
    assert_eq!(browser.evaluate("typeof fingerpost").await, "undefined");
    get_fragment(browser).await;
}

/// A named element hides the property of the document with the same name.
pub(super) async fn elements_named_like_properties_have_no_effect(browser: &mut Browser, site: &Site) {
    open(browser, site, "/named").await;
    assert_eq!(browser.evaluate("document.currentScript.localName").await, "img");
    assert_eq!(browser.evaluate("fingerpost.version").await, "one");
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/named", "two").await;
    assert_eq!((site.loads().len(), site.checks()), (2, 1));
}

pub(super) async fn elements_named_like_methods_have_no_effect(browser: &mut Browser, site: &Site) {
    open(browser, site, "/named/methods").await;
    assert_eq!(browser.evaluate("document.createElement.localName").await, "img");
    let post = "return (await fingerpost.fetch('/sent', { method: 'POST' })).status";
    assert_eq!(run(browser, post).await, 200);
    site.deploy("two", OnMismatch::Prompt);
    browser.click("#get").await;
    wait_for_banner(browser).await;
}
