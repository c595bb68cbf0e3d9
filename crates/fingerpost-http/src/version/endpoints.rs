use std::borrow::Cow;

use bytes::Bytes;
use fingerpost::{Assets, BustToken, Error, Mode, Snapshot};
use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{ALLOW, AUTHORIZATION, WWW_AUTHENTICATE},
    request,
};
use serde_json::{Map, Value, json};

use crate::{
    request_snapshot::current_snapshot, rfc9110::method::for_method, serve::response::uncached_response,
};

/// Returns the body of the response to `GET /version`: `{"version", "source", "components": {name: number of files}}`.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// let assets = fingerpost::Assets::builder().source(dir.path()).mode(fingerpost::Mode::Dev).app_version("v1.2").build()?;
/// let json = fingerpost_http::version_json(&assets.snapshot());
/// assert_eq!(json, r#"{"components":{},"source":"explicit","version":"v1.2"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn version_json(snapshot: &Snapshot) -> String {
    let version = snapshot.app_version();
    let components: Map<_, _> =
        snapshot.components().map(|(name, files)| (name.to_owned(), Value::from(files))).collect();
    json!({ "version": *version, "source": version.source().as_str(), "components": components }).to_string()
}

/// The endpoints `GET /version` and `POST /cache/bust`. The endpoints are the base of framework
/// integrations and need no async runtime.
///
/// `POST /cache/bust` requires the bearer token (RFC 6750, §2.1) that [`BustToken`] describes. The endpoint calls
/// [`Assets::reload`], which takes effect for all clones of the assets. If the reload fails, the response contains the error,
/// and nothing changes. All responses are `no-store`.
///
/// The response to a successful bust has the new [`Snapshot`] in its extensions. An outer layer that adds the app version
/// to headers can use this snapshot, so that header and body agree.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let assets = fingerpost::Assets::dev(dir.path())?;
/// use fingerpost::BustToken;
/// use fingerpost_http::VersionEndpoints;
/// use http::Request;
///
/// let token = BustToken::from_secret("correct horse battery staple")?;
/// let endpoints = VersionEndpoints::new(&assets, Some(token.clone()));
/// let bearer = format!("Bearer {}", token.as_str());
/// let (request, ()) = Request::post("/cache/bust").header("authorization", bearer).body(())?.into_parts();
/// assert!(endpoints.handles(&request));
/// assert_eq!(endpoints.respond_blocking(&request).status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct VersionEndpoints {
    assets: Assets,
    token: Option<BustToken>,
    version_path: Cow<'static, str>,
    bust_path: Cow<'static, str>,
}

impl VersionEndpoints {
    /// Creates the endpoints of these assets. Without a token there is no `/cache/bust`.
    pub fn new(assets: &Assets, token: Option<BustToken>) -> Self {
        let (version_path, bust_path) = ("/version".into(), "/cache/bust".into());
        Self { assets: assets.clone(), token, version_path, bust_path }
    }

    /// Creates the endpoints with the secret in the environment variable `FINGERPOST_SECRET`.
    ///
    /// In development the variable may be unset or empty. Without the variable, `/cache/bust` is not available, and a
    /// warning is logged.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use fingerpost_http::VersionEndpoints;
    /// use http::Request;
    ///
    /// let assets = fingerpost::Assets::dev(dir.path())?;
    /// let endpoints = VersionEndpoints::from_env(&assets)?;
    /// let (request, ()) = Request::get("/version").body(())?.into_parts();
    /// assert!(endpoints.handles(&request));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) in production if the variable is unset or
    /// empty, and in both modes if the secret has fewer than 16 bytes.
    pub fn from_env(assets: &Assets) -> Result<Self, Error> {
        let is_unset = std::env::var_os("FINGERPOST_SECRET").is_none_or(|secret| secret.is_empty());
        if is_unset && assets.mode() == Mode::Dev {
            tracing::warn!(
                "FINGERPOST_SECRET is not set, so there is no `POST /cache/bust` in development; set the variable, or choose \
                 `without_bust`"
            );
            return Ok(Self::new(assets, None));
        }
        Ok(Self::new(assets, Some(BustToken::from_env()?)))
    }

    /// Sets the paths. Defaults to `/version` and `/cache/bust`. A missing leading `/` is added.
    #[must_use]
    pub fn paths(
        mut self,
        version: impl Into<Cow<'static, str>>,
        bust: impl Into<Cow<'static, str>>,
    ) -> Self {
        (self.version_path, self.bust_path) =
            (with_leading_slash(version.into()), with_leading_slash(bust.into()));
        self
    }

    /// Returns `true` if the path of a request is the path of an endpoint.
    pub fn handles(&self, request: &request::Parts) -> bool {
        let path = request.uri.path();
        path == self.version_path || self.token.is_some() && path == self.bust_path
    }

    /// Returns the response, or `None` if the response requires a reload. After `None`, call
    /// [`respond_blocking`](Self::respond_blocking).
    pub fn respond(&self, request: &request::Parts) -> Option<Response<Bytes>> {
        let Some(token) = self.token.as_ref().filter(|_| request.uri.path() == self.bust_path) else {
            let snapshot = current_snapshot(&self.assets, &request.extensions);
            return Some(version_response(request, &snapshot));
        };
        if request.method != Method::POST {
            return Some(method_not_allowed("POST"));
        }
        match bearer(&request.headers) {
            None => {
                let mut response = error_response(StatusCode::UNAUTHORIZED, "a bearer token is required");
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                Some(response)
            }
            Some(given) if token.matches(given) => None,
            Some(_) => Some(error_response(StatusCode::FORBIDDEN, "the bust token is wrong")),
        }
    }

    /// Returns the response. A reload blocks while files are read.
    pub fn respond_blocking(&self, request: &request::Parts) -> Response<Bytes> {
        self.respond(request).unwrap_or_else(|| self.bust())
    }

    /// Reloads the assets. If the reload fails, the old release remains current.
    fn bust(&self) -> Response<Bytes> {
        match self.assets.reload() {
            Ok(snapshot) => {
                let version = snapshot.app_version();
                tracing::info!("reloaded by a cache bust: app version {version}");
                let json = json!({ "status": "ok", "version": *version }).to_string();
                let mut response = json_response(StatusCode::OK, json);
                response.extensions_mut().insert(snapshot);
                response
            }
            Err(err) => {
                tracing::error!("a cache bust failed and changed nothing: {err}");
                error_response(StatusCode::INTERNAL_SERVER_ERROR, &err.to_string())
            }
        }
    }
}

/// Responds with the app version of a release.
pub(crate) fn version_response(request: &request::Parts, snapshot: &Snapshot) -> Response<Bytes> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return method_not_allowed("GET, HEAD");
    }
    for_method(&request.method, json_response(StatusCode::OK, version_json(snapshot)))
}

fn with_leading_slash(path: Cow<'static, str>) -> Cow<'static, str> {
    if path.starts_with('/') { path } else { format!("/{path}").into() }
}

/// Returns the bearer token. RFC 9110, §11.1: the scheme is case-insensitive.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

fn method_not_allowed(methods: &'static str) -> Response<Bytes> {
    let mut response = error_response(StatusCode::METHOD_NOT_ALLOWED, &format!("use {methods}"));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

fn error_response(status: StatusCode, reason: &str) -> Response<Bytes> {
    json_response(status, json!({ "status": "error", "reason": reason }).to_string())
}

pub(crate) fn json_response(status: StatusCode, json: impl Into<Bytes>) -> Response<Bytes> {
    uncached_response(status, "application/json", json.into())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn endpoints() -> (tempfile::TempDir, VersionEndpoints, BustToken) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("staticfiles.json"),
            r#"{"version": "1.1", "paths": {}, "hash": "0123456789ab"}"#,
        )
        .unwrap();
        let token = BustToken::from_secret("0123456789abcdef").unwrap();
        let assets = Assets::production(dir.path()).unwrap();
        (dir, VersionEndpoints::new(&assets, Some(token.clone())), token)
    }

    #[track_caller]
    fn send(
        endpoints: &VersionEndpoints,
        method: &str,
        path: &str,
        authorization: Option<&str>,
    ) -> Response<Bytes> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert!(endpoints.handles(&parts));
        let response = endpoints.respond_blocking(&parts);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        response
    }

    #[test]
    fn version_endpoint_is_public() {
        let (_dir, endpoints, _) = endpoints();
        let response = send(&endpoints, "GET", "/version", None);
        assert_eq!(response.body(), r#"{"components":{},"source":"manifest","version":"0123456789ab"}"#);
        assert!(send(&endpoints, "HEAD", "/version", None).body().is_empty());
        assert_eq!(send(&endpoints, "POST", "/version", None).headers()[ALLOW], "GET, HEAD");
    }

    #[test]
    fn cache_bust_endpoint_requires_the_token() {
        let (dir, endpoints, token) = endpoints();
        let none = send(&endpoints, "POST", "/cache/bust", None);
        assert_eq!(
            (none.status(), &none.headers()[WWW_AUTHENTICATE]),
            (StatusCode::UNAUTHORIZED, &"Bearer".parse().unwrap())
        );
        for wrong in ["Bearer x", "Bearer ", "bearer 0123"] {
            assert_eq!(send(&endpoints, "POST", "/cache/bust", Some(wrong)).status(), StatusCode::FORBIDDEN);
        }
        assert_eq!(
            send(&endpoints, "POST", "/cache/bust", Some("Basic x")).status(),
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(send(&endpoints, "GET", "/cache/bust", None).status(), StatusCode::METHOD_NOT_ALLOWED);

        let manifest = dir.path().join("staticfiles.json");
        let right = format!("bearer {}", token.as_str());
        std::fs::write(&manifest, r#"{"version": "1.1", "paths": {}, "hash": "ba9876543210"}"#).unwrap();
        let response = send(&endpoints, "POST", "/cache/bust", Some(&right));
        assert_eq!(response.body(), r#"{"status":"ok","version":"ba9876543210"}"#);
        assert_eq!(&*response.extensions().get::<Snapshot>().unwrap().app_version(), "ba9876543210");

        std::fs::write(&manifest, "{").unwrap();
        let response = send(&endpoints, "POST", "/cache/bust", Some(&right));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(send(&endpoints, "GET", "/version", None).body().ends_with(br#""version":"ba9876543210"}"#));
    }

    #[test]
    fn endpoint_paths_are_configurable() {
        let (_dir, endpoints, _) = endpoints();
        let endpoints = endpoints.paths("shop/version", "/shop/bust");
        assert_eq!(send(&endpoints, "GET", "/shop/version", None).status(), StatusCode::OK);
        assert_eq!(send(&endpoints, "POST", "/shop/bust", None).status(), StatusCode::UNAUTHORIZED);
        let (parts, ()) = Request::get("/version").body(()).unwrap().into_parts();
        assert!(!endpoints.handles(&parts));
    }

    #[test]
    fn other_paths_are_not_handled() {
        let (_dir, endpoints, _) = endpoints();
        for path in ["/", "/version/", "/versions", "/cache", "/cache/bust/x"] {
            let (parts, ()) = Request::get(path).body(()).unwrap().into_parts();
            assert!(!endpoints.handles(&parts), "{path}");
        }
    }
}
