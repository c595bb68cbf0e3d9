//! A site that switches to another version while its pages are open.

use std::{
    collections::HashMap,
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::RawQuery,
    middleware::{Next, from_fn, map_response},
    response::{AppendHeaders, Html, Redirect, Response},
    routing::{any, get, post},
};
use fingerpost::{Assets, Mode};
use fingerpost_tower::{OnMismatch, VersionLayer, VersionRouterLayer};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use tempfile::TempDir;
use tokio::time::sleep;
use tower::ServiceExt as _;
use url::form_urlencoded;

use crate::tools::{npm_package, serve};

/// The supported versions of htmx, by the directories of their npm packages.
pub(super) const HTMX: [&str; 3] = ["htmx-1", "htmx-2", "htmx-4"];

/// A request received by a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecordedRequest {
    pub(super) method: Method,
    /// Path and query.
    pub(super) path: String,
    headers: HeaderMap,
}

impl RecordedRequest {
    /// Returns the value of a header, or an empty string.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a string"))
    }
}

#[derive(Debug, Default)]
struct State {
    now: Router,
    /// The paths with cached responses, each with the routes that return the responses.
    cached: HashMap<String, Router>,
    requests: Vec<RecordedRequest>,
    /// The delay of the responses for some paths.
    delays: HashMap<String, Duration>,
}

/// A running site.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) origin: String,
    htmx: String,
    assets: TempDir,
    state: Arc<Mutex<State>>,
}

impl Site {
    /// Starts version `one`, whose pages use this htmx. Returns `None` if `tests/setup` could not fetch htmx.
    pub(super) async fn start(htmx: &str) -> Option<Self> {
        let htmx = fs::read_to_string(npm_package(htmx)?.join("dist/htmx.min.js")).expect("a script");
        let state = Arc::<Mutex<State>>::default();
        let origin = serve(front(Arc::clone(&state))).await;
        let site = Self { origin, htmx, assets: TempDir::new().expect("a temporary directory"), state };
        site.deploy("one", OnMismatch::Reload);
        Some(site)
    }

    /// Switches to this version, which requests this action from pages of other versions.
    pub(super) fn deploy(&self, version: &str, mismatch: OnMismatch) {
        self.deploy_routes(routes(version, &self.htmx), version, mismatch);
    }

    /// Like [`Site::deploy`], behind a router whose map has only this version.
    pub(super) fn deploy_behind_a_router(&self, version: &str, mismatch: OnMismatch) {
        let router = VersionRouterLayer::new([(version, "blue")]).expect("a version and its target");
        self.deploy_routes(routes(version, &self.htmx).layer(router), version, mismatch);
    }

    fn deploy_routes(&self, routes: Router, version: &str, mismatch: OnMismatch) {
        let assets = Assets::builder().source(self.assets.path()).mode(Mode::Dev).app_version(version);
        let layer = VersionLayer::new(&assets.build().expect("a source directory and a version"))
            .on_mismatch(mismatch);
        self.state.lock().expect("an unpoisoned lock").now = routes.layer(layer);
    }

    /// Replaces the action that the current version requests from pages of other versions.
    pub(super) fn set_action(&self, word: &'static str) {
        let overwrite = move |mut response: Response| async move {
            response.headers_mut().insert("x-app-version-action", HeaderValue::from_static(word));
            response
        };
        let mut state = self.state.lock().expect("an unpoisoned lock");
        state.now = state.now.clone().layer(map_response(overwrite));
    }

    /// Caches the responses of the current version for this path.
    pub(super) fn cache(&self, path: &str) {
        let mut state = self.state.lock().expect("an unpoisoned lock");
        let now = state.now.clone();
        state.cached.insert(path.to_owned(), now);
    }

    /// Makes this path return a fixed response.
    pub(super) fn respond_with(
        &self,
        path: &str,
        status: StatusCode,
        content_type: &'static str,
        body: &str,
    ) {
        let body = body.to_owned();
        let respond = move || async move { (status, [(header::CONTENT_TYPE, content_type)], body) };
        self.state
            .lock()
            .expect("an unpoisoned lock")
            .cached
            .insert(path.to_owned(), Router::new().fallback(respond));
    }

    /// Removes the cached or fixed response for this path.
    pub(super) fn recover(&self, path: &str) {
        self.state.lock().expect("an unpoisoned lock").cached.remove(path);
    }

    /// Makes this path return the refusal of a router whose map lacks the version of the page.
    pub(super) fn refuse(&self, path: &str) {
        let refusal = || async {
            let headers = [("content-type", "application/json"), ("x-app-version-refused", "unknown")];
            (StatusCode::CONFLICT, headers, r#"{"versions":["two"]}"#)
        };
        self.state
            .lock()
            .expect("an unpoisoned lock")
            .cached
            .insert(path.to_owned(), Router::new().fallback(refusal));
    }

    /// Delays the responses for this path.
    pub(super) fn delay(&self, path: &str, milliseconds: u64) {
        let delay = Duration::from_millis(milliseconds);
        self.state.lock().expect("an unpoisoned lock").delays.insert(path.to_owned(), delay);
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Returns the requests received until now.
    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.state.lock().expect("an unpoisoned lock").requests.clone()
    }

    /// Returns the paths of the pages that browsers have loaded.
    pub(super) fn loads(&self) -> Vec<String> {
        let pages =
            self.requests().into_iter().filter(|request| request.header("sec-fetch-dest") == "document");
        pages.map(|request| request.path).collect()
    }

    /// Returns the number of requests for the version endpoint.
    pub(super) fn checks(&self) -> usize {
        self.requests().iter().filter(|request| request.path == "/_fingerpost/version").count()
    }
}

/// Records requests, and forwards them to the current version or the fixed response for the path.
fn front(state: Arc<Mutex<State>>) -> Router {
    Router::new().fallback(move |request: Request<Body>| {
        let path = request.uri().path().to_owned();
        let (router, delay) = {
            let mut state = state.lock().expect("an unpoisoned lock");
            state.requests.push(RecordedRequest {
                method: request.method().clone(),
                path: request.uri().to_string(),
                headers: request.headers().clone(),
            });
            let router = state.cached.get(&path).unwrap_or(&state.now).clone();
            (router, state.delays.get(&path).copied().unwrap_or_default())
        };
        async move {
            sleep(delay).await;
            router.oneshot(request).await
        }
    })
}

fn routes(version: &str, htmx: &str) -> Router {
    let (version, htmx) = (version.to_owned(), htmx.to_owned());
    let page = move |uri: Uri| async move {
        Html(include_str!("page.html").replace("{path}", uri.path()).replace("{version}", &version))
    };
    let script = |text: String| move || async { ([(header::CONTENT_TYPE, "text/javascript")], text) };
    Router::new()
        .route("/htmx.js", get(script(htmx)))
        .route("/fields.js", get(script(include_str!("fields.js").to_owned())))
        .route(
            "/page.css",
            get(|| async { ([(header::CONTENT_TYPE, "text/css")], include_str!("page.css")) }),
        )
        .route("/fields", get(|| async { Html(include_str!("fields.html")) }))
        .route("/fragment", get(|| async { RESPONSE }))
        .route("/sent", post(|| async { RESPONSE }))
        .route("/slow", get(slow))
        .route("/mistakes", post(form_with_errors))
        .route("/away", get(|RawQuery(to): RawQuery| async move { Redirect::to(&to.unwrap_or_default()) }))
        .route(
            "/headers",
            any(|RawQuery(query): RawQuery| async move {
                let query = query.unwrap_or_default();
                let headers: Vec<(String, String)> =
                    form_urlencoded::parse(query.as_bytes()).into_owned().collect();
                AppendHeaders(headers)
            }),
        )
        .route("/redirect", any(|| async { Redirect::to("/next") }))
        .fallback(page)
        .layer(from_fn(add_policy))
}

const RESPONSE: Html<&str> = Html("<p id=response>the response</p>");

async fn slow() -> Html<&'static str> {
    sleep(Duration::from_millis(300)).await;
    RESPONSE
}

/// Returns the form again with the submitted values, as after a validation error.
async fn form_with_errors(text: String) -> Html<String> {
    let text = text.strip_prefix("text=").expect("the field of the form");
    Html(format!("<form id=comment><p id=response>too short</p><textarea name=text>{text}</textarea></form>"))
}

/// Sets a content security policy that allows only resources of this site and no inline resources, except below
/// `/open`.
async fn add_policy(request: Request<Body>, next: Next) -> Response {
    let is_open = request.uri().path().starts_with("/open");
    let mut response = next.run(request).await;
    if !is_open {
        let policy = HeaderValue::from_static("default-src 'self'");
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
