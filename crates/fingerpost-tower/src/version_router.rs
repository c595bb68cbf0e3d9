use std::task::{Context, Poll};

use fingerpost::Error;
use fingerpost_http::{Routing, VersionRouter};
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::{either_body::EitherBody, maybe_blocking::MaybeBlocking, response_future::ResponseFuture};

/// Rejects requests for unknown versions with a 409, and reports the backend target of all other requests.
///
/// The version of a request is in the header `X-App-Requested-Version`, or else in the cookie `app_version`. A request
/// without header or cookie gets the default version. If the version is in the map, the request reaches the inner
/// service, and the response gets the headers `x-backend-target` and `x-app-served-version`. A request with an unknown
/// version in the header does not reach the inner service. The response is a 409 with `no-store` and the versions of the
/// map as JSON. A request with an unknown version in the cookie gets the default version. Without a default, requests
/// without a version or with an unknown cookie reach the inner service, and the response gets neither header.
///
/// [`VersionRouter`] describes `Vary`, invalid headers, requests of Inertia and the expiry of the cookie. The module
/// `blue_green` has configurations for nginx and HAProxy.
///
/// Put the layer around pages, but not around [`StaticFiles`](crate::StaticFiles): an open page needs the files of its
/// version. Put `VersionLayer` outside of this layer: the script of `VersionLayer` reloads the page on a 409.
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
/// let request = |version: &str| Request::get("/").header("x-app-requested-version", version).body(Body::empty());
///
/// let response = app.clone().oneshot(request("v1")?).await?;
/// assert_eq!(response.headers()["x-backend-target"], "blue");
/// assert_eq!(app.oneshot(request("v0")?).await?.status(), 409);
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
