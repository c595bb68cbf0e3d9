use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    assets::Assets,
    environment,
    error::Error,
    files::absolute,
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
    version::{components::Components, settings::VersionSettings, version_sources::VersionSources},
};

/// The settings of an [`Assets`]. Nothing is read or checked before [`build`](Self::build).
///
/// [`AssetsBuilder`] sets everything in code, [`Assets::from_config`] reads the file that the program reads too
/// ([`Settings`]). Environment variables, of which an empty one counts as unset:
///
/// | variable | says |
/// |---|---|
/// | `FINGERPOST_MODE` | `dev` or `production`, for [`Mode::Auto`] |
/// | `FINGERPOST_APP_VERSION` | the app version |
/// | `FINGERPOST_SECRET` | what the [`BustToken`](crate::BustToken) is made from |
/// | `FINGERPOST_BASE_URL` | goes before the `base-url` of a settings file |
/// | `FINGERPOST_ORIGIN` | goes before the `origin` of a settings file |
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
    base_url: Option<String>,
    origin: Option<String>,
    mode: Mode,
    app_version: Option<String>,
    strategy: Strategy,
    strategy_in_dev: bool,
    version_from_git: bool,
    version_from_executable: bool,
    components: Vec<(String, PathBuf)>,
    on_missing: OnMissing,
    without_dev_version_query: bool,
}

impl Assets {
    /// Development from one source dir: `/static/css/app.css?v=<content hash>`.
    ///
    /// # Errors
    ///
    /// Those of [`AssetsBuilder::build`].
    pub fn dev(source: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().source(source).mode(Mode::Dev).build()
    }

    /// Production from an output dir: `/static/css/app.<content hash>.css`.
    ///
    /// # Errors
    ///
    /// Those of [`AssetsBuilder::build`].
    pub fn production(collected: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().collected(collected).mode(Mode::Production).build()
    }

    /// All settings from the file that the program reads too; the mode is [`Mode::Auto`].
    ///
    /// Relative paths in the file are relative to it. [`AssetsBuilder::settings`] takes the file and more.
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
    /// Those of [`Settings::read`] and [`AssetsBuilder::build`].
    pub fn from_config(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().settings(Settings::read(path)?).build()
    }

    /// The entrance for all other cases.
    pub fn builder() -> AssetsBuilder {
        AssetsBuilder::default()
    }
}

impl AssetsBuilder {
    /// Starts from the settings of a `fingerpost.toml`; what is set on the builder goes before it, source dirs replace
    /// its source dirs.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Adds a source dir. Development reads it; may be called again, and the first directory that has a file wins.
    pub fn source(mut self, dir: impl AsRef<Path>) -> Self {
        self.sources.push(Ok(SourceDir::new(dir.as_ref())));
        self
    }

    /// Adds a source dir whose assets are named with a prefix: `source_at("vendor", "node_modules/htmx.org/dist")` makes
    /// `vendor/htmx.js`.
    pub fn source_at(mut self, prefix: &str, dir: impl AsRef<Path>) -> Self {
        self.sources.push(SourceDir::with_prefix(prefix, dir.as_ref()));
        self
    }

    /// Leaves out files that a glob matches, beside those of the settings file; see [`IgnoreRules::new`]. `collect` has to be told
    /// the same: a `fingerpost.toml` tells both.
    pub fn ignore(mut self, globs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ignore.extend(globs.into_iter().map(Into::into));
        self
    }

    /// Whether files whose names start with a dot are assets.
    ///
    /// Defaults to the settings file, then to `false`.
    pub fn hidden(mut self, yes: bool) -> Self {
        self.hidden = Some(yes);
        self
    }

    /// Whether symlinks may leave their source dir.
    ///
    /// Defaults to the settings file, then to `false`.
    pub fn follow_symlinks(mut self, yes: bool) -> Self {
        self.follow_symlinks = Some(yes);
        self
    }

    /// The output dir, where `fingerpost collect` writes. Production reads its manifest.
    pub fn collected(mut self, dir: impl AsRef<Path>) -> Self {
        self.output = Some(dir.as_ref().to_owned());
        self.store = None;
        self
    }

    /// Production reads from a [`Store`] that need not be a directory.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// What precedes every asset path: a path or an `http(s)` URL.
    ///
    /// Defaults to `FINGERPOST_BASE_URL`, then to the settings file, then to `/static/`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets the scheme and host of the site, such as `https://example.com`, for [`Assets::absolute_url`].
    ///
    /// Defaults to `FINGERPOST_ORIGIN`, then to the settings file, then to none. Without an origin, and with a base URL that
    /// is a path, absolute URLs are not absolute: they are right in a page and useless in an e-mail.
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

    /// Development or production.
    ///
    /// Defaults to [`Mode::Auto`].
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// How an asset path becomes a URL in production.
    ///
    /// Defaults to [`Strategy::Manifest`]. The other two read the source dirs, which are listed once, at start-up and at
    /// each reload: a name that is not in the list is unknown.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Tries the strategy of production in development.
    ///
    /// Defaults to `false`: development then has `?v=<content hash>`, whatever production has.
    pub fn strategy_in_dev(mut self, yes: bool) -> Self {
        self.strategy_in_dev = yes;
        self
    }

    /// The app version. An empty text counts as unset.
    ///
    /// Defaults to the first that has an answer: `FINGERPOST_APP_VERSION`, the settings file,
    /// [`version_from_git`](Self::version_from_git) if it is asked for, in production the hash of the manifest, with the
    /// [`component`](Self::component)s if there are any, the components alone, and `unknown` in the end.
    pub fn app_version(mut self, version: impl Into<String>) -> Self {
        self.app_version = Some(version.into());
        self
    }

    /// Takes the first 7 digits of the git commit for the app version, unless there is an explicit one. `[version] git = true`
    /// in a settings file does the same.
    ///
    /// They come from a deploy variable (`RAILWAY_GIT_COMMIT_SHA`, `RENDER_GIT_COMMIT`, `SOURCE_VERSION`,
    /// `VERCEL_GIT_COMMIT_SHA`, `CF_PAGES_COMMIT_SHA`, `GITHUB_SHA` and others of the kind), else out of the repository
    /// that the first source dir lies in, else another one, the output dir, or the working directory. The nearest `.git`
    /// counts; what cannot be read there is asked of `git rev-parse`, which gets 5 seconds. A variable that is not 7 to 64
    /// hex digits is passed over with a warning.
    ///
    /// Where there is no commit the version is `dev`, a fallback.
    pub fn version_from_git(mut self) -> Self {
        self.version_from_git = true;
        self
    }

    /// Makes files that are no assets, such as templates, part of the app version: if one changes, so does the version.
    ///
    /// The files have to exist wherever the site runs. `[version] components` in a settings file
    /// ([`VersionSettings`](crate::VersionSettings)) needs them at `collect` alone. Both may be used.
    ///
    /// May be called again, for other components or more files of the same. The version depends on `name` and on each path
    /// as it is given here, so give paths that are the same on every server; on Windows their `\` counts as `/`.
    /// [`Snapshot::components`](crate::Snapshot::components) counts the files.
    ///
    /// The files are hashed at start-up and at each reload. One that is missing, cannot be read, or keeps changing is an
    /// error then, even if the app version is an explicit one or comes from git.
    ///
    /// An empty name, a path that is not UTF-8, and a NUL or a line feed in either are errors of [`build`](Self::build).
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

    /// Makes the running program part of the app version, as the component `executable`: for templates that are compiled,
    /// as Askama's are, and for code.
    ///
    /// Two builds of the same source may differ, by the compiler, the paths on the machine or embedded times. Deploy the same
    /// program to all servers, because pages of a server with another one count as stale.
    ///
    /// The file ([`current_exe`](std::env::current_exe)) is read once, in [`build`](Self::build), and not at a reload; one that
    /// cannot be read is an error. A release build reads and hashes about 700 MB a second, so a program of 20 MB takes 30 ms.
    /// A debug build reaches about 20 MB a second, and eighty times that with the two lines in the documentation of
    /// [`Mode::Dev`].
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

    /// What a name that nobody knows becomes.
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

    /// Whether URLs carry `?v=<content hash>` in development.
    ///
    /// Defaults to `true`. In both cases a file is hashed once after each change.
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

    /// Checks everything and reads what the mode and its strategy read. What the others need may be absent.
    ///
    /// | | reads | needs |
    /// |---|---|---|
    /// | development | the source dirs, at every call | |
    /// | [`Strategy::Manifest`] | the manifest in the output dir or the [`store`](Self::store) | `fingerpost collect` before |
    /// | [`Strategy::VersionQuery`] | the source dirs, now and at each reload | an app version that is no fallback |
    /// | [`Strategy::PathToken`] | the source dirs, now and at each reload | a base URL with `{breaker}` |
    ///
    /// The [`component`](Self::component)s are read in every case, those of the settings file in all but the second.
    ///
    /// # Errors
    ///
    /// Each names the absolute path or the setting, and what to do.
    ///
    /// - [`SourceNotFound`](crate::ErrorKind::SourceNotFound), [`ManifestNotFound`](crate::ErrorKind::ManifestNotFound), and
    ///   [`NotFound`](crate::ErrorKind::NotFound) for a file of a component;
    /// - [`Unreadable`](crate::ErrorKind::Unreadable) for what is there and cannot be read, with the strategies that list
    ///   the source dirs also for a file or directory inside of them;
    /// - [`InvalidManifest`](crate::ErrorKind::InvalidManifest), also for one that was made for another base URL;
    /// - [`InvalidConfig`](crate::ErrorKind::InvalidConfig) for no source dir or output dir where one is read, for a glob or
    ///   a component that makes no sense, for `VersionQuery` with the app version `dev` or `unknown` (it names the variables
    ///   to set), and for `{breaker}` where no token goes or none where one does;
    /// - [`InvalidPath`](crate::ErrorKind::InvalidPath) for the prefix of a source dir,
    ///   [`InvalidBaseUrl`](crate::ErrorKind::InvalidBaseUrl), [`InvalidMode`](crate::ErrorKind::InvalidMode) and
    ///   [`InvalidVersion`](crate::ErrorKind::InvalidVersion).
    pub fn build(self) -> Result<Assets, Error> {
        let settings = self.settings;
        let mode_is_explicit = self.mode != Mode::Auto;
        let mode = self.mode.resolve()?;
        let strategy =
            Some(&self.strategy).filter(|_| mode == Mode::Production || self.strategy_in_dev).cloned();
        let pattern = settings.base_url_in_force(self.base_url.as_deref());
        let base = BaseUrl::parse(&self.strategy.base_url(&pattern, strategy.is_some())?)?;
        let from_environment =
            || environment::variable("FINGERPOST_ORIGIN").map(|it| (it, "FINGERPOST_ORIGIN"));
        let from_file = || settings.origin.clone().map(|origin| (origin, "the settings file"));
        let origin = self.origin.map(|it| (it, "`origin`")).or_else(from_environment).or_else(from_file);
        let origin = origin.map(|(origin, place)| parse_origin(&origin, place)).transpose()?;
        let mount_path_len = strategy.as_ref().and_then(|_| mount_path_len(&pattern));
        let options = UrlOptions {
            origin: origin.filter(|_| !base.is_absolute()),
            base,
            mount_path_len,
            dev_version_query: !self.without_dev_version_query,
        };
        let mut sources = self.sources.into_iter().collect::<Result<Vec<_>, _>>()?;
        if sources.is_empty() {
            sources = settings.sources.clone();
        }
        // Now, because a reload may come after the process has changed its working directory.
        sources.iter_mut().for_each(SourceDir::make_absolute);
        let mut components = Components::default();
        for (name, file) in &self.components {
            components.add(name, file)?;
        }
        if self.version_from_executable {
            components.add_executable()?;
        }
        let version_settings = VersionSettings { dir: settings.version.root(), ..settings.version.clone() };
        let output = self.output.or_else(|| settings.out.clone()).map(absolute);
        let store = self.store.or_else(|| Some(Arc::new(DirStore::new(output.clone()?)) as Arc<dyn Store>));
        let ignore = settings.ignore.iter().chain(&self.ignore);
        let hidden = self.hidden.unwrap_or(settings.hidden);
        let rules =
            IgnoreRules::new(ignore, hidden, self.follow_symlinks.unwrap_or(settings.follow_symlinks))?;
        let versions = VersionSources {
            explicit: self.app_version.filter(|version| !version.is_empty()),
            from_git: self.version_from_git,
            components,
            settings: version_settings,
        };
        let working_dir = env::current_dir().ok();
        Assets::load(Loader {
            mode,
            options: options.into(),
            missing_warnings: (self.on_missing == OnMissing::Plain).then(Arc::<MissingWarnings>::default),
            strategy,
            sources,
            output,
            working_dir,
            store,
            rules,
            mode_is_explicit,
            versions,
        })
    }
}
