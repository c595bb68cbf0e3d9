//! A site that moves on to another version while pages of it are open.

use std::{
    collections::HashMap,
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    middleware::map_response,
    response::{Html, Redirect, Response},
    routing::{any, get, post},
};
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use tokio::time::sleep;
use tower::ServiceExt as _;

use super::layer::versioned;
use crate::tools::{npm_package, serve};

/// The versions of htmx that are in use: the folders of their npm packages.
pub(super) const HTMX: [&str; 3] = ["htmx-1", "htmx-2", "htmx-4"];

/// A request that came to a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    /// What `Sec-Fetch-Dest` says: `document` for a page that the browser shows, `empty` for scripts' requests.
    pub(super) destination: String,
    pub(super) requested_version: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    now: Router,
    /// Paths that a cache answers, and what with.
    cached: HashMap<String, Router>,
    asked: Vec<Asked>,
}

/// A running site.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) origin: String,
    htmx: String,
    state: Arc<Mutex<State>>,
}

impl Site {
    /// Starts version `one`, whose pages have this htmx; `None` if `tests/run` could not fetch it.
    pub(super) async fn start(htmx: &str) -> Option<Self> {
        let htmx = fs::read_to_string(npm_package(htmx)?.join("dist/htmx.min.js")).expect("a script");
        let state = Arc::<Mutex<State>>::default();
        let origin = serve(front(Arc::clone(&state))).await;
        let site = Self { origin, htmx, state };
        site.deploy("one", "reload");
        Some(site)
    }

    /// From now on, this version answers, and says that pages of others should do this.
    pub(super) fn deploy(&self, version: &str, action: &str) {
        let routes = routes(version, &self.htmx);
        self.state.lock().expect("no panic").now = versioned(routes, version, action);
    }

    /// From now on, a cache answers requests for this path: with what the present version says.
    pub(super) fn cache(&self, path: &str) {
        let mut state = self.state.lock().expect("no panic");
        let now = state.now.clone();
        state.cached.insert(path.to_owned(), now);
    }

    /// From now on, this path is answered with a status, and nothing else.
    pub(super) fn answer(
        &self,
        path: &str,
        status: StatusCode,
        content_type: &'static str,
        body: &'static str,
    ) {
        let answer = move || async move { (status, [(header::CONTENT_TYPE, content_type)], body) };
        self.state.lock().expect("no panic").cached.insert(path.to_owned(), Router::new().fallback(answer));
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Returns what was asked for until now.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.state.lock().expect("no panic").asked.clone()
    }

    /// Returns the paths of the pages that browsers loaded until now.
    pub(super) fn loads(&self) -> Vec<String> {
        let pages = self.asked().into_iter().filter(|asked| asked.destination == "document");
        pages.map(|asked| asked.path).collect()
    }

    /// Returns how often the server was asked for its version.
    pub(super) fn checks(&self) -> usize {
        self.asked().iter().filter(|asked| asked.path == "/_fingerpost/version").count()
    }
}

/// Takes requests, notes them, and hands them to the version that is to answer.
fn front(state: Arc<Mutex<State>>) -> Router {
    Router::new().fallback(move |request: Request<Body>| {
        let router = {
            let mut state = state.lock().expect("no panic");
            let text = |name: &str| {
                request.headers().get(name).map(|value| value.to_str().expect("text").to_owned())
            };
            let asked = Asked {
                method: request.method().clone(),
                path: request.uri().to_string(),
                destination: text("sec-fetch-dest").unwrap_or_default(),
                requested_version: text("x-app-requested-version"),
            };
            state.asked.push(asked);
            state.cached.get(request.uri().path()).unwrap_or(&state.now).clone()
        };
        async move { router.oneshot(request).await }
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
        .route("/fragment", get(|| async { ANSWER }))
        .route("/sent", post(|| async { ANSWER }))
        .route("/slow", get(slow))
        .route("/mistakes", post(mistakes))
        .route("/redirect", any(|| async { Redirect::to("/next") }))
        .fallback(page)
        .layer(map_response(strict))
}

const ANSWER: Html<&str> = Html("<p id=answer>the answer</p>");

async fn slow() -> Html<&'static str> {
    sleep(Duration::from_millis(300)).await;
    ANSWER
}

/// Shows a form again, filled in as it was sent.
async fn mistakes(text: String) -> Html<String> {
    let text = text.strip_prefix("text=").expect("what the form sends");
    Html(format!("<form id=comment><p id=answer>too short</p><textarea name=text>{text}</textarea></form>"))
}

/// Allows what comes from here, and nothing that stands in the page.
async fn strict(mut answer: Response) -> Response {
    let policy = HeaderValue::from_static("default-src 'self'");
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}
