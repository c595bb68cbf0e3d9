//! 500 calls of `POST /cache/bust`, some with a broken manifest, under the load of eight clients.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs,
    path::Path,
    pin::Pin,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll},
    thread,
};

use axum::{
    Router,
    body::Body,
    response::{Html, IntoResponse},
    routing::get,
};
use bytes::Bytes;
use fingerpost::{Assets, BustToken};
use fingerpost_tower::{HtmlRewriteLayer, StaticFiles, VersionEndpointsLayer, VersionLayer};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::site::{IMMUTABLE, Site};

const BUSTS: usize = 500;
const SECRET: &str = "0123456789abcdef";
const NAMES: [&str; 4] = ["css/app.css", "css/theme.css", "js/app.js", "img/logo.svg"];

/// The manifest of a release, and a page without the client script.
struct Published {
    manifest: Vec<u8>,
    version: String,
    page: String,
    /// The file contents by URL.
    files: BTreeMap<String, Bytes>,
}

fn publish(site: &Site, release: usize) -> Published {
    for name in NAMES {
        site.write(name, format!("/* {name} of release {release} */").as_bytes());
    }
    let assets = site.collect().production();
    let manifest = fs::read(site.dist().join("staticfiles.json")).unwrap();
    let urls = NAMES.map(|name| assets.url(name).unwrap().to_string());
    let files = urls
        .iter()
        .zip(NAMES)
        .map(|(url, name)| (url.clone(), Bytes::from(fs::read(site.source().join(name)).unwrap())));
    let version = assets.app_version().to_string();
    let page = format!("<head>\n{}\n{version}\n", urls.join("\n"));
    Published { manifest, version, page, files: files.collect() }
}

/// A body of one URL per line and the app version. Each poll looks up the value of one line.
struct Page {
    assets: Assets,
    line: usize,
}

impl http_body::Body for Page {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        const LAST: usize = NAMES.len() + 1;
        thread::yield_now();
        let line = match self.line {
            0 => "<head>".to_owned(),
            line @ 1..LAST => self.assets.url(NAMES[line - 1]).unwrap().to_string(),
            LAST => self.assets.app_version().to_string(),
            _ => return Poll::Ready(None),
        };
        self.line += 1;
        Poll::Ready(Some(Ok(Frame::data(format!("{line}\n").into()))))
    }
}

async fn page(assets: Assets) -> impl IntoResponse {
    let version = assets.app_version().to_string();
    tokio::task::yield_now().await;
    let logo = assets.url("img/logo.svg").unwrap().to_string();
    let page = Page { assets, line: 0 };
    ([("x-version", version), ("x-logo", logo)], Html(Body::new(page)))
}

/// Creates the app. The outermost layer creates the snapshot of a request.
fn app(assets: &Assets) -> Router {
    let pages = assets.clone();
    Router::new()
        .route("/", get(move || page(pages.clone())))
        .nest_service("/static", StaticFiles::new(assets))
        .layer(VersionEndpointsLayer::with_secret(assets, SECRET).unwrap())
        .layer(HtmlRewriteLayer::new(assets))
        .layer(VersionLayer::new(assets))
}

async fn send(app: &Router, request: Request<Body>) -> Response<Bytes> {
    let (head, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

async fn visit(app: &Router, path: &str) -> Response<Bytes> {
    send(app, Request::get(path).body(Body::empty()).unwrap()).await
}

fn version_of_json(json: &Bytes) -> String {
    let json: serde_json::Value = serde_json::from_slice(json).unwrap();
    json["version"].as_str().unwrap_or_default().to_owned()
}

/// Returns the page without the client script, and the version in the script tag.
fn split_client_script(page: &Bytes) -> Option<(String, &str)> {
    let (before, rest) = str::from_utf8(page).ok()?.split_once("<script defer src=\"/_fingerpost/client.")?;
    let (tag, after) = rest.split_once("</script>")?;
    let (_, version) = tag.split_once(" data-version=\"")?;
    Some((format!("{before}{after}"), version.split_once('"')?.0))
}

fn version_header(response: &Response<Bytes>) -> &str {
    response.headers()["x-app-version"].to_str().unwrap()
}

#[track_caller]
fn assert_known_release(releases: &[Published], version: &str) {
    assert!(releases.iter().any(|release| release.version == version), "{version}");
}

/// Checks a page, one of its files, and `/version`. Returns the release of the page.
async fn check_page(app: &Router, releases: &[Published], round: usize) -> usize {
    let response = visit(app, "/").await;
    assert_eq!(response.status(), 200);
    let (page, version) =
        split_client_script(response.body()).unwrap_or_else(|| panic!("no script: {response:?}"));
    let index = releases.iter().position(|release| release.page == page);
    let index = index.unwrap_or_else(|| panic!("the page matches no release: {response:?}"));
    let release = &releases[index];
    assert_eq!((version, version_header(&response)), (&*release.version, &*release.version));
    let logo = release.files.keys().find(|url| url.contains("logo")).unwrap();
    assert_eq!(response.headers()["x-version"], release.version);
    assert_eq!(response.headers()["x-logo"], **logo);

    let (url, bytes) = release.files.iter().nth(round % NAMES.len()).unwrap();
    let response = visit(app, url).await;
    assert_eq!((response.status().as_u16(), response.body()), (200, bytes), "{url}");
    assert_eq!(response.headers()["cache-control"], IMMUTABLE);
    assert_known_release(releases, version_header(&response));

    for path in ["/version", "/_fingerpost/version"] {
        let response = visit(app, path).await;
        assert_eq!(version_of_json(response.body()), version_header(&response));
        assert_known_release(releases, version_header(&response));
    }
    index
}

/// Replaces the manifest. Returns `false` if the replacement is broken or missing.
fn replace(manifest: &Path, release: &Published, round: usize) -> bool {
    match round % 7 {
        2 => fs::write(manifest, &release.manifest[..release.manifest.len() / 2]).unwrap(),
        4 => fs::remove_file(manifest).unwrap(),
        6 => fs::write(manifest, r#"{"version": "9", "paths": {}}"#).unwrap(),
        _ => {
            let new = manifest.with_extension("new");
            fs::write(&new, &release.manifest).unwrap();
            fs::rename(new, manifest).unwrap();
            return true;
        }
    }
    false
}

async fn bust(app: &Router) -> Response<Bytes> {
    let bearer = format!("Bearer {}", BustToken::from_secret(SECRET).unwrap().as_str());
    let request = Request::post("/cache/bust").header("authorization", bearer);
    send(app, request.body(Body::empty()).unwrap()).await
}

/// Calls the bust endpoint repeatedly, and checks the active release after each call.
async fn deploy(app: &Router, manifest: &Path, releases: &[Published]) {
    let mut active = releases.len() - 1;
    for round in 0..BUSTS {
        let next = round % releases.len();
        let is_valid = replace(manifest, &releases[next], round);
        let response = bust(app).await;
        if is_valid {
            assert_eq!(
                (response.status().as_u16(), version_of_json(response.body())),
                (200, releases[next].version.clone())
            );
            active = next;
        } else {
            assert_eq!(response.status(), 500);
            let text = str::from_utf8(response.body()).unwrap();
            assert!(text.contains(r#""reason":"manifest "#) && text.contains("staticfiles.json"), "{text}");
        }
        assert_eq!(version_header(&response), releases[active].version);
        assert_eq!(check_page(app, releases, round).await, active);
    }
}

fn run_in_a_runtime(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work);
}

/// Sets the flag on drop, so that the clients stop also after a panic.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn responses_during_reloads_never_mix_releases_and_never_fail() {
    let site = Site::new(&[]);
    let releases: Vec<_> = (0..3).map(|release| publish(&site, release)).collect();
    let (manifest, app) = (site.dist().join("staticfiles.json"), app(&site.production()));
    let (is_over, pages) = (AtomicBool::new(false), [const { AtomicUsize::new(0) }; 3]);
    let client = |offset: usize| {
        for round in offset.. {
            run_in_a_runtime(async {
                for turn in 0..16 {
                    pages[check_page(&app, &releases, round + turn).await].fetch_add(1, Relaxed);
                }
            });
            if is_over.load(Relaxed) {
                break;
            }
        }
    };
    thread::scope(|scope| {
        (0..8).for_each(|offset| drop(scope.spawn(move || client(offset))));
        let _set_on_drop = SetOnDrop(&is_over);
        run_in_a_runtime(deploy(&app, &manifest, &releases));
    });
    let pages = pages.map(AtomicUsize::into_inner);
    assert!(pages.iter().all(|count| *count > 50), "pages of each release: {pages:?}");
}
