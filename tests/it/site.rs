//! The examples from a visitor's perspective.

use std::{fs, path::Path};

use fantoccini::Locator;
use fingerpost::{Mode, manifest::MANIFEST_NAME};
use serde_json::{Value, json};

use crate::tools::{Browser, Server, expected_url, get};

/// Collects the URLs of all assets in the document.
const NAMED: &str = "[...document.querySelectorAll('[href], [src], [srcset], [content]')]
    .flatMap((element) => ['href', 'src', 'srcset', 'content'].map((name) => element.getAttribute(name)))
    .filter((url) => url?.includes('/static/'))";

/// Collects asset paths and URLs from the table on the page.
const TABLE: &str = "[...document.querySelectorAll('#urls tbody tr')]
    .map((row) => [...row.cells].map((cell) => cell.textContent.trim()))";

fn examples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples"))
}

/// Checks that the URL of this asset contains the hash of its bytes.
async fn carries_its_hash(site: &Server, mode: Mode, path: &str, url: &str) {
    let (status, bytes) = get(&site.url(url)).await;
    assert_eq!((status, url), (200, &*expected_url(mode, path, &bytes)));
    if mode == Mode::Dev {
        assert!(
            fs::read(examples().join("axum-minijinja/static").join(path)).expect("a source file") == bytes,
            "{path}"
        );
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
async fn named(browser: &Browser, site: &Server) -> Vec<String> {
    let named: Vec<String> = serde_json::from_value(browser.evaluate(NAMED).await).expect("strings");
    let path = |url: String| url.strip_prefix(&site.url("")).unwrap_or(&url).to_owned();
    named.into_iter().map(path).collect()
}

/// Returns asset paths and URLs from the table of the first page.
async fn table(browser: &Browser) -> Vec<(String, String)> {
    let table: Vec<_> = serde_json::from_value(browser.evaluate(TABLE).await).expect("rows");
    assert!(table.len() >= 10, "{table:?}");
    table
}

/// Checks the first page: its URLs, its table, its app version, and the responses that its own script received.
async fn first_page(browser: &Browser, site: &Server, mode: Mode, version: &str) {
    browser.goto(&site.url("/")).await.expect("a page");
    let named = named(browser, site).await;
    assert!(named.len() >= 10, "{named:?}");
    for url in named {
        carries_its_hash(site, mode, &asset_path(&url, mode), &url).await;
    }
    for (path, url) in table(browser).await {
        carries_its_hash(site, mode, &path, &url).await;
    }

    let shown = browser.find(Locator::Css("footer code")).await.expect("an app version").text().await;
    assert_eq!(shown.expect("a string"), version);

    let summary = Locator::XPath("//*[@id='received']//*[@role='status'][contains(., 'arrived')]");
    let summary =
        browser.wait().for_element(summary).await.expect("a summary").text().await.expect("a string");
    let (arrived, all) = summary.trim_end_matches(" files arrived.").split_once(" of ").expect("two numbers");
    assert_eq!(arrived, all);
}

/// Changes the color scheme on an empty page, since another page would request images that no test waits for.
async fn prefer(browser: &Browser, scheme: &str) {
    browser.goto("about:blank").await.expect("an empty page");
    browser.prefer_color_scheme(scheme).await;
}

/// Checks that the page does not scroll sideways on a screen of this width.
async fn fits(browser: &Browser, width: u32) {
    let widths = browser.evaluate("[innerWidth, document.documentElement.scrollWidth]").await;
    assert_eq!(widths, json!([width, width]));
}

/// Checks that everything was loaded. A 304 is allowed: a browser soon requests a plain name again.
async fn nothing_has_failed(browser: &mut Browser) {
    assert_eq!(browser.errors().await, [""; 0]);
    let requests = browser.requests().await;
    assert!(
        requests.len() > 10 && requests.iter().all(|request| matches!(request.status, Some(200 | 304))),
        "{requests:?}"
    );
}

async fn in_development(example: &str) {
    let Some(mut browser) = Browser::open().await else { return };
    let site = Server::example(example);
    first_page(&browser, &site, Mode::Dev, "unknown").await;
    browser.save_screenshot(&format!("{example}-development")).await;
    browser.goto(&site.url("/how")).await.expect("a page");
    browser.save_screenshot(&format!("{example}-how")).await;
    nothing_has_failed(&mut browser).await;
}

/// Tests an example in production, where it collects into its own folder. Of two that start at once, the second waits
/// and writes nothing.
async fn in_production(example: &str) {
    let Some(mut browser) = Browser::open().await else { return };
    let site = Server::start(Server::example_command(example).arg("--production"));
    let manifest =
        fs::read(examples().join(example).join("dist/static").join(MANIFEST_NAME)).expect("a manifest");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    let version = manifest["hash"].as_str().expect("a hash");

    prefer(&browser, "light").await;
    first_page(&browser, &site, Mode::Production, version).await;
    browser.save_screenshot(&format!("{example}-light")).await;
    let ink = "getComputedStyle(document.body).color";
    let by_day = browser.evaluate(ink).await;

    prefer(&browser, "dark").await;
    first_page(&browser, &site, Mode::Production, version).await;
    browser.save_screenshot(&format!("{example}-dark")).await;
    assert_ne!(browser.evaluate(ink).await, by_day);

    prefer(&browser, "light").await;
    browser.behave_as_a_phone(375).await;
    first_page(&browser, &site, Mode::Production, version).await;
    fits(&browser, 375).await;
    browser.save_screenshot(&format!("{example}-narrow")).await;
    browser.goto(&site.url("/how")).await.expect("a page");
    fits(&browser, 375).await;
    browser.save_screenshot(&format!("{example}-how-narrow")).await;
    nothing_has_failed(&mut browser).await;

    for own in
        ["staticfiles.json", "staticfiles%2Ejson", ".fingerpost/releases/1.json", "./%2Efingerpost/lock"]
    {
        assert_eq!(get(&site.url(&format!("/static/{own}"))).await.0, 404, "{own}");
    }
    let (status, page) = get(&site.url("/nowhere")).await;
    assert_eq!(status, 404);
    assert!(String::from_utf8_lossy(&page).contains("/static/img/lost."), "no picture");
}

/// Checks that all examples use the same URLs for the same assets, on every page.
async fn have_the_same_urls(arguments: &[&str]) {
    let Some(browser) = Browser::open().await else { return };
    let mut seen = Vec::new();
    for example in ["axum-minijinja", "axum-tera", "axum-askama"] {
        let site = Server::start(Server::example_command(example).args(arguments));
        let mut pages = Vec::new();
        for page in ["/", "/how", "/nowhere"] {
            browser.goto(&site.url(page)).await.expect("a page");
            pages.push(named(&browser, &site).await);
            assert!(pages.last().is_some_and(|urls| urls.len() >= 5), "{example}{page}: {pages:?}");
        }
        browser.goto(&site.url("/")).await.expect("a page");
        seen.push((pages, table(&browser).await));
    }
    assert_eq!(seen[1], seen[0], "Tera, MiniJinja");
    assert_eq!(seen[2], seen[0], "Askama, MiniJinja");
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn all_examples_have_the_same_urls_in_development() {
    have_the_same_urls(&[]).await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn all_examples_have_the_same_urls_in_production() {
    have_the_same_urls(&["--production"]).await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn minijinja_example_works_in_development() {
    in_development("axum-minijinja").await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn minijinja_example_works_in_production() {
    in_production("axum-minijinja").await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn tera_example_works_in_development() {
    in_development("axum-tera").await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn tera_example_works_in_production() {
    in_production("axum-tera").await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn askama_example_works_in_development() {
    in_development("axum-askama").await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn askama_example_works_in_production() {
    in_production("axum-askama").await;
}
