//! Tests that Chromium registers files as dictionaries, and decodes deltas.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{Exchange, Publish, Site, dictionary, publish, publish_chunk, script};
use crate::tools::Browser;

/// Opens the page, waits until this version of the script has run, and returns the exchange for the script. The browser
/// runs a script only if the integrity value is correct.
async fn visit(browser: &Browser, site: &Site, version: u32) -> Exchange {
    browser.goto(&format!("{}/", site.origin)).await.expect("a page");
    browser.until(&format!("window.version === {version}")).await;
    site.last(&site.path()).expect("a request for the script")
}

/// Returns the length of the encoded body of the script, as measured by the browser.
async fn encoded_size(browser: &Browser, site: &Site) -> u64 {
    let entry = format!("performance.getEntriesByName('{}{}')[0]", site.origin, site.path());
    let size = browser.evaluate(&format!("{entry}.encodedBodySize")).await;
    assert_eq!(browser.evaluate(&format!("{entry}.decodedBodySize")).await, script(1).len());
    size.as_u64().expect("a number")
}

/// Returns the dictionary that the browser sends for another version of the script.
async fn registered(browser: &Browser, site: &Site) -> Option<String> {
    let path = site.path();
    let hash = path.rsplit(['.', '-', '_']).nth(1).expect("a hash");
    let path = path.replace(hash, "000000000000");
    let fetch = format!("await fetch('{path}', {{ cache: 'no-store' }}); return true");
    browser
        .execute_async(
            &format!("const done = arguments[0]; (async () => {{ {fetch} }})().then(done)"),
            vec![],
        )
        .await
        .expect("a response");
    site.last(&path).expect("a request").dictionary().map(str::to_owned)
}

/// Waits until the browser has registered this version of the script. Browsers register dictionaries in the background.
async fn until_registered(browser: &Browser, site: &Site, version: u32) {
    let begun = Instant::now();
    loop {
        let found = registered(browser, site).await;
        if found.as_ref() == Some(&dictionary(version)) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "version {version} is not registered: {found:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Checks that the script was sent as a delta from this version.
async fn assert_delta(browser: &Browser, site: &Site, exchange: &Exchange, from: u32) {
    assert_eq!(exchange.dictionary(), Some(&*dictionary(from)));
    assert_eq!(exchange.encoding(), "dcz");
    let size = encoded_size(browser, site).await;
    assert!(size <= 256, "{size} bytes");
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn returning_visitors_download_deltas() {
    let Some(browser) = Browser::open().await else { return };
    let sites: [(&str, Publish); 3] =
        [("app.js", publish), ("a(b)*c{d}+e:f.js", publish), ("src/index.ts", publish_chunk)];
    for (name, publish) in sites {
        let site = Site::start_with(name, publish).await;
        let first = visit(&browser, &site, 1).await;
        assert_eq!((first.dictionary(), first.encoding()), (None, "br"), "{name}");
        until_registered(&browser, &site, 1).await;
        site.deploy(2);
        let second = visit(&browser, &site, 2).await;
        assert_delta(&browser, &site, &second, 1).await;
        // Version 2 arrived as a delta, and is the dictionary of version 3.
        until_registered(&browser, &site, 2).await;
        site.deploy(3);
        let third = visit(&browser, &site, 3).await;
        assert_delta(&browser, &site, &third, 2).await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn visitors_with_older_versions_get_deltas_or_whole_files() {
    let Some(browser) = Browser::open().await else { return };
    let site = Site::start("app.js").await;
    visit(&browser, &site, 1).await;
    until_registered(&browser, &site, 1).await;
    (2..=3).for_each(|version| site.deploy(version));
    let third = visit(&browser, &site, 3).await;
    assert_delta(&browser, &site, &third, 1).await;

    // Version 7 has no delta from version 3, which is four releases older.
    until_registered(&browser, &site, 3).await;
    (4..=7).for_each(|version| site.deploy(version));
    let seventh = visit(&browser, &site, 7).await;
    assert_eq!((seventh.dictionary(), seventh.encoding()), (Some(&*dictionary(3)), "br"));

    until_registered(&browser, &site, 7).await;
    browser.goto(&format!("{}/clear", site.origin)).await.expect("a page");
    browser.goto(&format!("{}/", site.origin)).await.expect("a page");
    site.deploy(8);
    let cleared = visit(&browser, &site, 8).await;
    assert_eq!((cleared.dictionary(), cleared.encoding()), (None, "br"));
}
