//! The output of a bundler, and the manifest that names the files of the output.

pub(crate) mod settings;
mod vite;
mod flat;
mod read;
pub(crate) mod bundle_cache;
pub(crate) mod dev_server;

use std::collections::{BTreeMap, HashSet};

pub use settings::BundleSettings;

use crate::url::asset_path::AssetPath;

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
    /// Returns the scripts and style sheets that a script loads with itself, depth first, each file after its own imports,
    /// which is the order of Vite. Not recursive, because a chain of imports may be long.
    pub(crate) fn needed_by<'a>(&'a self, script: &'a AssetPath) -> BundledFile {
        let (mut seen, mut needed) = (HashSet::from([script]), BundledFile::default());
        let mut stack = vec![(script, 0)];
        while let Some((current, visited)) = stack.last_mut() {
            let (current, file) = (*current, self.files.get(*current));
            if let Some(import) = file.and_then(|file| file.imports.get(*visited)) {
                *visited += 1;
                if seen.insert(import) {
                    stack.push((import, 0));
                }
                continue;
            }
            stack.pop();
            let styles = file.into_iter().flat_map(|file| &file.styles);
            needed.styles.extend(styles.filter(|style| seen.insert(style)).cloned());
            needed.imports.extend((current != script).then(|| current.clone()));
        }
        needed
    }
}

/// The files that a script of a bundler needs. Empty for other files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundledFile {
    /// The scripts that a script imports statically.
    pub imports: Vec<AssetPath>,
    /// The style sheets of a script.
    pub styles: Vec<AssetPath>,
}
