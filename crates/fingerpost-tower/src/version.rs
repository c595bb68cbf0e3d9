//! The app version on every response, and the client script in every page.

use std::task::{Context, Poll};

use fingerpost::{Assets, Snapshot};
use fingerpost_http::{OnMismatch, VersionExchange, VersionMiddleware, request_snapshot};
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

#[cfg(feature = "metrics")]
use crate::request_counter::count_request;
use crate::{
    either_body::EitherBody,
    html_body::{HtmlBody, Transform},
    maybe_blocking::MaybeBlocking,
    response_future::{Exchange, ResponseFuture},
    snapshot_scoped::SnapshotScoped,
};

/// Tells every client the app version, so that a page which is open during a deploy learns that it is stale and renews itself.
///
/// Every response says `X-App-Version`, and in `X-App-Version-Action` what a page of another version is to do
/// ([`on_mismatch`](Self::on_mismatch)): errors, redirects, 304, files, and what the layer answers itself. Every HTML page gets
/// the client script, as the first child of its `<head>`:
///
/// ```html
/// <script defer src="/_fingerpost/client.<hash>.js" data-version="5940499ec5f6" data-action="reload"></script>
/// ```
///
/// An [`AppVersion`](fingerpost::AppVersion) has no character that means anything in a header, an attribute or JSON: what does is
/// refused at start-up and on reload, so it is never escaped and never left out.
///
/// A page that answers another request than GET or HEAD gets `data-posted` as well: no reload would bring it back.
///
/// The layer answers the path of the script, for a year and `immutable`, and with another hash the present script, `no-store`.
/// It answers `/_fingerpost/version` as well, with what `/version` says, and both for GET and HEAD alone. All else goes on.
///
/// # Where it belongs
///
/// - Around the whole site, static files included, and not into what takes off a part of the path, such as axum's `nest`.
/// - Inside of a layer that compresses. A page that is compressed already is left alone, and that is said once, by a warning.
/// - Inside of a layer that makes a nonce for a content security policy, which leaves it in the request's extensions as
///   [`CspNonce`](crate::CspNonce). `script-src 'self'` needs none.
/// - One inside of another is harmless: the response keeps the headers and the script of the inner one. If that has other
///   assets, give it another [`client_path`](VersionMiddleware::client_path).
///
/// # HTML
///
/// It streams: what comes in goes out, only an incomplete tag is held back, and nothing once the script is in. What has no
/// `<head>` gets no script, and a `<head>` inside of `<template>` is none
/// ([`HeadInserter`](fingerpost_http::HeadInserter)). Pages in UTF-16, parts (206), and answers that say `immutable` or
/// `no-transform` pass as they are. So do downloads (`Content-Disposition: attachment`): a saved page has no server to compare with.
///
/// What follows in the `<head>` stands some 120 bytes later than before. A `<meta charset>` counts within the first 1024 bytes of a
/// page, so say the charset in `Content-Type`, or early.
///
/// A page has no `Content-Length`, `Last-Modified` or digests any more, and its `ETag` changes with every release: see
/// [`HtmlExchange`](fingerpost_http::HtmlExchange). With a nonce it has none, because each page is another one then.
///
/// # One release
///
/// One snapshot of the assets is taken for each request, or taken over from the request's extensions, where an outer layer of
/// the same assets leaves it. It is in force ([`Snapshot::scope`](fingerpost::Snapshot::scope)) while the inner service is
/// called, and whenever its future and its body are polled. So `app_version()` in a template, the URLs of assets, the headers
/// and the script's `data-version` never disagree within one response.
///
/// # Settings
///
/// [`VersionMiddleware`] has all settings; make a layer of it with `from`:
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let assets = fingerpost::Assets::dev(dir.path())?;
/// use fingerpost_tower::{VersionLayer, VersionMiddleware};
///
/// let layer = VersionLayer::from(VersionMiddleware::new(&assets).client_path("/assets/_version")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Counters
///
/// With the feature `metrics`, `fingerpost_requests_total` counts requests by what they ask for: see
/// [`draining`](crate::draining).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// use axum::{Router, body::{Body, to_bytes}, http::Request, response::Html, routing::get};
/// use fingerpost::{Assets, Mode};
/// use fingerpost_tower::VersionLayer;
/// use tower::ServiceExt;
///
/// let assets = Assets::builder().source(dir.path()).mode(Mode::Dev).app_version("v1.2").build()?;
/// let app: Router = Router::new()
///     .route("/", get(async || Html("<head><title>Hello</title></head>")))
///     .layer(VersionLayer::new(&assets));
///
/// let response = app.oneshot(Request::get("/").body(Body::empty())?).await?;
/// assert_eq!(response.headers()["x-app-version"], "v1.2");
/// let html = to_bytes(response.into_body(), 1000).await?;
/// let html = std::str::from_utf8(&html)?;
/// assert!(html.starts_with("<head><script defer src=\"/_fingerpost/client."));
/// assert!(html.ends_with(".js\" data-version=\"v1.2\" data-action=\"reload\"></script><title>Hello</title></head>"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct VersionLayer(VersionMiddleware);

impl VersionLayer {
    /// Returns a layer with the defaults of [`VersionMiddleware`]. For other settings, use `from`.
    pub fn new(assets: &Assets) -> Self {
        VersionMiddleware::new(assets).into()
    }

    /// See [`VersionMiddleware::header`].
    #[must_use]
    pub fn header(self, has_header: bool) -> Self {
        Self(self.0.header(has_header))
    }

    /// See [`VersionMiddleware::on_mismatch`].
    #[must_use]
    pub fn on_mismatch(self, on_mismatch: OnMismatch) -> Self {
        Self(self.0.on_mismatch(on_mismatch))
    }
}

impl From<VersionMiddleware> for VersionLayer {
    fn from(middleware: VersionMiddleware) -> Self {
        Self(middleware)
    }
}

impl<S> Layer<S> for VersionLayer {
    type Service = VersionService<S>;

    fn layer(&self, inner: S) -> VersionService<S> {
        VersionService { inner, middleware: self.0.clone() }
    }
}

/// The service of [`VersionLayer`].
#[derive(Debug, Clone)]
pub struct VersionService<S> {
    inner: S,
    middleware: VersionMiddleware,
}

impl<S, B, R> Service<Request<B>> for VersionService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<EitherBody<HtmlBody<R>>>;
    type Error = S::Error;
    type Future = ResponseFuture<SnapshotScoped<S::Future>, (VersionExchange, Snapshot)>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let snapshot = request_snapshot(self.middleware.assets(), &mut parts.extensions);
        #[cfg(feature = "metrics")]
        count_request(&mut parts, &snapshot);
        if let Some(response) = self.middleware.respond(&parts, &snapshot) {
            return ResponseFuture::from_layer(MaybeBlocking::ready(response));
        }
        let exchange = self.middleware.begin(&snapshot, &mut parts);
        let inner = snapshot.scope(|| self.inner.call(Request::from_parts(parts, body)));
        ResponseFuture::from_inner(SnapshotScoped::new(inner, snapshot.clone()), (exchange, snapshot))
    }
}

impl<B: Body> Exchange<B> for (VersionExchange, Snapshot) {
    type Body = HtmlBody<B>;

    fn finish(&mut self, response: Response<B>) -> Response<HtmlBody<B>> {
        let (exchange, snapshot) = self;
        let (mut parts, body) = response.into_parts();
        let change = exchange.finish(&mut parts);
        let inserter = |encoding| Transform::Insert(exchange.inserter(encoding));
        Response::from_parts(parts, HtmlBody::new(body, snapshot, change, inserter))
    }
}
