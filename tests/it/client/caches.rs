//! Tests with stale caches, network errors and faulty servers.

use http::StatusCode;

use fingerpost_tower::OnMismatch;

use super::{Site, get_fragment, has_banner, open, run, wait_for_banner, wait_for_checks, wait_for_page};
use crate::tools::Browser;

pub(super) async fn stale_page_cache_causes_only_one_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.cache("/");
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    browser.until("performance.getEntriesByType('navigation')[0].type === 'reload'").await;
    wait_for_page(browser, "/", "one").await;

    // After further responses of version `two`, the page shows the banner and does not reload again.
    for _ in 0..3 {
        get_fragment(browser).await;
        wait_for_banner(browser).await;
    }
    // Another deploy immediately after the reload causes no reload either.
    site.deploy("three", OnMismatch::Reload);
    get_fragment(browser).await;
    wait_for_checks(browser, site, 2).await;
    assert_eq!((site.loads().len(), site.checks()), (2, 3));
}

pub(super) async fn alternating_versions_cause_only_one_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/", "two").await;
    site.deploy("one", OnMismatch::Reload);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/"; 2]);
}

pub(super) async fn later_deploy_causes_another_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    for version in ["two", "three", "four"] {
        site.deploy(version, OnMismatch::Reload);
        browser.click("#get").await;
        wait_for_page(browser, "/", version).await;
        // Simulates a reload that happened long ago.
        let memory = "sessionStorage.getItem('fingerpost:reloads').replace(/\\d+/, 0)";
        run(browser, &format!("sessionStorage.setItem('fingerpost:reloads', {memory})")).await;
    }
    assert_eq!(site.loads().len(), 4);
}

pub(super) async fn stale_cached_response_alone_has_no_effect(browser: &mut Browser, site: &Site) {
    site.cache("/fragment");
    site.deploy("two", OnMismatch::Reload);
    open(browser, site, "/").await;
    for _ in 0..3 {
        get_fragment(browser).await;
        wait_for_checks(browser, site, 1).await;
    }
    assert_eq!((site.loads().len(), site.checks()), (1, 1));
    assert!(!has_banner(browser).await);
}

pub(super) async fn concurrent_responses_cause_one_check(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    let requests = "for (let i = 0; i < 4; i++) htmx.ajax('GET', '/fragment', { target: '#target', source: `button:nth-of-type(${i + 1})` })";
    run(browser, requests).await;
    wait_for_banner(browser).await;
    let fragments = site.requests().iter().filter(|request| request.path == "/fragment").count();
    assert_eq!((fragments, site.checks()), (4, 1));
}

pub(super) async fn concurrent_responses_of_several_versions_cause_one_check(
    browser: &mut Browser,
    site: &Site,
) {
    site.deploy("zero", OnMismatch::Prompt);
    site.cache("/fragment");
    site.deploy("one", OnMismatch::Prompt);
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    site.delay("/_fingerpost/version", 200);
    run(browser, "await Promise.all(['/fragment', '/found'].map((url) => fingerpost.fetch(url)))").await;
    wait_for_banner(browser).await;
    assert_eq!(site.checks(), 1);
}

/// Advances the clock of the page past the delay before a failed check is repeated.
const PASS_TIME: &str = "const { now } = Date; Date.now = () => now() + 3_000";

pub(super) async fn failed_check_is_repeated(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    let responses = [
        (StatusCode::OK, "text/html", "<p>Please log in to this network</p>"),
        (StatusCode::BAD_GATEWAY, "text/html", "<p>Bad gateway</p>"),
    ];
    for (times, (status, content_type, body)) in (1..).zip(responses) {
        site.deploy("two", OnMismatch::Reload);
        site.respond_with("/_fingerpost/version", status, content_type, body);
        // A failed check is not repeated for a few seconds.
        for _ in 0..2 {
            get_fragment(browser).await;
            wait_for_checks(browser, site, times).await;
        }
        assert_eq!(site.checks(), times);
        run(browser, PASS_TIME).await;
    }
    assert!(!has_banner(browser).await);
    assert_eq!(site.loads(), ["/"]);

    site.recover("/_fingerpost/version");
    browser.click("#get").await;
    wait_for_page(browser, "/", "two").await;
}

pub(super) async fn check_response_without_a_version_has_no_effect(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    let responses = [(StatusCode::INTERNAL_SERVER_ERROR, r#"{"version":"two"}"#), (StatusCode::OK, "{}")];
    for (times, (status, body)) in (1..).zip(responses) {
        site.deploy(&format!("two.{times}"), OnMismatch::Reload);
        site.respond_with("/_fingerpost/version", status, "application/json", body);
        get_fragment(browser).await;
        wait_for_checks(browser, site, times).await;
    }
    assert!(!has_banner(browser).await);
    assert_eq!(site.loads(), ["/"]);
}

pub(super) async fn page_reloads_if_a_router_refuses_its_version(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.refuse("/fragment");
    site.refuse("/_fingerpost/version");
    browser.click("#get").await;
    browser.until("performance.getEntriesByType('navigation')[0].type === 'reload'").await;
    assert_eq!(site.loads(), ["/"; 2]);

    // A second refusal causes no second reload, and the page does not display the JSON of the refusal.
    browser.click("#get").await;
    wait_for_banner(browser).await;
    assert_eq!(browser.evaluate("document.querySelector('#target').textContent").await, "");
    assert_eq!(site.loads(), ["/"; 2]);
}

pub(super) async fn boosted_link_refused_by_the_router_becomes_a_full_navigation(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    site.refuse("/next");
    site.refuse("/_fingerpost/version");
    browser.click("#boosted").await;
    let url = site.url("/next?page=2#end");
    browser.until(&format!("location.href === '{url}' && !document.querySelector('h1')")).await;
    assert_eq!(site.loads(), ["/", "/next?page=2"]);
}

pub(super) async fn page_reloads_if_a_router_inside_the_layer_refuses_its_version(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    site.deploy_behind_a_router("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/", "two").await;
    get_fragment(browser).await;
    assert_eq!((site.loads(), site.checks()), (["/"; 2].map(String::from).to_vec(), 1));
    assert!(!has_banner(browser).await);
}

pub(super) async fn conflict_response_of_a_router_inside_the_layer_is_not_swapped_in(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    site.deploy_behind_a_router("two", OnMismatch::Prompt);
    browser.click("#get").await;
    wait_for_banner(browser).await;
    assert_eq!(browser.evaluate("document.querySelector('#target').textContent").await, "");
}

pub(super) async fn application_409_has_no_effect(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    let note = "window.errors = [];
        for (const name of ['htmx:responseError', 'htmx:response:error']) document.addEventListener(name, () => errors.push(name))";
    run(browser, note).await;
    let body = r#"{"title":"the comment has changed"}"#;
    site.respond_with("/fragment", StatusCode::CONFLICT, "application/problem+json", body);
    browser.click("#get").await;
    browser.until("errors.length === 1").await;
    run(browser, "await new Promise((resolve) => setTimeout(resolve, 50))").await;
    assert!(!has_banner(browser).await);
    assert_eq!((site.loads().len(), site.checks()), (1, 0));
}

/// A 409 without the header of a router has another sender, for example a firewall.
pub(super) async fn other_409_of_the_version_endpoint_has_no_effect(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    site.respond_with("/_fingerpost/version", StatusCode::CONFLICT, "text/html", "<p>Blocked</p>");
    get_fragment(browser).await;
    wait_for_checks(browser, site, 1).await;
    assert!(!has_banner(browser).await);
    assert_eq!(site.loads(), ["/"]);
}

/// The Back button restores the page from before the reload.
pub(super) async fn page_left_by_a_reload_prompts_after_back(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    run(browser, "window.isCached = true").await;
    site.refuse("/next");
    site.refuse("/_fingerpost/version");
    browser.click("#boosted").await;
    browser.until("!document.querySelector('h1')").await;
    browser.back().await.unwrap();
    browser.until("window.isCached").await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/", "/next?page=2"]);
}

pub(super) async fn timed_out_check_is_repeated(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    site.delay("/_fingerpost/version", 60_000);
    let shorten = "const { timeout } = AbortSignal;
        AbortSignal.timeout = (milliseconds) => timeout.call(AbortSignal, milliseconds / 100)";
    run(browser, shorten).await;
    get_fragment(browser).await;
    wait_for_checks(browser, site, 1).await;
    assert!(!has_banner(browser).await);

    site.delay("/_fingerpost/version", 0);
    run(browser, PASS_TIME).await;
    get_fragment(browser).await;
    wait_for_banner(browser).await;
}

pub(super) async fn version_check_ignores_a_base_element_of_another_site(browser: &mut Browser, site: &Site) {
    let Some(other) = Site::start("htmx-2").await else { return };
    open(browser, site, "/open").await;
    site.deploy("two", OnMismatch::Prompt);
    let base = format!(
        "document.head.append(Object.assign(document.createElement('base'), {{ href: '{}/' }}))",
        other.origin
    );
    run(browser, &format!("{base}; await fingerpost.fetch('{}')", site.url("/fragment"))).await;
    wait_for_banner(browser).await;
    assert_eq!(other.requests(), []);
}
