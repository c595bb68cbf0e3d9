//! The output of a bundler, and the manifest that names the files of the output.

pub(crate) mod settings;
mod chunks;
mod vite;
mod flat;
mod read;
pub(crate) mod bundle_cache;
pub(crate) mod dev_server;

use std::collections::{BTreeMap, HashSet};

pub use settings::BundleSettings;

use crate::{imports_first::visit_imports_first, url::asset_path::AssetPath};

/// The files that the manifests of bundlers name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bundle {
    /// The asset path for each name of a source file, such as `src/main.ts`.
    pub entries: BTreeMap<String, AssetPath>,
    /// The prehashed files: the files that the bundler named by their content.
    pub files: BTreeMap<AssetPath, BundledFile>,
}

impl Bundle {
    /// Returns the scripts and style sheets that a script needs, directly or through its imports. A style sheet may
    /// occur several times.
    pub(crate) fn needed_by(&self, script: &AssetPath) -> BundledFile {
        let mut needed = BundledFile::default();
        let import = |script: &AssetPath, index: usize| self.files.get(script)?.imports.get(index);
        visit_imports_first(script, &mut HashSet::new(), import, |current| {
            let styles = self.files.get(current).into_iter().flat_map(|file| &file.styles);
            needed.styles.extend(styles.cloned());
            needed.imports.extend((current != script).then(|| current.clone()));
        });
        needed
    }
}

/// The chunk of a bundled file, and the files that the bundled file needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundledFile {
    /// The scripts that a script imports statically.
    pub imports: Vec<AssetPath>,
    /// The style sheets of a script.
    pub styles: Vec<AssetPath>,
    /// The name of the chunk, without directories. See [`FileInfo::chunk`](crate::manifest::FileInfo::chunk).
    pub chunk: Option<String>,
}
