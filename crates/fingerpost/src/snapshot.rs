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
/// [`Assets::reload`] swaps releases while requests are in progress. A [`Snapshot`] pins one release. In a
/// [`Snapshot::scope`], all template helpers on the thread use the pinned release.
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
    /// The scopes of this thread, the innermost last. Each scope is an `Rc`, because updating the reference count of
    /// one `Arc` from all threads is slow.
    static SCOPES: RefCell<Vec<Rc<Snapshot>>> = const { RefCell::new(Vec::new()) };

    /// The number of scopes. Reading this value is one instruction, because a `Cell<usize>` needs no destructor.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

impl Snapshot {
    /// Returns the URL of an asset in this release, like [`Assets::url`].
    ///
    /// # Errors
    ///
    /// Same as [`Assets::url`].
    #[inline]
    pub fn url(&self, path: &str) -> Result<Url, Error> {
        self.resolver.url(path, |urls| &urls.url, Url::clone)
    }

    /// Returns the URL of an asset, or `None` for an unknown asset, a directory or an invalid path.
    ///
    /// Use `try_url` for text that may not be an asset path. Unlike [`url`](Self::url), `try_url` does not search for
    /// similar names and logs no warning, regardless of [`OnMissing`](crate::OnMissing). Lookups of unknown names are
    /// therefore cheap.
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
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) if the file cannot be read, in development only.
    pub fn try_url(&self, path: &str) -> Result<Option<Url>, Error> {
        self.resolver.try_url(path)
    }

    /// Returns the absolute URL of an asset in this release, like [`Assets::absolute_url`].
    ///
    /// # Errors
    ///
    /// Same as [`Assets::url`].
    pub fn absolute_url(&self, path: &str) -> Result<Url, Error> {
        self.resolver.absolute_url(path)
    }

    /// Returns the integrity value of an asset in this release, like [`Assets::integrity`].
    ///
    /// # Errors
    ///
    /// Same as [`Assets::integrity`].
    pub fn integrity(&self, path: &str) -> Result<String, Error> {
        self.resolver.integrity(path)
    }

    /// Returns the listed path and stamp of a source file. See [`BaselineFile`].
    ///
    /// Returns `None` for unlisted paths. Only a [`Strategy`](crate::Strategy) without a build step lists paths.
    #[doc(hidden)]
    pub fn baseline_file(&self, path: &str) -> Option<&BaselineFile> {
        match &self.resolver.strategy {
            ActiveStrategy::Listed(listed) => listed.baseline_file(path),
            _ => None,
        }
    }

    /// Returns the path of an asset in the output directory.
    ///
    /// Returns `None` for paths that are not in the manifest, and if the strategy is not
    /// [`Strategy::Manifest`](crate::Strategy::Manifest).
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

    /// Opens the current file of an asset in the source directories. Returns the path and the open file.
    ///
    /// Works in development, and with each [`Strategy`](crate::Strategy) that needs no build step. A file that `collect`
    /// would not publish is a [`NotFound`](crate::ErrorKind::NotFound) error with the reason; see
    /// [`Sources`](crate::sources::Sources).
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
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the asset does not exist, and always with
    ///   [`Strategy::Manifest`](crate::Strategy::Manifest);
    /// - [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) if the file cannot be read.
    pub fn open_source(&self, path: &AssetPath) -> Result<(PathBuf, File), Error> {
        self.resolver.open_source(path)
    }

    /// Returns `true` if both snapshots pin the same release. Snapshots after a reload pin another release, even if
    /// no file has changed.
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

    /// Returns `true` unless a reload has replaced this release or is about to replace it.
    ///
    /// The call reads one atomic integer. Only reloads change this integer.
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

    /// Returns `true` if this snapshot was taken from `assets` or from a clone of `assets`.
    pub fn belongs_to(&self, assets: &Assets) -> bool {
        Arc::ptr_eq(&self.assets.0, &assets.0)
    }

    /// Returns the app version of this release.
    pub fn app_version(&self) -> AppVersion {
        self.resolver.version.clone()
    }

    /// Returns the components of the app version, sorted by name, each with its number of files.
    ///
    /// Includes the components of [`component`](crate::AssetsBuilder::component), the components of the settings file, and
    /// `executable`. With [`Strategy::Manifest`](crate::Strategy::Manifest), the components of the settings file are read
    /// from the manifest. If several components have the same name, their numbers of files are added.
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

    /// Returns a hash of the app version and all URLs. The hash is the same on every server with the same release.
    ///
    /// HTTP layers add the hash to the ETag of pages that were rendered with this release. The first call computes the
    /// hash. Returns `None` in development, because URLs may change at any time.
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

    /// Returns all assets of this release, like [`Assets::iter`].
    pub fn iter(&self) -> impl Iterator<Item = (String, Url)> + use<> {
        self.resolver.list().into_iter()
    }

    /// Returns the assets of this snapshot.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Runs `render`, and returns the result. All calls in `render` use this release, so that one response never mixes two
    /// releases.
    ///
    /// The scope applies to all calls on this thread that use the same assets or a clone of the assets, in template
    /// helpers and in other code. Scopes may be nested. A scope does not extend across an `.await`. HTTP layers enter
    /// the scope again at every poll.
    pub fn scope<R>(&self, render: impl FnOnce() -> R) -> R {
        struct ScopeGuard;
        impl Drop for ScopeGuard {
            fn drop(&mut self) {
                DEPTH.set(DEPTH.get() - 1);
                // The scope is dropped after the borrow has ended, because dropping the last handle of a store may run
                // user code.
                drop(SCOPES.with_borrow_mut(Vec::pop));
            }
        }
        SCOPES.with_borrow_mut(|scopes| scopes.push(Rc::new(self.clone())));
        DEPTH.set(DEPTH.get() + 1);
        let _guard = ScopeGuard;
        render()
    }

    /// Calls `f` with the snapshot of the innermost scope on this thread, and returns the result. The scope may belong to any
    /// assets. Returns `None` outside of scopes.
    ///
    /// Use `with_current` in helpers that are not bound to an `Assets`. The lookup accesses no data that is shared
    /// between threads, so the cost of a call does not depend on the number of threads. `f` may enter scopes and call
    /// `with_current`.
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
    pub fn with_current<R>(f: impl FnOnce(&Self) -> R) -> Option<R> {
        innermost_where(|_| true).map(|scope| f(&scope))
    }

    /// Returns the snapshot of the innermost scope on this thread, or `None` outside of scopes. The snapshot may outlive the
    /// scope.
    ///
    /// The call changes a reference count that all threads share. Prefer [`with_current`](Self::with_current) in code that
    /// runs for each template call.
    pub fn current() -> Option<Self> {
        Self::with_current(Self::clone)
    }
}

/// Returns the innermost scope of these assets on this thread.
#[inline]
pub(crate) fn pinned(assets: &Assets) -> Option<Rc<Snapshot>> {
    innermost_where(|scope| scope.belongs_to(assets))
}

/// Returns a new handle to the innermost matching scope. The list of scopes may change while the scope is used.
#[inline]
fn innermost_where(fits: impl Fn(&Snapshot) -> bool) -> Option<Rc<Snapshot>> {
    if DEPTH.get() == 0 { None } else { search_scopes(fits) }
}

fn search_scopes(fits: impl Fn(&Snapshot) -> bool) -> Option<Rc<Snapshot>> {
    let innermost =
        |scopes: &RefCell<Vec<Rc<Snapshot>>>| scopes.borrow().iter().rev().find(|scope| fits(scope)).cloned();
    // `try_with` fails only while the thread exits. An exiting thread has no scopes.
    SCOPES.try_with(innermost).ok().flatten()
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("app_version", &&*self.resolver.version).finish_non_exhaustive()
    }
}
