use std::task::{Context, Poll};

use fingerpost::{Assets, Snapshot};
#[cfg(feature = "html")]
use fingerpost_http::HtmlTransform;
use fingerpost_http::{OnMismatch, VersionExchange, VersionMiddleware, request_snapshot};
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

#[cfg(feature = "metrics")]
use crate::request_counter::count_request;
use crate::{
    either_body::EitherBody,
    response_future::{Exchange, ResponseFuture},
    snapshot_scoped::SnapshotScoped,
};
#[cfg(feature = "html")]
use crate::{html_body::HtmlBody, maybe_blocking::MaybeBlocking};

/// The body of a response. Without the feature `html`, the body is unchanged.
#[cfg(feature = "html")]
type PageBody<B> = HtmlBody<B>;
#[cfg(not(feature = "html"))]
type PageBody<B> = SnapshotScoped<B>;

/// Adds the app version to every response, and the client script to every HTML page.
///
/// Without the feature `html`, the layer sets only the headers, and neither inserts nor serves the script.
///
/// The script compares the version of an open page with the version of later responses. After a deploy the page is stale,
/// and the script performs the action that [`on_mismatch`](Self::on_mismatch) sets.
///
/// Every response gets the headers `X-App-Version` and `X-App-Version-Action`: pages, files, errors, redirects, 304, and the
/// responses of the layer itself. The script is inserted as the first child of `<head>`:
///
/// ```html
/// <script defer src="/_fingerpost/client.<hash>.js" data-version="5940499ec5f6" data-action="reload"></script>
/// ```
///
/// An [`AppVersion`](fingerpost::AppVersion) contains only characters that need no escaping in headers, attributes and JSON.
/// A page in response to a method other than GET and HEAD also gets `data-posted`, because a reload cannot restore such a
/// page.
///
/// The layer serves the script as `immutable`. A request with an outdated hash gets the current script with `no-store`.
/// The layer also serves `/_fingerpost/version`, with the same content as `/version`. Both paths accept only GET and HEAD.
/// All other requests reach the inner service.
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
///
/// # Position
///
/// - Put the layer around the whole site, static files included. Request paths must be complete, so axum's `nest` cannot
///   contain the layer.
/// - Put the layer inside of a compression layer: compressed pages are left unchanged, with one warning.
/// - Put the layer inside of a layer that sets a [`CspNonce`](crate::CspNonce) in the request's extensions. `script-src 'self'`
///   needs no nonce.
/// - Several version layers may be nested. The headers and the script of the innermost layer apply. If the layers have
///   different assets, set another [`client_path`](VersionMiddleware::client_path) for one layer.
///
/// # HTML
///
/// The page is streamed. Until the script is inserted, incomplete tags are buffered. Pages without a `<head>` get no script. A
/// `<head>` inside of `<template>` is ignored ([`HeadInserter`](fingerpost_http::HeadInserter)). The layer also leaves
/// unchanged:
///
/// - pages in UTF-16, and partial content (206),
/// - responses with `Cache-Control: immutable` or `no-transform`,
/// - downloads (`Content-Disposition: attachment`), because a saved page has no connection to the server,
/// - all pages with [`OnMismatch::Ignore`].
///
/// The script tag moves the rest of the `<head>` by about 120 bytes. Browsers search for `<meta charset>` only in the first
/// 1024 bytes, so set the charset in `Content-Type`, or near the start of the page.
///
/// `Content-Length`, `Last-Modified` and digests are removed from a changed page. The `ETag` of a changed page
/// changes with every release (see [`HtmlExchange`](fingerpost_http::HtmlExchange)). With a nonce, the `ETag` is removed,
/// because every response has another nonce.
///
/// # One release
///
/// All layers of the same assets share one snapshot per request, through the request's extensions. The inner
/// service, its future and its body run in the scope of the snapshot ([`Snapshot::scope`](fingerpost::Snapshot::scope)). The
/// URLs and `app_version()` in templates, the headers and the script's `data-version` therefore always belong to the same
/// release.
///
/// # Settings
///
/// For other settings, build a [`VersionMiddleware`] and convert it:
/// `VersionLayer::from(VersionMiddleware::new(&assets).client_path("/assets/_version")?)`.
///
/// With the feature `metrics`, the counter `fingerpost_requests_total` counts requests by their requested version: see
/// [`draining`](crate::draining).
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
    type Response = Response<EitherBody<PageBody<R>>>;
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
        #[cfg(feature = "html")]
        if let Some(response) = self.middleware.respond(&parts, &snapshot) {
            return ResponseFuture::from_layer(MaybeBlocking::ready(response));
        }
        let exchange = self.middleware.begin(&snapshot, &mut parts);
        let inner = snapshot.scope(|| self.inner.call(Request::from_parts(parts, body)));
        ResponseFuture::from_inner(SnapshotScoped::new(inner, snapshot.clone()), (exchange, snapshot))
    }
}

impl<B: Body> Exchange<B> for (VersionExchange, Snapshot) {
    type Body = PageBody<B>;

    fn finish(&mut self, response: Response<B>) -> Response<PageBody<B>> {
        let (exchange, snapshot) = self;
        let (mut parts, body) = response.into_parts();
        #[cfg(feature = "html")]
        let body = {
            let change = exchange.finish(&mut parts);
            let inserter = |encoding| HtmlTransform::Insert(exchange.inserter(encoding));
            HtmlBody::new(body, snapshot, change, inserter)
        };
        #[cfg(not(feature = "html"))]
        let body = {
            exchange.set_headers(&mut parts);
            SnapshotScoped::new(body, snapshot.clone())
        };
        Response::from_parts(parts, body)
    }
}
