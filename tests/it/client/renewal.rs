//! A page of an old version is reloaded at its next request.

use fingerpost_tower::OnMismatch;

use super::{
    address, click, click_banner, get_fragment, has_banner, open, run, wait_for_banner, wait_for_page,
    with_every_htmx, with_htmx, write,
};
use crate::tools::Browser;

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn boosted_link_after_a_deploy_becomes_a_full_navigation() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        site.deploy("two", OnMismatch::Reload);
        click(browser, "#boosted").await;
        wait_for_page(browser, "/next", "two").await;
        assert_eq!(address(browser).await, site.url("/next?page=2#end"));

        get_fragment(browser).await;
        assert_eq!((site.loads(), site.checks()), (["/", "/next?page=2"].map(String::from).to_vec(), 1));
        assert!(!has_banner(browser).await);

        browser.back().await.unwrap();
        browser.until("document.querySelector('h1').textContent === '/ of two'").await;
        assert_eq!(address(browser).await, site.url("/"));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn redirected_boosted_link_becomes_a_full_navigation_to_the_final_url() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        site.deploy("two", OnMismatch::Reload);
        click(browser, "#boosted-redirect").await;
        wait_for_page(browser, "/next", "two").await;
        assert_eq!(address(browser).await, site.url("/next"));
        assert_eq!(site.loads(), ["/", "/next"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn hx_get_after_a_deploy_reloads_the_page_in_place() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/here?a=1#b").await;
        site.deploy("two", OnMismatch::Reload);
        click(browser, "#get").await;
        wait_for_page(browser, "/here", "two").await;
        assert_eq!(address(browser).await, site.url("/here?a=1#b"));

        get_fragment(browser).await;
        assert_eq!((site.loads(), site.checks()), (["/here?a=1"; 2].map(String::from).to_vec(), 1));
        assert!(!has_banner(browser).await);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn hx_get_with_a_pushed_url_becomes_a_full_navigation_to_that_url() {
    with_every_htmx(async |browser, site| {
        for (n, selector) in ["#push", "#push-late"].into_iter().enumerate() {
            site.deploy(&format!("a{n}"), OnMismatch::Reload);
            open(browser, site, "/").await;
            run(browser, "sessionStorage.clear()").await;
            site.deploy(&format!("b{n}"), OnMismatch::Reload);
            click(browser, selector).await;
            wait_for_page(browser, "/pushed", &format!("b{n}")).await;
        }
        assert_eq!(site.loads(), ["/", "/pushed"].repeat(2));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn query_of_a_boosted_search_is_preserved() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        site.deploy("two", OnMismatch::Reload);
        write(browser, "#search input", "caches\n").await;
        wait_for_page(browser, "/found", "two").await;
        assert_eq!(address(browser).await, site.url("/found?q=caches"));
        assert_eq!(site.loads(), ["/", "/found?q=caches"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn post_response_stays_on_the_page_and_is_not_requested_again() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        site.deploy("two", OnMismatch::Reload);
        click(browser, "#post").await;
        wait_for_banner(browser).await;
        assert_eq!(browser.evaluate("document.querySelector('#response').textContent").await, "the response");
        assert_eq!(site.loads(), ["/"]);

        click_banner(browser, "reload").await;
        wait_for_page(browser, "/", "two").await;
        let posts = site.requests().iter().filter(|request| request.method == "POST").count();
        assert_eq!((posts, site.loads().len()), (1, 2));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn redirected_boosted_post_becomes_a_full_navigation_to_the_final_url() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        site.deploy("two", OnMismatch::Reload);
        click(browser, "#boosted-post button").await;
        wait_for_page(browser, "/next", "two").await;
        assert_eq!(address(browser).await, site.url("/next"));
        let posts = site.requests().iter().filter(|request| request.method == "POST").count();
        assert_eq!((posts, site.loads()), (1, ["/", "/next"].map(String::from).to_vec()));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn stale_page_from_the_back_forward_cache_is_detected() {
    with_htmx(async |browser, site| {
        open(browser, site, "/").await;
        run(browser, "window.isCached = true").await;
        open(browser, site, "/other").await;
        site.deploy("two", OnMismatch::Prompt);
        browser.back().await.unwrap();
        browser.until("window.isCached").await;
        wait_for_banner(browser).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn page_from_a_post_is_not_reloaded_or_posted_again() {
    with_htmx(async |browser, site| {
        open(browser, site, "/").await;
        click(browser, "#native button").await;
        wait_for_page(browser, "/posted", "one").await;
        site.deploy("two", OnMismatch::Reload);
        click(browser, "#get").await;
        wait_for_banner(browser).await;
        click_banner(browser, "reload").await;
        wait_for_page(browser, "/posted", "two").await;
        let posted: Vec<_> =
            site.requests().into_iter().filter(|request| request.path == "/posted").collect();
        assert_eq!(posted.iter().map(|request| request.method.as_str()).collect::<Vec<_>>(), ["POST", "GET"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn page_from_a_boosted_post_is_not_reloaded() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        click(browser, "#boosted-order button").await;
        browser.until("document.querySelector('h1').textContent === '/order of one'").await;
        site.deploy("two", OnMismatch::Reload);
        click(browser, "#get").await;
        wait_for_banner(browser).await;
        assert_eq!((site.loads(), address(browser).await), (vec!["/".to_owned()], site.url("/order")));

        // A navigation loads a new page, so the page shows no banner.
        site.deploy("three", OnMismatch::Reload);
        click(browser, "#boosted").await;
        wait_for_page(browser, "/next", "three").await;
    })
    .await;
}

/// Adds a boosted link whose response replaces a part of the page and does not change the address.
async fn add_part(browser: &Browser) {
    let link =
        r##"<a id="part" hx-boost="true" hx-push-url="false" hx-target="#target" href="/fragment">Part</a>"##;
    let add = "document.body.insertAdjacentHTML('beforeend',";
    run(browser, &format!("{add} `{link}`); htmx.process(document.body)")).await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn fragment_with_its_own_url_does_not_replace_a_posted_page() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        click(browser, "#native button").await;
        wait_for_page(browser, "/posted", "one").await;
        add_part(browser).await;
        click(browser, "#part").await;
        browser.until("document.querySelector('#response')").await;
        click(browser, "#push").await;
        browser.until("location.pathname === '/pushed'").await;
        site.deploy("two", OnMismatch::Reload);
        click(browser, "#get").await;
        wait_for_banner(browser).await;
        assert_eq!(site.loads(), ["/", "/posted"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn page_from_a_boosted_link_after_a_post_is_reloaded() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        click(browser, "#native button").await;
        wait_for_page(browser, "/posted", "one").await;
        click(browser, "#boosted").await;
        browser.until("document.querySelector('h1').textContent === '/next of one'").await;
        site.deploy("two", OnMismatch::Reload);
        click(browser, "#get").await;
        wait_for_page(browser, "/next", "two").await;
        assert_eq!(site.loads(), ["/", "/posted", "/next?page=2"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn boosted_link_into_a_fragment_reloads_the_page_in_place() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        add_part(browser).await;
        site.deploy("two", OnMismatch::Reload);
        click(browser, "#part").await;
        wait_for_page(browser, "/", "two").await;
        assert_eq!(site.loads(), ["/"; 2]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn stale_page_from_the_htmx_history_is_detected() {
    with_every_htmx(async |browser, site| {
        for history in ["stored", "cleared"] {
            site.deploy("one", OnMismatch::Prompt);
            open(browser, site, "/").await;
            click(browser, "#boosted").await;
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
    })
    .await;
}
