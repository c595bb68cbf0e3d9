//! The app version on every response, and the client script in every page.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use fingerpost::{Assets, Error, Snapshot};
use fingerpost_http::{
    HeadInserter, HtmlChange, OnMismatch, VersionExchange, VersionMiddleware, request_snapshot,
};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

#[cfg(feature = "metrics")]
use crate::request_counter::count_request;
use crate::{either_body::EitherBody, html_body::HtmlTransformBody, snapshot_scoped::SnapshotScoped};

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
///   assets, give it another [`client_path`](Self::client_path).
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
    /// Tells the app version of these assets.
    pub fn new(assets: &Assets) -> Self {
        Self(VersionMiddleware::new(assets))
    }

    /// Whether responses say `X-App-Version` and `X-App-Version-Action`. Defaults to `true`.
    ///
    /// Without them pages still get the script. It sends the page's version with its requests, and acts on the 409 of a router;
    /// of a deploy that nothing refuses it learns nothing.
    #[must_use]
    pub fn header(self, has_header: bool) -> Self {
        Self(self.0.header(has_header))
    }

    /// What a page does once it is stale. Defaults to [`OnMismatch::Reload`]; [`OnMismatch::Ignore`] puts no script into pages,
    /// and tells those that have it to do nothing.
    #[must_use]
    pub fn on_mismatch(self, action: OnMismatch) -> Self {
        Self(self.0.on_mismatch(action))
    }

    /// What precedes `client.<hash>.js` and `version`, which the layer answers. Defaults to `/_fingerpost`.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let assets = fingerpost::Assets::dev(dir.path())?;
    /// use fingerpost_tower::VersionLayer;
    ///
    /// let layer = VersionLayer::new(&assets).client_path("/assets/_version")?;
    /// assert!(VersionLayer::new(&assets).client_path("assets").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if it does not begin with `/`, names nothing, or holds
    /// anything else than letters, digits and `. _ ~ - /`.
    pub fn client_path(self, path: &str) -> Result<Self, Error> {
        self.0.client_path(path).map(Self)
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

impl<S> VersionService<S> {
    /// Around `inner`, without the layer and with its defaults.
    pub fn new(inner: S, assets: &Assets) -> Self {
        VersionLayer::new(assets).layer(inner)
    }
}

impl<S, B, R> Service<Request<B>> for VersionService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<VersionBody<R>>;
    type Error = S::Error;
    type Future = VersionFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let snapshot = request_snapshot(self.middleware.assets(), &mut parts.extensions);
        #[cfg(feature = "metrics")]
        count_request(&mut parts, &snapshot);
        if let Some(response) = self.middleware.respond(&parts, &snapshot) {
            return VersionFuture::from_layer(response);
        }
        let exchange = self.middleware.begin(&snapshot, &mut parts);
        let inner = snapshot.scope(|| self.inner.call(Request::from_parts(parts, body)));
        VersionFuture::from_inner(inner, snapshot, exchange)
    }
}

pin_project! {
    /// The future of [`VersionService`].
    #[derive(Debug)]
    pub struct VersionFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProjection]
    enum State<F> {
        FromInner { #[pin] inner: SnapshotScoped<F>, snapshot: Snapshot, exchange: VersionExchange },
        // An answer of the layer itself.
        FromLayer { response: Option<Response<Bytes>> },
    }
}

impl<F> VersionFuture<F> {
    fn from_inner(inner: F, snapshot: Snapshot, exchange: VersionExchange) -> Self {
        Self {
            state: State::FromInner {
                inner: SnapshotScoped::new(inner, snapshot.clone()),
                snapshot,
                exchange,
            },
        }
    }

    fn from_layer(response: Response<Bytes>) -> Self {
        Self { state: State::FromLayer { response: Some(response) } }
    }
}

impl<F, B, E> Future for VersionFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<VersionBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::FromInner { inner, snapshot, exchange } => {
                let (mut parts, body) = ready!(inner.poll(cx))?.into_parts();
                let change = exchange.finish(&mut parts);
                let body = VersionBody::from_inner(body, snapshot, change, exchange);
                Poll::Ready(Ok(Response::from_parts(parts, body)))
            }
            StateProjection::FromLayer { response } => {
                let response = response.take().expect("a future is not polled after its end");
                Poll::Ready(Ok(response.map(VersionBody::from_layer)))
            }
        }
    }
}

pin_project! {
    /// The body of the responses of [`VersionService`].
    ///
    /// Trailers pass, of a page without digests. If the inner body fails, all that it gave until then comes out first.
    pub struct VersionBody<B: Body> {
        #[pin]
        inner: EitherBody<HtmlTransformBody<B, HeadInserter>>,
    }
}

impl<B: Body> VersionBody<B> {
    fn from_inner(inner: B, snapshot: &Snapshot, change: HtmlChange, exchange: &VersionExchange) -> Self {
        let body = HtmlTransformBody::new(inner, snapshot, change, |encoding| exchange.inserter(encoding));
        Self { inner: EitherBody::from_inner(body) }
    }

    /// An answer of the layer itself.
    fn from_layer(bytes: Bytes) -> Self {
        Self { inner: EitherBody::from_layer(bytes) }
    }
}

impl<B: Body> Body for VersionBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Body> fmt::Debug for VersionBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionBody").finish_non_exhaustive()
    }
}
