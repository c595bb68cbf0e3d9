//! Tests that a page of an old version reloads at its next request.

use std::fs;

use fingerpost_tower::OnMismatch;

use super::{
    Site, address, click_banner, get_fragment, has_banner, open, run, wait_for_banner, wait_for_page,
};
use crate::tools::{Browser, npm_package};

pub(super) async fn boosted_link_after_a_deploy_becomes_a_full_navigation(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#boosted").await;
    wait_for_page(browser, "/next", "two").await;
    assert_eq!(address(browser).await, site.url("/next?page=2#end"));

    get_fragment(browser).await;
    assert_eq!((site.loads(), site.checks()), (["/", "/next?page=2"].map(String::from).to_vec(), 1));
    assert!(!has_banner(browser).await);

    browser.back().await.unwrap();
    browser.until("document.querySelector('h1')?.textContent === '/ of two'").await;
    assert_eq!(address(browser).await, site.url("/"));
}

pub(super) async fn redirected_boosted_link_becomes_a_full_navigation_to_the_final_url(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#boosted-redirect").await;
    wait_for_page(browser, "/next", "two").await;
    assert_eq!(address(browser).await, site.url("/next"));
    assert_eq!(site.loads(), ["/", "/next"]);
}

pub(super) async fn fragment_after_a_deploy_reloads_the_page_in_place(browser: &mut Browser, site: &Site) {
    open(browser, site, "/here?a=1#b").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/here", "two").await;
    assert_eq!(address(browser).await, site.url("/here?a=1#b"));

    get_fragment(browser).await;
    assert_eq!((site.loads(), site.checks()), (["/here?a=1"; 2].map(String::from).to_vec(), 1));
    assert!(!has_banner(browser).await);
}

pub(super) async fn hx_get_with_a_pushed_url_becomes_a_full_navigation_to_that_url(
    browser: &mut Browser,
    site: &Site,
) {
    for (n, selector) in ["#push", "#push-late"].into_iter().enumerate() {
        site.deploy(&format!("a{n}"), OnMismatch::Reload);
        open(browser, site, "/").await;
        run(browser, "sessionStorage.clear()").await;
        site.deploy(&format!("b{n}"), OnMismatch::Reload);
        browser.click(selector).await;
        wait_for_page(browser, "/pushed", &format!("b{n}")).await;
    }
    assert_eq!(site.loads(), ["/", "/pushed"].repeat(2));
}

pub(super) async fn boosted_search_keeps_its_query(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    browser.write("#search input", "caches\n").await;
    wait_for_page(browser, "/found", "two").await;
    assert_eq!(address(browser).await, site.url("/found?q=caches"));
    assert_eq!(site.loads(), ["/", "/found?q=caches"]);
}

pub(super) async fn post_response_stays_on_the_page_and_is_not_requested_again(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#post").await;
    wait_for_banner(browser).await;
    assert_eq!(browser.evaluate("document.querySelector('#response').textContent").await, "the response");
    assert_eq!(site.loads(), ["/"]);

    click_banner(browser, "reload").await;
    wait_for_page(browser, "/", "two").await;
    let posts = site.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!((posts, site.loads().len()), (1, 2));
}

pub(super) async fn redirected_boosted_post_becomes_a_full_navigation_to_the_final_url(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#boosted-post button").await;
    wait_for_page(browser, "/next", "two").await;
    assert_eq!(address(browser).await, site.url("/next"));
    let posts = site.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!((posts, site.loads()), (1, ["/", "/next"].map(String::from).to_vec()));
}

pub(super) async fn stale_page_from_the_back_forward_cache_is_detected(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    run(browser, "window.isCached = true").await;
    open(browser, site, "/other").await;
    site.deploy("two", OnMismatch::Prompt);
    browser.back().await.unwrap();
    browser.until("window.isCached").await;
    wait_for_banner(browser).await;
}

pub(super) async fn page_from_a_post_is_not_reloaded_or_posted_again(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    browser.click("#native button").await;
    wait_for_page(browser, "/posted", "one").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_banner(browser).await;
    click_banner(browser, "reload").await;
    wait_for_page(browser, "/posted", "two").await;
    let posted: Vec<_> = site.requests().into_iter().filter(|request| request.path == "/posted").collect();
    assert_eq!(posted.iter().map(|request| request.method.as_str()).collect::<Vec<_>>(), ["POST", "GET"]);
}

pub(super) async fn page_from_a_boosted_post_is_not_reloaded(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    browser.click("#boosted-order button").await;
    browser.until("document.querySelector('h1').textContent === '/order of one'").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_banner(browser).await;
    assert_eq!((site.loads(), address(browser).await), (vec!["/".to_owned()], site.url("/order")));

    // A navigation to another page needs no prompt.
    site.deploy("three", OnMismatch::Reload);
    browser.click("#boosted").await;
    wait_for_page(browser, "/next", "three").await;
}

/// Adds a boosted link whose response replaces a part of the page and does not change the address.
async fn add_part(browser: &Browser) {
    let link =
        r##"<a id="part" hx-boost="true" hx-push-url="false" hx-target="#target" href="/fragment">Part</a>"##;
    let add = "document.body.insertAdjacentHTML('beforeend',";
    run(browser, &format!("{add} `{link}`); htmx.process(document.body)")).await;
}

pub(super) async fn page_from_a_post_with_a_pushed_fragment_url_is_not_reloaded(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    browser.click("#native button").await;
    wait_for_page(browser, "/posted", "one").await;
    add_part(browser).await;
    browser.click("#part").await;
    browser.until("document.querySelector('#response')").await;
    browser.click("#push").await;
    browser.until("location.pathname === '/pushed'").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/", "/posted"]);
}

pub(super) async fn page_from_a_boosted_link_after_a_post_is_reloaded(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    browser.click("#native button").await;
    wait_for_page(browser, "/posted", "one").await;
    browser.click("#boosted").await;
    browser.until("document.querySelector('h1').textContent === '/next of one'").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/next", "two").await;
    assert_eq!(site.loads(), ["/", "/posted", "/next?page=2"]);
}

pub(super) async fn boosted_link_that_updates_a_fragment_reloads_the_page_in_place(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    add_part(browser).await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#part").await;
    wait_for_page(browser, "/", "two").await;
    assert_eq!(site.loads(), ["/"; 2]);
}

pub(super) async fn stale_page_from_the_history_is_detected(browser: &mut Browser, site: &Site) {
    for history in ["stored", "cleared"] {
        site.deploy("one", OnMismatch::Prompt);
        open(browser, site, "/").await;
        browser.click("#boosted").await;
        browser.until("document.querySelector('h1').textContent === '/next of one'").await;
        if history == "cleared" {
            run(browser, "sessionStorage.clear(); localStorage.clear()").await;
        }
        site.deploy("two", OnMismatch::Prompt);
        browser.back().await.unwrap();
        wait_for_banner(browser).await;
        click_banner(browser, "reload").await;
        wait_for_page(browser, "/", "two").await;
    }
}

/// htmx pushes another address before the script handles the response.
pub(super) async fn response_to_a_post_with_a_relative_address_is_not_requested_again(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/deep/page").await;
    let form = "<form id=relative hx-boost=true method=post action=sub/order><button>Order</button></form>";
    let add = format!("document.body.insertAdjacentHTML('beforeend', '{form}'); htmx.process(document.body)");
    run(browser, &add).await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#relative button").await;
    wait_for_banner(browser).await;
    assert_eq!(browser.evaluate("document.querySelector('h1').textContent").await, "/deep/sub/order of two");
    assert_eq!(site.loads(), ["/deep/page"]);
}

/// The extension `preload` of htmx 1.9 calls `htmx.ajax` with a handler.
pub(super) async fn preloaded_response_has_no_effect(browser: &mut Browser, site: &Site) {
    let Some(package) = npm_package("htmx-1") else { return };
    let extension = fs::read_to_string(package.join("dist/ext/preload.js")).expect("a script");
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    let preload = "const button = document.querySelector('#push');
        button.setAttribute('preload', '');
        document.body.setAttribute('hx-ext', 'preload');
        htmx.process(document.body);
        button.dispatchEvent(new MouseEvent('mousedown'))";
    run(browser, &format!("{extension}; {preload}")).await;
    browser.until("document.querySelector('#push').preloadState === 'DONE'").await;
    run(browser, "await new Promise((resolve) => setTimeout(resolve, 100))").await;
    assert_eq!((site.loads(), site.checks()), (vec!["/".to_owned()], 0));
}

/// If the caller passes a handler, htmx neither displays the response nor pushes an address.
pub(super) async fn response_with_a_handler_is_checked(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    run(browser, "htmx.ajax('GET', '/fragment', { handler: () => {}, push: '/pushed' })").await;
    wait_for_page(browser, "/", "two").await;
    assert_eq!(site.loads(), ["/"; 2]);

    site.deploy("three", OnMismatch::Reload);
    run(browser, "htmx.ajax('POST', '/sent', { handler: () => {} })").await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/"; 2]);
}
