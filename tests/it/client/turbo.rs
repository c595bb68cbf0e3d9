//! Tests with Turbo, which reloads a page itself if tracked elements in the head have changed.

use fingerpost_tower::OnMismatch;
use http::StatusCode;
use serde_json::json;

use super::{
    Library, PASS_MINUTE, Site, address, click_banner, has_banner, open, run, wait_for_banner, wait_for_page,
};
use crate::tools::Browser;

pub(super) const TURBO: &[Library] = &["turbo"];

/// Opens a page with a tracked element, types into a field, and deploys a version.
async fn type_and_deploy(browser: &Browser, site: &Site) {
    type_and_deploy_with(browser, site, OnMismatch::Reload).await;
}

async fn type_and_deploy_with(browser: &Browser, site: &Site, mismatch: OnMismatch) {
    open(browser, site, "/tracked").await;
    run(browser, "document.querySelector('#boosted').href = '/tracked/next'").await;
    browser.write("textarea", "half a comment").await;
    site.deploy("two", mismatch);
}

async fn text(browser: &Browser) -> serde_json::Value {
    browser.evaluate("document.querySelector('textarea').value").await
}

pub(super) async fn reload_of_turbo_does_not_discard_input(browser: &mut Browser, site: &Site) {
    type_and_deploy(browser, site).await;
    browser.click("#boosted").await;
    wait_for_banner(browser).await;
    assert_eq!(text(browser).await, "half a comment");
    assert_eq!((site.loads(), address(browser).await), (vec!["/tracked".to_owned()], site.url("/tracked")));

    // After the banner is dismissed, a second click loads the page of the link.
    click_banner(browser, "later").await;
    browser.click("#boosted").await;
    wait_for_page(browser, "/tracked/next", "two").await;
    assert_eq!(site.loads(), ["/tracked", "/tracked/next"]);
}

pub(super) async fn reload_of_turbo_prompts_again_after_new_input(browser: &mut Browser, site: &Site) {
    type_and_deploy(browser, site).await;
    browser.click("#boosted").await;
    wait_for_banner(browser).await;
    click_banner(browser, "later").await;
    browser.write("textarea", " and more").await;
    browser.click("#boosted").await;
    wait_for_banner(browser).await;
    assert_eq!(
        (text(browser).await, site.loads()),
        (json!("half a comment and more"), vec!["/tracked".to_owned()])
    );
}

/// The script prompts even after a dismissed banner, and even with the action `warn`.
pub(super) async fn reload_of_turbo_always_prompts_first(browser: &mut Browser, site: &Site) {
    type_and_deploy(browser, site).await;
    browser.click("#get").await;
    wait_for_banner(browser).await;
    click_banner(browser, "later").await;
    browser.click("#boosted").await;
    wait_for_banner(browser).await;
    assert_eq!(text(browser).await, "half a comment");

    type_and_deploy_with(browser, site, OnMismatch::Warn).await;
    site.deploy("three", OnMismatch::Warn);
    browser.click("#boosted").await;
    wait_for_banner(browser).await;
    assert_eq!(text(browser).await, "half a comment");
    assert_eq!(site.loads(), ["/tracked"; 2]);
}

pub(super) async fn tracked_element_without_input_causes_one_page_load(browser: &mut Browser, site: &Site) {
    open(browser, site, "/tracked").await;
    run(browser, "document.querySelector('#boosted').href = '/tracked/next'").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#boosted").await;
    wait_for_page(browser, "/tracked/next", "two").await;
    browser.click("#get").await;
    browser.until("document.querySelector('#response')").await;
    assert_eq!(site.loads(), ["/tracked", "/tracked/next"]);
    assert!(!has_banner(browser).await);
}

pub(super) async fn refresh_with_input_prompts(browser: &mut Browser, site: &Site) {
    type_and_deploy(browser, site).await;
    refresh(browser).await;
    wait_for_banner(browser).await;
    click_banner(browser, "later").await;
    // A further refresh is no action of the visitor, so the page stays without another prompt.
    for _ in 0..2 {
        refresh(browser).await;
        assert_eq!((text(browser).await, has_banner(browser).await), (json!("half a comment"), false));
    }
    assert_eq!(site.loads(), ["/tracked"]);
}

/// Refreshes the page like a broadcast of the server, and waits until Turbo has handled the response.
async fn refresh(browser: &Browser) {
    run(
        browser,
        "Turbo.session.refresh(location.href); await new Promise((resolve) => setTimeout(resolve, 400))",
    )
    .await;
}

/// For example, the session has expired, and the site redirects to its login page.
pub(super) async fn redirected_refresh_keeps_input(browser: &mut Browser, site: &Site) {
    type_and_deploy(browser, site).await;
    site.respond_with_redirect("/tracked", "/tracked/login");
    for _ in 0..3 {
        refresh(browser).await;
        assert_eq!(text(browser).await, "half a comment");
    }
    assert_eq!(site.loads(), ["/tracked"]);
}

pub(super) async fn failed_refresh_keeps_input(browser: &mut Browser, site: &Site) {
    open(browser, site, "/tracked").await;
    browser.write("textarea", "half a comment").await;
    site.respond_with("/tracked", StatusCode::BAD_GATEWAY, "text/plain", "bad gateway");
    refresh(browser).await;
    assert_eq!(
        (text(browser).await, has_banner(browser).await, site.loads()),
        (json!("half a comment"), false, vec!["/tracked".to_owned()])
    );
}

/// The page of the link requests a page load with `turbo-visit-control`, without a new version.
pub(super) async fn link_to_a_page_that_requests_a_page_load_is_followed(browser: &mut Browser, site: &Site) {
    open(browser, site, "/tracked").await;
    browser.write("textarea", "half a comment").await;
    let page = "<!doctype html><meta name=turbo-visit-control content=reload><title>t</title><h1>login</h1>";
    site.respond_with("/login", StatusCode::OK, "text/html", page);
    run(browser, "document.querySelector('#boosted').href = '/login'").await;
    browser.click("#boosted").await;
    browser.until("document.querySelector('h1').textContent === 'login'").await;
    assert_eq!(site.loads(), ["/tracked", "/login"]);
}

pub(super) async fn reload_of_turbo_does_not_interrupt_another_write(browser: &mut Browser, site: &Site) {
    open(browser, site, "/tracked").await;
    run(browser, "document.querySelector('#boosted').href = '/tracked/next'").await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/sent", 1000);
    let post = "fingerpost.fetch('/sent', { method: 'POST' }).then(({ status }) => (window.status = status))";
    run(browser, post).await;
    browser.click("#boosted").await;
    wait_for_banner(browser).await;
    browser.until("window.status === '200'").await;
    assert_eq!(site.loads(), ["/tracked"]);
}

pub(super) async fn validation_errors_are_rendered_despite_tracked_elements(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/tracked").await;
    run(browser, "document.querySelector('#comment').action = '/tracked/mistakes'").await;
    browser.write("textarea", "short").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#comment button").await;
    browser.until("document.querySelector('#comment #response')").await;
    wait_for_banner(browser).await;
    assert_eq!((text(browser).await, site.loads()), (json!("short"), vec!["/tracked".to_owned()]));
    let posts = site.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(posts, 1);
}

pub(super) async fn prefetch_does_not_reload_the_page(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    run(browser, "document.querySelector('meta[name=turbo-prefetch]').remove()").await;
    site.deploy("two", OnMismatch::Reload);
    let hover = "document.querySelector('#boosted').dispatchEvent(new MouseEvent('mouseenter'))";
    run(browser, &format!("{hover}; await new Promise((resolve) => setTimeout(resolve, 300))")).await;
    let is_prefetched = |site: &Site| site.requests().iter().any(|request| request.path.starts_with("/next"));
    assert!(is_prefetched(site));
    assert_eq!((site.checks(), site.loads()), (0, vec!["/".to_owned()]));
    browser.click("#boosted").await;
    wait_for_page(browser, "/next", "two").await;
}

pub(super) async fn stream_response_stays_on_the_page(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    let stream = "<turbo-stream action=update target=target><template><p id=response>sent</p></template></turbo-stream>";
    site.respond_with_version("/sent", "text/vnd.turbo-stream.html", stream);
    browser.click("#post").await;
    browser.until("document.querySelector('#response')").await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/"]);
}

/// Turbo reports the response to a removed form as a response to a link.
pub(super) async fn response_to_a_removed_form_is_not_requested_again(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    // Loads the page of a link first, so that the root element has an earlier request.
    browser.click("#boosted-redirect").await;
    browser.until("document.querySelector('h1').textContent === '/next of one'").await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/order", 200);
    let send = "document.querySelector('#boosted-order').requestSubmit();
        setTimeout(() => document.querySelector('#boosted-order').remove(), 50)";
    run(browser, send).await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/"]);
}

/// Turbo follows a link that redirects to another site, as the browser does.
pub(super) async fn redirect_to_another_site_is_followed_despite_input(browser: &mut Browser, site: &Site) {
    let Some(other) = Site::start("turbo").await else { return };
    other.deploy("other", OnMismatch::Prompt);
    other.allow_any_origin();
    open(browser, site, "/open/tracked").await;
    let link = format!("document.querySelector('#boosted').href = '/away?{}'", other.url("/open/tracked"));
    run(browser, &link).await;
    browser.write("textarea", "half a comment").await;
    browser.click("#boosted").await;
    browser.until(&format!("location.origin === '{}'", other.origin)).await;
}

/// A form in a frame waits for its response.
pub(super) async fn reload_of_turbo_does_not_interrupt_a_form(browser: &mut Browser, site: &Site) {
    open(browser, site, "/tracked").await;
    run(browser, "document.querySelector('#boosted').href = '/tracked/next'").await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/sent", 1000);
    browser.click("#post").await;
    browser.click("#boosted").await;
    wait_for_banner(browser).await;
    browser.until("document.querySelector('#response')").await;
    assert_eq!(site.loads(), ["/tracked"]);
}

/// Turbo renders a response with the status 201, and changes the address.
pub(super) async fn created_page_is_not_reloaded(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    run(browser, "document.querySelector('#boosted-order').action = '/created'").await;
    browser.click("#boosted-order button").await;
    browser.until("document.querySelector('h1').textContent === '/created of one'").await;
    // The script handles the response after Turbo has rendered the page.
    run(browser, "await new Promise((resolve) => setTimeout(resolve, 100))").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/"]);
}

pub(super) async fn empty_response_to_a_form_does_not_block_later_reloads(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    run(browser, "document.querySelector('#boosted-order').action = '/empty'").await;
    run(browser, "addEventListener('turbo:submit-end', () => (window.hasEnded = true))").await;
    browser.click("#boosted-order button").await;
    browser.until("window.hasEnded").await;
    run(browser, "await new Promise((resolve) => setTimeout(resolve, 1200))").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/", "two").await;
}

/// Turbo does not render a file. The browser downloads the file instead.
pub(super) async fn link_to_a_file_reloads_the_page_in_place(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    site.respond_with_version("/file", "application/octet-stream", "a file");
    run(
        browser,
        "addEventListener('fingerpost:version-mismatch', ({ detail }) => (window.url = detail.url))",
    )
    .await;
    run(browser, "document.querySelector('#boosted').href = '/file'").await;
    browser.click("#boosted").await;
    // The script first waits for a page load, which a download does not cause.
    run(browser, &format!("{PASS_MINUTE}; await new Promise((resolve) => setTimeout(resolve, 500))")).await;
    browser.until("window.url").await;
    assert_eq!(browser.evaluate("window.url").await, site.url("/"));
}
