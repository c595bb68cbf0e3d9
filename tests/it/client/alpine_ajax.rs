//! Tests with Alpine AJAX, which reports responses on the element of the request, and sends some forms again.

use fingerpost_tower::OnMismatch;

use super::{Library, Site, open, run, wait_for_banner, wait_for_page};
use crate::tools::Browser;

pub(super) const ALPINE_AJAX: &[Library] = &["alpine-ajax"];

/// A control in the form sends its own request.
pub(super) async fn event_of_a_nested_control_does_not_complete_a_form(browser: &mut Browser, site: &Site) {
    open(browser, site, "/open").await;
    let control = "const form = document.querySelector('#comment');
        form.insertAdjacentHTML('beforeend', '<a id=control x-target=target href=/fragment>Validate</a>')";
    let record = "addEventListener('ajax:merged', ({ target }) => {
            if (target.id === 'comment') sessionStorage.setItem('comment', 'merged');
        })";
    run(browser, &format!("{control}; {record}; await Alpine.nextTick()")).await;
    site.delay("/mistakes", 1000);
    browser.click("#comment button").await;
    run(browser, "document.querySelector('#control').click()").await;
    browser.until("document.querySelector('#target #response')").await;
    site.deploy("two", OnMismatch::Reload);
    run(browser, "await fingerpost.fetch('/fragment')").await;
    wait_for_page(browser, "/open", "two").await;
    assert_eq!(browser.evaluate("sessionStorage.getItem('comment')").await, "merged");
}

/// After a deploy, an error response may lack the target.
pub(super) async fn failed_form_is_not_sent_again(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    run(browser, "document.querySelector('#comment').id = 'note'").await;
    run(browser, "document.querySelector('#note').setAttribute('x-target', 'note'); await Alpine.nextTick()")
        .await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#note button").await;
    wait_for_banner(browser).await;
    let posts = site.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!((posts, site.loads()), (1, vec!["/".to_owned()]));
}

/// Alpine AJAX itself loads the page of a history entry that it has created.
pub(super) async fn back_loads_the_page_once(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    browser.click("#boosted").await;
    browser.until("document.querySelector('h1').textContent === '/next of one'").await;
    browser.click("#boosted-redirect").await;
    browser.until("location.search === ''").await;
    site.deploy("two", OnMismatch::Reload);
    browser.back().await.unwrap();
    wait_for_page(browser, "/next", "two").await;
    run(browser, "await new Promise((resolve) => setTimeout(resolve, 200))").await;
    assert_eq!(site.loads(), ["/", "/next?page=2"]);
}
