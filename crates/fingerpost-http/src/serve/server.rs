use std::{borrow::Cow, fmt, sync::Arc};

use fingerpost::{
    __private::{TokenAge, quoted},
    AssetPath, Assets, Snapshot, Strategy, Token,
};
use http::{Method, Response, StatusCode, Uri, request};

use crate::{
    request_snapshot::current_snapshot,
    rfc9110::{cache_control::CachePolicy, method::for_method},
    serve::{
        content::Content,
        options::ServeOptions,
        path_token::classify,
        proof::Proof,
        published::Published,
        request_path::{asset_path, path_after_token},
        response::{allow_any_origin, method_not_allowed, moved, not_deployed_yet, not_found, respond},
        servable::{Servable, Unavailable},
        source_files::{ServedSource, SourceFiles},
    },
};

/// Responds to requests for assets. The server is the base of framework integrations and needs no async runtime.
///
/// Request paths are relative to the mount path ([`Assets::mount_path`]): `/css/app.css`. If
/// [`request_snapshot`](crate::request_snapshot) has stored a [`Snapshot`] of the same assets in the extensions of a
/// request, this snapshot is used.
///
/// Call [`respond`](Self::respond) first, which serves files from memory. If it returns `None`, call
/// [`respond_blocking`](Self::respond_blocking) on a thread that may block on the disk. Clones are cheap and share the cache.
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// # let manifest = r#"{"version": "1.1", "paths": {"app.css": "app.7c98040a5416.css"}}"#;
/// # std::fs::write(dist.path().join("staticfiles.json"), manifest)?;
/// # std::fs::write(dist.path().join("app.7c98040a5416.css"), "body{}")?;
/// use fingerpost::Assets;
/// use fingerpost_http::AssetServer;
/// use http::Request;
///
/// let server = AssetServer::new(&Assets::production(dist.path())?);
/// let (request, ()) = Request::get("/app.7c98040a5416.css").body(())?.into_parts();
/// let response = server.respond(&request).unwrap_or_else(|| server.respond_blocking(&request));
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AssetServer {
    options: ServeOptions,
    shared: Arc<Shared>,
}

struct Shared {
    assets: Assets,
    files: ServedFiles,
}

/// The served files, by strategy.
enum ServedFiles {
    Collected(Box<Published>),
    Development,
    /// The token comes from [`Strategy::PathToken`].
    Listed(SourceFiles, Option<Token>),
}

/// A GET or HEAD request for an asset.
struct AssetRequest<'a> {
    parts: &'a request::Parts,
    /// The path below the mount path before decoding, without its leading slash.
    encoded_path: &'a str,
    /// The decoded path.
    path: &'a str,
}

impl AssetServer {
    /// Creates a server of these assets. Reads the current and the retained releases, and logs a warning for each unreadable
    /// release.
    pub fn new(assets: &Assets) -> Self {
        let files = match (assets.store(), assets.strategy()) {
            (Some(store), _) => {
                ServedFiles::Collected(Published::new(Arc::clone(store), assets.snapshot()).into())
            }
            (None, None) => ServedFiles::Development,
            (None, Some(Strategy::PathToken(token))) => {
                ServedFiles::Listed(SourceFiles::default(), Some(token.clone()))
            }
            (None, Some(_)) => ServedFiles::Listed(SourceFiles::default(), None),
        };
        let shared = Arc::new(Shared { assets: assets.clone(), files });
        Self { options: ServeOptions::for_mode_of(assets), shared }
    }

    /// Sets the cache policy of URLs without a version.
    ///
    /// Defaults to one hour in production, and to [`CachePolicy::NoCache`] in development. [`CachePolicy::Immutable`] would be
    /// wrong and selects the default.
    #[must_use]
    pub fn unversioned_policy(mut self, policy: CachePolicy) -> Self {
        let default = ServeOptions::for_mode_of(&self.shared.assets).unversioned_policy;
        self.options.unversioned_policy = if policy == CachePolicy::Immutable { default } else { policy };
        self
    }

    /// Sets whether request paths begin with [`Assets::mount_path`]. Defaults to `false`: axum's `nest_service` removes it.
    #[must_use]
    pub fn paths_include_mount(mut self, yes: bool) -> Self {
        self.options.paths_include_mount = yes;
        self
    }

    /// Sets whether responses have `Access-Control-Allow-Origin: *`, so that pages of other origins can use fonts, modules and
    /// files with `integrity`.
    ///
    /// Defaults to `true`. A 404 in development never has the header, because its text names files and directories.
    #[must_use]
    pub fn allow_any_origin(mut self, yes: bool) -> Self {
        self.options.allow_any_origin = yes;
        self
    }

    /// Sets the maximum size of files that are cached in memory in production. Defaults to 128 KiB; larger files are streamed.
    ///
    /// A larger file is hashed once, after its first request, on a background thread. Until then its responses are `no-store`
    /// and have no `ETag`. The thread starts when it is needed and ends with the server.
    #[must_use]
    pub fn max_cached_file(mut self, bytes: u64) -> Self {
        self.options.max_cached_file = bytes;
        self
    }

    /// Sets the total number of cached bytes. Defaults to 64 MiB. When the cache is full, further files are read from disk for
    /// each request.
    #[must_use]
    pub fn cache_capacity(mut self, bytes: u64) -> Self {
        self.options.cache_capacity = bytes;
        self
    }

    /// Returns the assets.
    pub fn assets(&self) -> &Assets {
        &self.shared.assets
    }

    /// Returns the response, or `None` if the response has to wait for the disk.
    pub fn respond(&self, request: &request::Parts) -> Option<Response<Content>> {
        self.respond_or_wait(request, false)
    }

    /// Returns the response. May block on the disk.
    pub fn respond_blocking(&self, request: &request::Parts) -> Response<Content> {
        self.respond_or_wait(request, true).unwrap_or_else(|| not_found(None))
    }

    /// Returns `None` only if the response has to wait for the disk and `may_wait` is `false`.
    fn respond_or_wait(&self, request: &request::Parts, may_wait: bool) -> Option<Response<Content>> {
        let mut response = if matches!(request.method, Method::GET | Method::HEAD) {
            self.find(request, may_wait)?
        } else {
            method_not_allowed()
        };
        let names_files = self.is_development() && response.status() == StatusCode::NOT_FOUND;
        if self.options.allow_any_origin && !names_files {
            allow_any_origin(&mut response);
        }
        Some(for_method(&request.method, response))
    }

    fn is_development(&self) -> bool {
        matches!(self.shared.files, ServedFiles::Development)
    }

    fn find(&self, parts: &request::Parts, may_wait: bool) -> Option<Response<Content>> {
        let Some((encoded_path, path)) = self.path(&parts.uri) else {
            // The advice in development reads the disk.
            let may_advise = may_wait || !self.is_development();
            return may_advise
                .then(|| not_found(self.mount_advice(parts.uri.path(), &self.assets().snapshot())));
        };
        let snapshot = || current_snapshot(self.assets(), &parts.extensions);
        let request = AssetRequest { parts, encoded_path, path: &path };
        match &self.shared.files {
            ServedFiles::Collected(published) => {
                match published.find(&path, snapshot, &self.options, may_wait) {
                    Ok((file, proof)) => self.respond_with(&file, proof, &request),
                    Err(Unavailable::Waiting) => None,
                    Err(Unavailable::Gone | Unavailable::Changed) => Some(not_found(None)),
                }
            }
            // Source files are read for each request.
            _ if !may_wait => None,
            ServedFiles::Development => Some(self.in_development(&request, &snapshot())),
            ServedFiles::Listed(files, token) => {
                let response = self.listed(files, token.as_ref(), &request, &snapshot());
                Some(response.unwrap_or_else(|| not_found(None)))
            }
        }
    }

    /// Returns the path below the mount path, before and after decoding.
    fn path<'a>(&self, uri: &'a Uri) -> Option<(&'a str, Cow<'a, str>)> {
        let prefix = if self.options.paths_include_mount { self.assets().mount_path() } else { "/" };
        let encoded_path = uri.path().strip_prefix(prefix)?;
        Some((encoded_path, asset_path(encoded_path)?))
    }

    /// Returns the advice to mount the server in the other way, in development, if the request path would then be the path
    /// of an asset.
    fn mount_advice(&self, path: &str, snapshot: &Snapshot) -> Option<String> {
        let mount = self.assets().mount_path();
        if !self.is_development() || mount == "/" {
            return None;
        }
        let (other_prefix, condition, advice) = if self.options.paths_include_mount {
            (
                "/",
                "something has removed",
                "mount with `route_service`, or remove `.paths_include_mount(true)`",
            )
        } else {
            let advice =
                "mount with `nest_service`, or set `.paths_include_mount(true)` with `route_service`";
            (mount, "nothing has removed", advice)
        };
        let path = asset_path(path.strip_prefix(other_prefix)?)?;
        snapshot.open_source(&AssetPath::parse(&path).ok()?).ok()?;
        let asset = quoted(path);
        Some(format!(
            "if {condition} the mount path `{mount}`, this is a request for asset {asset}: {advice}"
        ))
    }

    fn in_development(&self, request: &AssetRequest<'_>, snapshot: &Snapshot) -> Response<Content> {
        let path = match AssetPath::parse(request.path) {
            Ok(path) => path,
            Err(err) => return not_found(Some(err.to_string())),
        };
        if let Some(file) = ServedSource::in_development(&path, snapshot) {
            let proof = Proof::Query { sha256: file.sha256(), version: None };
            return self.respond_with(&file, proof, request).unwrap_or_else(|| not_found(None));
        }
        // The error that templates get, with the searched directories and similar names.
        let error = snapshot.url(&path).err().map(|err| err.to_string());
        let advice = self.mount_advice(request.parts.uri.path(), snapshot);
        let both = |advice, error| format!("{advice}\notherwise, {error}");
        not_found(advice.into_iter().chain(error).reduce(both))
    }

    /// Returns `None` if there is no such asset.
    fn listed(
        &self,
        files: &SourceFiles,
        token: Option<&Token>,
        request: &AssetRequest<'_>,
        snapshot: &Snapshot,
    ) -> Option<Response<Content>> {
        let (age, path) = match token {
            None => (None, request.path),
            Some(token) => {
                let is_asset = |path: &str| snapshot.baseline_file(path).is_some();
                classify(token, &asset_path(path_after_token(self.assets(), token)?)?, request.path, is_asset)
            }
        };
        let path = AssetPath::parse(path).ok()?;
        match age {
            Some(TokenAge::Newer) => return Some(not_deployed_yet()),
            Some(TokenAge::Older) => return Some(moved(&self.current_url(request, token?)?)),
            // Unknown tokens are not redirected: two servers without each other's token would redirect forever.
            _ => {}
        }
        let file = files.find(&path, snapshot, &self.options)?;
        let version = Some(snapshot.app_version()).filter(|_| token.is_none() && file.is_proven);
        let proof = match age {
            None => Proof::Query { sha256: file.sha256(), version: version.as_deref() },
            Some(TokenAge::Current) if file.is_proven => Proof::Path,
            Some(_) => Proof::OtherPath,
        };
        self.respond_with(&file, proof, request)
    }

    fn respond_with(
        &self,
        file: &impl Servable,
        proof: Proof<'_>,
        request: &AssetRequest<'_>,
    ) -> Option<Response<Content>> {
        let request::Parts { method, uri, headers, .. } = request.parts;
        let policy = proof.policy(uri.query(), self.options.unversioned_policy);
        respond(file, policy, method, headers)
    }

    /// Returns the URL with the current token; asset path and query keep their spelling.
    fn current_url(&self, request: &AssetRequest<'_>, token: &Token) -> Option<String> {
        // Decoding preserves the number of slashes.
        let before = 1 + path_after_token(self.assets(), token)?.matches('/').count();
        let rest = request.encoded_path.splitn(before + 1, '/').nth(before).unwrap_or_default();
        let query = request.parts.uri.query().map_or_else(String::new, |query| format!("?{query}"));
        Some(format!("{}{rest}{query}", self.assets().base_url().path()))
    }
}

impl fmt::Debug for AssetServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssetServer")
            .field("assets", &self.shared.assets)
            .field("settings", &self.options)
            .finish_non_exhaustive()
    }
}
