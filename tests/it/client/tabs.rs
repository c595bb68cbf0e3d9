//! Tests that tabs are independent of each other.

use fantoccini::wd::WindowHandle;
use fingerpost_tower::OnMismatch;

use super::{Site, get_fragment, has_banner, open, run, wait_for_page};
use crate::tools::Browser;

async fn other_tab(browser: &Browser) -> (WindowHandle, WindowHandle) {
    let first = browser.window().await.unwrap();
    let handles = browser.windows().await.unwrap();
    let second = handles.into_iter().find(|handle| *handle != first).unwrap();
    (first, second)
}

pub(super) async fn two_tabs_reload_once_each_when_used(browser: &mut Browser, site: &Site) {
    open(browser, site, "/first").await;
    browser.new_window(true).await.unwrap();
    let (first, second) = other_tab(browser).await;
    browser.switch_to_window(second.clone()).await.unwrap();
    open(browser, site, "/second").await;
    site.deploy("two", OnMismatch::Reload);

    browser.click("#get").await;
    wait_for_page(browser, "/second", "two").await;
    browser.switch_to_window(first.clone()).await.unwrap();
    assert_eq!(browser.evaluate("fingerpost.version").await, "one");
    browser.click("#get").await;
    wait_for_page(browser, "/first", "two").await;

    for tab in [second, first] {
        browser.switch_to_window(tab).await.unwrap();
        get_fragment(browser).await;
        assert!(!has_banner(browser).await);
    }
    assert_eq!(site.loads(), ["/first", "/second", "/second", "/first"]);
    let (_, second) = other_tab(browser).await;
    let first = browser.window().await.unwrap();
    browser.switch_to_window(second).await.unwrap();
    browser.close_window().await.unwrap();
    browser.switch_to_window(first).await.unwrap();
}

pub(super) async fn duplicate_of_a_reloaded_tab_does_not_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/", "two").await;
    // The new tab gets a copy of the session storage.
    run(browser, "window.open('/copy')").await;
    let (_, copy) = other_tab(browser).await;
    browser.switch_to_window(copy).await.unwrap();
    wait_for_page(browser, "/copy", "two").await;
    get_fragment(browser).await;
    assert!(!has_banner(browser).await);
    assert_eq!(site.loads(), ["/", "/", "/copy"]);
}
