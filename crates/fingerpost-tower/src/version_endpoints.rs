use std::task::{Context, Poll};

use fingerpost::{Assets, BustToken, Error};
use fingerpost_http::VersionEndpoints;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::{either_body::EitherBody, maybe_blocking::MaybeBlocking, response_future::ResponseFuture};

/// Answers `GET /version` and `POST /cache/bust` in front of a whole site.
///
/// `/version` tells everybody the app version, where it comes from and how many files its components have. `/cache/bust` is
/// for deploy scripts: with the right bearer token it reads manifest, components and source dirs again, puts them in force
/// for all requests at once and answers with the new version; a broken manifest is a 500 with the reason, and what was in
/// force stays. Nobody keeps any of these answers. See [`BustToken`] for the token, which `fingerpost bust-token` prints.
///
/// In axum, put it around the outermost `Router`, after all routes: both paths are then answered whatever routes there are,
/// and before them. Around a router that is nested under `/shop`, a layer sees paths without `/shop`, and axum asks it only
/// for what that router has a route or a fallback for; so there, too, put the layer around the outermost router, with other
/// [`paths`](VersionEndpoints::paths):
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let assets = fingerpost::Assets::dev(dir.path())?;
/// use fingerpost_tower::{VersionEndpoints, VersionEndpointsLayer};
///
/// let endpoints = VersionEndpoints::from_env(&assets)?.paths("/shop/version", "/shop/cache/bust");
/// let layer = VersionEndpointsLayer::from(endpoints);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Reading happens on tokio's threads for blocking work: it has to be called inside of a tokio runtime.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// use axum::{Router, body::Body, http::Request, routing::get};
/// use fingerpost::{Assets, BustToken};
/// use fingerpost_tower::VersionEndpointsLayer;
/// use tower::ServiceExt as _;
///
/// let assets = Assets::dev(dir.path())?;
/// let secret = "correct horse battery staple";
/// let app: Router = Router::new()
///     .route("/", get(async || "a page"))
///     .layer(VersionEndpointsLayer::with_secret(&assets, secret)?);
///
/// let answer = app.clone().oneshot(Request::get("/version").body(Body::empty())?).await?;
/// assert_eq!(answer.headers()["content-type"], "application/json");
///
/// let bearer = format!("Bearer {}", BustToken::from_secret(secret)?.as_str());
/// let bust = Request::post("/cache/bust").header("authorization", bearer).body(Body::empty())?;
/// assert_eq!(app.oneshot(bust).await?.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct VersionEndpointsLayer(VersionEndpoints);

impl VersionEndpointsLayer {
    /// Both endpoints; the secret of the bust token is taken from the environment variable `FINGERPOST_SECRET`.
    ///
    /// In development the variable may be unset or empty. Then this is [`without_bust`](Self::without_bust), with a warning:
    /// `POST /cache/bust` goes to the inner service, which is a 404 in most sites.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) in production if the variable is not set, and in both
    /// modes if it has less than 16 bytes: a `/cache/bust` that everybody may call is refused here, and not at the first request.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use axum::Router;
    /// use fingerpost::Assets;
    /// use fingerpost_tower::VersionEndpointsLayer;
    ///
    /// let assets = Assets::dev(dir.path())?;
    /// let app: Router = Router::new().layer(VersionEndpointsLayer::new(&assets)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(assets: &Assets) -> Result<Self, Error> {
        VersionEndpoints::from_env(assets).map(Self)
    }

    /// Both endpoints, with this secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if the secret has less than 16 bytes.
    pub fn with_secret(assets: &Assets, secret: impl AsRef<[u8]>) -> Result<Self, Error> {
        Ok(Self(VersionEndpoints::new(assets, Some(BustToken::from_secret(secret)?))))
    }

    /// `/version` alone, which needs no secret. What is asked for under `/cache/bust` is the inner service's.
    pub fn without_bust(assets: &Assets) -> Self {
        Self(VersionEndpoints::new(assets, None))
    }
}

impl From<VersionEndpoints> for VersionEndpointsLayer {
    fn from(endpoints: VersionEndpoints) -> Self {
        Self(endpoints)
    }
}

impl<S> Layer<S> for VersionEndpointsLayer {
    type Service = VersionEndpointsService<S>;

    fn layer(&self, inner: S) -> VersionEndpointsService<S> {
        VersionEndpointsService { inner, endpoints: self.0.clone() }
    }
}

/// The service of [`VersionEndpointsLayer`].
#[derive(Debug, Clone)]
pub struct VersionEndpointsService<S> {
    inner: S,
    endpoints: VersionEndpoints,
}

impl<S, B, R> Service<Request<B>> for VersionEndpointsService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<EitherBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ()>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        if !self.endpoints.handles(&parts) {
            return ResponseFuture::from_inner(self.inner.call(Request::from_parts(parts, body)), ());
        }
        ResponseFuture::from_layer(match self.endpoints.respond(&parts) {
            Some(response) => MaybeBlocking::ready(response),
            None => {
                let endpoints = self.endpoints.clone();
                MaybeBlocking::blocking(move || endpoints.respond_blocking(&parts))
            }
        })
    }
}
