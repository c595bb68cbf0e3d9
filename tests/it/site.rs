//! Checks the examples in a browser.

use std::{fs, path::Path};

use fantoccini::Locator;
use fingerpost::{Mode, manifest::ContentHash};
use serde_json::json;

use crate::tools::{Browser, Server, expected_url, get};

/// A JavaScript expression that returns the URLs of all assets in the document.
const ASSET_URLS: &str = "[...document.querySelectorAll('[href], [src], [srcset], [content]')]
    .flatMap((element) => ['href', 'src', 'srcset', 'content'].map((name) => element.getAttribute(name)))
    .filter((url) => url?.includes('/static/'))";

/// A JavaScript expression that returns the asset paths and URLs in the table of the page.
const TABLE: &str = "[...document.querySelectorAll('#urls tbody tr')]
    .map((row) => [...row.cells].map((cell) => cell.textContent.trim()))";

fn examples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples"))
}

/// Checks that the URL of an asset contains the hash of the bytes in the response.
async fn assert_url_has_hash(site: &Server, example: &str, mode: Mode, path: &str, url: &str) {
    let (status, bytes) = get(&site.url(url)).await;
    assert_eq!((status, url), (200, &*expected_url(mode, path, &bytes)));
    if mode == Mode::Dev {
        let source = examples().join(example).join("static").join(path);
        assert!(fs::read(source).expect("a source file") == bytes, "{path}");
    }
}

/// Returns the asset path in a URL such as `/static/css/app.3f2a91bc0d4e.css`.
fn asset_path(url: &str, mode: Mode) -> String {
    let path = url.strip_prefix("/static/").unwrap_or_else(|| panic!("{url} is not below /static/"));
    let plain = if mode == Mode::Dev {
        path.split_once("?v=").map(|(path, _)| path.to_owned())
    } else {
        path.split('.').rev().nth(1).map(|hash| path.replace(&format!(".{hash}."), "."))
    };
    plain.unwrap_or_else(|| panic!("{url} has no version"))
}

/// Returns the URLs of assets in a page, relative to the site.
async fn asset_urls(browser: &Browser, site: &Server) -> Vec<String> {
    let urls: Vec<String> = serde_json::from_value(browser.evaluate(ASSET_URLS).await).expect("strings");
    let path = |url: String| url.strip_prefix(&site.url("")).unwrap_or(&url).to_owned();
    urls.into_iter().map(path).collect()
}

/// Checks every asset URL in the page. The page must contain at least `least` asset URLs.
async fn assert_urls_have_hashes(browser: &Browser, site: &Server, example: &str, mode: Mode, least: usize) {
    let urls = asset_urls(browser, site).await;
    assert!(urls.len() >= least, "{urls:?}");
    for url in urls {
        assert_url_has_hash(site, example, mode, &asset_path(&url, mode), &url).await;
    }
}

/// Returns the asset paths and URLs in the table of the first page.
async fn table(browser: &Browser) -> Vec<(String, String)> {
    let table: Vec<_> = serde_json::from_value(browser.evaluate(TABLE).await).expect("rows");
    assert!(table.len() >= 10, "{table:?}");
    table
}

/// Checks the URLs, the table and the app version of the first page, and the responses that the script of the page
/// received.
async fn first_page(browser: &Browser, site: &Server, mode: Mode) {
    browser.goto(&site.url("/")).await.expect("a page");
    assert_urls_have_hashes(browser, site, "axum-minijinja", mode, 10).await;
    for (path, url) in table(browser).await {
        assert_url_has_hash(site, "axum-minijinja", mode, &path, &url).await;
    }

    let shown = browser.find(Locator::Css("footer code")).await.expect("an app version").text().await;
    let version = shown.expect("a string");
    assert!(ContentHash::parse(&version).is_some(), "{version}");

    let summary = Locator::XPath("//*[@id='received']//*[@role='status'][contains(., 'arrived')]");
    let summary =
        browser.wait().for_element(summary).await.expect("a summary").text().await.expect("a string");
    let (arrived, all) = summary.trim_end_matches(" files arrived.").split_once(" of ").expect("two numbers");
    assert_eq!(arrived, all);
}

/// Changes the color scheme on an empty page, because another page would request images that no test waits for.
async fn prefer(browser: &Browser, scheme: &str) {
    browser.goto("about:blank").await.expect("an empty page");
    browser.prefer_color_scheme(scheme).await;
}

/// Checks that the page does not scroll sideways on a screen of this width.
async fn assert_fits(browser: &Browser, width: u32) {
    let widths = browser.evaluate("[innerWidth, document.documentElement.scrollWidth]").await;
    assert_eq!(widths, json!([width, width]));
}

/// Checks that no request has failed. A 304 is no failure: the browser revalidates files without a hash in the URL.
async fn assert_no_errors(browser: &mut Browser, least: usize) {
    assert_eq!(browser.errors().await, [""; 0]);
    let requests = browser.requests().await;
    assert!(
        requests.len() >= least && requests.iter().all(|request| matches!(request.status, Some(200 | 304))),
        "{requests:?}"
    );
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn minijinja_example_works_in_development() {
    let Some(mut browser) = Browser::open().await else { return };
    let site = Server::example("axum-minijinja");
    first_page(&browser, &site, Mode::Dev).await;
    browser.save_screenshot("axum-minijinja-development").await;
    browser.goto(&site.url("/how")).await.expect("a page");
    browser.save_screenshot("axum-minijinja-how").await;
    assert_no_errors(&mut browser, 10).await;
}

/// In production, an example collects into its own directory. If two processes start at the same time, the second
/// process waits for the lock and writes nothing.
#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn minijinja_example_works_in_production() {
    let Some(mut browser) = Browser::open().await else { return };
    let site = Server::start(Server::example_command("axum-minijinja").arg("--production"));
    prefer(&browser, "light").await;
    first_page(&browser, &site, Mode::Production).await;
    browser.save_screenshot("axum-minijinja-light").await;
    let color = "getComputedStyle(document.body).color";
    let light = browser.evaluate(color).await;

    prefer(&browser, "dark").await;
    first_page(&browser, &site, Mode::Production).await;
    browser.save_screenshot("axum-minijinja-dark").await;
    assert_ne!(browser.evaluate(color).await, light);

    prefer(&browser, "light").await;
    browser.emulate_phone(375).await;
    first_page(&browser, &site, Mode::Production).await;
    assert_fits(&browser, 375).await;
    browser.save_screenshot("axum-minijinja-narrow").await;
    browser.goto(&site.url("/how")).await.expect("a page");
    assert_fits(&browser, 375).await;
    browser.save_screenshot("axum-minijinja-how-narrow").await;
    assert_no_errors(&mut browser, 10).await;

    for private in
        ["staticfiles.json", "staticfiles%2Ejson", ".fingerpost/releases/1.json", "./%2Efingerpost/lock"]
    {
        assert_eq!(get(&site.url(&format!("/static/{private}"))).await.0, 404, "{private}");
    }
    let (status, page) = get(&site.url("/nowhere")).await;
    assert_eq!(status, 404);
    assert!(String::from_utf8_lossy(&page).contains("/static/img/lost."), "the 404 page has no picture");
}

/// Checks a small example in both modes: URLs, the script and its import, and the layout of the first page on a phone.
async fn small_example_works(example: &str, click: &str, changed: &str, text: &str) {
    for (mode, arguments) in [(Mode::Dev, &[][..]), (Mode::Production, &["--production"])] {
        let Some(mut browser) = Browser::open().await else { return };
        let site = Server::start(Server::example_command(example).args(arguments));
        browser.goto(&site.url("/")).await.expect("a page");
        assert_urls_have_hashes(&browser, &site, example, mode, 4).await;
        browser.save_screenshot(&format!("{example}-{mode:?}")).await;
        browser.click(click).await;
        let changed = browser.find(Locator::Css(changed)).await.expect("an element").text().await;
        assert_eq!(changed.expect("a text"), text, "{mode:?}");
        browser.emulate_phone(375).await;
        browser.goto(&site.url("/")).await.expect("a page");
        assert_fits(&browser, 375).await;
        assert_no_errors(&mut browser, 6).await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn tera_example_works_in_both_modes() {
    small_example_works("axum-tera", "#units", "[data-km]", "9.0 miles").await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn askama_example_works_in_both_modes() {
    small_example_works("axum-askama", "input", "output", "190 g").await;
}
