use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use fingerpost::{__private::quoted, Error};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, request};
use serde_json::json;

use super::{
    router_config::{Route, RouterConfig},
    routing::Routing,
    set_cookie::Cookie,
};
use crate::{
    rfc9110::{accept::names_html, method::for_method},
    version::{
        endpoints::json_response,
        requested_version::{RequestedVersion, VERSION_HEADER},
    },
};

/// Distinguishes a 409 of the router from a 409 of the application, for the client script.
const REFUSED_HEADER: HeaderName = HeaderName::from_static("x-app-version-refused");

/// Routes requests to one of several running versions. The router is the base of framework integrations and needs no async
/// runtime.
///
/// The version of a request is, in this order:
///
/// 1. the header `X-App-Requested-Version`, which the client script sends for each tab;
/// 2. the cookie `app_version`, which all tabs share;
/// 3. the default version, if set.
///
/// If the version is in the map passed to [`new`](Self::new), the response gets the headers `x-backend-target`, for a proxy,
/// and `x-app-served-version`. If the header has any other version, the request is refused with 409, a list of the versions
/// in the map and `x-app-version-refused: unknown`. The client script then reloads the page.
///
/// - A cookie with an unknown version is ignored, because a 409 for a page load could repeat forever. The 409 has no client
///   script that could reload the page. In addition, the router cannot expire a cookie that a sibling host set with
///   `Domain=`. The response to a page load (GET or HEAD whose `Accept` contains `text/html`) expires the cookie, unless the
///   application sets the cookie.
/// - Of several version cookies, the first with a version in the map is used. Browsers send the cookie with the longest path
///   first. The cookie is expired only if no cookie has a version in the map.
/// - A request with the header `X-Inertia` is never refused: with an unknown version, the request gets the default version.
/// - Empty headers and cookies are ignored. Several headers must have the same value, or the version counts as unknown.
/// - If the map is empty, all requests and responses pass unchanged.
///
/// Values from clients are only compared: they are not stored, echoed or logged.
///
/// # Caches
///
/// Responses without `immutable` get `Vary` with the version header and `Cookie`. A 409 and a response that expires the
/// cookie become `no-store`. A shared cache in front of the site must support `Vary`.
///
/// ```
/// use fingerpost_http::VersionRouter;
/// use http::{Request, Response};
///
/// let router = VersionRouter::new([("v1", "blue"), ("v2", "green")])?.default_version("v2")?;
/// let (request, ()) = Request::get("/").header("cookie", "app_version=v1").body(())?.into_parts();
/// let routing = router.route(&request).expect("a version in the map");
/// let mut response = Response::new("the response of blue");
/// routing.finish(response.headers_mut());
/// assert_eq!(response.headers()["x-backend-target"], "blue");
///
/// let (request, ()) = Request::get("/").header("x-app-requested-version", "v0").body(())?.into_parts();
/// let refusal = router.route(&request).unwrap_err();
/// assert_eq!(refusal.status(), 409);
/// assert!(refusal.body().ends_with(br#""versions":["v1","v2"]}"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct VersionRouter(Arc<RouterConfig>);

impl VersionRouter {
    /// Creates a router from versions and their targets. A target is a name in the configuration of the proxy.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if a version is not a valid
    /// [`AppVersion`](fingerpost::AppVersion) or occurs twice, or if a target cannot be a header value.
    pub fn new<V: AsRef<str>, T: AsRef<str>>(
        versions: impl IntoIterator<Item = (V, T)>,
    ) -> Result<Self, Error> {
        let mut routes = BTreeMap::new();
        for (version, target) in versions {
            let (version, target) = (version.as_ref(), target.as_ref());
            if routes.insert(version.to_owned(), Route::new(version, target)?).is_some() {
                return Err(Error::config(format!(
                    "version {} is in the map of the version router twice; remove one",
                    quoted(version)
                )));
            }
        }
        Ok(Self(Arc::new(RouterConfig {
            default: None,
            target_header: HeaderName::from_static("x-backend-target"),
            served_header: HeaderName::from_static("x-app-served-version"),
            cookie: Cookie::default(),
            vary: vary(&VERSION_HEADER),
            version_header: VERSION_HEADER.clone(),
            refusal: refusal(&routes),
            routes,
        })))
    }

    /// Sets the version of requests without a version. By default these requests pass unchanged.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if the version is not in the map.
    pub fn default_version(mut self, version: impl AsRef<str>) -> Result<Self, Error> {
        let version = version.as_ref();
        let config = Arc::make_mut(&mut self.0);
        let Some(route) = config.routes.get(version) else {
            let known: Vec<_> = config.routes.keys().map(quoted).collect();
            let known = if known.is_empty() { "no versions".to_owned() } else { known.join(", ") };
            return Err(Error::config(format!(
                "the default version {} is not in the map of the version router, which has {known}; add it there, or choose \
                 another default",
                quoted(version)
            )));
        };
        config.default = Some(route.clone());
        Ok(self)
    }

    /// Sets the request header with the version. Defaults to `X-App-Requested-Version`, which the client script sends.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if `name` cannot be the name of a header.
    pub fn version_header(mut self, name: &str) -> Result<Self, Error> {
        let config = Arc::make_mut(&mut self.0);
        config.version_header = header_name(name)?;
        config.vary = vary(&config.version_header);
        Ok(self)
    }

    /// Sets the response header with the target. Defaults to `x-backend-target`.
    ///
    /// # Errors
    ///
    /// Same as [`version_header`](Self::version_header).
    pub fn target_header(mut self, name: &str) -> Result<Self, Error> {
        Arc::make_mut(&mut self.0).target_header = header_name(name)?;
        Ok(self)
    }

    /// Sets the response header with the served version. Defaults to `x-app-served-version`.
    ///
    /// # Errors
    ///
    /// Same as [`version_header`](Self::version_header).
    pub fn served_header(mut self, name: &str) -> Result<Self, Error> {
        Arc::make_mut(&mut self.0).served_header = header_name(name)?;
        Ok(self)
    }

    /// Sets the name of the version cookie. Defaults to `app_version`.
    ///
    /// The router only reads and expires the cookie. The application or the proxy sets the cookie.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if `name` cannot be the name of a cookie, or begins
    /// with `__Host-` although the cookie has a domain or a path other than `/`.
    pub fn cookie_name(self, name: &str) -> Result<Self, Error> {
        self.with_cookie(|cookie| name.clone_into(&mut cookie.name))
    }

    /// Sets the path of the cookie. Use the `Path` with which the application or the proxy sets the cookie. Defaults to `/`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if `path` cannot be the path of a cookie.
    pub fn cookie_path(self, path: &str) -> Result<Self, Error> {
        self.with_cookie(|cookie| path.clone_into(&mut cookie.path))
    }

    /// Sets the domain of the cookie. Use the `Domain` with which the application or the proxy sets the cookie. By default
    /// the cookie has no domain, and belongs to one host.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if `domain` cannot be the domain of a cookie.
    pub fn cookie_domain(self, domain: &str) -> Result<Self, Error> {
        self.with_cookie(|cookie| cookie.domain = Some(domain.to_owned()))
    }

    fn with_cookie(mut self, change: impl FnOnce(&mut Cookie)) -> Result<Self, Error> {
        let cookie = &mut Arc::make_mut(&mut self.0).cookie;
        change(cookie);
        cookie.check()?;
        Ok(self)
    }

    /// Routes a request. Call [`Routing::finish`] with the response to the request.
    ///
    /// # Errors
    ///
    /// The 409 response, if the version header of the request has a version that is not in the map. Do not forward the
    /// request.
    pub fn route(&self, request: &request::Parts) -> Result<Routing, Box<Response<Bytes>>> {
        let config = &self.0;
        let routing = |route: Option<&Route>, expires_cookie| {
            Ok(Routing { config: Arc::clone(config), route: route.cloned(), expires_cookie })
        };
        let default = config.default.as_ref();
        if config.routes.is_empty() {
            return routing(default, false);
        }
        let is_known = |version: &str| config.routes.contains_key(version);
        let requested = RequestedVersion::from_headers(
            &request.headers,
            &config.version_header,
            &config.cookie.name,
            is_known,
        );
        let route = requested.version().and_then(|version| config.routes.get(version));
        match (route, requested) {
            (Some(_), _) => routing(route, false),
            (None, RequestedVersion::Nothing) => routing(default, false),
            // The router cannot expire a cookie that a sibling host set with an unknown domain and path, so a 409 would
            // repeat forever.
            (None, RequestedVersion::ByCookie(_)) => {
                let is_page_load = matches!(request.method, Method::GET | Method::HEAD);
                routing(default, is_page_load && names_html(&request.headers))
            }
            // Inertia shows a 409 without `X-Inertia-Location` as an error. The application compares the versions itself.
            (None, RequestedVersion::ByHeader(_)) if request.headers.contains_key("x-inertia") => {
                routing(default, false)
            }
            (None, RequestedVersion::ByHeader(_)) => {
                tracing::debug!("refused a request: the version in its header is not in the map");
                let mut refusal = json_response(StatusCode::CONFLICT, config.refusal.clone());
                refusal.headers_mut().insert(REFUSED_HEADER, HeaderValue::from_static("unknown"));
                Err(for_method(&request.method, refusal).into())
            }
        }
    }
}

fn header_name(name: &str) -> Result<HeaderName, Error> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
        Error::config(format!(
            "{} cannot be the name of a header; write letters, digits and `-`, such as `X-App-Requested-Version`",
            quoted(name)
        ))
    })
}

fn vary(version_header: &HeaderName) -> HeaderValue {
    HeaderValue::try_from(format!("{version_header}, cookie")).expect("header names are valid in a header")
}

fn refusal(routes: &BTreeMap<String, Route>) -> Bytes {
    let reason = "this version is not served any more; reload the page";
    let versions: Vec<_> = routes.keys().collect();
    json!({ "status": "error", "reason": reason, "versions": versions }).to_string().into()
}
