//! A site that switches to another version while its pages are open.

use std::{
    collections::HashMap,
    fs,
    sync::{Arc, Mutex, MutexGuard},
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

use super::recipes;
use crate::tools::{npm_package, serve};

/// The name of a front-end library, such as `turbo` or `htmx-2`.
pub(super) type Library = &'static str;

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
    /// The routes that respond to a path instead of the current version.
    cached: HashMap<String, Router>,
    requests: Vec<RecordedRequest>,
    /// The delay of the response, by path.
    delays: HashMap<String, Duration>,
}

/// A running site.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) origin: String,
    pub(super) library: Library,
    scripts: Vec<(&'static str, String)>,
    assets: TempDir,
    state: Arc<Mutex<State>>,
}

impl Site {
    /// Starts version `one`, whose pages use this library. Returns `None` if `tests/setup` could not fetch the library.
    pub(super) async fn start(library: Library) -> Option<Self> {
        let scripts = scripts(library)?;
        let state = Arc::<Mutex<State>>::default();
        let origin = serve(front(Arc::clone(&state))).await;
        let assets = TempDir::new().expect("a temporary directory");
        let site = Self { origin, library, scripts, assets, state };
        site.deploy("one", OnMismatch::Reload);
        Some(site)
    }

    /// Switches to this version, and sets the action for pages of other versions.
    pub(super) fn deploy(&self, version: &str, mismatch: OnMismatch) {
        self.deploy_routes(self.routes(version), version, mismatch);
    }

    /// Like [`Site::deploy`], but behind a router whose map has only this version.
    pub(super) fn deploy_behind_a_router(&self, version: &str, mismatch: OnMismatch) {
        let router = VersionRouterLayer::new([(version, "blue")]).expect("a version and its target");
        self.deploy_routes(self.routes(version).layer(router), version, mismatch);
    }

    fn deploy_routes(&self, routes: Router, version: &str, mismatch: OnMismatch) {
        let assets = Assets::builder().source(self.assets.path()).mode(Mode::Dev).app_version(version);
        let layer = VersionLayer::new(&assets.build().expect("a source directory and a version"))
            .on_mismatch(mismatch);
        self.state().now = routes.layer(layer);
    }

    /// Replaces the action of the current version for pages of other versions.
    pub(super) fn set_action(&self, word: &'static str) {
        let overwrite = move |mut response: Response| async move {
            response.headers_mut().insert("x-app-version-action", HeaderValue::from_static(word));
            response
        };
        let mut state = self.state();
        state.now = state.now.clone().layer(map_response(overwrite));
    }

    /// Caches the responses of the current version for this path.
    pub(super) fn cache(&self, path: &str) {
        let mut state = self.state();
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
        self.state().cached.insert(path.to_owned(), Router::new().fallback(respond));
    }

    /// Makes this path redirect to another path of the site.
    pub(super) fn respond_with_redirect(&self, path: &str, to: &'static str) {
        let redirect = move || async move { Redirect::to(to) };
        self.state().cached.insert(path.to_owned(), Router::new().fallback(redirect));
    }

    /// Removes the cached or fixed response for this path.
    pub(super) fn recover(&self, path: &str) {
        self.state().cached.remove(path);
    }

    /// Makes this path return the refusal of a router whose map lacks the version of the page.
    pub(super) fn refuse(&self, path: &str) {
        let refusal = || async {
            let headers = [("content-type", "application/json"), ("x-app-version-refused", "unknown")];
            (StatusCode::CONFLICT, headers, r#"{"versions":["two"]}"#)
        };
        self.state().cached.insert(path.to_owned(), Router::new().fallback(refusal));
    }

    /// Makes this path return a fixed response with the headers of the current version.
    pub(super) fn respond_with_version(&self, path: &str, content_type: &'static str, body: &'static str) {
        let respond = move |mut response: Response| async move {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            response.headers_mut().remove(header::CONTENT_LENGTH);
            response.map(|_| Body::from(body))
        };
        let mut state = self.state();
        let now = state.now.clone().layer(map_response(respond));
        state.cached.insert(path.to_owned(), now);
    }

    /// Adds CORS headers that allow cross-origin requests with any header.
    pub(super) fn allow_any_origin(&self) {
        let allow = |request: Request<Body>, next: Next| async move {
            let is_preflight = request.method() == Method::OPTIONS;
            let mut response = if is_preflight { Response::default() } else { next.run(request).await };
            for name in [
                "access-control-allow-origin",
                "access-control-allow-headers",
                "access-control-expose-headers",
            ] {
                response.headers_mut().insert(name, HeaderValue::from_static("*"));
            }
            response
        };
        let mut state = self.state();
        state.now = state.now.clone().layer(from_fn(allow));
    }

    /// Delays the responses for this path.
    pub(super) fn delay(&self, path: &str, milliseconds: u64) {
        let delay = Duration::from_millis(milliseconds);
        self.state().delays.insert(path.to_owned(), delay);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("an unpoisoned lock")
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Returns the requests received until now.
    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.state().requests.clone()
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

/// Records each request, and forwards the request to the routes for its path or to the current version.
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

/// Returns the scripts of a library with the paths of their URLs.
fn scripts(library: Library) -> Option<Vec<(&'static str, String)>> {
    let files: &[(&str, &str, &str)] = match library {
        "turbo" => &[("/turbo.js", "turbo", "dist/turbo.es2017-umd.js")],
        "unpoly" => &[("/unpoly.js", "unpoly", "unpoly.min.js")],
        "alpine-ajax" => &[
            ("/alpine-ajax.js", "alpine-ajax", "dist/cdn.js"),
            ("/alpine.js", "alpinejs", "dist/cdn.min.js"),
        ],
        "fetch" | "inertia" => &[],
        "datastar" => &[("/datastar.js", "datastar", "dist/datastar.js")],
        htmx => &[("/htmx.js", htmx, "dist/htmx.min.js")],
    };
    let read = |(path, package, file): &(&'static str, &str, &str)| {
        Some((*path, fs::read_to_string(npm_package(package)?.join(file)).expect("a script")))
    };
    let mut scripts: Vec<_> = files.iter().map(read).collect::<Option<_>>()?;
    scripts.push(("/fields.js", include_str!("pages/fields.js").to_owned()));
    scripts.push(("/fetch.js", include_str!("pages/fetch.js").to_owned()));
    Some(scripts)
}

fn page(library: Library) -> &'static str {
    match library {
        "turbo" => include_str!("pages/turbo.html"),
        "unpoly" => include_str!("pages/unpoly.html"),
        "alpine-ajax" => include_str!("pages/alpine-ajax.html"),
        "fetch" | "inertia" => include_str!("pages/fetch.html"),
        "datastar" => include_str!("pages/datastar.html"),
        _ => include_str!("pages/htmx.html"),
    }
}

impl Site {
    fn routes(&self, version: &str) -> Router {
        let recipes = recipes::routes(self.library, version);
        let (library, version) = (self.library, version.to_owned());
        let render = move |path: &str| {
            let head = if path.contains("tracked") { TRACKED } else { "" };
            let end = match path {
                "/named" => NAMED,
                "/named/methods" => NAMED_METHODS,
                _ => "",
            };
            page(library)
                .replace("{head}", head)
                .replace("</body>", &format!("{end}</body>"))
                .replace("{path}", path)
                .replace("{version}", &version)
        };
        let [form, tracked, created, located] =
            ["/mistakes", "/tracked/mistakes", "/created", "/located"].map(&render);
        let mut router = Router::new();
        for (path, text) in &self.scripts {
            let text = text.clone();
            router =
                router.route(path, get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], text) }));
        }
        let style = || async { ([(header::CONTENT_TYPE, "text/css")], include_str!("pages/page.css")) };
        let response = move || async move { Html(fragment(library, "the response")) };
        router
            .route("/page.css", get(style))
            .route("/fields", get(|| async { Html(include_str!("pages/fields.html")) }))
            .route("/fragment", get(response))
            .route("/sent", post(response))
            .route("/slow", get(slow))
            .route("/mistakes", post(move |text: String| mistakes(library, form, text)))
            .route("/tracked/mistakes", post(move |text: String| mistakes(library, tracked, text)))
            .route("/away", get(|RawQuery(query): RawQuery| async move { Redirect::to(&first_key(query)) }))
            .route("/headers", any(headers))
            .route("/located", any(move |query| async move { (headers(query).await, Html(located)) }))
            .route("/created", any(move || async move { (StatusCode::CREATED, Html(created)) }))
            .route("/empty", any(|| async { StatusCode::NO_CONTENT }))
            .route("/redirect", any(|| async { Redirect::to("/next") }))
            .merge(recipes)
            .fallback(move |uri: Uri| async move { Html(render(uri.path())) })
            .layer(from_fn(add_policy))
    }
}

/// An element that makes Turbo reload the page if the version differs.
const TRACKED: &str = r#"<meta name="build" content="{version}" data-turbo-track="reload">"#;

/// Elements whose names hide properties of the document or the window that the script uses.
const NAMED: &str = r#"<img name="currentScript" src="//evil.example/a.png" data-version="x" data-action="ignore">
    <img name="baseURI"><form id="fingerpost"><input name="version"><input name="check"></form>"#;

/// Elements whose names hide methods of the document, which libraries need as well.
const NAMED_METHODS: &str =
    r#"<img name="createElement"><img name="querySelectorAll"><img name="dispatchEvent">"#;

/// Returns the response for the element with the ID `target`.
fn fragment(library: Library, text: &str) -> String {
    let element = format!("<p id=response>{text}</p>");
    match library {
        "turbo" => format!("<turbo-frame id=target>{element}</turbo-frame>"),
        "unpoly" | "alpine-ajax" | "fetch" => format!("<div id=target>{element}</div>"),
        _ => element,
    }
}

/// Returns the first key of a query. Turbo adds `=` to a key without a value.
fn first_key(query: Option<String>) -> String {
    let query = query.unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).next().map_or_else(String::new, |(key, _)| key.into_owned())
}

/// Returns the headers that the query lists.
async fn headers(RawQuery(query): RawQuery) -> AppendHeaders<Vec<(String, String)>> {
    AppendHeaders(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
}

async fn slow() -> &'static str {
    sleep(Duration::from_millis(300)).await;
    "the response"
}

/// Returns the form again with the submitted values, as after a validation error.
async fn mistakes(library: Library, page: String, text: String) -> (StatusCode, Html<String>) {
    let text = text.strip_prefix("text=").expect("the field of the form");
    let fields = format!("<p id=response>too short</p><textarea name=text>{text}</textarea>");
    if library.starts_with("htmx") {
        return (StatusCode::OK, Html(format!("<form id=comment>{fields}</form>")));
    }
    let page = page.replace(r#"<textarea name="text"></textarea>"#, &fields);
    (StatusCode::UNPROCESSABLE_ENTITY, Html(page))
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
