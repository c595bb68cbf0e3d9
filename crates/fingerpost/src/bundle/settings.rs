//! The tables `[vite]` and `[bundle]` of a settings file.

use std::path::{Path, PathBuf};

use crate::{
    error::{Error, ErrorKind},
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
    /// The output directory of Vite.
    pub out: Option<PathBuf>,
    /// The prefix of the asset paths. Defaults to `vite`. An empty text means no prefix.
    pub prefix: Option<String>,
    /// The URL of Vite's development server.
    pub dev_server: Option<String>,
    /// `true` to write the preamble of React refresh in development. Defaults to `false`.
    pub react: bool,
    /// Vite's root, to which names of entries are relative. Defaults to the nearest directory above `out` that has a
    /// `package.json`, then to the directory that contains `out`.
    pub root: Option<PathBuf>,
}

impl BundleSettings {
    /// Reads the tables `[vite]` and `[bundle]`.
    pub(crate) fn from_tables(vite: &mut SettingsTable<'_>, bundle: &mut SettingsTable<'_>) -> Self {
        let settings = ViteSettings {
            out: vite.path("out"),
            prefix: vite.get_with("prefix", |prefix: String| prefix_of(&prefix).map(|_| prefix)),
            dev_server: vite.get_with("dev-server", |url: String| parse_dev_server(&url).map(|_| url)),
            react: vite.get("react").unwrap_or_default(),
            root: vite.path("root"),
        };
        if settings.out.is_none() && settings.has_other_keys() {
            let advice = "write the output directory of `vite build`, such as `out = \"dist/vite\"`";
            vite.reject(&Error::config(format!("`[vite]` has no `out`; {advice}")));
        }
        Self { vite: settings, manifest: bundle.path("manifest") }
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
}

impl ViteSettings {
    fn has_other_keys(&self) -> bool {
        self.prefix.is_some() || self.dev_server.is_some() || self.react || self.root.is_some()
    }

    /// Returns the asset path of a file in the output of Vite.
    pub(super) fn asset_path(&self, file: &str) -> Result<AssetPath, Error> {
        match self.prefix()? {
            Some(prefix) => AssetPath::parse(&format!("{prefix}/{file}")),
            None => AssetPath::parse(file),
        }
    }

    pub(super) fn source_at(&self, dir: &Path) -> Result<SourceDir, Error> {
        match self.prefix()? {
            Some(prefix) => SourceDir::with_prefix(&prefix, dir),
            None => Ok(SourceDir::new(dir)),
        }
    }

    fn prefix(&self) -> Result<Option<AssetPath>, Error> {
        prefix_of(self.prefix.as_deref().unwrap_or(VITE_PREFIX))
    }
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
