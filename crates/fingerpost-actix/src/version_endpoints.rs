use std::future::{Ready, ready};

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use fingerpost::{Assets, BustToken};
use fingerpost_http::VersionEndpoints;

use crate::{
    convert::{bytes_into_response, request_line, request_parts},
    response_future::{ResponseFuture, blocking},
};

/// Handles `GET /version` and `POST /cache/bust` in front of a whole site.
///
/// `/version` returns the app version, its source, and the number of files in each component. `/cache/bust` is for deploy
/// scripts, and requires the bearer token that `fingerpost bust-token` prints ([`BustToken`]). The endpoint reads the manifest,
/// the components and the source directories again. All later requests use the new state. The response contains the new
/// version. If reading fails, the response is a 500 with the reason, and nothing changes. No response is cached. All other
/// requests reach the inner service.
///
/// For other paths, build a [`VersionEndpoints`] and convert it:
/// `VersionEndpoints::from_env(&assets)?.paths("/shop/version", "/shop/cache/bust").into()`.
///
/// ```
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// use actix_web::{App, test, web};
/// use fingerpost::{Assets, BustToken};
/// use fingerpost_actix::VersionEndpointsLayer;
///
/// let assets = Assets::dev(dir.path())?;
/// let secret = "correct horse battery staple";
/// let app = App::new()
///     .route("/", web::get().to(async || "a page"))
///     .wrap(VersionEndpointsLayer::with_secret(&assets, secret)?);
///
/// let app = test::init_service(app).await;
/// let response = test::call_service(&app, test::TestRequest::get().uri("/version").to_request()).await;
/// assert_eq!(response.headers().get("content-type").unwrap(), "application/json");
///
/// let bearer = format!("Bearer {}", BustToken::from_secret(secret)?.as_str());
/// let bust = test::TestRequest::post().uri("/cache/bust").insert_header(("authorization", bearer));
/// assert_eq!(test::call_service(&app, bust.to_request()).await.status(), 200);
/// # Ok(())
/// # }
/// ```
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
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if the variable is unset or empty in production, or if
    /// the secret has fewer than 16 bytes.
    pub fn new(assets: &Assets) -> Result<Self, fingerpost::Error> {
        VersionEndpoints::from_env(assets).map(Self)
    }

    /// Returns a layer with both endpoints and this secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if the secret has fewer than 16 bytes.
    pub fn with_secret(assets: &Assets, secret: impl AsRef<[u8]>) -> Result<Self, fingerpost::Error> {
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

impl<S, B> Transform<S, ServiceRequest> for VersionEndpointsLayer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = VersionEndpointsService<S>;
    type InitError = ();
    type Future = Ready<Result<VersionEndpointsService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(VersionEndpointsService { inner, endpoints: self.0.clone() }))
    }
}

/// The service of [`VersionEndpointsLayer`].
#[derive(Debug, Clone)]
pub struct VersionEndpointsService<S> {
    inner: S,
    endpoints: VersionEndpoints,
}

impl<S, B> Service<ServiceRequest> for VersionEndpointsService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<EitherBody<B>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        if !self.endpoints.handles(&request_line(&request)) {
            let inner = self.inner.call(request);
            return ResponseFuture::boxed(async { Ok(inner.await?.map_into_left_body()) });
        }
        let (endpoints, parts) = (self.endpoints.clone(), request_parts(&request));
        ResponseFuture::boxed(async move {
            let response = match endpoints.respond(&parts) {
                Some(response) => response,
                None => blocking(move || endpoints.respond_blocking(&parts)).await,
            };
            Ok(request.into_response(bytes_into_response(response)).map_into_right_body())
        })
    }
}
