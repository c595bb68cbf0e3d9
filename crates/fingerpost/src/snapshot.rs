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

/// One release, pinned: whatever is reloaded meanwhile, its answers stay the same.
///
/// [`Assets::reload`] swaps releases while requests are under way. A [`Snapshot`] pins one, and [`Snapshot::scope`] makes
/// it what every helper on the thread sees.
///
/// In development it pins the app version alone, because files are looked at when they are asked for.
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
    /// The scopes that this thread is in, the innermost last. Counted by thread, because an `Arc` that all threads count at
    /// once is slow.
    static SCOPES: RefCell<Vec<Rc<Snapshot>>> = const { RefCell::new(Vec::new()) };

    /// How many they are, for a quick look: it needs no destructor, so reading it is one instruction.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

impl Snapshot {
    /// As [`Assets::url`], in this release.
    ///
    /// # Errors
    ///
    /// As for [`Assets::url`].
    pub fn url(&self, path: &str) -> Result<Url, Error> {
        self.resolver.url(path, |urls| &urls.url)
    }

    /// The URL of an asset, for text that may be meant as something else: nothing for what nobody knows, for a directory,
    /// and for what can name nothing.
    ///
    /// Unlike [`url`](Self::url) it looks for no similar names and warns of nothing, whatever
    /// [`OnMissing`](crate::OnMissing) says, so that many unknown names cost little.
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

    /// As [`Assets::absolute_url`], in this release.
    ///
    /// # Errors
    ///
    /// As for [`Assets::url`].
    pub fn absolute_url(&self, path: &str) -> Result<Url, Error> {
        self.resolver.url(path, |urls| &urls.absolute)
    }

    /// As [`Assets::integrity`], in this release.
    ///
    /// # Errors
    ///
    /// As for [`Assets::integrity`].
    pub fn integrity(&self, path: &str) -> Result<String, Error> {
        self.resolver.integrity(path)
    }

    /// The file of an asset path as it was when it was listed, for [`Strategy`](crate::Strategy)s without a build step:
    /// `None` for all others, and for what is not in the list. See [`BaselineFile`].
    #[doc(hidden)]
    pub fn baseline_file(&self, path: &str) -> Option<&BaselineFile> {
        match &self.resolver.strategy {
            ActiveStrategy::Listed(listed) => listed.baseline_file(path),
            _ => None,
        }
    }

    /// Where an asset lies in the output dir, for [`Strategy::Manifest`](crate::Strategy::Manifest): `None` for all others,
    /// and for what the manifest does not name.
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

    /// Opens the file that an asset path stands for in the source dirs at this moment: for development, and for
    /// [`Strategy`](crate::Strategy)s without a build step.
    ///
    /// What `collect` would not take is not found, with the reason: see [`Sources`](crate::sources::Sources).
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
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), always so where the source dirs are not what URLs are made from;
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable).
    pub fn open_source(&self, path: &AssetPath) -> Result<(PathBuf, File), Error> {
        self.resolver.open_source(path)
    }

    /// Whether both pin the same release, and no reload lies between them.
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

    /// Whether no reload has begun to put another release in force. Touches one number that changes with reloads alone.
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

    /// Whether this is a snapshot of these assets, or of a clone of them.
    pub fn belongs_to(&self, assets: &Assets) -> bool {
        Arc::ptr_eq(&self.assets.0, &assets.0)
    }

    /// The app version of this release.
    pub fn app_version(&self) -> AppVersion {
        self.resolver.version.clone()
    }

    /// Returns the components of the app version by name, sorted, each with its number of files: those of
    /// [`component`](crate::AssetsBuilder::component), of the settings file, and `executable`.
    ///
    /// In production the components of the settings file are those that the manifest records. Numbers under the same name
    /// are added.
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

    /// Changes with every URL and with the app version: what a server puts into the entity tag of a page that was made with
    /// this release. The same on every server that has the same release.
    ///
    /// `None` in development, where a URL may change at any moment. Hashed at the first call and kept.
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

    /// As [`Assets::iter`], in this release.
    pub fn iter(&self) -> impl Iterator<Item = (String, Url)> + use<> {
        self.resolver.list().into_iter()
    }

    /// The assets that this is a snapshot of.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Runs `render` with this release in force on this thread, so that one response never mixes two.
    ///
    /// Every [`Assets`] call and every template helper heeds it, if it belongs to the same assets or a clone of them.
    /// Scopes nest. It does not cross an `.await`: a layer enters it anew at every poll.
    pub fn scope<R>(&self, render: impl FnOnce() -> R) -> R {
        struct ScopeGuard;
        impl Drop for ScopeGuard {
            fn drop(&mut self) {
                DEPTH.set(DEPTH.get() - 1);
                // Dropped after the borrow has ended: a store that goes with it may be anybody's code.
                drop(SCOPES.with_borrow_mut(Vec::pop));
            }
        }
        SCOPES.with_borrow_mut(|scopes| scopes.push(Rc::new(self.clone())));
        DEPTH.set(DEPTH.get() + 1);
        let _leave = ScopeGuard;
        render()
    }

    /// Asks the innermost scope that this thread is in, of whichever assets; `None` outside every scope.
    ///
    /// For helpers that are bound to no assets of their own: they ask this, and where there is none, what the whole
    /// process shares. Finding the scope touches nothing that other threads use, so it costs the same however many ask at
    /// once. `ask` may enter and ask scopes itself.
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

    /// The innermost scope that this thread is in, to keep: it may outlive the scope.
    ///
    /// Counts references that all threads share, so [`with_current`](Self::with_current) is the one for every call.
    pub fn current() -> Option<Self> {
        Self::with_current(Self::clone)
    }
}

/// The innermost scope on this thread.
fn innermost() -> Option<Rc<Snapshot>> {
    innermost_where(|_| true)
}

/// The innermost scope of these assets on this thread.
#[inline]
pub(crate) fn pinned(assets: &Assets) -> Option<Rc<Snapshot>> {
    innermost_where(|scope| scope.belongs_to(assets))
}

/// The innermost scope that fits, as a handle of its own: the list of scopes may change while it is used.
#[inline]
fn innermost_where(fits: impl Fn(&Snapshot) -> bool) -> Option<Rc<Snapshot>> {
    if DEPTH.get() == 0 { None } else { search_scopes(fits) }
}

fn search_scopes(fits: impl Fn(&Snapshot) -> bool) -> Option<Rc<Snapshot>> {
    let innermost =
        |scopes: &RefCell<Vec<Rc<Snapshot>>>| scopes.borrow().iter().rev().find(|scope| fits(scope)).cloned();
    // A thread that is ending has no scopes any more.
    SCOPES.try_with(innermost).ok().flatten()
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("app_version", &&*self.resolver.version).finish_non_exhaustive()
    }
}
