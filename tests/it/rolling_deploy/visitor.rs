//! A visitor who requests every reference and checks every response.

use std::{collections::BTreeSet, fmt, mem};

use axum::body::{Body, Bytes};
use http::{Request, Response, StatusCode};
use url::Url;

use super::nodes::{PAGES, release_in};
use crate::tools::{HttpClient, Nginx};

/// A function that returns the release of a URL (path and query), or `None` for a URL without a version.
pub(crate) type ReleaseOfUrl<'a> = Box<dyn Fn(&str) -> Option<char> + 'a>;

pub(crate) struct Visitor<'a> {
    nginx: &'a Nginx,
    client: HttpClient,
    release_of: ReleaseOfUrl<'a>,
    pages: usize,
    /// Pages whose assets have not been requested.
    open: Vec<Page>,
    /// Every requested URL of an asset.
    pub(crate) requested: BTreeSet<Url>,
    /// Every asset received for a page.
    pub(crate) got: Vec<ReceivedAsset>,
    /// The number of retries after a 503.
    pub(crate) retries: usize,
    /// The number of followed redirects.
    pub(crate) redirects: usize,
}

/// A page whose assets have not been loaded.
struct Page {
    /// The release of the URLs in the page.
    release: char,
    assets: Vec<Url>,
}

/// An asset received for a page.
pub(crate) struct ReceivedAsset {
    /// The release of the page.
    pub(crate) page: char,
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    /// The release of the bytes; `None` for an error.
    pub(crate) release: Option<char>,
    cache_control: String,
    /// `true` if nginx returned the response from its cache.
    pub(crate) is_cached: bool,
    text: String,
}

impl ReceivedAsset {
    /// Returns `true` if the bytes and the page belong to the same release.
    pub(crate) fn fits(&self) -> bool {
        self.release == Some(self.page)
    }
}

impl fmt::Debug for ReceivedAsset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { page, url, status, release, cache_control, is_cached, .. } = self;
        let origin = if *is_cached { "cached" } else { "fetched" };
        write!(f, "{url} for page {page}: {status}, {release:?}, {origin}, `{cache_control}`")
    }
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(nginx: &'a Nginx, release_of: impl Fn(&str) -> Option<char> + 'a) -> Self {
        Self {
            nginx,
            client: HttpClient::default(),
            release_of: Box::new(release_of),
            pages: 0,
            open: Vec::new(),
            requested: BTreeSet::new(),
            got: Vec::new(),
            retries: 0,
            redirects: 0,
        }
    }

    /// Loads the remaining assets, then pages from all nodes. Leaves some assets of these pages for the next call.
    /// `shift` changes the assignment of requests to nodes.
    pub(crate) async fn browse(&mut self, shift: usize) {
        for page in mem::take(&mut self.open) {
            self.load(page).await;
        }
        for number in 0..4 {
            if (number / 2 + shift) % 2 == 1 {
                self.page().await;
            }
            let page = self.page().await;
            if number % 2 == 0 { self.load(page).await } else { self.open.push(page) }
        }
    }

    async fn page(&mut self) -> Page {
        assert!(self.pages < PAGES, "too few pages");
        let url = Url::parse(&self.nginx.url(&format!("/{}", self.pages))).expect("a URL");
        let response = self.send(&url).await;
        assert_eq!(response.status(), 200, "{:?}", response.body());
        let text = text(&response);
        let assets: Vec<_> = ["href=\"", "src=\""]
            .iter()
            .flat_map(|before| between(&text, before, "\""))
            .map(|asset| url.join(asset).expect("a URL"))
            .collect();
        assert_eq!(assets.len(), 4, "{text}");
        self.pages += 1;
        Page {
            release: (self.release_of)(&path_and_query(&assets[0])).expect("a URL with a version"),
            assets,
        }
    }

    /// Loads the assets of a page, and the assets referenced by these assets.
    async fn load(&mut self, page: Page) {
        let mut left = page.assets;
        let mut done = BTreeSet::new();
        while let Some(url) = left.pop() {
            if !done.insert(url.clone()) {
                continue;
            }
            let got = self.get(page.release, &url).await;
            let references = between(&got.text, "url(", ")").chain(between(&got.text, "import \"", "\""));
            left.extend(references.map(|reference| got.url.join(reference).expect("a URL")));
            self.got.push(got);
        }
    }

    /// Loads an asset: follows at most three redirects, and retries a 503 up to three times.
    async fn get(&mut self, page: char, url: &Url) -> ReceivedAsset {
        let mut url = url.clone();
        let (mut hops, mut retries) = (0, 0);
        loop {
            let response = self.send(&url).await;
            self.requested.insert(url.clone());
            match response.status() {
                StatusCode::MOVED_PERMANENTLY => {
                    hops += 1;
                    assert!(hops <= 3, "more than three redirects, the last one to {url}");
                    self.redirects += 1;
                    url = url.join(header(&response, "location")).expect("a URL");
                }
                StatusCode::SERVICE_UNAVAILABLE if retries < 3 => {
                    assert_eq!(header(&response, "retry-after"), "3");
                    retries += 1;
                    self.retries += 1;
                }
                _ => return self.received(page, url, &response),
            }
        }
    }

    /// Returns the received asset. Checks that the response is neither cached nor cacheable if its bytes and its URL
    /// belong to different releases.
    fn received(&self, page: char, url: Url, response: &Response<Bytes>) -> ReceivedAsset {
        let text = text(response);
        let got = ReceivedAsset {
            page,
            status: response.status(),
            release: response.status().is_success().then(|| release_in(&text)),
            cache_control: header(response, "cache-control").to_owned(),
            is_cached: header(response, "x-cache") == "HIT",
            url,
            text,
        };
        if let Some(expected) = (self.release_of)(&path_and_query(&got.url)) {
            let is_right = got.release == Some(expected);
            assert!(
                is_right || (got.cache_control == "no-store" && !got.is_cached),
                "expected release {expected}: {got:?}"
            );
        }
        got
    }

    /// Requests every URL twice, so that each node responds unless nginx has cached the response. Returns the
    /// responses.
    pub(crate) async fn request_again(&mut self) -> Vec<ReceivedAsset> {
        let mut all = Vec::new();
        for url in self.requested.clone() {
            for _ in 0..2 {
                let response = self.send(&url).await;
                all.push(self.received('-', url.clone(), &response));
            }
        }
        all
    }

    /// Loads the remaining assets. Checks that the visitor has loaded at least 20 pages, a cached asset, and an asset
    /// that a script references.
    pub(crate) async fn finish(&mut self) {
        for page in mem::take(&mut self.open) {
            self.load(page).await;
        }
        let by_reference = self.requested.iter().any(|url| url.path().contains("/js/lib."));
        assert!(
            by_reference && self.pages >= 20 && self.got.iter().any(|got| got.is_cached),
            "{} pages",
            self.pages
        );
    }

    async fn send(&self, url: &Url) -> Response<Bytes> {
        self.client.send(Request::get(url.as_str()).body(Body::empty()).expect("a request")).await
    }
}

/// Returns the path and the query of a URL.
fn path_and_query(url: &Url) -> String {
    let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
    format!("{}{query}", url.path())
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("a string"))
}

fn text(response: &Response<Bytes>) -> String {
    String::from_utf8(response.body().to_vec()).expect("a string")
}

fn between<'t>(text: &'t str, before: &'static str, after: &'static str) -> impl Iterator<Item = &'t str> {
    text.split(before).skip(1).filter_map(move |rest| Some(rest.split_once(after)?.0))
}
