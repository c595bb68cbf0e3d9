//! Which of several running versions a request is for.

use std::task::{Context, Poll};

use fingerpost::Error;
use fingerpost_http::{Routing, VersionRouter};
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::{either_body::EitherBody, maybe_blocking::MaybeBlocking, response_future::ResponseFuture};

/// Tells pages of a version that runs no more to renew themselves, and a proxy where all others go.
///
/// A request says its version in the header `X-App-Requested-Version`, else in the cookie `app_version`, else it is the
/// default. A version in the map passes, and the response says `x-backend-target` and `x-app-served-version`. Any other in the
/// header is refused before the inner service sees it: 409, `no-store`, with the versions of the map as JSON; in the cookie it
/// counts as no version. What else counts as none, when the cookie is expired, and what caches are told, says
/// [`VersionRouter`]; how to run several versions behind nginx or HAProxy, the module `blue_green`.
///
/// Put it around pages, and not around [`StaticFiles`](crate::StaticFiles): the files of an old page are to be had for as long
/// as it is open. `VersionLayer`, whose script understands the 409, belongs around this one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, body::Body, http::Request, routing::get};
/// use fingerpost_tower::{VersionRouter, VersionRouterLayer};
/// use tower::ServiceExt as _;
///
/// let router = VersionRouter::new([("v1", "blue"), ("v2", "green")])?.default_version("v2")?;
/// let app: Router =
///     Router::new().route("/", get(async || "a page")).layer(VersionRouterLayer::from(router));
/// let ask = |version: &str| Request::get("/").header("x-app-requested-version", version).body(Body::empty());
///
/// let answer = app.clone().oneshot(ask("v1")?).await?;
/// assert_eq!(answer.headers()["x-backend-target"], "blue");
/// assert_eq!(app.oneshot(ask("v0")?).await?.status(), 409);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct VersionRouterLayer(VersionRouter);

impl VersionRouterLayer {
    /// Returns a layer with the defaults of [`VersionRouter`]. For other settings, use `from`.
    ///
    /// # Errors
    ///
    /// The same as for [`VersionRouter::new`].
    pub fn new<V: AsRef<str>, T: AsRef<str>>(
        versions: impl IntoIterator<Item = (V, T)>,
    ) -> Result<Self, Error> {
        VersionRouter::new(versions).map(Self)
    }
}

impl From<VersionRouter> for VersionRouterLayer {
    fn from(router: VersionRouter) -> Self {
        Self(router)
    }
}

impl<S> Layer<S> for VersionRouterLayer {
    type Service = VersionRouterService<S>;

    fn layer(&self, inner: S) -> VersionRouterService<S> {
        VersionRouterService { inner, router: self.0.clone() }
    }
}

/// The service of [`VersionRouterLayer`].
#[derive(Debug, Clone)]
pub struct VersionRouterService<S> {
    inner: S,
    router: VersionRouter,
}

impl<S, B, R> Service<Request<B>> for VersionRouterService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<EitherBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, Routing>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        match self.router.route(&parts) {
            Ok(routing) => {
                ResponseFuture::from_inner(self.inner.call(Request::from_parts(parts, body)), routing)
            }
            Err(refusal) => ResponseFuture::from_layer(MaybeBlocking::ready(*refusal)),
        }
    }
}
