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
#[derive(Debug)]
pub(crate) struct VersionSources {
    pub(crate) explicit: Option<String>,
    pub(crate) from_git: bool,
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
    /// `output` is the output directory; `repositories` is called only for git, and returns directories that may lie in
    /// a repository.
    pub(crate) fn version(
        &self,
        manifest: Option<(&Manifest, String)>,
        output: Option<&Path>,
        repositories: impl FnOnce() -> Vec<PathBuf>,
    ) -> Result<(AppVersion, Counts), Error> {
        let Self { components, settings, .. } = self;
        let mut components = components.clone();
        match &manifest {
            Some((manifest, place)) => warn_about_unrecorded_components(settings, manifest, place),
            None => settings.add_components(output, &mut components)?,
        }
        let digests = components.digest()?;
        let mut counts = digests.counts();
        for (name, info) in manifest.iter().flat_map(|(manifest, _)| manifest.components()) {
            *counts.entry(name.clone()).or_default() += info.files;
        }
        let hash = manifest.and_then(|(manifest, place)| Some((manifest.hash()?, place)));
        let version = match self.explicit_or_git_version(repositories) {
            Some(version) => version?,
            None => hashed_version(hash, &digests)?,
        };
        Ok((version, counts))
    }

    /// Returns the version, if it needs neither manifest nor components.
    fn explicit_or_git_version(
        &self,
        repositories: impl FnOnce() -> Vec<PathBuf>,
    ) -> Option<Result<AppVersion, Error>> {
        let Self { explicit, from_git, settings, .. } = self;
        let from_environment = environment::variable("FINGERPOST_APP_VERSION");
        let configured = settings.app.clone().filter(|version| !version.is_empty());
        let explicit = explicit.clone().map(|version| (version, "`app_version`"));
        let explicit = explicit.or_else(|| Some((from_environment?, "FINGERPOST_APP_VERSION")));
        if let Some((version, place)) = explicit.or_else(|| Some((configured?, "the settings file"))) {
            return Some(AppVersion::checked(&version, VersionSource::Explicit, place));
        }
        (*from_git || settings.git).then(|| Ok(AppVersion::git(git::version(&repositories()).as_deref())))
    }
}

/// Returns the version computed from the manifest (hash and place), the components, or both.
fn hashed_version(manifest: Option<(String, String)>, components: &Digests) -> Result<AppVersion, Error> {
    let hashed = components.version(manifest.as_ref().map(|(hash, _)| &**hash));
    match (hashed, manifest) {
        (Some(hash), None) => AppVersion::checked(&hash, VersionSource::Components, "the components"),
        (Some(hash), Some(_)) => AppVersion::checked(&hash, VersionSource::Manifest, "the components"),
        (None, Some((hash, place))) => {
            AppVersion::checked(&hash, VersionSource::Manifest, &format!("the manifest in `{place}`"))
        }
        (None, None) => Ok(AppVersion::unknown()),
    }
}

/// Warns of configured components that the manifest lacks: production reads them from the manifest alone.
fn warn_about_unrecorded_components(settings: &VersionSettings, manifest: &Manifest, place: &str) {
    let is_recorded = |name: &&String| manifest.components().contains_key(*name);
    if let Some(name) = settings.components.keys().find(|name| !is_recorded(name)) {
        tracing::warn!(
            "the manifest in `{place}` has no component `{name}`, which `[version]` names, so the app version does not \
             depend on it; run `fingerpost collect` again with the same settings file"
        );
    }
}
