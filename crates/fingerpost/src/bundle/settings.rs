//! The tables `[vite]` and `[bundle]` of a settings file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Bundle, flat, vite};
use crate::{
    error::{Error, ErrorKind},
    files::{absolute, is_absent},
    quote::quoted_path,
    sources::SourceDir,
    toml_table::SettingsTable,
    url::{asset_path::AssetPath, base_url::BaseUrl},
};

/// The default prefix of the files of Vite.
const VITE_PREFIX: &str = "vite";

/// The bundlers whose output is part of the site.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct BundleSettings {
    /// The output of Vite.
    pub vite: ViteSettings,
    /// The path of a flat manifest.
    pub manifest: Option<PathBuf>,
}

/// The table `[vite]`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ViteSettings {
    /// The directory that Vite builds to.
    pub out: Option<PathBuf>,
    /// The prefix of the asset paths. An empty prefix means none. Defaults to `vite`.
    pub prefix: Option<String>,
    /// The URL of Vite's development server.
    pub dev_server: Option<String>,
    /// Writes the preamble of React refresh in development. Defaults to `false`.
    pub react: bool,
    /// Vite's root, which names of entries are relative to. Defaults to the nearest directory above `out` that has a
    /// `package.json`, then to the directory that contains `out`.
    pub root: Option<PathBuf>,
}

/// A flat manifest and the prefix of the asset paths next to it.
pub(super) struct FlatManifest {
    pub(super) prefix: Option<String>,
}

impl BundleSettings {
    /// Reads the tables `[vite]` and `[bundle]`.
    pub(crate) fn from_tables(vite: &mut SettingsTable<'_>, bundle: &mut SettingsTable<'_>) -> Self {
        let vite = ViteSettings {
            out: vite.path("out"),
            prefix: vite.get_with("prefix", |prefix: String| prefix_of(&prefix).map(|_| prefix)),
            dev_server: vite.get_with("dev-server", |url: String| parse_dev_server(&url).map(|_| url)),
            react: vite.get("react").unwrap_or_default(),
            root: vite.path("root"),
        };
        Self { vite, manifest: bundle.path("manifest") }
    }

    /// Returns the output of Vite as a source directory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidPath`] if the prefix is not an asset path.
    pub fn source(&self) -> Result<Option<SourceDir>, Error> {
        self.vite.out.as_ref().map(|out| self.vite.source_at(out)).transpose()
    }

    /// Returns the prefix of the files of Vite, `vite/` or empty. Returns `None` without Vite.
    pub fn vite_prefix(&self) -> Option<String> {
        let prefix = self.source().ok()??.prefix().map(|prefix| format!("{prefix}/"));
        Some(prefix.unwrap_or_default())
    }

    /// Returns `true` if there is no bundler.
    pub fn is_empty(&self) -> bool {
        self.vite.out.is_none() && self.manifest.is_none()
    }

    /// Returns the paths of the manifests.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = PathBuf> {
        self.vite.manifest().into_iter().chain(self.manifest.as_ref().map(absolute))
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
        let mut bundle = match self.vite.manifest() {
            Some(place) => vite::parse(&self.vite.read(&place)?, &place, &self.vite)?,
            None => Bundle::default(),
        };
        if let Some(place) = self.manifest.as_ref().map(absolute) {
            let flat = FlatManifest { prefix: prefix_at(&place, sources)? };
            let json = read(&place, "run the bundler first")?;
            let Bundle { entries, files } = flat::parse(&json, &place, &flat, base)?;
            bundle.entries.extend(entries);
            files.into_keys().for_each(|path| {
                bundle.files.entry(path).or_default();
            });
        }
        Ok(bundle)
    }
}

impl ViteSettings {
    /// Returns the asset path of a file in the output of Vite.
    pub(super) fn asset_path(&self, file: &str) -> Result<AssetPath, Error> {
        match prefix_of(self.prefix.as_deref().unwrap_or(VITE_PREFIX))? {
            Some(prefix) => AssetPath::parse(&format!("{prefix}/{file}")),
            None => AssetPath::parse(file),
        }
    }

    pub(super) fn source_at(&self, dir: &Path) -> Result<SourceDir, Error> {
        match prefix_of(self.prefix.as_deref().unwrap_or(VITE_PREFIX))? {
            Some(prefix) => SourceDir::with_prefix(&prefix, dir),
            None => Ok(SourceDir::new(dir)),
        }
    }

    fn manifest(&self) -> Option<PathBuf> {
        Some(absolute(self.out.as_ref()?.join(vite::MANIFEST)))
    }

    fn read(&self, place: &Path) -> Result<Vec<u8>, Error> {
        read(place, "run `vite build`, with `build: { manifest: true }` in the configuration of Vite")
    }
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

/// Parses the prefix of a source directory. Returns `None` for an empty prefix.
fn prefix_of(prefix: &str) -> Result<Option<AssetPath>, Error> {
    let name = prefix.trim_matches('/');
    (!name.is_empty()).then(|| AssetPath::parse(name)).transpose()
}

/// Checks the URL of a development server.
pub(super) fn parse_dev_server(url: &str) -> Result<BaseUrl, Error> {
    let base = BaseUrl::parse(url)?;
    if base.is_absolute() {
        return Ok(base);
    }
    let message =
        format_args!("development server `{url}` has no host; write a URL such as `http://localhost:5173`");
    Err(Error::new(ErrorKind::InvalidConfig, message))
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
