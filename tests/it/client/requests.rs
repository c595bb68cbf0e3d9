//! Tests that only requests to the server of the page contain the version of the page.

use fingerpost_tower::OnMismatch;
use serde_json::json;

use super::{
    get_fragment, open, run,
    site::{RecordedRequest, Site},
    wait_for_banner, wait_for_page,
};
use crate::tools::Browser;

const REQUESTED: &str = "x-app-requested-version";

/// Returns the requests for paths with this prefix.
fn requests(site: &Site, path: &str) -> Vec<RecordedRequest> {
    site.requests().into_iter().filter(|request| request.path.starts_with(path)).collect()
}

pub(super) async fn requests_contain_the_version_of_the_page(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    get_fragment(browser).await;
    browser.click("#post").await;
    browser.click("#boosted-redirect").await;
    browser.until("document.querySelector('h1').textContent === '/next of one'").await;
    for path in ["/fragment", "/sent", "/redirect", "/next"] {
        assert!(requests(site, path).iter().all(|request| request.header(REQUESTED) == "one"), "{path}");
        assert_eq!(requests(site, path).len(), 1, "{path}");
    }
    assert_eq!((requests(site, "/")[0].header(REQUESTED), site.checks()), ("", 0));
}

pub(super) async fn cross_origin_requests_contain_no_version(browser: &mut Browser, site: &Site) {
    let Some(other) = Site::start("htmx-2").await else { return };
    open(browser, site, "/open").await;
    let allow = "htmx.config.selfRequestsOnly = false; htmx.config.mode = 'cors'";
    let ajax = format!("htmx.ajax('GET', '{}', '#target').catch(() => {{}})", other.url("/fragment?htmx"));
    let fetch = format!("await fingerpost.fetch('{}').catch(() => {{}})", other.url("/fragment?fetch"));
    run(browser, &format!("{allow}; {ajax}; {fetch}")).await;
    browser
        .until(
            "performance.getEntriesByType('resource').filter(({ name }) => name.includes('?')).length === 2",
        )
        .await;

    // htmx adds headers that need a CORS preflight.
    let [htmx, fetch] = ["/fragment?htmx", "/fragment?fetch"].map(|path| requests(&other, path));
    assert!(htmx[0].header("access-control-request-headers").contains("hx-request"), "{htmx:?}");
    assert!(!htmx[0].header("access-control-request-headers").contains("x-app"), "{htmx:?}");
    assert_eq!((fetch[0].method.as_str(), fetch[0].header(REQUESTED)), ("GET", ""));
    assert_eq!((site.checks(), other.checks()), (0, 0));
}

pub(super) async fn request_redirected_to_another_origin_contains_no_version(
    browser: &mut Browser,
    site: &Site,
) {
    let Some(other) = Site::start("htmx-2").await else { return };
    open(browser, site, "/open").await;
    let fetch =
        format!("return fingerpost.fetch('/away?{}').catch(({{ name }}) => name)", other.url("/fragment"));
    assert_eq!(run(browser, &fetch).await, "TypeError");
    // The browser sends a preflight, and the server rejects the preflight.
    let requests: Vec<_> =
        requests(&other, "/").into_iter().map(|request| request.method.to_string()).collect();
    assert_eq!(requests, ["OPTIONS"]);
}

pub(super) async fn fetch_accepts_the_same_arguments_as_the_native_fetch(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    let calls = "const { fetch } = fingerpost;
        const own = { 'X-Own': 'own' };
        const responses = [
            await fetch('/fragment?1'),
            await fetch(new URL('/fragment?2', location), { headers: own }),
            await fetch(new Request('/fragment?3', { headers: own })),
            await fetch(new Request('/fragment?4'), { headers: new Headers(own) }),
            await fetch('/redirect', { method: 'POST', body: 'text=x' }),
        ];
        const sent = await fetch(new Request('/mistakes?5', { method: 'POST', body: 'text=abc' }));
        const aborted = await fetch('/slow', { signal: AbortSignal.abort() }).catch(({ name }) => name);
        const wrong = await fetch('http://').catch(({ name }) => name);
        return [responses.map(({ status }) => status), (await sent.text()).includes('abc'), aborted, wrong]";
    let expected = json!([[200, 200, 200, 200, 200], true, "AbortError", "TypeError"]);
    assert_eq!(run(browser, calls).await, expected);
    let requests: Vec<_> = requests(site, "/fragment?");
    assert_eq!(
        requests.iter().map(|request| request.header("x-own")).collect::<Vec<_>>(),
        ["", "own", "own", "own"]
    );
    for path in ["/fragment?", "/mistakes", "/redirect", "/next"] {
        assert!(
            self::requests(site, path).iter().all(|request| request.header(REQUESTED) == "one"),
            "{path}"
        );
    }
}

pub(super) async fn fetch_response_of_another_version_reloads_the_page(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    // A site may replace the browser's `fetch` with `fingerpost.fetch`.
    run(browser, "window.fetch = fingerpost.fetch").await;
    site.deploy("two", OnMismatch::Reload);
    assert_eq!(run(browser, "return (await fetch('/fragment')).status").await, 200);
    wait_for_page(browser, "/", "two").await;

    site.deploy("three", OnMismatch::Prompt);
    run(browser, "await fingerpost.fetch('/sent', { method: 'POST' })").await;
    wait_for_banner(browser).await;
    assert_eq!((site.loads().len(), requests(site, "/sent").len()), (2, 1));
}

pub(super) async fn version_check_contains_the_page_version_and_bypasses_caches(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    site.deploy("two", OnMismatch::Prompt);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    let check = &requests(site, "/_fingerpost/version")[0];
    assert_eq!((check.header(REQUESTED), check.header("cache-control")), ("one", "no-cache"));
}
