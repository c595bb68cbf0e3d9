//! Completes responses of the router.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CACHE_CONTROL, EXPIRES, VARY},
};

use super::router_config::{Route, RouterConfig};
use crate::rfc9110::cache_control::has_any_directive;

/// The route of a request, and the headers for the response.
#[derive(Debug, Clone)]
pub struct Routing {
    pub(super) config: Arc<RouterConfig>,
    pub(super) route: Option<Route>,
    pub(super) expires_cookie: bool,
}

impl Routing {
    /// Returns the version and its target, for programs that forward requests themselves.
    ///
    /// Returns `None` if the request has no known version and there is no default.
    ///
    /// ```
    /// use fingerpost_http::VersionRouter;
    /// use http::Request;
    ///
    /// let router = VersionRouter::new([("v1", "blue")])?;
    /// let (request, ()) = Request::get("/").header("cookie", "app_version=v1").body(())?.into_parts();
    /// let routing = router.route(&request).expect("a version in the map");
    /// assert_eq!(routing.version_and_target(), Some(("v1", "blue")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn version_and_target(&self) -> Option<(&str, &str)> {
        let route = self.route.as_ref()?;
        route.version.to_str().ok().zip(route.target.to_str().ok())
    }

    /// Adds the headers for proxies, browsers and caches to a response.
    pub fn finish(&self, headers: &mut HeaderMap) {
        let config = &self.config;
        if config.routes.is_empty() {
            return;
        }
        if let Some(Route { version, target }) = &self.route {
            headers.insert(config.served_header.clone(), version.clone());
            headers.insert(config.target_header.clone(), target.clone());
        }
        // An `immutable` response is the same in all versions, so caches should store only one copy.
        if !has_any_directive(headers, &["immutable"]) && headers.get(VARY).is_none_or(|vary| vary != "*") {
            headers.append(VARY, config.vary.clone());
        }
        if self.expires_cookie && config.cookie.expire(headers) {
            keep_out_of_caches(headers);
        }
    }
}

/// Prevents a shared cache from storing a `Set-Cookie` that would expire the cookie of other users.
///
/// Removes headers that take precedence over `Cache-Control` in some caches: RFC 9213, and the older headers of Varnish,
/// Fastly and nginx.
fn keep_out_of_caches(headers: &mut HeaderMap) {
    let is_targeted = |name: &HeaderName| {
        let name = name.as_str();
        name.ends_with("cdn-cache-control") || ["surrogate-control", "x-accel-expires"].contains(&name)
    };
    let targeted: Vec<_> = headers.keys().filter(|name| is_targeted(name)).cloned().collect();
    for name in targeted.into_iter().chain([EXPIRES]) {
        headers.remove(name);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
