use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    assets::Assets,
    base_url::{BaseUrl, parse_origin},
    dev::Development,
    environment,
    error::Error,
    missing::{OnMissing, Warnings},
    mode::{IntoMode, Mode},
    resolver::{Names, Resolver},
    settings::Settings,
    site::Site,
    sources::{SourceDir, Sources, absolute},
    store::{DirStore, Store},
    table::{Table, read_manifest},
    version::{AppVersion, VersionSource},
};

/// The settings of an [`Assets`]. Nothing is read or checked before [`build`](Self::build).
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
/// use fingerpost::{Assets, Mode};
///
/// let assets = Assets::builder()
///     .source_at("theme", static_dir)
///     .collected(dist)
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
    output: Option<PathBuf>,
    store: Option<Arc<dyn Store>>,
    base_url: Option<String>,
    origin: Option<String>,
    mode: Option<Result<Mode, Error>>,
    app_version: Option<String>,
    on_missing: OnMissing,
    without_dev_version_query: bool,
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
        self.sources.push(SourceDir::at(prefix, dir.as_ref()));
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
    /// Defaults to `/static/`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Scheme and host of the site, such as `https://example.com`, for [`Assets::absolute_url`].
    ///
    /// Defaults to none.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Development or production. Takes a [`Mode`] or the result of [`Mode::auto`].
    ///
    /// Defaults to [`Mode::auto`].
    pub fn mode(mut self, mode: impl IntoMode) -> Self {
        self.mode = Some(mode.into_mode());
        self
    }

    /// The app version. An empty text counts as unset.
    ///
    /// Defaults to `FINGERPOST_APP_VERSION`, then to the settings file, then in production to the hash of the manifest,
    /// and to `unknown` in the end.
    pub fn app_version(mut self, version: impl Into<String>) -> Self {
        self.app_version = Some(version.into());
        self
    }

    /// What a name that nobody knows becomes.
    ///
    /// Defaults to [`OnMissing::Error`].
    pub fn on_missing(mut self, on_missing: OnMissing) -> Self {
        self.on_missing = on_missing;
        self
    }

    /// Whether URLs carry `?v=<content hash>` in development.
    ///
    /// Defaults to `true`.
    pub fn dev_version_query(mut self, yes: bool) -> Self {
        self.without_dev_version_query = !yes;
        self
    }

    /// Checks everything and reads what the mode reads: in development the source dirs must be there, in production the
    /// manifest. What the other mode needs may be absent.
    ///
    /// # Errors
    ///
    /// One for each setting that makes no sense, one for each thing that is missing
    /// ([`SourceNotFound`](crate::ErrorKind::SourceNotFound), [`ManifestNotFound`](crate::ErrorKind::ManifestNotFound)) or
    /// unreadable, and [`InvalidManifest`](crate::ErrorKind::InvalidManifest) also for a manifest that was made for
    /// another base URL. Each names the absolute path and what to do.
    pub fn build(self) -> Result<Assets, Error> {
        let settings = self.settings;
        let base_url = self.base_url.as_ref().or(settings.base_url.as_ref());
        let base = base_url.map_or_else(|| Ok(BaseUrl::default()), |url| BaseUrl::parse(url))?;
        let origin = self.origin.as_ref().or(settings.origin.as_ref());
        let origin = origin.map(|origin| parse_origin(origin)).transpose()?;
        let site = Site {
            mode: self.mode.unwrap_or_else(Mode::auto)?,
            origin: origin.filter(|_| !base.is_absolute()),
            base,
            dev_version_query: !self.without_dev_version_query,
            on_missing: self.on_missing,
            warnings: Warnings::default(),
        };
        let mut sources = self.sources.into_iter().collect::<Result<Vec<_>, _>>()?;
        if sources.is_empty() {
            sources = settings.sources.clone();
        }
        // Now, because a reload may come after the process has changed its working directory.
        for source in &mut sources {
            source.dir = absolute(&source.dir);
        }
        let output = self.output.or_else(|| settings.out.clone()).map(absolute);
        let store = self.store.or_else(|| Some(Arc::new(DirStore::new(output.clone()?)) as Arc<dyn Store>));
        let app_version = self.app_version.filter(|version| !version.is_empty());
        Assets::start(site, Plan { sources, output, store, app_version, settings })
    }
}

/// What a release is read from, at start-up and at every reload.
#[derive(Debug)]
pub(crate) struct Plan {
    sources: Vec<SourceDir>,
    output: Option<PathBuf>,
    store: Option<Arc<dyn Store>>,
    app_version: Option<String>,
    settings: Settings,
}

impl Plan {
    pub(crate) fn resolver(&self, site: &Site, number: u64) -> Result<Resolver, Error> {
        let (names, manifest_hash) = match site.mode {
            Mode::Dev => {
                let rules = self.settings.rules()?;
                let sources = Sources::open(self.sources.clone(), rules, self.output.as_deref())?;
                (Names::Live(Development::new(sources)), None)
            }
            Mode::Production => {
                let store = self.store.clone().ok_or_else(|| {
                    Error::config(
                        "no output dir is set; name the directory that `fingerpost collect` writes to",
                    )
                })?;
                let manifest = read_manifest(site, &*store)?;
                let table = Table::from_manifest(site, &manifest, Arc::clone(&store));
                (Names::Listed(table), manifest.hash().map(|hash| (hash, store.place())))
            }
        };
        Ok(Resolver { number, names, version: self.version(manifest_hash)? })
    }

    /// The first source that has an answer.
    fn version(&self, manifest_hash: Option<(String, String)>) -> Result<AppVersion, Error> {
        use VersionSource::{Explicit, Manifest};
        if let Some(version) = &self.app_version {
            AppVersion::checked(version, Explicit, "`app_version`")
        } else if let Some(version) = environment::variable("FINGERPOST_APP_VERSION") {
            AppVersion::checked(&version, Explicit, "FINGERPOST_APP_VERSION")
        } else if let Some(version) = self.settings.app_version.as_ref().filter(|version| !version.is_empty())
        {
            AppVersion::checked(version, Explicit, "the settings file")
        } else if let Some((hash, place)) = manifest_hash {
            AppVersion::checked(&hash, Manifest, &format!("the manifest in `{place}`"))
        } else {
            Ok(AppVersion::unknown())
        }
    }
}
