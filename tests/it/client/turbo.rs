//! Turbo reloads a page by itself if tracked elements in the head have changed.

use fingerpost_tower::OnMismatch;
use serde_json::json;

use super::{Library, Site, address, click_banner, has_banner, open, run, wait_for_banner, wait_for_page};
use crate::tools::Browser;

pub(super) const TURBO: &[Library] = &["turbo"];

/// Opens a page with a tracked element, types into a field, and deploys a version.
async fn type_and_deploy(browser: &Browser, site: &Site) {
    open(browser, site, "/tracked").await;
    run(browser, "document.querySelector('#boosted').href = '/tracked/next'").await;
    browser.write("textarea", "half a comment").await;
    site.deploy("two", OnMismatch::Reload);
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

    // *Reload* loads the page of the link, and so does a second click.
    click_banner(browser, "later").await;
    browser.click("#boosted").await;
    wait_for_page(browser, "/tracked/next", "two").await;
    assert_eq!(site.loads(), ["/tracked", "/tracked/next"]);
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
    run(browser, "Turbo.session.refresh(location.href)").await;
    wait_for_banner(browser).await;
    assert_eq!((text(browser).await, site.loads()), (json!("half a comment"), vec!["/tracked".to_owned()]));
    click_banner(browser, "reload").await;
    wait_for_page(browser, "/tracked", "two").await;
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
    // Loads the page of a link first, so that there is an earlier request of the root element.
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
