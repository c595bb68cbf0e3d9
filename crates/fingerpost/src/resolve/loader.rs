//! What a release is made of, at start-up and at every reload.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use crate::{
    dev::Development,
    error::Error,
    manifest::{Manifest, store::Store},
    resolve::{
        Lookup, Resolver,
        lookup_table::{LookupTable, read_manifest},
        strategy::Strategy,
        url_options::UrlOptions,
    },
    sources::{SourceDir, Sources, ignore_rules::IgnoreRules},
    url::base_url::BaseUrl,
    version::{
        AppVersion, VersionSource, git,
        version_sources::{Counts, VersionSources},
    },
};

#[derive(Debug)]
pub(crate) struct Loader {
    /// `None` for the content query of development.
    pub(crate) strategy: Option<Strategy>,
    pub(crate) sources: Vec<SourceDir>,
    pub(crate) output: Option<PathBuf>,
    /// The working directory at start-up.
    pub(crate) working_dir: Option<PathBuf>,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) rules: IgnoreRules,
    /// Whether somebody chose the mode, rather than a variable or the build profile.
    pub(crate) mode_is_explicit: bool,
    pub(crate) versions: VersionSources,
}

impl Loader {
    /// What is in force from now on, after `earlier`.
    pub(crate) fn resolver(
        &self,
        options: &UrlOptions,
        earlier: Option<&Resolver>,
    ) -> Result<Resolver, Error> {
        let generation = earlier.map_or(0, |earlier| earlier.generation + 1);
        let (lookup, (version, components)) = match &self.strategy {
            None => (
                Lookup::Development(Box::new(Development::watched(self.open_sources()?))),
                self.version(None)?,
            ),
            Some(Strategy::Manifest) => {
                let store = self.store.clone().ok_or_else(|| {
                    Error::config(
                        "no output dir is set; name the directory that `fingerpost collect` writes to",
                    )
                })?;
                let manifest = read_manifest(options, &*store, || self.collect_advice(options))?;
                let version = self.version(Some((&manifest, store.place())))?;
                (Lookup::Table(LookupTable::from_manifest(options, &manifest, store)), version)
            }
            Some(Strategy::VersionQuery) => {
                let (version, components) = self.version(None)?;
                let version = require_changing_version(version)?;
                let earlier = earlier.filter(|earlier| *earlier.version == *version);
                // Servers that decode a query as a form would read a plus as a space.
                let in_query = version.replace('+', "%2B");
                (self.list_sources(options, Some(&in_query), earlier)?, (version, components))
            }
            Some(Strategy::PathToken(_)) => (self.list_sources(options, None, earlier)?, self.version(None)?),
        };
        Ok(Resolver { generation, lookup, version, components, release_id: OnceLock::new() })
    }

    pub(crate) fn active_store(&self) -> Option<&Arc<dyn Store>> {
        self.store.as_ref().filter(|_| self.strategy == Some(Strategy::Manifest))
    }

    /// The names of the source dirs as they are now; `earlier` has the same URLs.
    fn list_sources(
        &self,
        options: &UrlOptions,
        version: Option<&str>,
        earlier: Option<&Resolver>,
    ) -> Result<Lookup, Error> {
        let earlier = earlier.and_then(|earlier| match &earlier.lookup {
            Lookup::Table(table) => Some(table),
            Lookup::Development(_) => None,
        });
        Ok(Lookup::Table(LookupTable::from_sources(options, self.open_sources()?, version, earlier)?))
    }

    /// The command that makes the manifest that is missing.
    fn collect_advice(&self, options: &UrlOptions) -> String {
        let Some(output) = &self.output else { return String::new() };
        let mut command = "fingerpost collect".to_owned();
        for source in &self.sources {
            let prefix = source.prefix().map(|prefix| format!("{prefix}=")).unwrap_or_default();
            command += &format!(" {prefix}{}", source.dir.display());
        }
        command += if self.sources.is_empty() { " SOURCE" } else { "" };
        command += &format!(" --out {}", output.display());
        if *options.base.path() != *BaseUrl::DEFAULT {
            command += &format!(" --base-url {}", options.base.path());
        }
        let otherwise =
            if self.mode_is_explicit { "" } else { ", or set FINGERPOST_MODE=dev to read the source dirs" };
        format!("; run `{command}`{otherwise}")
    }

    fn open_sources(&self) -> Result<Sources, Error> {
        Sources::open(self.sources.clone(), self.rules.clone(), self.output.as_deref())
    }

    fn version(&self, manifest: Option<(&Manifest, String)>) -> Result<(AppVersion, Counts), Error> {
        self.versions.version(manifest, self.output.as_deref(), || self.repositories())
    }

    /// Where a repository may be: around the source dirs, the output dir, or where the process was started.
    fn repositories(&self) -> Vec<PathBuf> {
        let sources = self.sources.iter().map(|source| source.dir.clone());
        sources.chain(self.output.clone()).chain(self.working_dir.clone()).collect()
    }
}

/// A version that no deploy changes would keep old files in caches for ever.
fn require_changing_version(version: AppVersion) -> Result<AppVersion, Error> {
    if !version.is_fallback() {
        return Ok(version);
    }
    let variables = git::VARIABLES.join(", ");
    let advice = match version.source() {
        VersionSource::Git => format!(
            "because no variable and no repository names a commit; set FINGERPOST_APP_VERSION or one of {variables}"
        ),
        VersionSource::Unknown => format!(
            "because nothing says otherwise; set FINGERPOST_APP_VERSION or `.app_version()`, or ask for \
             `.version_from_git()` and set one of {variables}"
        ),
        _ => format!(
            "because `.app_version()`, FINGERPOST_APP_VERSION or the settings file says so; say there what a deploy \
             changes, or leave it out there, ask for `.version_from_git()` and set one of {variables}"
        ),
    };
    Err(Error::config(format!(
        "the strategy `VersionQuery` needs an app version that a deploy changes, and it is `{version}`, {advice}"
    )))
}
