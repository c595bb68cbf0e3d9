//! Tests the proxy configurations in the documentation of `fingerpost-tower` with two versions of a site, from the
//! canary to the removal of the old version.

#[path = "../../crates/fingerpost-tower/tests/it/version/metrics_recorder.rs"]
mod metrics_recorder;

use std::{sync::Arc, thread};

use axum::{
    Router,
    body::{Body, Bytes},
    response::Html,
    routing::get,
};
use fingerpost::{Assets, Mode};
use fingerpost_tower::{StaticFiles, VersionEndpointsLayer, VersionLayer, VersionRouter, VersionRouterLayer};
use http::Response;
use tempfile::TempDir;
use tokio::{runtime, sync::oneshot};

use crate::tools::{Haproxy, Nginx, send, serve};
use metrics_recorder::Counters;

const DOCUMENT: &str = include_str!("../../crates/fingerpost-tower/docs/blue-green.md");
const ACCEPT_PAGE: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
const EXPIRY: &str = "app_version=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
const CHOSEN: &str = "app_version=v2; Path=/; SameSite=Lax";

/// A running version. Each version has its own thread, because a metrics recorder is local to a thread.
struct Version {
    origin: String,
    counters: Arc<Counters>,
    _runs: oneshot::Sender<()>,
}

impl Version {
    async fn start(version: &'static str, target: &'static str) -> Self {
        let counters = Arc::<Counters>::default();
        let recorder = Arc::clone(&counters);
        let (runs, stopped) = oneshot::channel();
        let (listens, origin) = oneshot::channel();
        let run = async move {
            let source = TempDir::new().expect("a temporary directory");
            listens.send(serve(site(&source, version, target)).await).expect("a test that waits");
            stopped.await.ok();
        };
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            metrics::with_local_recorder(&*recorder, || runtime.block_on(run));
        });
        Self { origin: origin.await.expect("a site"), counters, _runs: runs }
    }

    fn address(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    /// Returns the numbers of requests by kind, for example `match 6`.
    fn counted(&self) -> Vec<String> {
        let counters = self.counters.read();
        let of_versions = |counter: &String| {
            let counter =
                counter.strip_prefix("fingerpost_requests_total{version=").expect("no other counter");
            counter.replace('}', "")
        };
        counters.iter().map(of_versions).collect()
    }
}

fn site(source: &TempDir, version: &'static str, target: &str) -> Router {
    std::fs::write(source.path().join("app.css"), "body{}").expect("a writable file");
    let assets = Assets::builder().source(source.path()).mode(Mode::Dev).app_version(version);
    let assets = assets.build().expect("a source directory");
    let router = VersionRouter::new([(version, target)]).expect("a map").default_version(version);
    Router::new()
        .route("/", get(async move || Html(version)))
        .layer(VersionRouterLayer::from(router.expect("a version in the map")))
        .nest_service("/static", StaticFiles::new(&assets))
        .layer(VersionEndpointsLayer::without_bust(&assets))
        .layer(VersionLayer::new(&assets))
}

/// The steps of a deploy. Each step has its own version list in the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The configuration as documented.
    Canary,
    Withdrawn,
    NewDefault,
    OldRemoved,
}

enum Proxy {
    Nginx(Nginx),
    Haproxy(Haproxy),
}

/// A kind of proxy: the language of its code block in the document, and the texts to edit in this block.
struct Kind {
    language: &'static str,
    share: (&'static str, &'static str),
    default: (&'static str, &'static str),
    old: &'static str,
    new: &'static str,
    start: fn(&str) -> Option<Proxy>,
}

const KINDS: [Kind; 2] = [
    Kind {
        language: "nginx",
        share: ("    10%  v2;\n", ""),
        default: ("    default  blue;\n", "    default  green;\n"),
        old: "    v1       blue;\n",
        new: "    v2       green;\n",
        start: |config| Nginx::start(config).map(Proxy::Nginx),
    },
    Kind {
        language: "haproxy",
        share: ("-m int lt 10\n", "-m int lt 0\n"),
        default: ("    default_backend blue\n", "    default_backend green\n"),
        old: "    use_backend blue if { var(txn.version) -m str v1 }\n",
        new: "    use_backend green if { var(txn.version) -m str v2 }\n",
        start: |config| Haproxy::start(config).map(Proxy::Haproxy),
    },
];

impl Kind {
    /// Starts the proxy with the documented configuration for this step, in front of these two versions.
    fn start(&self, step: Step, blue: &Version, green: &Version) -> Option<Proxy> {
        let (_, rest) = DOCUMENT.split_once(&format!("```{}\n", self.language)).expect("a configuration");
        let (config, _) = rest.split_once("```").expect("a closing fence");
        let mut edits = vec![("127.0.0.1:3001", blue.address()), ("127.0.0.1:3002", green.address())];
        match step {
            Step::Canary => {}
            Step::Withdrawn => edits.extend([self.share, (self.new, "")]),
            Step::NewDefault => edits.extend([self.share, self.default]),
            Step::OldRemoved => edits.extend([self.share, self.default, (self.old, "")]),
        }
        let edit = |config: String, (from, to): (&str, &str)| {
            assert_eq!(config.matches(from).count(), 1, "{from}");
            config.replace(from, to)
        };
        (self.start)(&edits.into_iter().fold(config.to_owned(), edit))
    }
}

impl Proxy {
    async fn send(&self, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
        let url = match self {
            Self::Nginx(nginx) => nginx.url(path),
            Self::Haproxy(haproxy) => haproxy.url(path),
        };
        let request = http::Request::get(url);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        send(request.body(Body::empty()).expect("a request")).await
    }

    /// Returns the version of the loaded page, and the cookie that the response sets.
    async fn load(&self, headers: &[(&str, &str)]) -> (String, Option<String>) {
        let response = self.send("/", &[headers, &[ACCEPT_PAGE]].concat()).await;
        assert_eq!(response.status(), 200, "{headers:?}: {response:?}");
        (version_of_page(&response), set_cookie(&response))
    }
}

/// Returns the version of a page. Checks that the headers and the body have the same version.
#[track_caller]
fn version_of_page(response: &Response<Bytes>) -> String {
    let page = String::from_utf8(response.body().to_vec()).expect("a string");
    assert_eq!(response.headers()["x-app-version"], *page);
    assert_eq!(response.headers()["x-app-served-version"], *page);
    assert_eq!(response.headers()["x-backend-target"], if page == "v1" { "blue" } else { "green" });
    page
}

fn set_cookie(response: &Response<Bytes>) -> Option<String> {
    let mut set = response.headers().get_all("set-cookie").iter();
    let first = set.next().map(|value| value.to_str().expect("a string").to_owned());
    assert_eq!(set.next(), None, "more than one cookie");
    first
}

#[track_caller]
fn assert_refused(response: &Response<Bytes>, available: &str) {
    assert_eq!(
        (response.status().as_u16(), &response.headers()["cache-control"]),
        (409, &"no-store".parse().unwrap())
    );
    let json: serde_json::Value = serde_json::from_slice(response.body()).expect("JSON");
    assert_eq!(json["versions"], serde_json::json!([available]));
    assert_eq!(response.headers()["x-app-version"], *available);
    assert_eq!(set_cookie(response), None);
}

/// Checks the version in the responses of `/version` and of the endpoint for the client script.
async fn assert_version(proxy: &Proxy, headers: &[(&str, &str)], version: &str) {
    for path in ["/version", "/_fingerpost/version"] {
        let response = proxy.send(path, headers).await;
        let json: serde_json::Value = serde_json::from_slice(response.body()).expect("JSON");
        assert_eq!((response.status().as_u16(), &json["version"]), (200, &version.into()));
        assert_eq!(response.headers()["x-app-version"], *version);
    }
}

const HEADER: &str = "x-app-requested-version";
const OLD_TAB: (&str, &str) = (HEADER, "v1");
const OLD_COOKIE: (&str, &str) = ("cookie", "app_version=v1");

fn page(version: &str) -> (String, Option<String>) {
    (version.to_owned(), None)
}

async fn old_tab_keeps_its_version_until_the_server_requests_a_reload(kind: &Kind) -> Option<()> {
    let (blue, green) = (Version::start("v1", "blue").await, Version::start("v2", "green").await);
    let proxy = kind.start(Step::NewDefault, &blue, &green)?;
    assert_eq!(proxy.load(&[]).await, page("v2"));
    assert_eq!(version_of_page(&proxy.send("/", &[OLD_TAB]).await), "v1");
    assert_eq!(version_of_page(&proxy.send("/", &[OLD_COOKIE]).await), "v1");
    assert_eq!(proxy.load(&[OLD_COOKIE]).await, page("v1"));
    assert_eq!(proxy.load(&[(HEADER, "v2"), OLD_COOKIE]).await, page("v2"));
    assert_eq!(proxy.load(&[(HEADER, ""), OLD_COOKIE]).await, page("v1"));
    assert_refused(&proxy.send("/", &[(HEADER, "v0")]).await, "v2");
    assert_version(&proxy, &[OLD_TAB], "v1").await;
    assert_eq!(blue.counted(), ["match 6"]);
    assert_eq!(green.counted(), ["match 1", "skew 1", "unversioned 1"]);

    let proxy = kind.start(Step::OldRemoved, &blue, &green)?;
    assert_refused(&proxy.send("/", &[OLD_TAB]).await, "v2");
    assert_refused(&proxy.send("/", &[OLD_TAB, ACCEPT_PAGE]).await, "v2");
    // A request without the header gets no 409, because no client script would handle the 409.
    assert_eq!(version_of_page(&proxy.send("/", &[OLD_COOKIE]).await), "v2");
    // The assets of the page are still served.
    assert_eq!(proxy.send("/static/app.css", &[OLD_COOKIE]).await.status(), 200);
    // The endpoints return the new version.
    assert_version(&proxy, &[OLD_TAB], "v2").await;
    // The visitor loads a page again.
    assert_eq!(proxy.load(&[OLD_COOKIE]).await, ("v2".to_owned(), Some(EXPIRY.to_owned())));
    assert_eq!(proxy.load(&[]).await, page("v2"));
    // After the switch, requests with v1 count as skew on the new version until the page reloads. The old version gets
    // no requests.
    assert_eq!(blue.counted(), ["match 6"]);
    assert_eq!(green.counted(), ["match 1", "skew 8", "unversioned 2"]);
    assert_eq!(version_of_page(&proxy.send("/", &[(HEADER, "v2")]).await), "v2");
    assert_eq!(green.counted(), ["match 2", "skew 8", "unversioned 2"]);
    Some(())
}

async fn canary_share_of_new_visitors_gets_the_new_version(kind: &Kind) -> Option<()> {
    let (blue, green) = (Version::start("v1", "blue").await, Version::start("v2", "green").await);
    let proxy = kind.start(Step::Canary, &blue, &green)?;
    let agents: Vec<_> = (0..300).map(|number| format!("visitor {number}")).collect();
    let mut chosen = Vec::new();
    for agent in &agents {
        let agent = ("user-agent", agent.as_str());
        let first = proxy.load(&[agent]).await;
        match &*first.0 {
            "v2" => chosen.push(agent),
            _ => assert_eq!(first, page("v1")),
        }
    }
    assert!((10..=60).contains(&chosen.len()), "{} of 300 were chosen", chosen.len());
    for agent in chosen {
        assert_eq!(proxy.load(&[agent]).await, ("v2".to_owned(), Some(CHOSEN.to_owned())));
        // The version in a cookie or in a header overrides the canary split.
        assert_eq!(proxy.load(&[agent, ("cookie", "a=b; app_version=v2")]).await, page("v2"));
        assert_eq!(proxy.load(&[agent, OLD_COOKIE]).await, page("v1"));
        assert_eq!(proxy.load(&[agent, OLD_TAB]).await, page("v1"));
        // The canary split applies only to page loads.
        let response = proxy.send("/", &[agent]).await;
        assert_eq!((version_of_page(&response), set_cookie(&response)), page("v1"));
        // Text from the client is never copied into a cookie.
        for header in [(HEADER, ":evil; Domain=example.com"), ("cookie", "app_version=:evil")] {
            let response = proxy.send("/", &[agent, header, ACCEPT_PAGE]).await;
            assert!(!format!("{response:?}").contains("evil"), "{response:?}");
        }
        // A request with an unknown version gets the default version.
        let expired = proxy.load(&[agent, ("cookie", "app_version=v0")]).await;
        assert_eq!(expired, ("v1".to_owned(), Some(EXPIRY.to_owned())));
    }
    let proxy = kind.start(Step::Withdrawn, &blue, &green)?;
    let withdrawn = proxy.load(&[("cookie", "app_version=v2")]).await;
    assert_eq!(withdrawn, ("v1".to_owned(), Some(EXPIRY.to_owned())));
    assert_refused(&proxy.send("/", &[(HEADER, "v2")]).await, "v1");
    for agent in &agents[..50] {
        assert_eq!(proxy.load(&[("user-agent", agent)]).await, page("v1"));
    }
    Some(())
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn nginx_keeps_an_old_tab_on_its_version_until_the_server_requests_a_reload() {
    old_tab_keeps_its_version_until_the_server_requests_a_reload(&KINDS[0]).await;
}

#[tokio::test]
#[ignore = "needs HAProxy: run tests/setup"]
async fn haproxy_keeps_an_old_tab_on_its_version_until_the_server_requests_a_reload() {
    old_tab_keeps_its_version_until_the_server_requests_a_reload(&KINDS[1]).await;
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn nginx_sends_a_canary_share_of_new_visitors_to_the_new_version() {
    canary_share_of_new_visitors_gets_the_new_version(&KINDS[0]).await;
}

#[tokio::test]
#[ignore = "needs HAProxy: run tests/setup"]
async fn haproxy_sends_a_canary_share_of_new_visitors_to_the_new_version() {
    canary_share_of_new_visitors_gets_the_new_version(&KINDS[1]).await;
}
