//! Pending work of the visitor or the page is not interrupted.

use fingerpost_tower::OnMismatch;

use super::{click, click_banner, open, run, wait_for_banner, wait_for_page, with_every_htmx, with_htmx};

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn pending_htmx_post_completes_before_a_reload() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        site.deploy("two", OnMismatch::Reload);
        site.delay("/sent", 700);
        click(browser, "#post").await;
        run(browser, "await fingerpost.fetch('/fragment')").await;
        wait_for_banner(browser).await;
        assert_eq!(
            browser.evaluate("document.querySelector('#response')?.textContent").await,
            "the response"
        );
        assert_eq!(site.loads(), ["/"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn pending_fetch_post_completes_before_a_reload() {
    with_htmx(async |browser, site| {
        open(browser, site, "/").await;
        site.deploy("two", OnMismatch::Reload);
        site.delay("/sent", 700);
        let post =
            "fingerpost.fetch('/sent', { method: 'POST' }).then(({ status }) => (window.status = status))";
        run(browser, &format!("{post}; await fingerpost.fetch('/fragment')")).await;
        wait_for_banner(browser).await;
        assert_eq!(
            (browser.evaluate("window.status").await, site.loads()),
            ("200".into(), vec!["/".to_owned()])
        );
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn pending_redirected_post_becomes_a_full_navigation() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        site.deploy("two", OnMismatch::Reload);
        site.delay("/redirect", 500);
        click(browser, "#boosted-post button").await;
        run(browser, "await fingerpost.fetch('/fragment')").await;
        wait_for_page(browser, "/next", "two").await;
        assert_eq!(site.loads(), ["/", "/next"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn pending_navigation_takes_precedence_over_a_reload() {
    with_every_htmx(async |browser, site| {
        for (n, (selector, path)) in
            [("#link", "/linked"), ("#native button", "/posted")].into_iter().enumerate()
        {
            site.deploy(&format!("a{n}"), OnMismatch::Reload);
            open(browser, site, "/").await;
            run(browser, "sessionStorage.clear()").await;
            let new = format!("b{n}");
            site.deploy(&new, OnMismatch::Reload);
            site.delay(path, 700);
            run(
                browser,
                &format!(
                    "document.querySelector('{selector}').click(); document.querySelector('#get').click()"
                ),
            )
            .await;
            wait_for_page(browser, path, &new).await;
        }
        assert_eq!(site.loads(), ["/", "/linked", "/", "/posted"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn htmx_redirect_and_location_headers_are_followed() {
    with_every_htmx(async |browser, site| {
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
                    &format!(
                        "htmx.ajax('{method}', '/headers?{header}=/target', '#target').catch(() => {{}})"
                    ),
                )
                .await;
                wait_for_page(browser, "/target", &new).await;
            }
        }
        assert_eq!(site.loads(), ["/", "/target"].repeat(4));
    })
    .await;
}

/// Writes to the page after navigation has begun.
const WRITE_LATE: &str = "window.addEventListener('beforeunload', () => setTimeout(() => {
    document.querySelector('textarea').focus();
    document.execCommand('insertText', false, 'work');
}, 100))";

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn input_during_a_reload_stops_the_reload() {
    with_every_htmx(async |browser, site| {
        for (n, (selector, path)) in [("#get", "/"), ("#push-late", "/pushed")].into_iter().enumerate() {
            let (old, new) = (format!("a{n}"), format!("b{n}"));
            site.deploy(&old, OnMismatch::Reload);
            open(browser, site, "/").await;
            run(browser, &format!("sessionStorage.clear(); {WRITE_LATE}")).await;
            site.deploy(&new, OnMismatch::Reload);
            site.delay(path, 1500);
            run(browser, &format!("document.querySelector('{selector}').click()")).await;
            wait_for_banner(browser).await;
            let now =
                browser.evaluate("[fingerpost.version, document.querySelector('textarea').value]").await;
            assert_eq!(now, serde_json::json!([old, "work"]));

            // The visitor confirms the reload.
            click_banner(browser, "reload").await;
            wait_for_page(browser, path, &new).await;
            site.delay(path, 0);
        }
    })
    .await;
}
