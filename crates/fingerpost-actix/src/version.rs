use std::future::{Ready, ready};

use actix_web::{
    Error, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use fingerpost::{Assets, Snapshot};
#[cfg(feature = "html")]
use fingerpost_http::HtmlTransform;
use fingerpost_http::{OnMismatch, VersionExchange, VersionMiddleware};

#[cfg(feature = "metrics")]
use crate::request_counter::count_request;
#[cfg(feature = "html")]
use crate::{
    convert::bytes_into_response,
    html_body::{HtmlBody, change_body},
};
use crate::{
    convert::{change_head, copy_changes, request_parts, request_snapshot},
    response_future::ResponseFuture,
    snapshot_scoped::SnapshotScoped,
};

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
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// use actix_web::{App, test, web};
/// use fingerpost::{Assets, Mode};
/// use fingerpost_actix::VersionLayer;
///
/// let assets = Assets::builder().source(dir.path()).mode(Mode::Dev).app_version("v1.2").build()?;
/// let app = App::new()
///     .route("/", web::get().to(async || web::Html::new("<head><title>Hello</title></head>")))
///     .wrap(VersionLayer::new(&assets));
///
/// let app = test::init_service(app).await;
/// let response = test::call_service(&app, test::TestRequest::get().uri("/").to_request()).await;
/// assert_eq!(response.headers().get("x-app-version").unwrap(), "v1.2");
/// let html = test::read_body(response).await;
/// let html = std::str::from_utf8(&html)?;
/// assert!(html.starts_with("<head><script defer src=\"/_fingerpost/client."));
/// assert!(html.ends_with(".js\" data-version=\"v1.2\" data-action=\"reload\"></script><title>Hello</title></head>"));
/// # Ok(())
/// # }
/// ```
///
/// # Position
///
/// The last `wrap` is the outermost layer.
///
/// - Put the layer around the whole `App`, static files included.
/// - Put the layer inside of `Compress`: compressed pages are left unchanged, with one warning.
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
/// service, its future and its body run in the scope of the snapshot ([`Snapshot::scope`](fingerpost::Snapshot::scope)), on
/// the thread of the worker. The URLs and `app_version()` in templates, the headers and the script's `data-version` therefore
/// always belong to the same release. The scope does not include `web::block`, which runs on another thread: call `scope` of
/// the [`Snapshot`] in the request's extensions.
///
/// # Settings
///
/// For other settings, build a [`VersionMiddleware`] and convert it:
/// `VersionLayer::from(VersionMiddleware::new(&assets).client_path("/assets/_version")?)`.
///
/// With the feature `metrics`, the counter `fingerpost_requests_total` counts requests by their requested version.
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

impl<S, B> Transform<S, ServiceRequest> for VersionLayer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<PageBody<B>>>;
    type Error = Error;
    type Transform = VersionService<S>;
    type InitError = ();
    type Future = Ready<Result<VersionService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(VersionService { inner, middleware: self.0.clone() }))
    }
}

/// The service of [`VersionLayer`].
#[derive(Debug, Clone)]
pub struct VersionService<S> {
    inner: S,
    middleware: VersionMiddleware,
}

impl<S, B> Service<ServiceRequest> for VersionService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<PageBody<B>>>;
    type Error = Error;
    type Future = ResponseFuture<EitherBody<PageBody<B>>>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let mut parts = request_parts(&request);
        let snapshot = request_snapshot(self.middleware.assets(), &request, &mut parts);
        #[cfg(feature = "metrics")]
        count_request(&request, &parts, &snapshot);
        #[cfg(feature = "html")]
        if let Some(response) = self.middleware.respond(&parts, &snapshot) {
            let response = request.into_response(bytes_into_response(response));
            return ResponseFuture::ready(response.map_into_right_body());
        }
        let exchange = self.middleware.begin(&snapshot, &mut parts);
        copy_changes(&parts.headers, request.headers_mut());
        let inner = snapshot.scope(|| self.inner.call(request));
        ResponseFuture::boxed(async move {
            match SnapshotScoped::new(inner, snapshot.clone()).await {
                Ok(response) => {
                    let (request, response) = response.into_parts();
                    let response = finish(&exchange, &snapshot, response).map_into_left_body();
                    Ok(ServiceResponse::new(request, response))
                }
                Err(mut err) => {
                    err.add_response_mapper(move |response| {
                        finish(&exchange, &snapshot, response).map_into_boxed_body()
                    });
                    Err(err)
                }
            }
        })
    }
}

fn finish<B: MessageBody>(
    exchange: &VersionExchange,
    snapshot: &Snapshot,
    mut response: HttpResponse<B>,
) -> HttpResponse<PageBody<B>> {
    #[cfg(feature = "html")]
    {
        let change = change_head(&mut response, |parts| exchange.finish(parts));
        change_body(response, snapshot, change, |encoding| HtmlTransform::Insert(exchange.inserter(encoding)))
    }
    #[cfg(not(feature = "html"))]
    {
        change_head(&mut response, |parts| exchange.set_headers(parts));
        response.map_body(|_, body| SnapshotScoped::new(body, snapshot.clone()))
    }
}
