use std::future::{Ready, ready};

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use fingerpost::{Assets, Snapshot};
use fingerpost_http::{HtmlExchange, HtmlTransform, UrlRewriter};

use crate::{
    convert::{change_head, copy_changes, request_parts, request_snapshot},
    html_body::{HtmlBody, change_body},
    response_future::ResponseFuture,
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
/// Call `.wrap(Compress::default())` after this layer, because compressed HTML is left unchanged. The layer also leaves
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
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("a.css"), "body{}")?;
/// use actix_web::{App, test, web};
/// use fingerpost::Assets;
/// use fingerpost_actix::HtmlRewriteLayer;
///
/// let assets = Assets::dev(dir.path())?;
/// let app = App::new()
///     .route("/", web::get().to(async || web::Html::new(r#"<link rel="stylesheet" href="/static/a.css">"#)))
///     .wrap(HtmlRewriteLayer::new(&assets));
///
/// let app = test::init_service(app).await;
/// let html = test::call_and_read_body(&app, test::TestRequest::get().uri("/").to_request()).await;
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

impl<S, B> Transform<S, ServiceRequest> for HtmlRewriteLayer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<HtmlBody<B>>;
    type Error = Error;
    type Transform = HtmlRewriteService<S>;
    type InitError = ();
    type Future = Ready<Result<HtmlRewriteService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(HtmlRewriteService { inner, assets: self.assets.clone() }))
    }
}

/// The service of [`HtmlRewriteLayer`].
#[derive(Debug, Clone)]
pub struct HtmlRewriteService<S> {
    inner: S,
    assets: Assets,
}

impl<S, B> Service<ServiceRequest> for HtmlRewriteService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<HtmlBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<HtmlBody<B>>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let mut parts = request_parts(&request);
        let snapshot = request_snapshot(&self.assets, &request, &mut parts);
        let exchange = HtmlExchange::begin(LAYER_NAME, ETAG_SETTINGS, &snapshot, &mut parts);
        copy_changes(&parts.headers, request.headers_mut());
        let inner = snapshot.scope(|| self.inner.call(request));
        ResponseFuture::boxed(async move {
            let (request, response) = SnapshotScoped::new(inner, snapshot.clone()).await?.into_parts();
            Ok(ServiceResponse::new(request, finish(&exchange, &snapshot, response)))
        })
    }
}

fn finish<B: MessageBody>(
    exchange: &HtmlExchange,
    snapshot: &Snapshot,
    mut response: HttpResponse<B>,
) -> HttpResponse<HtmlBody<B>> {
    let change = change_head(&mut response, |parts| exchange.finish(parts));
    let rewriter = |encoding| HtmlTransform::Rewrite(UrlRewriter::with_encoding(snapshot, encoding));
    change_body(response, snapshot, change, rewriter)
}
