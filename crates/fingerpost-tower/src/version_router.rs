//! Which of several running versions a request is for.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use fingerpost::Error;
use fingerpost_http::{Routing, VersionRouter};
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::either_body::EitherBody;

/// Tells pages of a version that runs no more to renew themselves, and a proxy where all others go.
///
/// A request says its version in the header `X-App-Requested-Version`, else in the cookie `app_version`, else it is the
/// default. A version in the map passes, and the response says `x-backend-target` and `x-app-served-version`. Any other in the
/// header is refused before the inner service sees it: 409, `no-store`, with the versions of the map as JSON; in the cookie it
/// counts as no version. What else counts as none, when the cookie is expired, and what caches are told, says
/// [`fingerpost_http::VersionRouter`]; how to run several versions behind nginx or HAProxy, the module `blue_green`.
///
/// Put it around pages, and not around [`StaticFiles`](crate::StaticFiles): the files of an old page are to be had for as long
/// as it is open. `VersionLayer`, whose script understands the 409, belongs around this one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, body::Body, http::Request, routing::get};
/// use fingerpost_tower::VersionRouterLayer;
/// use tower::ServiceExt as _;
///
/// let router = VersionRouterLayer::new([("v1", "blue"), ("v2", "green")])?.default_version("v2")?;
/// let app: Router = Router::new().route("/", get(async || "a page")).layer(router);
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
    /// Routes each version to its target, a name that the proxy in front knows. With an empty map everything passes as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) for what is no
    /// [`AppVersion`](fingerpost::AppVersion), for a target that cannot be a header value, and for a version that is there
    /// twice.
    pub fn new<V: AsRef<str>, T: AsRef<str>>(
        versions: impl IntoIterator<Item = (V, T)>,
    ) -> Result<Self, Error> {
        VersionRouter::new(versions).map(Self)
    }

    /// The version of a request that says none. Defaults to none: such a request passes as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if the map does not have it.
    pub fn default_version(self, version: impl AsRef<str>) -> Result<Self, Error> {
        self.0.default_version(version).map(Self)
    }

    /// The request header that says the version. Defaults to `X-App-Requested-Version`, which the client script sends.
    ///
    /// ```
    /// use fingerpost_tower::VersionRouterLayer;
    ///
    /// let router = VersionRouterLayer::new([("v1", "blue")])?
    ///     .version_header("X-Shop-Version")?
    ///     .target_header("X-Route-To")?
    ///     .served_header("X-Shop-Served")?
    ///     .cookie_name("shop_version")?
    ///     .cookie_path("/shop")?
    ///     .cookie_domain("example.com")?;
    /// # Ok::<(), fingerpost::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if this cannot be the name of a header.
    pub fn version_header(self, name: &str) -> Result<Self, Error> {
        self.0.version_header(name).map(Self)
    }

    /// The response header that says the target. Defaults to `x-backend-target`.
    ///
    /// # Errors
    ///
    /// As for [`version_header`](Self::version_header).
    pub fn target_header(self, name: &str) -> Result<Self, Error> {
        self.0.target_header(name).map(Self)
    }

    /// The response header that says the version. Defaults to `x-app-served-version`.
    ///
    /// # Errors
    ///
    /// As for [`version_header`](Self::version_header).
    pub fn served_header(self, name: &str) -> Result<Self, Error> {
        self.0.served_header(name).map(Self)
    }

    /// The cookie that says the version. Defaults to `app_version`. It is only read, and expired; application or proxy set it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if this cannot be the name of a cookie, or begins
    /// with `__Host-` while there is a domain or another path than `/`.
    pub fn cookie_name(self, name: &str) -> Result<Self, Error> {
        self.0.cookie_name(name).map(Self)
    }

    /// The path that the cookie was set for: a browser expires no other. Defaults to `/`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if this cannot be the path of a cookie.
    pub fn cookie_path(self, path: &str) -> Result<Self, Error> {
        self.0.cookie_path(path).map(Self)
    }

    /// The domain that the cookie was set for: a browser expires no other. Defaults to none, which is this host alone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if this cannot be the domain of a cookie.
    pub fn cookie_domain(self, domain: &str) -> Result<Self, Error> {
        self.0.cookie_domain(domain).map(Self)
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
    type Future = VersionRouterFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        match self.router.route(&parts) {
            Ok(routing) => {
                VersionRouterFuture::from_inner(self.inner.call(Request::from_parts(parts, body)), routing)
            }
            Err(refusal) => VersionRouterFuture::from_layer(*refusal),
        }
    }
}

pin_project! {
    /// The future of [`VersionRouterService`].
    pub struct VersionRouterFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        FromLayer { response: Option<Response<Bytes>> },
        FromInner { #[pin] inner: F, routing: Routing },
    }
}

impl<F> VersionRouterFuture<F> {
    fn from_layer(refusal: Response<Bytes>) -> Self {
        Self { state: State::FromLayer { response: Some(refusal) } }
    }

    fn from_inner(inner: F, routing: Routing) -> Self {
        Self { state: State::FromInner { inner, routing } }
    }
}

impl<F, R, E> Future for VersionRouterFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<EitherBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match self.project().state.project() {
            StateProjection::FromLayer { response } => {
                response.take().expect("a future is not polled after its end").map(EitherBody::from_layer)
            }
            StateProjection::FromInner { inner, routing } => {
                let mut response = ready!(inner.poll(cx))?;
                routing.finish(response.headers_mut());
                response.map(EitherBody::from_inner)
            }
        }))
    }
}

impl<F> fmt::Debug for VersionRouterFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionRouterFuture").finish_non_exhaustive()
    }
}
