//! A reload never costs what somebody has typed or chosen.

use fingerpost_tower::Mismatch;

use super::{answer_banner, click, get_fragment, has_banner, is_prompted, open, shows, with_every_htmx, with_htmx, write};

#[tokio::test]
async fn a_half_filled_form_survives_and_the_banner_appears() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        write(browser, "textarea", "half a comment").await;
        site.deploy("two", Mismatch::Reload);
        get_fragment(browser).await;
        is_prompted(browser).await;
        assert_eq!(browser.evaluate("document.querySelector('textarea').value").await, "half a comment");
        assert_eq!(browser.evaluate("document.activeElement.id").await, "get", "the banner takes no focus");
        assert_eq!(site.loads(), ["/"]);

        answer_banner(browser, "reload").await;
        shows(browser, "/", "two").await;
        assert_eq!(site.loads(), ["/"; 2]);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_comes_back_with_its_mistakes_survives() {
    with_every_htmx(async |browser, site| {
        open(browser, site, "/").await;
        write(browser, "textarea", "short").await;
        click(browser, "#comment button").await;
        browser.until("document.querySelector('#comment #answer')").await;
        site.deploy("two", Mismatch::Reload);
        click(browser, "#get").await;
        is_prompted(browser).await;
        assert_eq!(browser.evaluate("document.querySelector('textarea').defaultValue").await, "short");
        assert_eq!(site.loads(), ["/"]);
    })
    .await;
}

#[tokio::test]
async fn fields_as_the_page_had_them_are_nobodys_work() {
    with_htmx(async |browser, site| {
        open(browser, site, "/fields").await;
        site.deploy("two", Mismatch::Reload);
        click(browser, "#get").await;
        browser.until("window.fingerpost?.version === 'two'").await;
        assert_eq!(site.loads(), ["/fields"; 2]);
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_field_counts() {
    let file = std::env::current_exe().unwrap();
    let changes = [
        ("#text", "x"),
        ("#email", "x"),
        ("#number", "1"),
        ("#password", "x"),
        ("#textarea", "x"),
        ("#elsewhere", "x"),
        ("#editable", "x"),
        ("#host", "x"),
        ("#range", "\u{e014}"),
        ("#date", "2"),
        ("#checkbox", " "),
        ("#radio-b", " "),
        ("#select", "\u{e015}"),
        ("#selected", "\u{e015}"),
        ("#grouped", "\u{e015}"),
        ("#listbox", "\u{e015}"),
        ("#multiple", "\u{e015}"),
        ("#file", file.to_str().unwrap()),
    ];
    with_htmx(async |browser, site| {
        let mut not_seen = Vec::new();
        for (n, (selector, keys)) in changes.iter().enumerate() {
            site.deploy(&format!("a{n}"), Mismatch::Reload);
            open(browser, site, "/fields").await;
            browser.execute("sessionStorage.clear()", vec![]).await.unwrap();
            write(browser, selector, keys).await;
            let action = "window.action = undefined;
                document.addEventListener('fingerpost:version-mismatch', (event) => {
                    event.preventDefault();
                    window.action = event.detail.action;
                })";
            browser.execute(action, vec![]).await.unwrap();
            site.deploy(&format!("b{n}"), Mismatch::Reload);
            browser.execute("document.querySelector('#get').click()", vec![]).await.unwrap();
            browser.until("window.action").await;
            if browser.evaluate("action").await != "prompt" {
                not_seen.push(*selector);
            }
        }
        assert_eq!(not_seen, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_and_taken_back_is_nobodys_work() {
    with_htmx(async |browser, site| {
        open(browser, site, "/fields").await;
        for selector in ["#text", "#editable", "#host"] {
            write(browser, selector, "x\u{e003}").await;
        }
        site.deploy("two", Mismatch::Reload);
        click(browser, "#get").await;
        browser.until("window.fingerpost?.version === 'two'").await;
        assert_eq!(site.loads(), ["/fields"; 2]);
        assert!(!has_banner(browser).await);
    })
    .await;
}

#[tokio::test]
async fn without_storage_a_page_prompts() {
    with_htmx(async |browser, site| {
        for (n, broken) in ["getItem", "setItem"].into_iter().enumerate() {
            site.deploy(&format!("a{n}"), Mismatch::Reload);
            open(browser, site, "/").await;
            let breaks = format!("Storage.prototype.{broken} = () => {{ throw new DOMException('no') }}");
            browser.execute(&breaks, vec![]).await.unwrap();
            site.deploy(&format!("b{n}"), Mismatch::Reload);
            click(browser, "#get").await;
            is_prompted(browser).await;
        }
        assert_eq!(site.loads().len(), 2);
    })
    .await;
}
