use std::{borrow::Cow, fmt, sync::Arc};

use fingerpost::{
    __private::quoted,
    AssetPath, Assets, Snapshot, Strategy, Token,
    manifest::{ContentHash, Digest},
};
use http::{HeaderMap, Method, Response, StatusCode, Uri, request};

use crate::{
    request_snapshot::existing_snapshot,
    rfc9110::{cache_control::CachePolicy, method::for_method},
    serve::{
        content::Content,
        options::ServeOptions,
        path_token::{TokenMatch, classify},
        published::Published,
        request_path::{asset_path, versions},
        response::{allow_any_origin, method_not_allowed, moved, not_deployed_yet, not_found, respond},
        servable::Unavailable,
        source_files::{ServedSource, SourceFiles},
    },
};

/// Answers requests for assets, without a runtime: what a framework's own service of static files is made of.
///
/// Paths are those below the place where it is mounted ([`Assets::mount_path`]): `/css/app.css`. A [`Snapshot`] of the
/// same assets in the extensions of a request, as [`request_snapshot`](crate::request_snapshot) leaves it, is heeded.
///
/// A cheap clone. Call [`respond`](Self::respond) first: what lies in memory is answered at once. Where it has no answer, call
/// [`respond_blocking`](Self::respond_blocking) on a thread that may wait for the disk.
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
    strategy: ServeStrategy,
}

/// How assets are found, by the strategy in force.
enum ServeStrategy {
    Manifest(Box<Published>),
    Development,
    VersionQuery(SourceFiles),
    PathToken(SourceFiles, Token),
}

/// What a finder finds in a request.
struct AssetRequest<'a> {
    /// The path of the request as it was spelt.
    full_path: &'a str,
    /// The path below the mount as it was spelt, without its leading slash.
    encoded_path: &'a str,
    /// The same, decoded.
    path: &'a str,
    query: Option<&'a str>,
    snapshot: Snapshot,
}

impl AssetServer {
    /// A server of these assets. Reads the current and the retained releases, and warns of what cannot be read.
    pub fn new(assets: &Assets) -> Self {
        let strategy = match (assets.store(), assets.strategy()) {
            (Some(store), _) => {
                ServeStrategy::Manifest(Published::new(Arc::clone(store), assets.snapshot()).into())
            }
            (None, None) => ServeStrategy::Development,
            (None, Some(Strategy::PathToken(token))) => {
                ServeStrategy::PathToken(SourceFiles::default(), token.clone())
            }
            (None, Some(_)) => ServeStrategy::VersionQuery(SourceFiles::default()),
        };
        let shared = Arc::new(Shared { assets: assets.clone(), strategy });
        Self { options: ServeOptions::for_mode_of(assets), shared }
    }

    /// How long an asset may be kept whose URL says no version. Defaults to an hour in production, and to
    /// [`CachePolicy::NoCache`] in development. [`CachePolicy::Immutable`] would be wrong, and counts as the default.
    #[must_use]
    pub fn unversioned_policy(mut self, policy: CachePolicy) -> Self {
        let default = ServeOptions::for_mode_of(&self.shared.assets).unversioned_policy;
        self.options.unversioned_policy = if policy == CachePolicy::Immutable { default } else { policy };
        self
    }

    /// Whether paths of requests begin with [`Assets::mount_path`], because nothing takes that off before. Defaults to `false`:
    /// axum's `nest_service` does.
    #[must_use]
    pub fn paths_include_mount(mut self, yes: bool) -> Self {
        self.options.paths_include_mount = yes;
        self
    }

    /// Whether answers say `Access-Control-Allow-Origin: *`, so that pages of other origins can use fonts, modules and files
    /// with an `integrity`. Defaults to `true`. A 404 in development never says it: its text names files and directories.
    #[must_use]
    pub fn allow_any_origin(mut self, yes: bool) -> Self {
        self.options.allow_any_origin = yes;
        self
    }

    /// Up to how many bytes a file is answered from memory in production. Defaults to 128 KiB; larger files are streamed.
    ///
    /// A larger file is hashed once, on one background thread, after its first request. Until then its responses are
    /// `no-store` and have no `ETag`. The thread starts when it is needed and ends with the server.
    #[must_use]
    pub fn max_cached_file(mut self, bytes: u64) -> Self {
        self.options.max_cached_file = bytes;
        self
    }

    /// How many bytes of collected files are kept in memory in all. Defaults to 64 MiB; what comes when that is full is read
    /// from disk each time.
    #[must_use]
    pub fn cache_capacity(mut self, bytes: u64) -> Self {
        self.options.cache_capacity = bytes;
        self
    }

    /// The assets that it serves.
    pub fn assets(&self) -> &Assets {
        &self.shared.assets
    }

    /// The answer, if it can be given without waiting for the disk.
    pub fn respond(&self, request: &request::Parts) -> Option<Response<Content>> {
        self.respond_or_wait(request, false)
    }

    /// The answer. May wait for the disk.
    pub fn respond_blocking(&self, request: &request::Parts) -> Response<Content> {
        self.respond_or_wait(request, true).unwrap_or_else(|| not_found(None))
    }

    /// `None` only if it would have to wait and may not.
    fn respond_or_wait(&self, request: &request::Parts, may_wait: bool) -> Option<Response<Content>> {
        let mut response = if matches!(request.method, Method::GET | Method::HEAD) {
            self.find(request, may_wait)?
        } else {
            method_not_allowed()
        };
        let names_files = matches!(self.shared.strategy, ServeStrategy::Development)
            && response.status() == StatusCode::NOT_FOUND;
        if self.options.allow_any_origin && !names_files {
            allow_any_origin(&mut response);
        }
        Some(for_method(&request.method, response))
    }

    fn find(&self, request: &request::Parts, may_wait: bool) -> Option<Response<Content>> {
        let request::Parts { method, uri, headers, extensions, .. } = request;
        let Some((encoded_path, path)) = self.path(uri) else {
            // The advice of development reads the disk.
            let may_advise = may_wait || !matches!(self.shared.strategy, ServeStrategy::Development);
            return may_advise.then(|| not_found(self.mount_advice(uri.path(), &self.assets().snapshot())));
        };
        let snapshot = || {
            existing_snapshot(self.assets(), extensions).cloned().unwrap_or_else(|| self.assets().snapshot())
        };
        let ServeStrategy::Manifest(published) = &self.shared.strategy else {
            // As the disk is now, which has to be asked.
            let (full_path, query) = (uri.path(), uri.query());
            let asset_request =
                || AssetRequest { full_path, encoded_path, path: &path, query, snapshot: snapshot() };
            return may_wait.then(|| self.find_source(method, headers, &asset_request()));
        };
        let policy =
            |sha256: Option<Digest>| self.policy(uri.query(), sha256.as_ref().map(ContentHash::from), None);
        match published.find(&path, policy, snapshot, &self.options, may_wait) {
            Ok(result) => respond(&result, method, headers),
            Err(Unavailable::Waiting) => None,
            Err(Unavailable::Gone | Unavailable::Changed) => Some(not_found(None)),
        }
    }

    /// The path below the mount, as it was spelt and decoded.
    fn path<'a>(&self, uri: &'a Uri) -> Option<(&'a str, Cow<'a, str>)> {
        let prefix = if self.options.paths_include_mount { self.assets().mount_path() } else { "/" };
        let encoded_path = uri.path().strip_prefix(prefix)?;
        Some((encoded_path, asset_path(encoded_path)?))
    }

    /// Returns the advice for the other way of mounting, in development, if the request path names an asset with it.
    fn mount_advice(&self, path: &str, snapshot: &Snapshot) -> Option<String> {
        let mount = self.assets().mount_path();
        if !matches!(self.shared.strategy, ServeStrategy::Development) || mount == "/" {
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

    fn find_source(
        &self,
        method: &Method,
        headers: &HeaderMap,
        asset_request: &AssetRequest<'_>,
    ) -> Response<Content> {
        let result = match &self.shared.strategy {
            ServeStrategy::VersionQuery(source_files) => self.find_by_version(source_files, asset_request),
            ServeStrategy::PathToken(source_files, token) => {
                self.find_by_token(source_files, token, asset_request)
            }
            ServeStrategy::Development | ServeStrategy::Manifest(_) => {
                self.find_in_development(asset_request)
            }
        };
        match result {
            Ok(file) => respond(&file, method, headers).unwrap_or_else(|| not_found(None)),
            Err(refusal) => *refusal,
        }
    }

    /// Development.
    fn find_in_development(
        &self,
        asset_request: &AssetRequest<'_>,
    ) -> Result<ServedSource, Box<Response<Content>>> {
        let path = AssetPath::parse(asset_request.path).map_err(|err| not_found(Some(err.to_string())))?;
        let mut file = ServedSource::in_development(&path, &asset_request.snapshot).ok_or_else(|| {
            // The error of a template, with the places searched and the nearest names.
            let error = asset_request.snapshot.url(&path).err().map(|err| err.to_string());
            let advice = self.mount_advice(asset_request.full_path, &asset_request.snapshot);
            let both = |advice, error| format!("{advice}\notherwise, {error}");
            not_found(advice.into_iter().chain(error).reduce(both))
        })?;
        file.policy = self.policy(asset_request.query, file.hash(), None);
        Ok(file)
    }

    fn find_by_version(
        &self,
        source_files: &SourceFiles,
        asset_request: &AssetRequest<'_>,
    ) -> Result<ServedSource, Box<Response<Content>>> {
        let mut file = self.find_unchanged(source_files, asset_request.path, asset_request)?;
        let version = file.is_proven.then(|| asset_request.snapshot.app_version());
        file.policy = self.policy(asset_request.query, file.hash(), version.as_deref());
        Ok(file)
    }

    fn find_by_token(
        &self,
        source_files: &SourceFiles,
        token: &Token,
        asset_request: &AssetRequest<'_>,
    ) -> Result<ServedSource, Box<Response<Content>>> {
        let base = self.assets().base_url().path();
        let after = &base[self.assets().mount_path().len() + token.as_str().len() + 1..];
        // What is no name in a request is none in the base URL.
        let after = asset_path(after).ok_or_else(|| not_found(None))?;
        let find = |path| self.find_unchanged(source_files, path, asset_request);
        match classify(token, &after, asset_request.path, |path| {
            asset_request.snapshot.baseline_file(path).is_some()
        }) {
            TokenMatch::Current(path) => {
                let mut file = find(path)?;
                file.policy = if file.is_proven { CachePolicy::Immutable } else { CachePolicy::NoStore };
                Ok(file)
            }
            TokenMatch::Unversioned(path) => {
                let mut file = find(path)?;
                file.policy = self.policy(asset_request.query, file.hash(), None);
                Ok(file)
            }
            // Never a redirect: two nodes that know nothing of each other would send a client to and fro.
            TokenMatch::Unknown(path) => find(path),
            TokenMatch::Newer(path) | TokenMatch::Older(path) if AssetPath::parse(path).is_err() => {
                Err(not_found(None).into())
            }
            TokenMatch::Newer(_) => Err(not_deployed_yet().into()),
            TokenMatch::Older(_) => Err(moved(&self.current_url(asset_request, &after)).into()),
        }
    }

    fn find_unchanged(
        &self,
        source_files: &SourceFiles,
        path: &str,
        asset_request: &AssetRequest<'_>,
    ) -> Result<ServedSource, Box<Response<Content>>> {
        let path = AssetPath::parse(path).map_err(|_| not_found(None))?;
        let result = source_files.find(&path, &asset_request.snapshot, &self.options);
        result.ok_or_else(|| not_found(None).into())
    }

    /// The URL with the current token instead of its own; asset path and query as they were spelt.
    fn current_url(&self, asset_request: &AssetRequest<'_>, after: &str) -> String {
        // Decoding leaves the number of slashes as it was.
        let before = 1 + after.matches('/').count();
        let rest = asset_request.encoded_path.splitn(before + 1, '/').nth(before).unwrap_or_default();
        let query = asset_request.query.map_or_else(String::new, |query| format!("?{query}"));
        format!("{}{rest}{query}", self.assets().base_url().path())
    }

    /// How long the bytes about to be sent may be kept under this URL: for ever if every version in it is their content
    /// hash, or `version`, which the caller has proven.
    fn policy(&self, query: Option<&str>, hash: Option<ContentHash>, version: Option<&str>) -> CachePolicy {
        let mut versions = versions(query.unwrap_or_default()).peekable();
        if versions.peek().is_none() {
            return self.options.unversioned_policy;
        }
        let is_proven = |given: Cow<'_, [u8]>| {
            hash.is_some_and(|hash| *given == *hash.as_str().as_bytes())
                || version.is_some_and(|version| *given == *version.as_bytes())
        };
        if versions.all(is_proven) { CachePolicy::Immutable } else { CachePolicy::NoStore }
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
