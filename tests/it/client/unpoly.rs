//! Tests with Unpoly, which does not display some responses, and accepts addresses from the server.

use fingerpost_tower::OnMismatch;

use super::{Library, Site, has_banner, open, run, wait_for_banner, wait_for_checks, wait_for_page};
use crate::tools::Browser;

pub(super) const UNPOLY: &[Library] = &["unpoly"];

const WAIT: &str = "await new Promise((resolve) => setTimeout(resolve, 100))";

pub(super) async fn link_that_opens_an_overlay_becomes_a_full_navigation(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    run(browser, "window.failures = []; addEventListener('error', ({ message }) => failures.push(message))")
        .await;
    let link = "const link = document.querySelector('#boosted');
        link.setAttribute('up-layer', 'new');
        link.click()";
    run(browser, link).await;
    browser.until("up.layer.isOverlay()").await;
    assert_eq!(browser.evaluate("failures.join()").await, "");
    run(browser, &format!("up.layer.dismiss(); up.cache.evict(); {WAIT}")).await;
    site.deploy("two", OnMismatch::Reload);
    run(browser, "document.querySelector('#boosted').click()").await;
    // Unpoly changes the address to the address of the overlay.
    wait_for_page(browser, "/next", "two").await;
    assert_eq!(site.loads(), ["/", "/next?page=2"]);
}

pub(super) async fn responses_that_are_not_displayed_are_checked(browser: &mut Browser, site: &Site) {
    let requests = [
        "up.render({ url: '/empty', target: '#target', cache: false })",
        "up.render({ url: '/located?X-Up-Target=:none', target: 'main', navigate: true, cache: false })",
        "up.request('/fragment', { cache: false })",
    ];
    for (n, request) in requests.into_iter().enumerate() {
        site.deploy(&format!("a{n}"), OnMismatch::Reload);
        open(browser, site, "/").await;
        run(browser, "sessionStorage.clear()").await;
        site.deploy(&format!("b{n}"), OnMismatch::Reload);
        run(browser, &format!("{request}.catch(() => {{}})")).await;
        wait_for_page(browser, "/", &format!("b{n}")).await;
    }
    // The page prompts, because a reload would discard the result of a POST request.
    site.deploy("c", OnMismatch::Reload);
    run(browser, "sessionStorage.clear(); up.request('/empty', { method: 'post' })").await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/"; 6]);
}

/// The server sets the address with `X-Up-Location`.
pub(super) async fn location_of_the_server_becomes_a_full_navigation(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    run(browser, "document.querySelector('#boosted').href = '/located?X-Up-Location=/moved'").await;
    browser.click("#boosted").await;
    wait_for_page(browser, "/moved", "two").await;
    assert_eq!(site.loads(), ["/", "/moved"]);
}

/// The response replaces the form, and not the page.
pub(super) async fn failed_form_does_not_block_later_reloads(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    let form = "const form = document.querySelector('#comment');
        form.removeAttribute('up-target');
        form.setAttribute('up-fail-target', '#comment')";
    run(browser, form).await;
    browser.click("#comment button").await;
    browser.until("document.querySelector('#comment #response')").await;
    run(browser, "document.querySelector('#comment').remove()").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/", "two").await;
}

pub(super) async fn preloaded_link_has_no_effect(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    run(browser, &format!("await up.link.preload(document.querySelector('#boosted')); {WAIT}")).await;
    assert_eq!(site.checks(), 0);
    assert!(!has_banner(browser).await);
    browser.click("#boosted").await;
    wait_for_checks(browser, site, 1).await;
    wait_for_banner(browser).await;
}
