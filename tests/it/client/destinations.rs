//! Tests that a page of an old version navigates only within its own site, regardless of the URLs in responses.

use fingerpost_tower::OnMismatch;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Site, address, open, run, wait_for_banner, wait_for_page};
use crate::tools::Browser;

/// Returns a path whose response has the header `HX-Location`.
fn location_path(value: &str) -> String {
    format!(
        "/headers?{}",
        form_urlencoded::Serializer::new(String::new()).append_pair("HX-Location", value).finish()
    )
}

/// URLs to which a page must not navigate. `/open` has no content security policy, so scripts in these URLs could run.
const REFUSED: [&str; 6] = [
    "javascript:sessionStorage.setItem('ran', 'yes')",
    r#"{"path": "javascript:sessionStorage.setItem('ran', 'yes')"}"#,
    "data:text/html,<script>0</script>",
    "https://evil.example/",
    "//evil.example/",
    r#"{"path": "https://evil.example/"}"#,
];

/// Prevents htmx 4 from handling the response, because htmx executes scripts in the URL of `HX-Location`.
const BLOCK_HTMX: &str = "document.addEventListener('htmx:after:request', (event) => event.preventDefault())";

async fn has_run(browser: &Browser) -> Value {
    browser.evaluate("sessionStorage.getItem('ran')").await
}

pub(super) async fn cross_origin_location_header_reloads_the_page_in_place(
    browser: &mut Browser,
    site: &Site,
) {
    for (n, value) in REFUSED.into_iter().enumerate() {
        site.deploy(&format!("a{n}"), OnMismatch::Reload);
        open(browser, site, "/open").await;
        run(browser, &format!("sessionStorage.clear(); {BLOCK_HTMX}")).await;
        site.deploy(&format!("b{n}"), OnMismatch::Reload);
        let ajax = format!("htmx.ajax('GET', {}, '#target').catch(() => {{}})", json!(location_path(value)));
        run(browser, &ajax).await;
        wait_for_page(browser, "/open", &format!("b{n}")).await;
        assert_eq!(has_run(browser).await, Value::Null, "{value}");
    }
    assert_eq!(site.loads(), ["/open"; 2 * REFUSED.len()]);
}

pub(super) async fn cross_origin_push_url_reloads_the_page_in_place(browser: &mut Browser, site: &Site) {
    for (n, address) in ["javascript:0", "https://evil.example/", "http://["].into_iter().enumerate() {
        site.deploy(&format!("a{n}"), OnMismatch::Reload);
        open(browser, site, "/open").await;
        let set = format!("document.querySelector('#push-late').setAttribute('hx-push-url', '{address}')");
        run(browser, &format!("sessionStorage.clear(); {set}")).await;
        site.deploy(&format!("b{n}"), OnMismatch::Reload);
        run(browser, "document.querySelector('#push-late').click()").await;
        wait_for_page(browser, "/open", &format!("b{n}")).await;
    }
    assert_eq!(site.loads(), ["/open"; 6]);
}

pub(super) async fn banner_reloads_the_page_in_place_after_a_cross_origin_location(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/open").await;
    run(
        browser,
        "document.addEventListener('fingerpost:version-mismatch', ({ detail }) => (window.url = detail.url))",
    )
    .await;
    site.deploy("two", OnMismatch::Reload);
    let post = format!("await fingerpost.fetch({}, {{ method: 'POST' }})", json!(location_path(REFUSED[0])));
    run(browser, &post).await;
    // The page shows the banner, because a reload would discard the response to the POST.
    wait_for_banner(browser).await;
    assert_eq!(browser.evaluate("window.url").await, site.url("/open"));
    super::click_banner(browser, "reload").await;
    wait_for_page(browser, "/open", "two").await;
    assert_eq!((has_run(browser).await, address(browser).await), (Value::Null, site.url("/open")));
}

pub(super) async fn malformed_location_header_does_not_reject_the_response(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    for value in ["{bad", "http://[", r#"{"path": "http://["}"#, r#"{"path": null}"#, "{}"] {
        let status = format!("return (await fingerpost.fetch({})).status", json!(location_path(value)));
        assert_eq!(run(browser, &status).await, 200, "{value}");
    }
    site.deploy("two", OnMismatch::Reload);
    run(browser, &format!("await fingerpost.fetch({})", json!(location_path("{bad")))).await;
    wait_for_page(browser, "/", "two").await;
}

/// Response headers that make a library navigate.
const HEADERS: [&str; 8] = [
    "HX-Location",
    "HX-Push-Url",
    "HX-Replace-Url",
    "X-Up-Location",
    "Turbo-Location",
    "Turbolinks-Location",
    "Location",
    "Content-Location",
];

/// Returns JavaScript that requests a page with the library.
fn request_page(library: &str, url: &str) -> String {
    let link = format!("Object.assign(document.createElement('a'), {{ href: `{url}` }})");
    match library {
        "turbo" => format!("Turbo.visit(`{url}`)"),
        "unpoly" => format!("up.navigate({{ url: `{url}`, cache: false }}).catch(() => {{}})"),
        "alpine-ajax" => format!(
            "const link = {link};
             link.setAttribute('x-target.push', 'page');
             document.querySelector('main').append(link);
             await Alpine.nextTick();
             link.click()"
        ),
        "fetch" => format!("await fingerpost.fetch(`{url}`).catch(() => {{}})"),
        _ => format!("{BLOCK_HTMX}; htmx.ajax('GET', `{url}`, '#target').catch(() => {{}})"),
    }
}

/// Each header that a library reads contains an address that the page must not load.
pub(super) async fn addresses_of_other_origins_are_never_loaded(browser: &mut Browser, site: &Site) {
    for (n, value) in REFUSED.into_iter().enumerate() {
        site.deploy(&format!("a{n}"), OnMismatch::Prompt);
        open(browser, site, "/open").await;
        let record =
            "addEventListener('fingerpost:version-mismatch', ({ detail }) => (window.url = detail.url))";
        run(browser, &format!("sessionStorage.clear(); {record}")).await;
        site.deploy(&format!("b{n}"), OnMismatch::Prompt);
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in HEADERS {
            query.append_pair(name, value);
        }
        run(browser, &request_page(site.library, &format!("/located?{}", query.finish()))).await;
        wait_for_banner(browser).await;
        let url = browser.evaluate("window.url").await;
        assert!(url.as_str().is_some_and(|url| url.starts_with(&site.origin)), "{url} for {value}");
        super::click_banner(browser, "reload").await;
        browser.until(&format!("window.fingerpost?.version === 'b{n}'")).await;
        assert!(address(browser).await.starts_with(&site.origin), "{value}");
        assert_eq!(has_run(browser).await, Value::Null, "{value}");
    }
}

/// The site redirects a request to another site. The response of the other site has no effect.
pub(super) async fn foreign_redirect_is_not_followed(browser: &mut Browser, site: &Site) {
    let Some(other) = Site::start("fetch").await else { return };
    other.deploy("other", OnMismatch::Reload);
    other.allow_any_origin();
    open(browser, site, "/open").await;
    let path = format!("/away?{}", other.url("/next"));
    let request = match site.library {
        // Turbo follows a link to another site, so this test uses a frame.
        "turbo" => format!("document.querySelector('#target').src = '{path}'"),
        library => request_page(library, &path),
    };
    run(browser, &request).await;
    browser
        .until("performance.getEntriesByType('resource').some(({ name }) => name.includes('/away'))")
        .await;
    run(browser, "await new Promise((resolve) => setTimeout(resolve, 100))").await;
    assert_eq!((site.checks(), site.loads()), (0, vec!["/open".to_owned()]));
    assert_eq!(other.loads(), [""; 0]);
}
