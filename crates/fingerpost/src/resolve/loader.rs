//! Loads a release, at start-up and at every reload.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use crate::{
    bundle::{BundleSettings, bundle_cache::BundleCache, dev_server::DevServer},
    dev::{Development, file_cache::FileCache},
    error::Error,
    files::clock::Clock,
    import_map::ImportMap,
    manifest::{Manifest, store::Store},
    mode::Mode,
    resolve::{
        Resolver,
        active_strategy::ActiveStrategy,
        collected::{Collected, read_manifest},
        listed::ListedSources,
        missing::MissingWarnings,
        strategy::Strategy,
        tag_cache::TagCache,
    },
    sources::{SourceDir, Sources, ignore_rules::IgnoreRules},
    url::{base_url::BaseUrl, url_options::UrlOptions},
    version::{
        AppVersion, VersionSource, git,
        version_sources::{Counts, VersionSources},
    },
};

#[derive(Debug)]
pub(crate) struct Loader {
    /// `Dev` or `Production`.
    pub(crate) mode: Mode,
    pub(crate) options: Arc<UrlOptions>,
    /// `None` if unknown assets are errors.
    pub(crate) missing_warnings: Option<Arc<MissingWarnings>>,
    /// `None` if development uses `?v=<content hash>`.
    pub(crate) strategy: Option<Strategy>,
    pub(crate) sources: Vec<SourceDir>,
    pub(crate) bundles: BundleSettings,
    pub(crate) output: Option<PathBuf>,
    pub(crate) store: Option<Arc<dyn Store>>,
    /// `true` if this program is a debug build without the pack.
    pub(crate) lacks_pack: bool,
    pub(crate) rules: IgnoreRules,
    pub(crate) import_map: ImportMap,
    /// `true` if the mode was set in code rather than by a variable or the build profile.
    pub(crate) mode_is_explicit: bool,
    pub(crate) versions: VersionSources,
    pub(crate) clock: Clock,
}

impl Loader {
    /// Loads the release that follows `earlier`.
    pub(crate) fn resolver(&self, earlier: Option<&Resolver>) -> Result<Resolver, Error> {
        let generation = earlier.map_or(0, |earlier| earlier.generation + 1);
        let options = &self.options;
        let mut import_map = self.import_map.clone();
        let (strategy, (version, components)) = match &self.strategy {
            None => (ActiveStrategy::Development(self.development()?.into()), self.version(None)?),
            Some(Strategy::Manifest) => {
                let store = self.store.clone().ok_or_else(|| self.no_store())?;
                let manifest = read_manifest(options, &*store, || self.collect_advice())?;
                import_map.extend(manifest.importmap());
                let version = self.version(Some((&manifest, store.place())))?;
                (ActiveStrategy::Collected(Collected::new(options, &manifest, store)), version)
            }
            Some(Strategy::VersionQuery) => {
                let (version, components) = self.version(None)?;
                let version = require_changing_version(version)?;
                let earlier = earlier.filter(|earlier| *earlier.version == *version);
                // Servers that decode a query as a form decode `+` as a space.
                let in_query = version.replace('+', "%2B");
                (self.list_sources(Some(&in_query), earlier)?, (version, components))
            }
            Some(Strategy::PathToken(_)) => (self.list_sources(None, earlier)?, self.version(None)?),
        };
        Ok(Resolver {
            generation,
            strategy,
            version,
            components,
            options: Arc::clone(options),
            missing_warnings: self.missing_warnings.clone(),
            import_map,
            import_map_element: OnceLock::new(),
            tag_cache: TagCache::default(),
            release_id: OnceLock::new(),
        })
    }

    /// Opens the source directories for development. With a development server, the output of Vite need not exist.
    fn development(&self) -> Result<Development, Error> {
        let mut bundles = self.bundles.clone();
        let dev_server = DevServer::new(&bundles.vite)?;
        let vite = match &dev_server {
            Some(server) => {
                bundles.vite.out = None;
                server.public_files(&bundles.vite)?
            }
            None => bundles.source()?,
        };
        let sources = self.sources_with(vite);
        let base = self.options.base.clone();
        let bundles = BundleCache::new(bundles, sources.clone(), base, self.clock);
        bundles.current()?;
        Ok(Development::new(self.open_files(sources)?, Arc::clone(&self.options), bundles, dev_server))
    }

    /// Lists the source directories. `earlier` is a release with the same URLs.
    fn list_sources(
        &self,
        version: Option<&str>,
        earlier: Option<&Resolver>,
    ) -> Result<ActiveStrategy, Error> {
        let earlier = earlier.and_then(|earlier| match &earlier.strategy {
            ActiveStrategy::Listed(listed) => Some(&**listed),
            _ => None,
        });
        let sources = self.sources_with(self.bundles.source()?);
        let bundle = self.bundles.read(&sources, &self.options.base)?;
        let files = self.open_files(sources)?;
        let listed = ListedSources::list(&self.options, files, version, bundle, earlier)?;
        Ok(ActiveStrategy::Listed(Box::new(listed)))
    }

    fn no_store(&self) -> Error {
        if !self.lacks_pack {
            return Error::config(
                "no output directory is set; name the directory that `fingerpost collect` writes to",
            );
        }
        let otherwise = self.development_advice();
        Error::config(format!(
            "a debug build embeds no pack; build with `--release`, or name an output directory with `.collected(…)`{otherwise}"
        ))
    }

    /// Returns the advice to use development, unless the mode is set in code.
    fn development_advice(&self) -> &'static str {
        if self.mode_is_explicit { "" } else { ", or set FINGERPOST_MODE=dev to read the source directories" }
    }

    /// Returns the advice to run the command that writes the missing manifest.
    fn collect_advice(&self) -> String {
        let Some(output) = &self.output else { return String::new() };
        let mut command = "fingerpost collect".to_owned();
        for source in &self.sources {
            command += &format!(" {}", source.label());
        }
        command += if self.sources.is_empty() { " SOURCE" } else { "" };
        command += &format!(" --out {}", output.display());
        let base = self.options.base.path();
        if base != BaseUrl::DEFAULT {
            command += &format!(" --base-url {base}");
        }
        let otherwise = self.development_advice();
        format!("; run `{command}`{otherwise}")
    }

    fn sources_with(&self, more: Option<SourceDir>) -> Vec<SourceDir> {
        self.sources.iter().cloned().chain(more).collect()
    }

    fn open_files<V: Clone>(&self, sources: Vec<SourceDir>) -> Result<FileCache<V>, Error> {
        // A site may have only files that the development server of Vite serves.
        let sources = match sources.is_empty() && self.bundles.vite.dev_server.is_some() {
            true => Sources::without_dirs(self.rules.clone()),
            false => Sources::open(sources, self.rules.clone(), self.output.as_deref())?,
        };
        Ok(FileCache::new(sources, self.clock))
    }

    fn version(&self, manifest: Option<(&Manifest, String)>) -> Result<(AppVersion, Counts), Error> {
        self.versions.version(manifest, self.output.as_deref())
    }
}

/// Rejects fallback versions: no deploy changes a fallback version, so caches would continue to serve old files.
fn require_changing_version(version: AppVersion) -> Result<AppVersion, Error> {
    if !version.is_fallback() {
        return Ok(version);
    }
    let (cause, advice) = match version.source() {
        VersionSource::Git => {
            ("neither a variable nor a repository has a commit", "set FINGERPOST_APP_VERSION or one of")
        }
        VersionSource::Unknown => (
            "no source is set",
            "set FINGERPOST_APP_VERSION or `.app_version()`, or use `.version_from_git()` and set one of",
        ),
        _ => (
            "`.app_version()`, FINGERPOST_APP_VERSION or the settings file sets it",
            "set a version there that changes with every deploy, or remove it, use `.version_from_git()` and set one of",
        ),
    };
    let variables = git::VARIABLES.join(", ");
    Err(Error::config(format!(
        "the strategy `VersionQuery` needs an app version that changes with every deploy, but it is `{version}`, \
         because {cause}; {advice} {variables}"
    )))
}
