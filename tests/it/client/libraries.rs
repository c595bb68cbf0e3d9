//! Tests that apply to every library.

use fingerpost_tower::OnMismatch;

use super::{PASS_MINUTE, Site, has_banner, open, run, wait_for_banner, wait_for_checks, wait_for_page};
use crate::tools::Browser;

pub(super) async fn base_element_of_the_same_site_does_not_change_the_behavior(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/deep/page").await;
    run(browser, "document.head.prepend(Object.assign(document.createElement('base'), { href: '/other/' }))")
        .await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/deep/page", "two").await;
    let fragments: Vec<_> =
        site.requests().into_iter().filter(|request| request.path == "/fragment").collect();
    assert_eq!(fragments.len(), 1);
    assert_eq!(fragments[0].header("x-app-requested-version"), "one");
    assert_eq!((site.loads().len(), site.checks()), (2, 1));
}

/// Each library sends a request to another site, which has another version.
pub(super) async fn cross_origin_response_has_no_effect(browser: &mut Browser, site: &Site) {
    let Some(other) = Site::start("fetch").await else { return };
    other.deploy("other", OnMismatch::Reload);
    other.allow_any_origin();
    open(browser, site, "/open").await;
    let url = other.url("/foreign");
    let request = match site.library {
        "turbo" => format!("document.querySelector('#target').src = '{url}'"),
        // Unpoly ignores the port when it compares origins.
        "unpoly" => format!("up.request('{}')", url.replace("127.0.0.1", "localhost")),
        "alpine-ajax" => format!(
            "const form = document.querySelector('#comment');
             form.method = 'get';
             form.action = '{url}';
             form.requestSubmit()"
        ),
        "fetch" => format!("await fingerpost.fetch('{url}')"),
        _ => format!(
            "htmx.config.selfRequestsOnly = false; htmx.config.mode = 'cors';
             htmx.ajax('GET', '{url}', '#target').catch(() => {{}})"
        ),
    };
    run(browser, &request).await;
    browser
        .until("performance.getEntriesByType('resource').some(({ name }) => name.includes('foreign'))")
        .await;
    run(browser, "await new Promise((resolve) => setTimeout(resolve, 50))").await;
    let requests = other.requests();
    assert!(!requests.is_empty());
    for request in requests {
        let version =
            ["x-app-requested-version", "access-control-request-headers"].map(|name| request.header(name));
        assert!(version[0].is_empty() && !version[1].contains("x-app"), "{request:?}");
    }
    assert_eq!((site.checks(), site.loads()), (0, vec!["/open".to_owned()]));
    assert!(!has_banner(browser).await);
}

pub(super) async fn check_with_headers_detects_a_new_version(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    // Headers with the version of the page have no effect.
    run(browser, "fingerpost.check({ 'x-app-version': 'one' })").await;
    assert_eq!(site.checks(), 0);
    run(browser, "const { headers } = await fetch('/fragment'); fingerpost.check(headers)").await;
    wait_for_page(browser, "/", "two").await;

    site.deploy("three", OnMismatch::Reload);
    run(browser, "sessionStorage.clear()").await;
    let post = "const { headers } = await fetch('/sent', { method: 'POST' });
        fingerpost.check(Object.fromEntries(headers), 'POST')";
    run(browser, post).await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/"; 2]);
}

pub(super) async fn check_without_headers_requests_the_version(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    for _ in 0..3 {
        run(browser, "fingerpost.check()").await;
        wait_for_checks(browser, site, 1).await;
    }
    assert_eq!(site.checks(), 1);
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    run(browser, "fingerpost.check()").await;
    wait_for_page(browser, "/", "two").await;
}

pub(super) async fn page_is_checked_when_the_visitor_returns(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    let focus =
        "window.dispatchEvent(new Event('focus')); await new Promise((resolve) => setTimeout(resolve, 50))";
    run(browser, focus).await;
    assert_eq!(site.checks(), 0, "in the first minute, the script does not request the version");
    run(browser, &format!("{PASS_MINUTE}; {focus}")).await;
    wait_for_banner(browser).await;
    assert_eq!(site.checks(), 1);
}
