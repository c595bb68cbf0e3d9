use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;

use crate::{
    dev::single_flight::SingleFlight,
    error::Error,
    manifest::store::Store,
    mode::Mode,
    resolve::{Resolver, loader::Loader, strategy::Strategy},
    snapshot::{self, Snapshot},
    url::{Url, base_url::BaseUrl},
    version::AppVersion,
};

/// The assets of one site. Turns asset paths into URLs.
///
/// Cheap to clone and shareable between threads. In production a lookup is lock-free and allocates nothing. In
/// development a lookup costs one `stat` per searched source directory, and an edit is visible on the next call.
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # let dir = |name: &str| {
/// #     let dir = site.path().join(name);
/// #     std::fs::create_dir_all(dir.join("css")).map(|()| dir)
/// # };
/// # let (static_dir, dist) = (dir("static")?, dir("dist")?);
/// # std::fs::write(static_dir.join("css/app.css"), "body{}")?;
/// # let manifest = r#"{"version": "1.1", "paths": {"css/app.css": "css/app.7c98040a5416.css"}, "hash": "5940499ec5f6"}"#;
/// # std::fs::write(dist.join("staticfiles.json"), manifest)?;
/// use fingerpost::Assets;
///
/// let development = Assets::dev(&static_dir)?;
/// assert_eq!(development.url("css/app.css")?, "/static/css/app.css?v=7c98040a5416");
///
/// let production = Assets::production(&dist)?;
/// assert_eq!(production.url("css/app.css")?, "/static/css/app.7c98040a5416.css");
/// assert_eq!(&*production.app_version(), "5940499ec5f6");
///
/// let err = production.url("css/ap.css").unwrap_err();
/// assert!(err.to_string().ends_with("(did you mean `css/app.css`?)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Names
///
/// Asset paths are the same in both modes: relative and separated by `/`, such as `css/app.css`. `..`, `\`, `//host`
/// and `scheme:` are rejected. Files that `collect` would not publish are not found in development either. Every URL is
/// safe to write into HTML without escaping, unless [`Url::is_html_inert`] returns `false`.
///
/// In development and under [`Strategy::VersionQuery`], the URL from `static()` differs from the plain URL in an
/// `import`. A JavaScript module runs twice if a page loads the module with `static()` and another module imports the
/// module. [`AssetsBuilder::import_modules`](crate::AssetsBuilder::import_modules) gives such modules one URL.
#[derive(Clone)]
pub struct Assets(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    loader: Loader,
    current: ArcSwap<Resolver>,
    /// Generation of `current`, incremented just before a swap, so that users of an older release can detect the swap.
    generation: AtomicU64,
    reloads: SingleFlight<Result<Arc<Resolver>, Error>>,
}

impl Assets {
    pub(crate) fn load(loader: Loader) -> Result<Self, Error> {
        let current = ArcSwap::from_pointee(loader.resolver(None)?);
        Ok(Self(Arc::new(Shared {
            loader,
            current,
            generation: AtomicU64::new(0),
            reloads: SingleFlight::default(),
        })))
    }

    /// Returns the URL of an asset.
    ///
    /// `path` is an asset path with an optional leading `/`. The query and fragment of `path` are preserved:
    /// `sprite.svg#icon` becomes `/static/sprite.<hash>.svg#icon`, in development `/static/sprite.svg?v=<hash>#icon`. A
    /// query that already has a `v` (`?v=3`) is not changed. A path that ends in `/` is returned without a hash.
    ///
    /// Inside a [`Snapshot::scope`] of these assets, the release of the scope is used.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) with the searched directories and similar names, unless
    ///   [`OnMissing::Plain`](crate::OnMissing::Plain) is set;
    /// - [`ErrorKind::InvalidPath`](crate::ErrorKind::InvalidPath) if `path` is not a valid asset path;
    /// - [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable), in development only.
    pub fn url(&self, path: &str) -> Result<Url, Error> {
        self.with_url(path, Url::clone)
    }

    /// Returns the URL with the [`origin`](crate::AssetsBuilder::origin) in front, for e-mail, feeds and social cards.
    ///
    /// Returns the same URL as [`url`](Self::url) if the base URL is absolute, or if no origin is set. The first URL
    /// without a host logs a `tracing` warning, because mail programs and feed readers cannot resolve a path.
    ///
    /// # Errors
    ///
    /// Same as [`url`](Self::url).
    pub fn absolute_url(&self, path: &str) -> Result<Url, Error> {
        self.with_resolver(|resolver| resolver.absolute_url(path))
    }

    /// Returns the value of an `integrity` attribute, `sha256-…`, from the digest of the bytes that are served.
    ///
    /// With [`Strategy::Manifest`], the manifest contains the digest. If a manifest of another program lacks the
    /// digest, the first call reads the file. In development, and for the strategies without a build step, the value is
    /// the digest of the current file.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.css"), "body{}")?;
    /// # let assets = fingerpost::Assets::dev(dir.path())?;
    /// assert_eq!(assets.integrity("a.css")?, fingerpost::manifest::Digest::from_content(b"body{}").integrity());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`url`](Self::url). An unknown asset is an error even with [`OnMissing::Plain`](crate::OnMissing::Plain).
    pub fn integrity(&self, path: &str) -> Result<String, Error> {
        self.with_resolver(|resolver| resolver.integrity(path))
    }

    /// Returns the app version, computed when these assets were built or last reloaded.
    pub fn app_version(&self) -> AppVersion {
        self.with_resolver(|resolver| resolver.version.clone())
    }

    /// Returns all assets with their URLs, sorted by asset path, for preload headers or the precache list of a service
    /// worker.
    ///
    /// Names with a `?` or `#` are left out, because templates cannot refer to such names. In development, the call lists
    /// the source directories and hashes every file. Unreadable files are left out with a `tracing` warning.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.css"), "body{}")?;
    /// # let assets = fingerpost::Assets::dev(dir.path())?;
    /// let all: Vec<_> = assets.iter().map(|(path, url)| format!("{path} is {url}")).collect();
    /// assert_eq!(all, ["a.css is /static/a.css?v=7c98040a5416"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (String, Url)> + use<> {
        self.with_resolver(Resolver::list).into_iter()
    }

    /// Returns a snapshot of the current release. Inside a [`Snapshot::scope`] of these assets, returns a snapshot of the
    /// release of the scope.
    pub fn snapshot(&self) -> Snapshot {
        match snapshot::pinned(self) {
            Some(scope) => Snapshot::clone(&scope),
            None => Snapshot { assets: self.clone(), resolver: self.current() },
        }
    }

    /// Reads the manifest or the source directories again, and replaces the current release atomically.
    ///
    /// In production, the manifest is read. In development, the source directories are opened again, and the cache is
    /// emptied. The strategies without a build step list the source directories again. An unchanged URL still identifies
    /// the content of the first listing. The app version is always computed again.
    ///
    /// Calls during a reload share the next reload. Returns the new release. Active scopes still use their pinned
    /// release.
    ///
    /// # Errors
    ///
    /// Same as [`AssetsBuilder::build`](crate::AssetsBuilder::build). After an error the current release stays active.
    pub fn reload(&self) -> Result<Snapshot, Error> {
        let reload = || {
            let resolver = Arc::new(self.0.loader.resolver(Some(&self.current()))?);
            // Increment first, so that no reader of the new release reuses old cached values.
            self.0.generation.store(resolver.generation, Ordering::Release);
            self.0.current.store(Arc::clone(&resolver));
            Ok(resolver)
        };
        let resolver = self.0.reloads.join(|_| false, reload)?;
        Ok(Snapshot { assets: self.clone(), resolver })
    }

    /// Returns the mode: [`Mode::Dev`] or [`Mode::Production`], never [`Mode::Auto`].
    pub fn mode(&self) -> Mode {
        self.0.loader.mode
    }

    /// Returns the base URL of all assets.
    pub fn base_url(&self) -> &BaseUrl {
        &self.0.loader.options.base
    }

    /// Returns the mount path for a server of these assets: the path of the base URL, up to the path token if the base
    /// URL has a path token.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use fingerpost::{Assets, Mode, Strategy, Token};
    ///
    /// let assets = Assets::builder()
    ///     .source(dir.path())
    ///     .mode(Mode::Production)
    ///     .strategy(Strategy::PathToken(Token::ordered(1000)?))
    ///     .base_url("https://cdn.example.com/static/{breaker}/")
    ///     .build()?;
    /// assert_eq!(assets.base_url().path(), "/static/1000/");
    /// assert_eq!(assets.mount_path(), "/static/");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mount_path(&self) -> &str {
        let path = self.base_url().path();
        self.0.loader.options.mount_path_len.map_or(path, |length| &path[..length])
    }

    /// Returns the active strategy, or `None` if development uses `?v=<content hash>`.
    pub fn strategy(&self) -> Option<&Strategy> {
        self.0.loader.strategy.as_ref()
    }

    /// Returns the store of collected files, if the active strategy is [`Manifest`](crate::Strategy::Manifest).
    pub fn store(&self) -> Option<&Arc<dyn Store>> {
        self.0.loader.store.as_ref().filter(|_| self.strategy() == Some(&Strategy::Manifest))
    }

    /// Returns the current release, ignoring scopes.
    pub(crate) fn current(&self) -> Arc<Resolver> {
        self.0.current.load_full()
    }

    /// Returns the generation of the current release, or of the release that is about to replace it.
    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// Passes the URL of an asset to `take`, without changing the reference count of the URL. For adapters.
    #[doc(hidden)]
    #[inline]
    pub fn with_url<R>(&self, path: &str, take: impl FnMut(&Url) -> R) -> Result<R, Error> {
        self.with_resolver(|resolver| resolver.url(path, |urls| &urls.url, take))
    }

    #[inline]
    pub(crate) fn with_resolver<R>(&self, use_resolver: impl FnOnce(&Resolver) -> R) -> R {
        match snapshot::pinned(self) {
            Some(scope) => use_resolver(&scope.resolver),
            None => use_resolver(&self.0.current.load()),
        }
    }
}

impl fmt::Debug for Assets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assets")
            .field("mode", &self.mode())
            .field("base_url", &self.base_url().as_str())
            .field("app_version", &&*self.app_version())
            .finish_non_exhaustive()
    }
}
