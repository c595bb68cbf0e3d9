//! The precedence of the sources of the app version.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    AppVersion, VersionSource,
    components::{Components, Digests},
    git,
    settings::VersionSettings,
};
use crate::{environment, error::Error, manifest::Manifest};

/// The configured sources of the app version.
#[derive(Debug, Default)]
pub(crate) struct VersionSources {
    pub(crate) explicit: Option<String>,
    pub(crate) from_git: bool,
    /// The directories that may be in a git repository, in order of preference.
    pub(crate) repositories: Vec<PathBuf>,
    /// The components set on the builder.
    pub(crate) components: Components,
    pub(crate) settings: VersionSettings,
}

/// The number of files of each component.
pub(crate) type Counts = BTreeMap<String, usize>;

impl VersionSources {
    /// Returns the version of the first available source, and the components. Components are always read, so that a
    /// missing file is reported even if another source determines the version.
    ///
    /// `manifest` contains the manifest, and the name of the store for errors. `output` is the output directory.
    pub(crate) fn version(
        &self,
        manifest: Option<(&Manifest, String)>,
        output: Option<&Path>,
    ) -> Result<(AppVersion, Counts), Error> {
        let Self { components, settings, .. } = self;
        let mut components = components.clone();
        match &manifest {
            Some((manifest, place)) => warn_about_unrecorded_components(settings, manifest, place),
            None => {
                let mut names = settings.components.keys();
                names.try_for_each(|name| settings.add_component(name, output, &mut components))?;
            }
        }
        let digests = components.digest()?;
        let mut counts = digests.counts();
        for (name, info) in manifest.iter().flat_map(|(manifest, _)| manifest.components()) {
            *counts.entry(name.clone()).or_default() += info.files;
        }
        let version = match self.explicit_or_git_version() {
            Some(version) => version?,
            None => hashed_version(manifest, &digests)?,
        };
        Ok((version, counts))
    }

    /// Returns the version, if the version depends on neither the manifest nor the components.
    fn explicit_or_git_version(&self) -> Option<Result<AppVersion, Error>> {
        let explicit = [
            (self.explicit.clone(), "`app_version`"),
            (environment::variable("FINGERPOST_APP_VERSION"), "FINGERPOST_APP_VERSION"),
            (self.settings.app.clone(), "the settings file"),
        ];
        for (version, source_name) in explicit {
            if let Some(version) = version.filter(|version| !version.is_empty()) {
                return Some(AppVersion::checked(&version, VersionSource::Explicit, source_name));
            }
        }
        let is_git = self.from_git || self.settings.git;
        is_git.then(|| Ok(AppVersion::git(git::version(&self.repositories).as_deref())))
    }
}

/// Returns the version computed from the manifest, the components, or both.
fn hashed_version(manifest: Option<(&Manifest, String)>, components: &Digests) -> Result<AppVersion, Error> {
    let hash = manifest.as_ref().and_then(|(manifest, _)| manifest.hash());
    let source = if hash.is_some() { VersionSource::Manifest } else { VersionSource::Components };
    let place = manifest.map(|(_, place)| place).unwrap_or_default();
    match components.version(hash.as_deref()).or(hash) {
        Some(version) => AppVersion::checked(&version, source, &format!("the manifest in `{place}`")),
        None => Ok(AppVersion::unknown()),
    }
}

/// Warns about configured components that the manifest lacks, because production reads components only from the
/// manifest.
fn warn_about_unrecorded_components(settings: &VersionSettings, manifest: &Manifest, place: &str) {
    let is_recorded = |name: &&String| manifest.components().contains_key(*name);
    if let Some(name) = settings.components.keys().find(|name| !is_recorded(name)) {
        tracing::warn!(
            "the manifest in `{place}` has no component `{name}`, which `[version]` lists, so the app version does not \
             depend on it; run `fingerpost collect` again with the same settings file"
        );
    }
}
