//! The output of a bundler, and the manifest that names the files of the output.

pub(crate) mod settings;
pub(crate) mod bundle_cache;
pub(crate) mod dev_server;
mod vite;
mod flat;

use std::collections::BTreeMap;

pub use settings::BundleSettings;

use crate::url::asset_path::AssetPath;

/// The files that the manifests of bundlers name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bundle {
    /// The asset path for each name of a source file, such as `src/main.ts`.
    pub entries: BTreeMap<String, AssetPath>,
    /// The files that the bundler named by their content.
    pub files: BTreeMap<AssetPath, BundledFile>,
}

/// The files that a file of a bundler needs. Empty except for scripts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundledFile {
    /// The scripts that a script imports statically.
    pub imports: Vec<AssetPath>,
    /// The style sheets of a script.
    pub styles: Vec<AssetPath>,
}
