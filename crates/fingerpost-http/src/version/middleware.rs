//! Adds the app version to responses and the client script to pages.

use std::sync::Arc;

use fingerpost::{Assets, Snapshot};
use http::request;
#[cfg(feature = "html")]
use {bytes::Bytes, fingerpost::Error, http::Response};

#[cfg(feature = "html")]
use super::{
    client, client_path::ClientPath, client_tag::ClientTag, endpoints::version_response,
    options::VersionHandled,
};
use super::{exchange::VersionExchange, on_mismatch::OnMismatch, options::VersionOptions};

/// Adds the app version to responses, and the client script to pages. The middleware is the base of framework
/// integrations and needs no async runtime. Without the feature `html`, the middleware sets only the headers.
///
/// For each request, call [`respond`](Self::respond) first. If the result is `None`, call [`begin`](Self::begin), forward the
/// request, and pass the response to [`VersionExchange::finish`].
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// # std::fs::write(dist.path().join("staticfiles.json"), r#"{"version": "1.1", "paths": {}, "hash": "5940499ec5f6"}"#)?;
/// use fingerpost_http::{OnMismatch, VersionMiddleware};
/// use http::{Request, Response};
///
/// let assets = fingerpost::Assets::production(dist.path())?;
/// let versioning = VersionMiddleware::new(&assets).on_mismatch(OnMismatch::Prompt);
/// let snapshot = assets.snapshot();
///
/// let (mut request, ()) = Request::get("/").body(())?.into_parts();
/// assert!(versioning.respond(&request, &snapshot).is_none());
/// let exchange = versioning.begin(&snapshot, &mut request);
/// let (mut response, ()) = Response::new(()).into_parts();
/// exchange.finish(&mut response);
/// assert_eq!(response.headers["x-app-version"], "5940499ec5f6");
/// assert_eq!(response.headers["x-app-version-action"], "prompt");
///
/// let (request, ()) = Request::get("/_fingerpost/version").body(())?.into_parts();
/// assert!(versioning.respond(&request, &snapshot).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct VersionMiddleware {
    assets: Assets,
    options: Arc<VersionOptions>,
}

impl VersionMiddleware {
    /// Creates a middleware for the app version of these assets.
    pub fn new(assets: &Assets) -> Self {
        let options = VersionOptions {
            has_header: true,
            on_mismatch: OnMismatch::default(),
            #[cfg(feature = "html")]
            client: ClientTag::new(ClientPath::default()),
        };
        Self { assets: assets.clone(), options: Arc::new(options) }
    }

    /// Sets whether responses have the headers `X-App-Version` and `X-App-Version-Action`. Defaults to `true`.
    ///
    /// Without the headers, pages still get the script, but an ordinary response does not show a deploy. The script sends
    /// the version of the page with the requests of the page, and acts on a 409 of a router. The script also requests the
    /// version of the server when the visitor returns to the page.
    #[must_use]
    pub fn header(mut self, has_header: bool) -> Self {
        Arc::make_mut(&mut self.options).has_header = has_header;
        self
    }

    /// Sets the action of the client script in stale pages. Defaults to [`OnMismatch::Reload`].
    #[must_use]
    pub fn on_mismatch(mut self, on_mismatch: OnMismatch) -> Self {
        Arc::make_mut(&mut self.options).on_mismatch = on_mismatch;
        self
    }

    /// Sets the path prefix of the client script, `client.<hash>.js`, and of its endpoint, `version`. Defaults to
    /// `/_fingerpost`.
    ///
    /// The URL of the script in pages has this prefix. Requests must have the same prefix: outer layers must not remove a part
    /// of the path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if the path does not begin with `/`, has an empty, `.`
    /// or `..` segment, or has characters other than letters, digits and `. _ ~ - /`.
    #[cfg(feature = "html")]
    pub fn client_path(mut self, path: &str) -> Result<Self, Error> {
        let path = ClientPath::parse(path)?;
        Arc::make_mut(&mut self.options).client = ClientTag::new(path);
        Ok(self)
    }

    /// Returns the assets.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Returns the response to a request for the client script or its version endpoint, and `None` for other requests.
    ///
    /// `snapshot` is the result of [`request_snapshot`](crate::request_snapshot).
    #[cfg(feature = "html")]
    pub fn respond(&self, request: &request::Parts, snapshot: &Snapshot) -> Option<Response<Bytes>> {
        let name = self.options.client.path.below(request.uri.path())?;
        let mut response = match client::hash_in_name(name) {
            Some(hash) => client::respond(request, hash),
            None if name == "version" => version_response(request, snapshot),
            None => return None,
        };
        self.options.set_headers(response.headers_mut(), snapshot);
        response.extensions_mut().insert(VersionHandled);
        Some(response)
    }

    /// Removes the request conditions that refer to pages without the script. See
    /// [`HtmlExchange::begin`](crate::HtmlExchange::begin).
    ///
    /// With a [`CspNonce`](crate::CspNonce) in the extensions, pages get no `ETag`, and no condition matches. A 304 would
    /// combine a cached page and its old nonce with a new policy.
    pub fn begin(&self, snapshot: &Snapshot, request: &mut request::Parts) -> VersionExchange {
        VersionExchange::begin(&self.options, snapshot, request)
    }
}
