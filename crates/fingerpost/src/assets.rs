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

/// All assets of one site: turns asset paths into URLs.
///
/// A cheap clone, to be shared by all threads. In production a look-up is lock-free and allocates nothing; in
/// development it costs one `stat` and is right the moment a file is saved.
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
/// What an author writes is the same in both modes, and what works in one works in the other: `css/app.css`, relative,
/// with `/`. `..`, `\`, `//host` and `scheme:` are refused. Files that `collect` would not take are not found in
/// development either. A URL can always stand in HTML as it is ([`Url::is_html_inert`] says when it cannot), whatever was
/// put in.
///
/// A module that a page names by `static()` and another module imports by its plain name has two URLs in development and
/// under [`Strategy::VersionQuery`], and runs twice; name it in one of the two ways.
#[derive(Clone)]
pub struct Assets(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    loader: Loader,
    current: ArcSwap<Resolver>,
    /// The number of `current`, or of what is just about to be, for those who only want to know whether it is still theirs.
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

    /// The URL of an asset.
    ///
    /// `path` is an asset path; one leading `/` is tolerated, and what the author wrote behind it survives:
    /// `sprite.svg#icon` becomes `/static/sprite.<hash>.svg#icon`, in development `/static/sprite.svg?v=<hash>#icon`. A
    /// version that the author gave (`?v=3`) is left alone. A path that ends in `/` is returned without a hash.
    ///
    /// Within a [`Snapshot::scope`] of these assets it is the scope's answer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) with the places searched and the nearest names, unless
    /// [`OnMissing::Plain`](crate::OnMissing::Plain) is set; [`ErrorKind::InvalidPath`](crate::ErrorKind::InvalidPath)
    /// for a path that can name nothing; in development
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable).
    pub fn url(&self, path: &str) -> Result<Url, Error> {
        self.with_resolver(|resolver| resolver.url(path, |urls| &urls.url))
    }

    /// Returns the URL with the [`origin`](crate::AssetsBuilder::origin) in front, for e-mail, feeds and social cards.
    ///
    /// Without an origin, or with an absolute base URL, it equals [`url`](Self::url).
    ///
    /// # Errors
    ///
    /// As for [`url`](Self::url).
    pub fn absolute_url(&self, path: &str) -> Result<Url, Error> {
        self.with_resolver(|resolver| resolver.url(path, |urls| &urls.absolute))
    }

    /// Returns the value of an `integrity` attribute: `sha256-…`, from the digest of the bytes that are served.
    ///
    /// In production the digest is in the manifest; if the manifest of another program has none, the file is read at the
    /// first call. In development, and for the strategies without a build step, it is the digest of the file as it is now.
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
    /// As for [`url`](Self::url); an unknown asset is always one.
    pub fn integrity(&self, path: &str) -> Result<String, Error> {
        self.with_resolver(|resolver| resolver.integrity(path))
    }

    /// The app version, as it was when these assets were built or reloaded last.
    pub fn app_version(&self) -> AppVersion {
        self.with_resolver(|resolver| resolver.version.clone())
    }

    /// All assets with their URLs, sorted by asset path, for a service worker's list or preload headers.
    ///
    /// Names with a `?` or `#` are left out, because no template can name them. In development this lists the source
    /// dirs and hashes every file; one that cannot be read is left out with a warning through `tracing`.
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

    /// Pins the release in force; within a [`Snapshot::scope`] of these assets, the scope's.
    pub fn snapshot(&self) -> Snapshot {
        match snapshot::pinned(self) {
            Some(scope) => Snapshot::clone(&scope),
            None => Snapshot { assets: self.clone(), resolver: self.current() },
        }
    }

    /// Reads again what the mode reads, and puts it in force for everybody at once.
    ///
    /// In production that is the manifest; in development the source dirs are opened anew and the cache is dropped. The
    /// app version is computed anew. The strategies without a build step list the source dirs anew, but a URL that stays
    /// goes on standing for the bytes it stood for. Callers that come
    /// while a reload is under way share the next one. The answer is the new release, which a scope on this thread does not
    /// show yet.
    ///
    /// # Errors
    ///
    /// As for [`AssetsBuilder::build`](crate::AssetsBuilder::build); then what was in force stays in force.
    pub fn reload(&self) -> Result<Snapshot, Error> {
        let reload = || {
            let resolver = Arc::new(self.0.loader.resolver(Some(&self.current()))?);
            // First, so that nobody who has seen the release is content with what was made of the one before.
            self.0.generation.store(resolver.generation, Ordering::Release);
            self.0.current.store(Arc::clone(&resolver));
            Ok(resolver)
        };
        let resolver = self.0.reloads.join(|_| false, reload)?;
        Ok(Snapshot { assets: self.clone(), resolver })
    }

    /// The mode in force: [`Mode::Dev`] or [`Mode::Production`], never [`Mode::Auto`].
    pub fn mode(&self) -> Mode {
        self.0.loader.mode
    }

    /// What precedes every asset path.
    pub fn base_url(&self) -> &BaseUrl {
        &self.0.loader.options.base
    }

    /// Where a server answers for these assets: the path of the base URL up to the path token, if there is one.
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

    /// The strategy in force: `None` for the content query of development.
    pub fn strategy(&self) -> Option<&Strategy> {
        self.0.loader.strategy.as_ref()
    }

    /// Where collected bytes come from, if the strategy in force is [`Manifest`](crate::Strategy::Manifest).
    pub fn store(&self) -> Option<&Arc<dyn Store>> {
        self.0.loader.store.as_ref().filter(|_| self.strategy() == Some(&Strategy::Manifest))
    }

    /// The release in force, whatever a scope may say.
    pub(crate) fn current(&self) -> Arc<Resolver> {
        self.0.current.load_full()
    }

    /// The number of the release in force, or of one that comes into force this moment.
    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    fn with_resolver<R>(&self, use_resolver: impl FnOnce(&Resolver) -> R) -> R {
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
