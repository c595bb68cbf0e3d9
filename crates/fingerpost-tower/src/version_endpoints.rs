use std::task::{Context, Poll};

use fingerpost::{Assets, BustToken, Error};
use fingerpost_http::VersionEndpoints;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::{either_body::EitherBody, maybe_blocking::MaybeBlocking, response_future::ResponseFuture};

/// Handles `GET /version` and `POST /cache/bust` in front of a whole site.
///
/// `/version` returns the app version, its source, and the number of files in each component. `/cache/bust` is for deploy
/// scripts, and requires the bearer token that `fingerpost bust-token` prints ([`BustToken`]). The endpoint reads the manifest,
/// the components and the source directories again. All later requests use the new state. The response contains the new
/// version. If reading fails, the response is a 500 with the reason, and nothing changes. No response is cached. All other
/// requests reach the inner service.
///
/// In axum, put the layer around the outermost `Router`, after all routes. A layer on a nested router receives only requests
/// that match a route or fallback of this router. The paths of these requests lack the prefix.
///
/// For other paths, build a [`VersionEndpoints`] and convert it:
/// `VersionEndpoints::from_env(&assets)?.paths("/shop/version", "/shop/cache/bust").into()`.
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
/// let response = app.clone().oneshot(Request::get("/version").body(Body::empty())?).await?;
/// assert_eq!(response.headers()["content-type"], "application/json");
///
/// let bearer = format!("Bearer {}", BustToken::from_secret(secret)?.as_str());
/// let bust = Request::post("/cache/bust").header("authorization", bearer).body(Body::empty())?;
/// assert_eq!(app.oneshot(bust).await?.status(), 200);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// `call` panics outside of a tokio runtime for a valid `POST /cache/bust`, because files are read on tokio's blocking threads.
#[derive(Debug, Clone)]
pub struct VersionEndpointsLayer(VersionEndpoints);

impl VersionEndpointsLayer {
    /// Returns a layer with both endpoints and the secret from the environment variable `FINGERPOST_SECRET`.
    ///
    /// If the variable is unset or empty in development, a warning is reported, and the layer is the same as
    /// [`without_bust`](Self::without_bust).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if the variable is unset or empty in production, or
    /// if the secret has fewer than 16 bytes.
    pub fn new(assets: &Assets) -> Result<Self, Error> {
        VersionEndpoints::from_env(assets).map(Self)
    }

    /// Returns a layer with both endpoints and this secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if the secret has fewer than 16 bytes.
    pub fn with_secret(assets: &Assets, secret: impl AsRef<[u8]>) -> Result<Self, Error> {
        Ok(Self(VersionEndpoints::new(assets, Some(BustToken::from_secret(secret)?))))
    }

    /// Returns a layer with `/version` alone, which needs no secret. Requests for `/cache/bust` reach the inner service.
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
