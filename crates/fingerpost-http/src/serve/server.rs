use std::{borrow::Cow, fmt, sync::Arc};

use fingerpost::{
    __private::{TokenAge, quoted},
    AssetPath, Assets, Error, Snapshot, Store, Strategy, Token,
};
use http::{HeaderValue, Method, Response, StatusCode, Uri, header::ACCESS_CONTROL_ALLOW_ORIGIN, request};

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
        response::{method_not_allowed, moved, not_deployed_yet, not_found, respond, respond_uncloned},
        servable::{Servable, Unavailable},
        shared_headers::UnclonedResponse,
        single_asset_store::SingleAssetStore,
        source_files::{ServedSource, SourceFiles},
    },
};

/// Responds to requests for assets. The server is the base of framework integrations and needs no async runtime.
///
/// Request paths are relative to the mount path ([`Assets::mount_path`]): `/css/app.css`. If
/// [`request_snapshot`](crate::request_snapshot) has stored a [`Snapshot`] of the same assets in the extensions of a
/// request, this snapshot is used.
///
/// Call [`respond`](Self::respond) first, which never blocks. If the result is `None`, call
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
    /// The asset that is served at every path. `None` in a server of all assets.
    single: Option<AssetPath>,
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
        Self::with_files(assets, ServedFiles::new(assets, Arc::clone), None)
    }

    /// Creates a server of one asset. The server ignores the path and the query of a request, and always responds with the
    /// current bytes of the asset.
    ///
    /// Use this server for URLs that browsers or other programs expect, such as `/favicon.ico`, `/robots.txt` and `/sw.js`.
    /// Responses are `no-cache` and have an `ETag`, so browsers revalidate cached responses before each use.
    /// [`unversioned_policy`](Self::unversioned_policy) sets another policy. After [`Assets::reload`], the server sends the
    /// new bytes. In development, the server reads the file for each request.
    ///
    /// `path` is the asset path, as in a template.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("robots.txt"), "User-agent: *")?;
    /// use fingerpost::Assets;
    /// use fingerpost_http::AssetServer;
    /// use http::Request;
    ///
    /// let server = AssetServer::file(&Assets::dev(dir.path())?, "robots.txt")?;
    /// let (request, ()) = Request::get("/robots.txt").body(())?.into_parts();
    /// let response = server.respond(&request).unwrap_or_else(|| server.respond_blocking(&request));
    /// assert_eq!(response.status(), 200);
    /// assert_eq!(response.headers()["cache-control"], "no-cache");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](fingerpost::ErrorKind::NotFound) for an unknown asset, also with
    ///   [`OnMissing::Plain`](fingerpost::OnMissing::Plain);
    /// - [`ErrorKind::InvalidPath`](fingerpost::ErrorKind::InvalidPath) if `path` is not a valid asset path;
    /// - [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) if `path` has a query or a fragment.
    pub fn file(assets: &Assets, path: &str) -> Result<Self, Error> {
        let path = single_asset(assets, path)?;
        let files = ServedFiles::new(assets, |store| {
            Arc::new(SingleAssetStore::new(Arc::clone(store), path.clone()))
        });
        Ok(Self::with_files(assets, files, Some(path)))
    }

    fn with_files(assets: &Assets, files: ServedFiles, single: Option<AssetPath>) -> Self {
        let shared = Arc::new(Shared { assets: assets.clone(), files, single });
        let mut server = Self { options: ServeOptions::for_mode_of(assets), shared };
        server.options.unversioned_policy = server.default_policy();
        server
    }

    fn default_policy(&self) -> CachePolicy {
        match self.shared.single {
            Some(_) => CachePolicy::NoCache,
            None => ServeOptions::for_mode_of(self.assets()).unversioned_policy,
        }
    }

    /// Sets the cache policy of URLs without a version.
    ///
    /// Defaults to one hour in production, and to [`CachePolicy::NoCache`] in development and for [`file`](Self::file).
    /// [`CachePolicy::Immutable`] selects the default, because the bytes of such a URL may change.
    #[must_use]
    pub fn unversioned_policy(mut self, policy: CachePolicy) -> Self {
        let is_wrong = policy == CachePolicy::Immutable;
        self.options.unversioned_policy = if is_wrong { self.default_policy() } else { policy };
        self
    }

    /// Sets whether request paths begin with [`Assets::mount_path`]. Defaults to `false`, because axum's
    /// `nest_service` removes the mount path.
    #[must_use]
    pub fn paths_include_mount(mut self, yes: bool) -> Self {
        self.options.paths_include_mount = yes;
        self
    }

    /// Sets whether responses have `Access-Control-Allow-Origin: *`, so that pages of other origins can use fonts, modules
    /// and files with `integrity`.
    ///
    /// Defaults to `true`. A 404 in development never has the header, because the text of the response contains paths.
    #[must_use]
    pub fn allow_any_origin(mut self, yes: bool) -> Self {
        self.options.allow_any_origin = yes;
        self
    }

    /// Sets the maximum size of files that are cached in memory in production. Defaults to 128 KiB. Larger files are streamed.
    ///
    /// A larger file is hashed once, after its first request, on a background thread. Before the file is hashed,
    /// responses are `no-store` and have no `ETag`. The thread starts on demand and ends with the server.
    #[must_use]
    pub fn max_cached_file(mut self, bytes: u64) -> Self {
        self.options.max_cached_file = bytes;
        self
    }

    /// Sets the total number of cached bytes. Defaults to 64 MiB. When the cache is full, further files are read from disk
    /// for each request.
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
        self.respond_or_wait(request, false).map(UnclonedResponse::into_response)
    }

    /// Returns the same response as [`respond`](Self::respond), before shared headers are cloned.
    #[doc(hidden)]
    pub fn respond_uncloned(&self, request: &request::Parts) -> Option<UnclonedResponse> {
        self.respond_or_wait(request, false)
    }

    /// Returns the response. May block on the disk.
    pub fn respond_blocking(&self, request: &request::Parts) -> Response<Content> {
        let response = self.respond_or_wait(request, true);
        response.map_or_else(|| not_found(None), UnclonedResponse::into_response)
    }

    /// Returns `None` only if the response has to wait for the disk and `may_wait` is `false`.
    fn respond_or_wait(&self, request: &request::Parts, may_wait: bool) -> Option<UnclonedResponse> {
        let found = if matches!(request.method, Method::GET | Method::HEAD) {
            self.find(request, may_wait)?
        } else {
            method_not_allowed().into()
        };
        let mut response = match found {
            UnclonedResponse::Owned(response) => response,
            // Shared headers contain `Access-Control-Allow-Origin`.
            UnclonedResponse::Shared(status, headers, content) => {
                let content = if request.method == Method::HEAD { Content::EMPTY } else { content };
                return Some(UnclonedResponse::Shared(status, headers, content));
            }
        };
        let names_files = self.is_development() && response.status() == StatusCode::NOT_FOUND;
        if self.options.allow_any_origin && !names_files {
            // Fonts, modules and files with `integrity` require the header, also on redirects.
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        Some(for_method(&request.method, response).into())
    }

    fn is_development(&self) -> bool {
        matches!(self.shared.files, ServedFiles::Development)
    }

    fn find(&self, parts: &request::Parts, may_wait: bool) -> Option<UnclonedResponse> {
        if let Some(path) = &self.shared.single {
            return self.find_single(path, parts, may_wait).map(Into::into);
        }
        let Some((encoded_path, path)) = self.path(&parts.uri) else {
            // In development, the advice requires reads from disk.
            let may_advise = may_wait || !self.is_development();
            return may_advise
                .then(|| not_found(self.mount_advice(parts.uri.path(), &self.assets().snapshot())).into());
        };
        let snapshot = || current_snapshot(self.assets(), &parts.extensions);
        let request = AssetRequest { parts, encoded_path, path: &path };
        match &self.shared.files {
            ServedFiles::Collected(published) => {
                match published.find(&path, &parts.headers, snapshot, &self.options, may_wait) {
                    Ok((file, proof)) => {
                        let policy = proof.policy(parts.uri.query(), self.options.unversioned_policy);
                        let mut response = respond_uncloned(&file, policy, &parts.method, &parts.headers)?;
                        if let UnclonedResponse::Owned(response) = &mut response {
                            file.add_dictionary_headers(response, encoded_path);
                        }
                        Some(response)
                    }
                    Err(Unavailable::Waiting) => None,
                    Err(Unavailable::Gone | Unavailable::Changed) => Some(not_found(None).into()),
                }
            }
            // Source files are read for each request.
            _ if !may_wait => None,
            ServedFiles::Development => Some(self.in_development(&request, &snapshot()).into()),
            ServedFiles::Listed(files, token) => {
                let response = self.listed(files, token.as_ref(), &request, &snapshot());
                Some(response.unwrap_or_else(|| not_found(None)).into())
            }
        }
    }

    /// Returns `None` only if the response has to wait for the disk and `may_wait` is `false`.
    fn find_single(
        &self,
        path: &AssetPath,
        parts: &request::Parts,
        may_wait: bool,
    ) -> Option<Response<Content>> {
        let policy = self.options.unversioned_policy;
        let snapshot = || current_snapshot(self.assets(), &parts.extensions);
        let response = match &self.shared.files {
            ServedFiles::Collected(published) => match published.only_file(&self.options, may_wait) {
                Ok(file) => return respond(&file, policy, &parts.method, &parts.headers),
                Err(Unavailable::Waiting) => return None,
                Err(Unavailable::Gone | Unavailable::Changed) => None,
            },
            _ if !may_wait => return None,
            ServedFiles::Development => ServedSource::in_development(path, &snapshot())
                .and_then(|file| respond(&file, policy, &parts.method, &parts.headers)),
            ServedFiles::Listed(files, _) => files
                .find(path, &snapshot(), &self.options)
                .and_then(|file| respond(&file, policy, &parts.method, &parts.headers)),
        };
        Some(response.unwrap_or_else(|| not_found(None)))
    }

    /// Returns the path below the mount path, before and after decoding.
    fn path<'a>(&self, uri: &'a Uri) -> Option<(&'a str, Cow<'a, str>)> {
        let prefix = if self.options.paths_include_mount { self.assets().mount_path() } else { "/" };
        let encoded_path = uri.path().strip_prefix(prefix)?;
        Some((encoded_path, asset_path(encoded_path)?))
    }

    /// In development, returns advice on the mount if the request path would be an asset path with the other value of
    /// `paths_include_mount`.
    fn mount_advice(&self, path: &str, snapshot: &Snapshot) -> Option<String> {
        let mount = self.assets().mount_path();
        if !self.is_development() || mount == "/" {
            return None;
        }
        let is_included = self.options.paths_include_mount;
        let (other_prefix, state) =
            if is_included { ("/", "was removed from") } else { (mount, "is still part of") };
        let advice = if is_included {
            "mount with `route_service`, or remove `.paths_include_mount(true)`"
        } else {
            "mount with `nest_service`, or set `.paths_include_mount(true)` with `route_service`"
        };
        let path = asset_path(path.strip_prefix(other_prefix)?)?;
        snapshot.open_source(&AssetPath::parse(&path).ok()?).ok()?;
        let asset = quoted(path);
        Some(format!(
            "if the mount path `{mount}` {state} the request path, this is a request for asset {asset}: {advice}"
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
        // The same error as in templates, with the searched directories and similar names.
        let error = snapshot.url(&path).err().map(|err| err.to_string());
        let advice = self.mount_advice(request.parts.uri.path(), snapshot);
        let both = |advice, error| format!("{advice}\notherwise, {error}");
        not_found(advice.into_iter().chain(error).reduce(both))
    }

    /// Returns `None` if the asset does not exist.
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
            // An unknown token causes no redirect: two servers without each other's token would redirect forever.
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

    /// Returns the URL with the current token. Preserves the encoding of asset path and query.
    fn current_url(&self, request: &AssetRequest<'_>, token: &Token) -> Option<String> {
        // Decoding preserves the number of slashes.
        let before = 1 + path_after_token(self.assets(), token)?.matches('/').count();
        let rest = request.encoded_path.splitn(before + 1, '/').nth(before).unwrap_or_default();
        let query = request.parts.uri.query().map_or_else(String::new, |query| format!("?{query}"));
        Some(format!("{}{rest}{query}", self.assets().base_url().path()))
    }
}

impl ServedFiles {
    /// Returns the files for the strategy of the assets. `select` returns the store of the collected files to serve.
    fn new(assets: &Assets, select: impl FnOnce(&Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        match (assets.store(), assets.strategy()) {
            (Some(store), _) => Self::Collected(Published::new(select(store), assets.snapshot()).into()),
            (None, None) => Self::Development,
            (None, Some(Strategy::PathToken(token))) => {
                Self::Listed(SourceFiles::default(), Some(token.clone()))
            }
            (None, Some(_)) => Self::Listed(SourceFiles::default(), None),
        }
    }
}

/// Parses the path of an asset, and checks that the asset exists.
fn single_asset(assets: &Assets, path: &str) -> Result<AssetPath, Error> {
    if path.contains(['?', '#']) {
        let path = quoted(path);
        return Err(Error::config(format!("{path} has a query or a fragment; write the asset path alone")));
    }
    let path = AssetPath::parse(path.strip_prefix('/').unwrap_or(path))?;
    let snapshot = assets.snapshot();
    let exists = match (assets.store(), assets.strategy()) {
        (Some(_), _) => snapshot.hashed_path(&path).is_some(),
        (None, None) => snapshot.open_source(&path).is_ok(),
        (None, Some(_)) => snapshot.baseline_file(&path).is_some(),
    };
    if !exists {
        // The error of `integrity` lists similar names, and is independent of `OnMissing`.
        snapshot.integrity(&path)?;
    }
    Ok(path)
}

impl fmt::Debug for AssetServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssetServer")
            .field("assets", &self.shared.assets)
            .field("settings", &self.options)
            .finish_non_exhaustive()
    }
}
