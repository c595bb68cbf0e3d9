use std::task::{Context, Poll};

use fingerpost::{Assets, Snapshot};
use fingerpost_http::{HtmlExchange, HtmlTransform, UrlRewriter, request_snapshot};
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    either_body::EitherBody,
    html_body::HtmlBody,
    response_future::{Exchange, ResponseFuture},
    snapshot_scoped::SnapshotScoped,
};

/// Part of the entity tags of this layer.
const LAYER_NAME: &str = "html";
/// The entity tag includes the version of this crate, because an upgrade of the crate may change the output.
const ETAG_SETTINGS: &str = env!("CARGO_PKG_VERSION");

/// Replaces asset references in HTML pages with their current URLs.
///
/// The layer is intended for HTML without template helpers: files, output of other programs, proxied pages. Pages are
/// streamed, and only incomplete tags are buffered. [`rewrite_html`](fingerpost_http::rewrite_html) lists the attributes that
/// are rewritten.
///
/// Put a compression layer outside of this layer, because compressed HTML is left unchanged. The layer also leaves
/// unchanged:
///
/// - responses other than `text/html`, pages in UTF-16, and partial content (206),
/// - responses with `Cache-Control: immutable` or `no-transform`,
/// - downloads (`Content-Disposition: attachment`), because a saved page cannot load `/static/…` from a disk.
///
/// `Content-Length`, `Last-Modified` and digests are removed from a changed response. The `ETag` of a changed
/// response changes with every release, and is removed in development ([`HtmlExchange`]).
///
/// All layers of the same assets share one snapshot per request, through the request's extensions. The inner
/// service, its future and its body run in the scope of the snapshot ([`Snapshot::scope`](fingerpost::Snapshot::scope)), so
/// template helpers use its release.
///
/// In production, rewriting does not block. In development, each reference requires a `stat` of a file while the body is
/// polled, and changed files are hashed.
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
    /// Returns a layer that rewrites references to these assets.
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
        let rewriter = |encoding| HtmlTransform::Rewrite(UrlRewriter::with_encoding(snapshot, encoding));
        Response::from_parts(parts, HtmlBody::new(body, snapshot, change, rewriter))
    }
}
