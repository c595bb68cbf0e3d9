//! Tests that a reload does not interrupt pending work of the visitor or the page.

use fingerpost_tower::OnMismatch;

use super::{PASS_MINUTE, Site, click_banner, open, run, wait_for_banner, wait_for_page};
use crate::tools::Browser;

pub(super) async fn pending_post_completes_before_a_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/sent", 700);
    browser.click("#post").await;
    run(browser, "await fingerpost.fetch('/fragment')").await;
    wait_for_banner(browser).await;
    assert_eq!(browser.evaluate("document.querySelector('#response')?.textContent").await, "the response");
    assert_eq!(site.loads(), ["/"]);
}

pub(super) async fn pending_fetch_post_completes_before_a_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/sent", 700);
    let post = "fingerpost.fetch('/sent', { method: 'POST' }).then(({ status }) => (window.status = status))";
    run(browser, &format!("{post}; await fingerpost.fetch('/fragment')")).await;
    wait_for_banner(browser).await;
    assert_eq!((browser.evaluate("window.status").await, site.loads()), ("200".into(), vec!["/".to_owned()]));
}

pub(super) async fn form_that_the_browser_sends_is_not_interrupted(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/posted", 15_000);
    let send = "addEventListener('fingerpost:version-mismatch', ({ detail }) => (sessionStorage.action = detail.action));
        document.querySelector('#native').requestSubmit()";
    // The browser responds to the test after the navigation. Until then, the script of the page continues.
    run(
        browser,
        &format!("{send}; setTimeout(() => {{ {PASS_MINUTE}; fingerpost.fetch('/fragment') }}, 100)"),
    )
    .await;
    browser.until("document.querySelector('h1').textContent === '/posted of two'").await;
    assert_eq!(browser.evaluate("sessionStorage.action").await, "prompt");
    assert_eq!(site.loads(), ["/", "/posted"]);
}

pub(super) async fn pending_redirected_post_becomes_a_full_navigation(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    // Simulates a slow device, on which the script checks for pending requests before Turbo renders the new page.
    run(browser, "window.requestAnimationFrame = (callback) => setTimeout(callback, 150)").await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/redirect", 500);
    browser.click("#boosted-post button").await;
    run(browser, "await fingerpost.fetch('/fragment')").await;
    wait_for_page(browser, "/next", "two").await;
    assert_eq!(site.loads(), ["/", "/next"]);
}

pub(super) async fn pending_navigation_takes_precedence_over_a_reload(browser: &mut Browser, site: &Site) {
    for (n, (selector, path)) in [("#link", "/linked"), ("#native button", "/posted")].into_iter().enumerate()
    {
        site.deploy(&format!("a{n}"), OnMismatch::Reload);
        open(browser, site, "/").await;
        run(browser, "sessionStorage.clear()").await;
        let new = format!("b{n}");
        site.deploy(&new, OnMismatch::Reload);
        site.delay(path, 700);
        run(
            browser,
            &format!("document.querySelector('{selector}').click(); document.querySelector('#get').click()"),
        )
        .await;
        wait_for_page(browser, path, &new).await;
    }
    assert_eq!(site.loads(), ["/", "/linked", "/", "/posted"]);
}

pub(super) async fn htmx_redirect_and_location_headers_are_followed(browser: &mut Browser, site: &Site) {
    site.delay("/target", 500);
    for (n, header) in ["HX-Redirect", "HX-Location"].into_iter().enumerate() {
        for (m, method) in ["GET", "POST"].into_iter().enumerate() {
            site.deploy(&format!("a{n}{m}"), OnMismatch::Reload);
            open(browser, site, "/").await;
            run(browser, "sessionStorage.clear()").await;
            let new = format!("b{n}{m}");
            site.deploy(&new, OnMismatch::Reload);
            run(
                browser,
                &format!("htmx.ajax('{method}', '/headers?{header}=/target', '#target').catch(() => {{}})"),
            )
            .await;
            wait_for_page(browser, "/target", &new).await;
        }
    }
    assert_eq!(site.loads(), ["/", "/target"].repeat(4));
}

/// A script that types into the page after a navigation has begun.
const WRITE_LATE: &str = "window.addEventListener('beforeunload', () => setTimeout(() => {
    document.querySelector('textarea').focus();
    document.execCommand('insertText', false, 'work');
}, 100))";

pub(super) async fn input_during_a_reload_stops_the_reload(browser: &mut Browser, site: &Site) {
    let clicks = [("#get", "/"), ("#push-late", "/pushed")];
    let count = if site.library.starts_with("htmx") { 2 } else { 1 };
    for (n, (selector, path)) in clicks.into_iter().take(count).enumerate() {
        let (old, new) = (format!("a{n}"), format!("b{n}"));
        site.deploy(&old, OnMismatch::Reload);
        open(browser, site, "/").await;
        run(browser, &format!("sessionStorage.clear(); {WRITE_LATE}")).await;
        site.deploy(&new, OnMismatch::Reload);
        site.delay(path, 1500);
        run(browser, &format!("document.querySelector('{selector}').click()")).await;
        wait_for_banner(browser).await;
        let now = browser.evaluate("[fingerpost.version, document.querySelector('textarea').value]").await;
        assert_eq!(now, serde_json::json!([old, "work"]));

        // The visitor confirms the reload.
        click_banner(browser, "reload").await;
        wait_for_page(browser, path, &new).await;
        site.delay(path, 0);
    }
}

/// Returns a script that runs JavaScript after a navigation has begun.
fn after_navigation(script: &str) -> String {
    format!("window.addEventListener('beforeunload', () => setTimeout(() => {{ {script} }}, 100))")
}

/// A script that dispatches the events of a click on `element`.
const CLICK: &str = "element.dispatchEvent(new MouseEvent('mousedown', { bubbles: true })); element.click()";

pub(super) async fn post_during_a_reload_stops_the_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    run(browser, &after_navigation("document.querySelector('#post').click()")).await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/", 1500);
    site.delay("/sent", 300);
    run(browser, "fingerpost.check()").await;
    wait_for_banner(browser).await;
    browser.until("document.querySelector('#response')").await;
    assert_eq!(browser.evaluate("fingerpost.version").await, "one");
    let posts = site.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!((posts, site.loads()), (1, ["/"; 2].map(String::from).to_vec()));
}

pub(super) async fn click_during_a_reload_stops_the_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    let click = format!("const element = document.querySelector('#boosted'); {CLICK}");
    run(browser, &after_navigation(&click)).await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/", 1500);
    run(browser, "fingerpost.check()").await;
    wait_for_banner(browser).await;
    browser.until("document.querySelector('h1').textContent === '/next of two'").await;
    assert_eq!((browser.evaluate("fingerpost.version").await, site.loads().len()), ("one".into(), 2));
}

/// The visitor returns to the page by a click on an element.
pub(super) async fn click_while_the_page_is_checked_is_not_lost(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    run(browser, "document.querySelector('#target').onclick = () => (window.clicked = true)").await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/_fingerpost/version", 300);
    let click = format!("const element = document.querySelector('#target'); {CLICK}");
    run(browser, &format!("{PASS_MINUTE}; window.dispatchEvent(new Event('focus')); {click}")).await;
    wait_for_banner(browser).await;
    assert_eq!((browser.evaluate("window.clicked").await, site.loads()), (true.into(), vec!["/".to_owned()]));
}

pub(super) async fn modifier_key_does_not_prevent_a_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/_fingerpost/version", 300);
    let press = "['Shift', 'Control', 'Alt', 'AltGraph', 'Meta'].forEach((key) =>
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key, location: 1, bubbles: true })))";
    run(browser, &format!("fingerpost.check(); {press}")).await;
    wait_for_page(browser, "/", "two").await;
}

pub(super) async fn pending_link_becomes_a_full_navigation(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    site.delay("/next", 700);
    browser.click("#boosted").await;
    run(browser, "await fingerpost.fetch('/fragment')").await;
    wait_for_page(browser, "/next", "two").await;
    assert_eq!(site.loads(), ["/", "/next?page=2"]);
}
