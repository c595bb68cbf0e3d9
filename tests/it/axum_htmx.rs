//! Tests the pages of the htmx example while a new version is deployed.

use serde_json::{Value, json};

use crate::{
    examples::deploy,
    tools::{Browser, Server, get, npm_package},
};

/// A JavaScript expression for the state of the page: the heading, the versions of the HTML and of the script, the
/// release of the style sheet, and the presence of a banner.
const STATE: &str = "[
    document.querySelector('h1').textContent,
    document.querySelector('#html-version').textContent,
    document.querySelector('script[data-version]')?.dataset.version ?? null,
    getComputedStyle(document.querySelector('.release'), '::after').content,
    Boolean(document.querySelector('fingerpost-banner')?.shadowRoot.querySelector('[part=text]').textContent),
]";

async fn version(site: &Server) -> String {
    let (status, json) = get(&site.url("/version")).await;
    assert_eq!(status, 200);
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    json["version"].as_str().expect("a version").to_owned()
}

/// Waits until the page has this state.
async fn wait_for_state(browser: &Browser, expected: Value) {
    let mut state = Value::Null;
    for _ in 0..100 {
        // A script fails while the browser loads another page.
        if let Ok(now) = browser.execute(&format!("return {STATE}"), Vec::new()).await {
            state = now;
        }
        if state == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(state, expected);
}

#[tokio::test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
async fn htmx_example_behaves_as_described_for_each_policy() {
    let Some(htmx) = npm_package("htmx-2") else { return };
    let Some(mut browser) = Browser::open().await else { return };
    let site = Server::start(Server::example_command("axum-htmx").env("HTMX_DIST", htmx.join("dist")));
    let mut release = 1;
    for (policy, is_renewed, has_script, has_banner) in [
        ("reload", true, true, false),
        ("prompt", false, true, true),
        ("warn", false, true, false),
        ("ignore", false, false, false),
    ] {
        browser.goto(&site.url(&format!("/{policy}"))).await.expect("a page");
        let old = browser.evaluate("document.querySelector('#html-version').textContent").await;
        let script = |version: &Value| if has_script { version.clone() } else { Value::Null };
        wait_for_state(&browser, json!(["Page one", old, script(&old), format!("\"{release}\""), false]))
            .await;

        deploy(&site).await;
        let new = Value::from(version(&site).await);
        assert_ne!(new, old);
        release += 1;
        browser.click(&format!("nav a[href='/{policy}/two']")).await;
        // A boosted link replaces only the body. Without a reload, the new HTML has the old style sheet.
        let (of_script, of_style) = if is_renewed { (&new, release) } else { (&old, release - 1) };
        let expected = json!(["Page two", new, script(of_script), format!("\"{of_style}\""), has_banner]);
        wait_for_state(&browser, expected).await;
        assert_eq!(browser.current_url().await.expect("a URL").path(), format!("/{policy}/two"));
        browser.save_screenshot(&format!("axum-htmx-{policy}")).await;
    }

    browser.goto(&site.url("/")).await.expect("a page");
    browser.save_screenshot("axum-htmx-home").await;
    browser.click("#deploy").await;
    let style = "getComputedStyle(document.querySelector('.release'), '::after').content";
    browser.until(&format!("{style} === '\"{}\"'", release + 1)).await;
    let heading = "Open pages after a deploy";
    let version = version(&site).await;
    wait_for_state(&browser, json!([heading, version, version, format!("\"{}\"", release + 1), false])).await;
    assert_eq!(browser.errors().await, [""; 0]);
}
