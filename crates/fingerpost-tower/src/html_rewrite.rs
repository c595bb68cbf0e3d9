//! Versions of assets in HTML that the inner service answers with.

use std::task::{Context, Poll};

use fingerpost::{Assets, Snapshot};
use fingerpost_http::{HtmlExchange, UrlRewriter, request_snapshot};
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    either_body::EitherBody,
    html_body::{HtmlBody, Transform},
    response_future::{Exchange, ResponseFuture},
    snapshot_scoped::SnapshotScoped,
};

/// How the entity tags of this layer are known, and what else its changes depend on.
const LAYER_NAME: &str = "html";
const ETAG_SETTINGS: &str = env!("CARGO_PKG_VERSION");

/// Puts the present URLs of assets into HTML that was not rendered through a template helper: files, what other programs
/// wrote, what a proxy passes on.
///
/// It streams: what comes in goes out, only an incomplete tag is held back. What is versioned, and what is left as it is, says
/// [`rewrite_html`](fingerpost_http::rewrite_html).
///
/// Only uncompressed `text/html` is changed, so a layer that compresses belongs around this one. Compressed answers, parts
/// (206), and answers that say `immutable` or `no-transform` pass as they are. So do downloads (`Content-Disposition: attachment`),
/// because a saved page cannot load `/static/…` from a disk. What is changed has no `Content-Length`, `Last-Modified` or
/// digests any more, and its `ETag` changes with every release, because a page whose file stays the same still gets new URLs:
/// see [`HtmlExchange`]. In development it has no `ETag`.
///
/// One snapshot of the assets is taken for each request, or taken over from the request's extensions, where an outer layer of
/// the same assets leaves it. It is in force ([`Snapshot::scope`](fingerpost::Snapshot::scope)) while the inner service is
/// called, and whenever its future and its body are polled.
///
/// In development each reference costs one look at the disk while the body is polled, and a hash if the file is new. In
/// production nothing blocks.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("a.css"), "body{}")?;
/// use axum::{Router, body::{Body, to_bytes}, http::Request, response::Html, routing::get};
/// use fingerpost::Assets;
/// use fingerpost_tower::HtmlRewriteLayer;
/// use tower::ServiceExt;
///
/// let assets = Assets::dev(dir.path())?;
/// let app: Router = Router::new()
///     .route("/", get(async || Html(r#"<link rel="stylesheet" href="/static/a.css">"#)))
///     .layer(HtmlRewriteLayer::new(&assets));
///
/// let response = app.oneshot(Request::get("/").body(Body::empty())?).await?;
/// let html = to_bytes(response.into_body(), 1000).await?;
/// assert_eq!(html, r#"<link rel="stylesheet" href="/static/a.css?v=7c98040a5416">"#);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct HtmlRewriteLayer {
    assets: Assets,
}

impl HtmlRewriteLayer {
    /// Versions what is an asset of these.
    pub fn new(assets: &Assets) -> Self {
        Self { assets: assets.clone() }
    }
}

impl<S> Layer<S> for HtmlRewriteLayer {
    type Service = HtmlRewriteService<S>;

    fn layer(&self, inner: S) -> HtmlRewriteService<S> {
        HtmlRewriteService { inner, assets: self.assets.clone() }
    }
}

/// The service of [`HtmlRewriteLayer`].
#[derive(Debug, Clone)]
pub struct HtmlRewriteService<S> {
    inner: S,
    assets: Assets,
}

impl<S, B, R> Service<Request<B>> for HtmlRewriteService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<EitherBody<HtmlBody<R>>>;
    type Error = S::Error;
    type Future = ResponseFuture<SnapshotScoped<S::Future>, (HtmlExchange, Snapshot)>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let snapshot = request_snapshot(&self.assets, &mut parts.extensions);
        let exchange = HtmlExchange::begin(LAYER_NAME, ETAG_SETTINGS, &snapshot, &mut parts);
        let inner = snapshot.scope(|| self.inner.call(Request::from_parts(parts, body)));
        ResponseFuture::from_inner(SnapshotScoped::new(inner, snapshot.clone()), (exchange, snapshot))
    }
}

impl<B: Body> Exchange<B> for (HtmlExchange, Snapshot) {
    type Body = HtmlBody<B>;

    fn finish(&mut self, response: Response<B>) -> Response<HtmlBody<B>> {
        let (exchange, snapshot) = self;
        let (mut parts, body) = response.into_parts();
        let change = exchange.finish(&mut parts);
        let rewriter = |encoding| Transform::Rewrite(UrlRewriter::with_encoding(snapshot, encoding));
        Response::from_parts(parts, HtmlBody::new(body, snapshot, change, rewriter))
    }
}
