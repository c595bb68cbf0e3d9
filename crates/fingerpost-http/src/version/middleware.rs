//! The app version on every response, and the client script in every page.

use std::sync::Arc;

use bytes::Bytes;
use fingerpost::{Assets, Error, Snapshot};
use http::{Response, request};

use super::{
    client,
    client_path::ClientPath,
    endpoints::version_response,
    exchange::VersionExchange,
    on_mismatch::OnMismatch,
    options::{VersionHandled, VersionOptions},
};

/// Tells every client the app version, and puts the client script into pages: what a framework's own layer is made of.
///
/// For each request ask [`respond`](Self::respond) first. What has no answer goes on, after [`begin`](Self::begin), and its
/// response comes back through [`VersionExchange::finish`].
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
    /// Tells the app version of these assets.
    pub fn new(assets: &Assets) -> Self {
        let path = ClientPath::default();
        let options = VersionOptions {
            has_header: true,
            on_mismatch: OnMismatch::default(),
            script: path.join(&client::file_name()),
            path,
            compressed: Arc::default(),
            invalid_nonce: Arc::default(),
        };
        Self { assets: assets.clone(), options: Arc::new(options) }
    }

    /// Whether responses say `X-App-Version` and `X-App-Version-Action`. Defaults to `true`.
    ///
    /// Without them pages still get the script. It sends the page's version with its requests, and acts on a 409 of a router;
    /// of a deploy that nothing refuses it learns nothing.
    #[must_use]
    pub fn header(mut self, has_header: bool) -> Self {
        Arc::make_mut(&mut self.options).has_header = has_header;
        self
    }

    /// What a page does once it is stale. Defaults to [`OnMismatch::Reload`].
    #[must_use]
    pub fn on_mismatch(mut self, on_mismatch: OnMismatch) -> Self {
        Arc::make_mut(&mut self.options).on_mismatch = on_mismatch;
        self
    }

    /// What precedes `client.<hash>.js` and `version`, which it answers. Defaults to `/_fingerpost`.
    ///
    /// It is the beginning of the path both in pages and in requests as they arrive here, so nothing may take off a part of
    /// the path before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if it does not begin with `/`, names nothing, or holds
    /// anything else than letters, digits and `. _ ~ - /`.
    pub fn client_path(mut self, path: &str) -> Result<Self, Error> {
        let path = ClientPath::parse(path)?;
        let options = Arc::make_mut(&mut self.options);
        options.script = path.join(&client::file_name());
        options.path = path;
        Ok(self)
    }

    /// The assets whose version it tells.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// The answer to a request for the client script, or for the version that it asks for; nothing for any other request.
    ///
    /// `snapshot` is the one of the request, as [`request_snapshot`](crate::request_snapshot) leaves it.
    pub fn respond(&self, request: &request::Parts, snapshot: &Snapshot) -> Option<Response<Bytes>> {
        let name = self.options.path.below(request.uri.path())?;
        let mut response = match client::hash_in_name(name) {
            Some(hash) => client::respond(request, hash),
            None if name == "version" => version_response(request, snapshot),
            None => return None,
        };
        self.options.set_headers(response.headers_mut(), snapshot);
        response.extensions_mut().insert(VersionHandled);
        Some(response)
    }

    /// Takes conditions off a request that were made for pages without the script; see
    /// [`HtmlExchange::begin`](crate::HtmlExchange::begin).
    ///
    /// A [`CspNonce`](crate::CspNonce) is heeded. Every page has another one, so then no condition is met and no page gets a tag: a 304 would
    /// pair an old page, and its nonce, with a new policy.
    pub fn begin(&self, snapshot: &Snapshot, request: &mut request::Parts) -> VersionExchange {
        VersionExchange::begin(&self.options, snapshot, request)
    }
}
