use std::{
    cell::{Cell, RefCell},
    fmt,
    fs::File,
    path::PathBuf,
    rc::Rc,
    sync::Arc,
};

use crate::{
    assets::Assets,
    error::Error,
    manifest::digest::ContentHash,
    mode::Mode,
    resolve::{Resolver, active_strategy::ActiveStrategy},
    sources::baseline::BaselineFile,
    url::{Url, asset_path::AssetPath},
    version::AppVersion,
};

/// One pinned release, whose URLs do not change when assets are reloaded.
///
/// [`Assets::reload`] swaps releases while requests are in progress. A [`Snapshot`] pins one release, and
/// [`Snapshot::scope`] makes all template helpers on the thread use it.
///
/// In development only the app version is pinned, because files are read at every call.
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
/// # let assets = fingerpost::Assets::production(&dist)?;
/// let snapshot = assets.snapshot();
/// std::fs::write(dist.join("staticfiles.json"), r#"{"version": "1.1", "paths": {}}"#)?;
/// assets.reload()?;
///
/// assert!(assets.url("css/app.css").is_err());
/// assert_eq!(snapshot.scope(|| assets.url("css/app.css"))?, "/static/css/app.7c98040a5416.css");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) assets: Assets,
    pub(crate) resolver: Arc<Resolver>,
}

thread_local! {
    /// The scopes that this thread is in, the innermost last. An `Rc` per thread, because updating the count of one
    /// `Arc` from all threads is slow.
    static SCOPES: RefCell<Vec<Rc<Snapshot>>> = const { RefCell::new(Vec::new()) };

    /// The number of scopes. It needs no destructor, so checking it is one instruction.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

impl Snapshot {
    /// Returns the URL as [`Assets::url`] does, in this release.
    ///
    /// # Errors
    ///
    /// As for [`Assets::url`].
    pub fn url(&self, path: &str) -> Result<Url, Error> {
        self.resolver.url(path, |urls| &urls.url)
    }

    /// Returns the URL of an asset, or `None` for an unknown asset, a directory and an invalid path.
    ///
    /// For text that may not be an asset path. Unlike [`url`](Self::url) it searches no similar names and logs no
    /// warning, whatever [`OnMissing`](crate::OnMissing) is set, so that many unknown names cost little.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.css"), "body{}")?;
    /// let snapshot = fingerpost::Assets::dev(dir.path())?.snapshot();
    /// assert_eq!(snapshot.try_url("a.css#top")?.as_deref(), Some("/static/a.css?v=7c98040a5416#top"));
    /// assert_eq!(snapshot.try_url("b.css")?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) in development.
    pub fn try_url(&self, path: &str) -> Result<Option<Url>, Error> {
        self.resolver.try_url(path)
    }

    /// Returns the URL as [`Assets::absolute_url`] does, in this release.
    ///
    /// # Errors
    ///
    /// As for [`Assets::url`].
    pub fn absolute_url(&self, path: &str) -> Result<Url, Error> {
        self.resolver.url(path, |urls| &urls.absolute)
    }

    /// Returns the value as [`Assets::integrity`] does, in this release.
    ///
    /// # Errors
    ///
    /// As for [`Assets::integrity`].
    pub fn integrity(&self, path: &str) -> Result<String, Error> {
        self.resolver.integrity(path)
    }

    /// Returns the file of an asset as it was listed, for the [`Strategy`](crate::Strategy)s without a build step;
    /// `None` for all others and for unlisted paths. See [`BaselineFile`].
    #[doc(hidden)]
    pub fn baseline_file(&self, path: &str) -> Option<&BaselineFile> {
        match &self.resolver.strategy {
            ActiveStrategy::Listed(listed) => listed.baseline_file(path),
            _ => None,
        }
    }

    /// Returns the path of an asset in the output directory, for [`Strategy::Manifest`](crate::Strategy::Manifest); `None`
    /// for all others and for paths that are not in the manifest.
    ///
    /// ```
    /// # let dist = tempfile::tempdir()?;
    /// # let manifest = r#"{"version": "1.1", "paths": {"css/app.css": "css/app.7c98040a5416.css"}}"#;
    /// # std::fs::write(dist.path().join("staticfiles.json"), manifest)?;
    /// let snapshot = fingerpost::Assets::production(dist.path())?.snapshot();
    /// assert_eq!(snapshot.hashed_path("css/app.css"), Some("css/app.7c98040a5416.css"));
    /// assert_eq!(snapshot.hashed_path("css/ap.css"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hashed_path(&self, path: &str) -> Option<&str> {
        match &self.resolver.strategy {
            ActiveStrategy::Collected(collected) => collected.hashed_path(path),
            _ => None,
        }
    }

    /// Opens the current file of an asset in the source directories, in development and for the [`Strategy`](crate::Strategy)s
    /// without a build step.
    ///
    /// Files that `collect` would not publish are not found, with the reason: see [`Sources`](crate::sources::Sources).
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.css"), "body{}")?;
    /// use fingerpost::{AssetPath, Assets};
    ///
    /// let snapshot = Assets::dev(dir.path())?.snapshot();
    /// let (path, file) = snapshot.open_source(&AssetPath::parse("a.css")?)?;
    /// assert_eq!(path, dir.path().join("a.css"));
    /// assert_eq!(file.metadata()?.len(), 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), always under
    /// [`Strategy::Manifest`](crate::Strategy::Manifest); [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable).
    pub fn open_source(&self, path: &AssetPath) -> Result<(PathBuf, File), Error> {
        self.resolver.open_source(path)
    }

    /// Returns `true` if both pin the same release, with no reload between them.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// let assets = fingerpost::Assets::dev(dir.path())?;
    /// let snapshot = assets.snapshot();
    /// assert!(snapshot.is_same_release(&assets.snapshot()));
    /// assets.reload()?;
    /// assert!(!snapshot.is_same_release(&assets.snapshot()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_same_release(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.resolver, &other.resolver)
    }

    /// Returns `true` if no reload has replaced this release or is about to. Reads one atomic that only reloads write.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// let assets = fingerpost::Assets::dev(dir.path())?;
    /// let snapshot = assets.snapshot();
    /// assert!(snapshot.is_current());
    /// assets.reload()?;
    /// assert!(!snapshot.is_current());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_current(&self) -> bool {
        self.resolver.generation == self.assets.generation()
    }

    /// Returns `true` if this is a snapshot of `assets` or of a clone of it.
    pub fn belongs_to(&self, assets: &Assets) -> bool {
        Arc::ptr_eq(&self.assets.0, &assets.0)
    }

    /// Returns the app version of this release.
    pub fn app_version(&self) -> AppVersion {
        self.resolver.version.clone()
    }

    /// Returns the components of the app version by name, sorted, each with its number of files: those of
    /// [`component`](crate::AssetsBuilder::component), of the settings file, and `executable`.
    ///
    /// In production the components of the settings file are read from the manifest. Counts under the same name are
    /// added.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let static_dir = dir.path();
    /// # let file = |name: &str| std::fs::write(static_dir.join(name), "").map(|()| static_dir.join(name));
    /// # let (base_html, nav_html, site_json) = (file("base.html")?, file("nav.html")?, file("site.json")?);
    /// use fingerpost::{Assets, Mode};
    ///
    /// let assets = Assets::builder()
    ///     .source(static_dir)
    ///     .mode(Mode::Dev)
    ///     .component("templates", [&base_html, &nav_html])
    ///     .component("config", [&site_json])
    ///     .build()?;
    /// let snapshot = assets.snapshot();
    /// assert!(snapshot.components().eq([("config", 1), ("templates", 2)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn components(&self) -> impl Iterator<Item = (&str, usize)> {
        self.resolver.components.iter().map(|(name, files)| (name.as_str(), *files))
    }

    /// Returns a hash of the app version and all URLs, the same on every server with the same release. Servers put it
    /// into the ETag of pages rendered with this release.
    ///
    /// `None` in development, where a URL may change at any time. Computed at the first call.
    ///
    /// ```
    /// # let dist = tempfile::tempdir()?;
    /// # let manifest = |name: &str| format!(r#"{{"version": "1.1", "paths": {{"a.css": "{name}"}}}}"#);
    /// # let publish = |name| std::fs::write(dist.path().join("staticfiles.json"), manifest(name));
    /// # publish("a.1.css")?;
    /// let assets = fingerpost::Assets::production(dist.path())?;
    /// let before = assets.snapshot().release_id();
    /// publish("a.2.css")?;
    /// assert_ne!(assets.reload()?.release_id(), before);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn release_id(&self) -> Option<ContentHash> {
        (self.assets.mode() == Mode::Production).then(|| self.resolver.release_id()).flatten()
    }

    /// Returns all assets as [`Assets::iter`] does, in this release.
    pub fn iter(&self) -> impl Iterator<Item = (String, Url)> + use<> {
        self.resolver.list().into_iter()
    }

    /// Returns the assets of this snapshot.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Runs `render` with this release in force on this thread, so that one response never mixes two releases.
    ///
    /// Applies to every call and template helper of the same assets or a clone of them. Scopes nest. A scope does not
    /// cross an `.await`: a layer enters it again at every poll.
    pub fn scope<R>(&self, render: impl FnOnce() -> R) -> R {
        struct ScopeGuard;
        impl Drop for ScopeGuard {
            fn drop(&mut self) {
                DEPTH.set(DEPTH.get() - 1);
                // Dropped after the borrow has ended: dropping the last handle of a store may run user code.
                drop(SCOPES.with_borrow_mut(Vec::pop));
            }
        }
        SCOPES.with_borrow_mut(|scopes| scopes.push(Rc::new(self.clone())));
        DEPTH.set(DEPTH.get() + 1);
        let _leave = ScopeGuard;
        render()
    }

    /// Passes the innermost scope on this thread, of any assets, to `ask`; returns `None` outside every scope.
    ///
    /// For helpers that are not bound to an `Assets`. Finding the scope touches nothing that other threads use, so its
    /// cost does not depend on their number. `ask` may enter and query scopes itself.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.css"), "body{}")?;
    /// # let assets = fingerpost::Assets::dev(dir.path())?;
    /// use fingerpost::Snapshot;
    ///
    /// let url = || Snapshot::with_current(|snapshot| snapshot.url("a.css")).transpose();
    /// assert_eq!(url()?, None);
    /// assert_eq!(assets.snapshot().scope(url)?.as_deref(), Some("/static/a.css?v=7c98040a5416"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn with_current<R>(ask: impl FnOnce(&Self) -> R) -> Option<R> {
        innermost().map(|scope| ask(&scope))
    }

    /// Returns the innermost scope on this thread; the snapshot may outlive the scope.
    ///
    /// Changes a reference count that all threads share; prefer [`with_current`](Self::with_current) where each call
    /// uses it.
    pub fn current() -> Option<Self> {
        Self::with_current(Self::clone)
    }
}

/// Returns the innermost scope on this thread.
fn innermost() -> Option<Rc<Snapshot>> {
    innermost_where(|_| true)
}

/// Returns the innermost scope of these assets on this thread.
#[inline]
pub(crate) fn pinned(assets: &Assets) -> Option<Rc<Snapshot>> {
    innermost_where(|scope| scope.belongs_to(assets))
}

/// Returns a new handle to the innermost scope that fits: the list of scopes may change while the scope is used.
#[inline]
fn innermost_where(fits: impl Fn(&Snapshot) -> bool) -> Option<Rc<Snapshot>> {
    if DEPTH.get() == 0 { None } else { search_scopes(fits) }
}

fn search_scopes(fits: impl Fn(&Snapshot) -> bool) -> Option<Rc<Snapshot>> {
    let innermost =
        |scopes: &RefCell<Vec<Rc<Snapshot>>>| scopes.borrow().iter().rev().find(|scope| fits(scope)).cloned();
    // Fails on a thread that is ending, which has no scopes.
    SCOPES.try_with(innermost).ok().flatten()
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("app_version", &&*self.resolver.version).finish_non_exhaustive()
    }
}
