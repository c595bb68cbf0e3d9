use std::{
    env,
    path::{Path, PathBuf},
    sync::{Arc, Once},
    time::SystemTime,
};

use crate::{
    assets::Assets,
    environment,
    error::Error,
    files::{absolute, clock::Clock},
    import_map::ImportMap,
    manifest::store::{DirStore, Store},
    mode::Mode,
    resolve::{
        loader::Loader,
        missing::{MissingWarnings, OnMissing},
        strategy::{Strategy, mount_path_len},
    },
    settings::Settings,
    sources::{SourceDir, ignore_rules::IgnoreRules},
    url::{
        base_url::{BaseUrl, parse_origin},
        url_options::UrlOptions,
    },
    version::{settings::VersionSettings, version_sources::VersionSources},
};

/// The settings of an [`Assets`]. Nothing is read or checked before [`build`](Self::build).
///
/// [`Assets::from_config`] reads a settings file ([`Settings`]) instead. An empty environment variable
/// counts as unset:
///
/// | variable | sets |
/// |---|---|
/// | `FINGERPOST_MODE` | `dev` or `production`, for [`Mode::Auto`] |
/// | `FINGERPOST_APP_VERSION` | the app version |
/// | `FINGERPOST_SECRET` | the secret of the [`BustToken`](crate::BustToken) |
/// | `FINGERPOST_BASE_URL` | the base URL, overriding `base-url` in a settings file |
/// | `FINGERPOST_ORIGIN` | the origin, overriding `origin` in a settings file |
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # let static_dir = site.path();
/// # std::fs::create_dir(static_dir.join("css"))?;
/// # std::fs::write(static_dir.join("css/app.css"), "body{}")?;
/// use fingerpost::{Assets, Mode};
///
/// let assets = Assets::builder()
///     .source_at("theme", static_dir)
///     .base_url("https://cdn.example.com/static/")
///     .mode(Mode::Dev)
///     .build()?;
/// assert_eq!(
///     assets.url("theme/css/app.css")?,
///     "https://cdn.example.com/static/theme/css/app.css?v=7c98040a5416"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "nothing happens before `build`"]
pub struct AssetsBuilder {
    settings: Settings,
    sources: Vec<Result<SourceDir, Error>>,
    ignore: Vec<String>,
    hidden: Option<bool>,
    follow_symlinks: Option<bool>,
    output: Option<PathBuf>,
    store: Option<Arc<dyn Store>>,
    /// The embedded pack. `Some(None)` in a build without a pack.
    pack: Option<Option<Arc<dyn Store>>>,
    base_url: Option<String>,
    origin: Option<String>,
    mode: Mode,
    strategy: Strategy,
    strategy_in_dev: bool,
    version_from_executable: bool,
    components: Vec<(String, PathBuf)>,
    vite: Option<PathBuf>,
    vite_dev_server: Option<String>,
    versions: VersionSources,
    imports: Vec<(String, String)>,
    import_modules: Vec<String>,
    on_missing: OnMissing,
    without_dev_version_query: bool,
    clock: Clock,
}

impl Assets {
    /// Creates assets for development from one source directory: `/static/css/app.css?v=<content hash>`.
    ///
    /// # Errors
    ///
    /// Same as [`AssetsBuilder::build`].
    pub fn dev(source: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().source(source).mode(Mode::Dev).build()
    }

    /// Creates assets for production from an output directory: `/static/css/app.<content hash>.css`.
    ///
    /// # Errors
    ///
    /// Same as [`AssetsBuilder::build`].
    pub fn production(collected: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().collected(collected).mode(Mode::Production).build()
    }

    /// Creates assets from a settings file that the program `fingerpost` also reads. The mode is [`Mode::Auto`].
    ///
    /// Relative paths in the file are relative to the directory of the file. [`AssetsBuilder::settings`] combines a
    /// file with other settings.
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # std::fs::create_dir(site.path().join("static"))?;
    /// # std::fs::write(site.path().join("static/a.css"), "body{}")?;
    /// # std::fs::create_dir_all(site.path().join("dist"))?;
    /// # std::fs::write(site.path().join("dist/staticfiles.json"), r#"{"version": "1.1", "paths": {"a.css": "a.css"}}"#)?;
    /// let file = site.path().join("fingerpost.toml");
    /// std::fs::write(&file, "sources = ['static']\nout = 'dist'\nbase-url = '/assets/'\n")?;
    ///
    /// let assets = fingerpost::Assets::from_config(&file)?;
    /// assert!(assets.url("a.css")?.starts_with("/assets/a."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`Settings::read`] and [`AssetsBuilder::build`].
    pub fn from_config(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().settings(Settings::read(path)?).build()
    }

    /// Returns a builder with the default settings.
    pub fn builder() -> AssetsBuilder {
        AssetsBuilder::default()
    }
}

impl AssetsBuilder {
    /// Applies the settings of a `fingerpost.toml`. Settings of the builder override settings of the file. Source
    /// directories of the builder replace the source directories of the file.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Adds a source directory, for development and for the strategies without a build step. If several directories
    /// contain a file, the first directory takes precedence.
    pub fn source(mut self, dir: impl AsRef<Path>) -> Self {
        self.sources.push(Ok(SourceDir::new(dir.as_ref())));
        self
    }

    /// Adds a source directory whose asset paths get a prefix: `source_at("vendor", "node_modules/htmx.org/dist")` yields
    /// `vendor/htmx.js`.
    pub fn source_at(mut self, prefix: &str, dir: impl AsRef<Path>) -> Self {
        self.sources.push(SourceDir::with_prefix(prefix, dir.as_ref()));
        self
    }

    /// Ignores files that match a glob, in addition to the globs of the settings file; see [`IgnoreRules::new`].
    /// `collect` needs the same globs. Globs in a `fingerpost.toml` apply to the site and to `collect`.
    pub fn ignore(mut self, globs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ignore.extend(globs.into_iter().map(Into::into));
        self
    }

    /// Sets whether files whose names start with a dot are assets.
    ///
    /// Defaults to the settings file, then to `false`.
    pub fn hidden(mut self, yes: bool) -> Self {
        self.hidden = Some(yes);
        self
    }

    /// Sets whether symlinks may have targets outside their source directory.
    ///
    /// Defaults to the settings file, then to `false`.
    pub fn follow_symlinks(mut self, yes: bool) -> Self {
        self.follow_symlinks = Some(yes);
        self
    }

    /// Adds the output of Vite: the directory that `vite build` writes to, with `.vite/manifest.json`.
    ///
    /// Templates use the names of Vite's source files: `static('src/logo.svg')`, `static_tags('src/main.ts')`. The
    /// asset paths of the output start with `vite/`; the key `prefix` of the table `[vite]` in a settings file sets
    /// another prefix. `collect` needs the same directory. With a [development server](Self::vite_dev_server), the
    /// directory is not read in development.
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # let dist = site.path().join("dist/vite");
    /// # std::fs::create_dir_all(dist.join(".vite"))?;
    /// # std::fs::create_dir(dist.join("assets"))?;
    /// # std::fs::write(dist.join("assets/logo-CoVDG0GC.svg"), "<svg/>")?;
    /// # let manifest = r#"{"src/logo.svg": {"file": "assets/logo-CoVDG0GC.svg", "src": "src/logo.svg"}}"#;
    /// # std::fs::write(dist.join(".vite/manifest.json"), manifest)?;
    /// use fingerpost::{Assets, Mode};
    ///
    /// let assets = Assets::builder().vite(&dist).mode(Mode::Dev).build()?;
    /// assert_eq!(assets.url("src/logo.svg")?, "/static/vite/assets/logo-CoVDG0GC.svg");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn vite(mut self, out: impl AsRef<Path>) -> Self {
        self.vite = Some(out.as_ref().to_owned());
        self
    }

    /// Sets the URL of Vite's development server, such as `http://localhost:5173`. If the configuration of Vite sets `base` in
    /// development, add `base` to the URL.
    ///
    /// In development, the development server then serves the source files, and updates open pages after an edit. Production
    /// does not use the development server. The names of source files are relative to Vite's root: the nearest directory above
    /// the directory of [`vite`](Self::vite) that has a `package.json`.
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # std::fs::create_dir_all(site.path().join("src"))?;
    /// # std::fs::create_dir_all(site.path().join("static"))?;
    /// # std::fs::write(site.path().join("package.json"), "{}")?;
    /// # std::fs::write(site.path().join("src/logo.svg"), "<svg/>")?;
    /// # let (source, dist) = (site.path().join("static"), site.path().join("dist"));
    /// use fingerpost::{Assets, Mode};
    ///
    /// let assets = Assets::builder()
    ///     .source(source)
    ///     .vite(dist)
    ///     .vite_dev_server("http://localhost:5173")
    ///     .mode(Mode::Dev)
    ///     .build()?;
    /// assert_eq!(assets.url("src/logo.svg")?, "http://localhost:5173/src/logo.svg");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn vite_dev_server(mut self, url: impl Into<String>) -> Self {
        self.vite_dev_server = Some(url.into());
        self
    }

    /// Sets the output directory of `fingerpost collect`. In production, the manifest in `dir` is read.
    pub fn collected(mut self, dir: impl AsRef<Path>) -> Self {
        self.output = Some(dir.as_ref().to_owned());
        self.store = None;
        self
    }

    /// Sets the [`Store`] that production reads from: a directory or any other storage.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Sets the pack inside the program, from [`embed!`](crate::embed). Production then reads no other files.
    ///
    /// Takes precedence over [`collected`](Self::collected), [`store`](Self::store) and the settings file. A build
    /// without the pack, such as a debug build in production mode, uses these other settings. [`build`](Self::build)
    /// then fails if no output directory and no store is set.
    ///
    /// ```
    /// # #[cfg(debug_assertions)] {
    /// use fingerpost::{Assets, Mode};
    ///
    /// let builder = Assets::builder().source("static").embedded(fingerpost::embed!("dist/static.tar"));
    /// let err = builder.mode(Mode::Production).build().unwrap_err();
    /// assert_eq!(
    ///     err.to_string(),
    ///     "a debug build embeds no pack; build with `--release`, or name an output directory with `.collected(…)`"
    /// );
    /// # }
    /// ```
    #[cfg(feature = "embed")]
    pub fn embedded(mut self, pack: Option<crate::manifest::TarStore>) -> Self {
        self.pack = Some(pack.map(|pack| Arc::new(pack) as Arc<dyn Store>));
        self
    }

    /// Sets the base URL of all assets: a path or an `http(s)` URL.
    ///
    /// Defaults to `FINGERPOST_BASE_URL`, then to the settings file, then to `/static/`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets the scheme and host of the site, such as `https://example.com`, for [`Assets::absolute_url`].
    ///
    /// Defaults to `FINGERPOST_ORIGIN`, then to the settings file, then to no origin. Without an origin, absolute URLs
    /// have a host only if the base URL has a host. The first absolute URL without a host logs a warning.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.css"), "body{}")?;
    /// use fingerpost::{Assets, Mode};
    ///
    /// let assets = Assets::builder().source(dir.path()).mode(Mode::Dev).origin("https://example.com").build()?;
    /// assert_eq!(assets.absolute_url("a.css")?, "https://example.com/static/a.css?v=7c98040a5416");
    /// assert_eq!(assets.url("a.css")?, "/static/a.css?v=7c98040a5416");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Sets the mode.
    ///
    /// Defaults to [`Mode::Auto`].
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets the strategy that turns asset paths into URLs in production.
    ///
    /// Defaults to [`Strategy::Manifest`]. The other two strategies list the source directories at start-up and at each
    /// reload. Unlisted assets are unknown.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Sets whether development also uses the production strategy.
    ///
    /// Defaults to `false`: development then uses `?v=<content hash>`, regardless of the strategy.
    pub fn strategy_in_dev(mut self, yes: bool) -> Self {
        self.strategy_in_dev = yes;
        self
    }

    /// Sets the app version. An empty text counts as unset.
    ///
    /// Defaults to the first available value of this list:
    ///
    /// 1. `FINGERPOST_APP_VERSION`;
    /// 2. the settings file;
    /// 3. the git commit, if [`version_from_git`](Self::version_from_git) is set;
    /// 4. with [`Strategy::Manifest`], a hash of the manifest and of any [`component`](Self::component)s;
    /// 5. a hash of the components;
    /// 6. `unknown`.
    pub fn app_version(mut self, version: impl Into<String>) -> Self {
        self.versions.explicit = Some(version.into());
        self
    }

    /// Uses the first 7 digits of the git commit as the app version, unless an explicit version is set.
    /// `[version] git = true` in a settings file has the same effect.
    ///
    /// The commit is read from a deploy variable (`RAILWAY_GIT_COMMIT_SHA`, `RENDER_GIT_COMMIT`, `SOURCE_VERSION`,
    /// `VERCEL_GIT_COMMIT_SHA`, `CF_PAGES_COMMIT_SHA`, `GITHUB_SHA` and similar variables), else from the nearest
    /// `.git`. The search for `.git` covers the source directories, the output directory and the working directory, in
    /// this order, and all directories above them. If `.git` cannot be read directly, `git rev-parse` runs for up to 5
    /// seconds. A variable that is not 7 to 64 hex digits is ignored with a warning.
    ///
    /// If no commit is found, the version is `dev`, a fallback.
    pub fn version_from_git(mut self) -> Self {
        self.versions.from_git = true;
        self
    }

    /// Makes the app version depend on files that are not assets, such as templates.
    ///
    /// The files must exist wherever the site runs. `[version] components` in a settings file
    /// ([`VersionSettings`](crate::VersionSettings)) needs the files only when `collect` runs.
    /// [`component`](Self::component) and `[version] components` can be combined.
    ///
    /// Repeated calls with the same `name` add files to the component. The version depends on `name` and on each path
    /// as given. Pass paths that are the same on every server. On Windows, `\` counts as `/`.
    /// [`Snapshot::components`](crate::Snapshot::components) returns the number of files.
    ///
    /// The files are hashed at start-up and at each reload. A missing, unreadable or constantly changing file is then
    /// an error, even if the app version is explicit or comes from git.
    ///
    /// [`build`](Self::build) fails if a path is not UTF-8, or if a name is empty or contains a NUL or a line feed.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.css"), "body{}")?;
    /// # let base_html = dir.path().join("base.html");
    /// # std::fs::write(&base_html, "<!doctype html>")?;
    /// use fingerpost::{Assets, Mode};
    ///
    /// let assets = Assets::builder()
    ///     .source(dir.path())
    ///     .mode(Mode::Dev)
    ///     .component("templates", [&base_html])
    ///     .build()?;
    /// let before = assets.app_version();
    /// std::fs::write(&base_html, "<!doctype html><title>New</title>")?;
    /// assert_ne!(assets.reload()?.app_version(), before);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn component(mut self, name: &str, files: impl IntoIterator<Item = impl AsRef<Path>>) -> Self {
        self.components.extend(files.into_iter().map(|file| (name.to_owned(), file.as_ref().to_owned())));
        self
    }

    /// Makes the app version depend on the running program, as the component `executable`. Use this component for code,
    /// and for templates that are compiled into the program, such as Askama templates.
    ///
    /// Two builds of the same source may differ, because of the compiler, paths on the machine or embedded times. Deploy the
    /// same program to all servers, because pages of a server with another program count as stale.
    ///
    /// The file ([`current_exe`](std::env::current_exe)) is read once, in [`build`](Self::build), and not at a reload.
    /// A read error is an error of `build`. A release build reads and hashes a program of 20 MB in about 30 ms. A debug
    /// build needs about a second, unless the setting shown at [`Mode::Dev`] is used.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use fingerpost::{Assets, Mode};
    ///
    /// let assets = Assets::builder().source(dir.path()).mode(Mode::Dev).version_from_executable().build()?;
    /// assert!(assets.snapshot().components().eq([("executable", 1)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn version_from_executable(mut self) -> Self {
        self.version_from_executable = true;
        self
    }

    /// Adds a name to the import map, which [`Snapshot::importmap`](crate::Snapshot::importmap) writes into pages. Scripts can
    /// then import the module by name: `import 'htmx'`.
    ///
    /// `path` is an asset path. A `name` that ends in `/` is mapped to a directory, such as `vendor/lit/`. With
    /// [`Strategy::Manifest`], names in the manifest take precedence: `collect` stores the import map in the manifest.
    ///
    /// [`build`](Self::build) fails for an invalid name or path.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("htmx.esm.js"), "body{}")?;
    /// use fingerpost::{Assets, Mode};
    ///
    /// let assets = Assets::builder().source(dir.path()).mode(Mode::Dev).import("htmx", "htmx.esm.js").build()?;
    /// let map = assets.snapshot().importmap()?;
    /// assert!(map.contains(r#""htmx":"/static/htmx.esm.js?v=7c98040a5416""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn import(mut self, name: impl Into<String>, path: impl Into<String>) -> Self {
        self.imports.push((name.into(), path.into()));
        self
    }

    /// Adds the modules that match a glob to the import map, in development and with [`Strategy::VersionQuery`].
    ///
    /// In development, the URL from `static()` has a `?v=`, and the URL in an `import` has no `?v=`. The map replaces the
    /// second URL by the first URL, so that a module does not run twice, and an import loads the current file. In production,
    /// `collect` writes hashed URLs into the scripts, so the map does not need the modules.
    ///
    /// `glob` has the syntax of [`ignore`](Self::ignore). Only JavaScript, JSON, CSS and WebAssembly files are added.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("b.js"), "body{}")?;
    /// use fingerpost::{Assets, Mode};
    ///
    /// let assets = Assets::builder().source(dir.path()).mode(Mode::Dev).import_modules("**").build()?;
    /// let map = assets.snapshot().importmap()?;
    /// assert!(map.contains(r#""/static/b.js":"/static/b.js?v=7c98040a5416""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn import_modules(mut self, glob: impl Into<String>) -> Self {
        self.import_modules.push(glob.into());
        self
    }

    /// Sets the result for unknown assets.
    ///
    /// Defaults to [`OnMissing::Error`].
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.css"), "body{}")?;
    /// use fingerpost::{Assets, Mode, OnMissing};
    ///
    /// let lenient = Assets::builder().source(dir.path()).mode(Mode::Dev).on_missing(OnMissing::Plain).build()?;
    /// assert_eq!(lenient.url("nope.css")?, "/static/nope.css");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_missing(mut self, on_missing: OnMissing) -> Self {
        self.on_missing = on_missing;
        self
    }

    /// Sets whether URLs in development have `?v=<content hash>`.
    ///
    /// Defaults to `true`. Files are hashed once after each change, with or without the query.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.css"), "body{}")?;
    /// use fingerpost::{Assets, Mode};
    ///
    /// let plain = Assets::builder().source(dir.path()).mode(Mode::Dev).dev_version_query(false).build()?;
    /// assert_eq!(plain.url("a.css")?, "/static/a.css");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dev_version_query(mut self, yes: bool) -> Self {
        self.without_dev_version_query = !yes;
        self
    }

    /// Sets the clock that file times are compared with, for tests.
    ///
    /// Defaults to the system clock.
    #[doc(hidden)]
    pub fn clock(mut self, now: fn() -> SystemTime) -> Self {
        self.clock = Clock { now };
        self
    }

    /// Checks the settings, and reads the files that the mode and its strategy need. Other files need not exist.
    ///
    /// | | reads | needs |
    /// |---|---|---|
    /// | development | the source directories, at every call | |
    /// | [`Strategy::Manifest`] | the manifest in the output directory or the [`store`](Self::store) | an earlier run of `fingerpost collect` |
    /// | [`Strategy::VersionQuery`] | the source directories, now and at each reload | an app version that is not a fallback |
    /// | [`Strategy::PathToken`] | the source directories, now and at each reload | a base URL with `{breaker}` |
    ///
    /// The files of each [`component`](Self::component) are always read. The components of the settings file are read from
    /// the manifest with [`Strategy::Manifest`], and otherwise from their files.
    ///
    /// # Errors
    ///
    /// Each message contains the absolute path or the setting, and the next step.
    ///
    /// - [`SourceNotFound`](crate::ErrorKind::SourceNotFound),
    ///   [`ManifestNotFound`](crate::ErrorKind::ManifestNotFound), and [`NotFound`](crate::ErrorKind::NotFound) for a
    ///   file of a component;
    /// - [`Unreadable`](crate::ErrorKind::Unreadable) if a directory, a component or the manifest cannot be read.
    ///   Strategies that list the source directories also require that all files in the source directories are
    ///   readable;
    /// - [`InvalidManifest`](crate::ErrorKind::InvalidManifest), also for a manifest that was made for another base
    ///   URL;
    /// - [`InvalidConfig`](crate::ErrorKind::InvalidConfig) for a missing setting of the source or output directory,
    ///   and for an invalid glob, component or name in the import map;
    /// - [`InvalidConfig`](crate::ErrorKind::InvalidConfig) for `VersionQuery` with the app version `dev` or `unknown`,
    ///   with a list of the variables to set;
    /// - [`InvalidConfig`](crate::ErrorKind::InvalidConfig) for a missing `{breaker}`, or a `{breaker}` that the
    ///   strategy does not use;
    /// - [`InvalidPath`](crate::ErrorKind::InvalidPath) for the prefix of a source directory,
    ///   [`InvalidBaseUrl`](crate::ErrorKind::InvalidBaseUrl), [`InvalidMode`](crate::ErrorKind::InvalidMode) and
    ///   [`InvalidVersion`](crate::ErrorKind::InvalidVersion).
    pub fn build(self) -> Result<Assets, Error> {
        let mut settings = self.settings;
        settings.imports.extend(self.imports);
        settings.import_modules.extend(self.import_modules);
        let import_map = ImportMap::new(&settings)?;
        let mode_is_explicit = self.mode != Mode::Auto;
        let mode = self.mode.resolve()?;
        let strategy =
            Some(&self.strategy).filter(|_| mode == Mode::Production || self.strategy_in_dev).cloned();
        let pattern = settings.base_url_in_force(self.base_url.as_deref());
        let base = BaseUrl::parse(&self.strategy.base_url(&pattern, strategy.is_some())?)?;
        let from_environment =
            || environment::variable("FINGERPOST_ORIGIN").map(|origin| (origin, "FINGERPOST_ORIGIN"));
        let from_file = || settings.origin.clone().map(|origin| (origin, "the settings file"));
        let origin =
            self.origin.map(|origin| (origin, "`origin`")).or_else(from_environment).or_else(from_file);
        let origin = origin.map(|(origin, setting)| parse_origin(&origin, setting)).transpose()?;
        let mount_path_len = strategy.as_ref().and_then(|_| mount_path_len(&pattern));
        let options = UrlOptions {
            origin: origin.filter(|_| !base.is_absolute()),
            base,
            mount_path_len,
            dev_version_query: !self.without_dev_version_query,
            origin_warning: Once::new(),
        };
        let mut sources = self.sources.into_iter().collect::<Result<Vec<_>, _>>()?;
        if sources.is_empty() {
            sources = settings.sources.clone();
        }
        // Paths become absolute here, because the process may change its working directory before a reload.
        sources.iter_mut().for_each(SourceDir::make_absolute);
        let mut bundles = settings.bundles.clone();
        bundles.vite.out = self.vite.or(bundles.vite.out).map(absolute);
        bundles.vite.dev_server = self.vite_dev_server.or(bundles.vite.dev_server);
        let output = self.output.or_else(|| settings.out.clone()).map(absolute);
        let lacks_pack = matches!(self.pack, Some(None));
        let store = self.pack.flatten().or(self.store);
        let store = store.or_else(|| Some(Arc::new(DirStore::new(output.clone()?)) as Arc<dyn Store>));
        let ignore = settings.ignore.iter().chain(&self.ignore);
        let hidden = self.hidden.unwrap_or(settings.hidden);
        let rules =
            IgnoreRules::new(ignore, hidden, self.follow_symlinks.unwrap_or(settings.follow_symlinks))?;
        let mut versions = self.versions;
        for (name, file) in &self.components {
            versions.components.add_from_builder(name, file)?;
        }
        if self.version_from_executable {
            versions.components.add_executable()?;
        }
        versions.settings = VersionSettings { dir: settings.version.root(), ..settings.version };
        let source_dirs = sources.iter().map(|source| source.dir.clone());
        versions.repositories = source_dirs.chain(output.clone()).chain(env::current_dir().ok()).collect();
        Assets::load(Loader {
            mode,
            options: options.into(),
            missing_warnings: (self.on_missing == OnMissing::Plain).then(Arc::<MissingWarnings>::default),
            strategy,
            sources,
            bundles,
            output,
            store,
            lacks_pack,
            rules,
            import_map,
            mode_is_explicit,
            versions,
            clock: self.clock,
        })
    }
}
