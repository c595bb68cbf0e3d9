use std::future::{Ready, ready};

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use fingerpost_http::{Routing, VersionRouter};

use crate::{
    convert::{bytes_into_response, change_head, request_parts},
    response_future::ResponseFuture,
};

/// Rejects requests for unknown versions with a 409, and reports the backend target of all other requests.
///
/// The version of a request is in the header `X-App-Requested-Version`, or else in the cookie `app_version`. A request
/// without header or cookie gets the default version. If the version is in the map, the request reaches the inner
/// service, and the response gets the headers `x-backend-target` and `x-app-served-version`. A request with an unknown
/// version in the header does not reach the inner service. The response is a 409 with `no-store` and the versions of the
/// map as JSON. A request with an unknown version in the cookie gets the default version. Without a default, requests
/// without a version or with an unknown cookie reach the inner service, and the response gets neither header.
///
/// [`VersionRouter`] describes `Vary`, invalid headers, requests of Inertia and the expiry of the cookie.
///
/// Wrap a scope of pages, but not [`StaticFiles`](crate::StaticFiles): an open page needs the files of its version. Put
/// `VersionLayer` outside of this layer: the script of `VersionLayer` reloads the page on a 409.
///
/// ```
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use actix_web::{App, test, web};
/// use fingerpost_actix::{VersionRouter, VersionRouterLayer};
///
/// let router = VersionRouter::new([("v1", "blue"), ("v2", "green")])?.default_version("v2")?;
/// let app = App::new()
///     .route("/", web::get().to(async || "a page"))
///     .wrap(VersionRouterLayer::from(router));
/// let app = test::init_service(app).await;
/// let request = |version: &'static str| {
///     test::TestRequest::get().uri("/").insert_header(("x-app-requested-version", version)).to_request()
/// };
///
/// let response = test::call_service(&app, request("v1")).await;
/// assert_eq!(response.headers().get("x-backend-target").unwrap(), "blue");
/// assert_eq!(test::call_service(&app, request("v0")).await.status(), 409);
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
    ) -> Result<Self, fingerpost::Error> {
        VersionRouter::new(versions).map(Self)
    }
}

impl From<VersionRouter> for VersionRouterLayer {
    fn from(router: VersionRouter) -> Self {
        Self(router)
    }
}

impl<S, B> Transform<S, ServiceRequest> for VersionRouterLayer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = VersionRouterService<S>;
    type InitError = ();
    type Future = Ready<Result<VersionRouterService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(VersionRouterService { inner, router: self.0.clone() }))
    }
}

/// The service of [`VersionRouterLayer`].
#[derive(Debug, Clone)]
pub struct VersionRouterService<S> {
    inner: S,
    router: VersionRouter,
}

impl<S, B> Service<ServiceRequest> for VersionRouterService<S>
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
        let routing = match self.router.route(&request_parts(&request)) {
            Ok(routing) => routing,
            Err(refusal) => {
                let refusal = request.into_response(bytes_into_response(*refusal));
                return ResponseFuture::ready(refusal.map_into_right_body());
            }
        };
        let inner = self.inner.call(request);
        ResponseFuture::boxed(async move {
            match inner.await {
                Ok(mut response) => {
                    finish(&routing, response.response_mut());
                    Ok(response.map_into_left_body())
                }
                Err(mut err) => {
                    err.add_response_mapper(move |mut response| {
                        finish(&routing, &mut response);
                        response
                    });
                    Err(err)
                }
            }
        })
    }
}

fn finish<B>(routing: &Routing, response: &mut actix_web::HttpResponse<B>) {
    change_head(response, |parts| routing.finish(&mut parts.headers));
}
