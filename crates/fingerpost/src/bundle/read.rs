//! Reads the manifests of bundlers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Bundle, flat,
    settings::{BundleSettings, ViteSettings},
    vite,
};
use crate::{
    error::{Error, ErrorKind},
    files::{absolute, is_absent},
    quote::quoted_path,
    sources::SourceDir,
    url::base_url::BaseUrl,
};

/// The advice for a missing manifest of Vite.
const RUN_VITE: &str = "run `vite build`, with `build: { manifest: true }` in the configuration of Vite";

impl BundleSettings {
    /// Returns the paths of the manifests.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = PathBuf> {
        vite_manifest(&self.vite).into_iter().chain(self.manifest.as_ref().map(absolute))
    }

    /// Reads the manifests. `sources` are the source directories, one of which contains the flat manifest.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::ManifestNotFound`] with the command to run;
    /// - [`ErrorKind::InvalidManifest`] for malformed JSON, and for a file name that is not a path in the output of the
    ///   bundler;
    /// - [`ErrorKind::InvalidConfig`] if no source directory contains the flat manifest;
    /// - [`ErrorKind::Unreadable`].
    pub fn read(&self, sources: &[SourceDir], base: &BaseUrl) -> Result<Bundle, Error> {
        let mut bundle = match vite_manifest(&self.vite) {
            Some(place) => vite::parse(&read(&place, RUN_VITE)?, &place, &self.vite)?,
            None => Bundle::default(),
        };
        if let Some(place) = self.manifest.as_ref().map(absolute) {
            let prefix = prefix_at(&place, sources)?;
            let json = read(&place, "run the bundler first")?;
            let Bundle { entries, files } = flat::parse(&json, &place, prefix.as_deref(), base)?;
            bundle.entries.extend(entries);
            for (path, file) in files {
                bundle.files.entry(path).or_insert(file);
            }
        }
        bundle.remove_ambiguous_chunks();
        Ok(bundle)
    }
}

fn vite_manifest(settings: &ViteSettings) -> Option<PathBuf> {
    Some(absolute(settings.out.as_ref()?.join(vite::MANIFEST)))
}

fn read(place: &Path, advice: &str) -> Result<Vec<u8>, Error> {
    fs::read(place).map_err(|err| match err {
        err if is_absent(&err) => {
            let message = format_args!("manifest {} was not found; {advice}", quoted_path(place));
            Error::new(ErrorKind::ManifestNotFound, message)
        }
        err => Error::unreadable(place, &err),
    })
}

/// Returns the asset path of the directory that contains a flat manifest, or `None` for a source directory without a prefix.
fn prefix_at(manifest: &Path, sources: &[SourceDir]) -> Result<Option<String>, Error> {
    let dir = manifest.parent().unwrap_or(manifest);
    let below = |source: &SourceDir| {
        let rest = dir.strip_prefix(absolute(source.dir())).ok()?;
        let names = rest.iter().map(|name| name.to_str()).collect::<Option<Vec<_>>>()?;
        Some(source.prefix().into_iter().chain(names).collect::<Vec<_>>().join("/"))
    };
    let prefix = sources.iter().find_map(below).ok_or_else(|| {
        let advice = "add the output directory of the bundler to `sources`";
        Error::config(format!("manifest {} is in no source directory; {advice}", quoted_path(manifest)))
    })?;
    Ok(Some(prefix).filter(|prefix| !prefix.is_empty()))
}
