//! The files that another tool named by their content.

use std::collections::BTreeSet;

use fingerpost::{__private::glob_matcher, AssetPath};
use globset::GlobMatcher;

/// Selects the prehashed files: the files that a glob matches, and the files that the manifest of a bundler names. Source
/// maps are never prehashed, because bundlers do not rename a script whose source map has changed.
#[derive(Default)]
pub(crate) struct Prehashed {
    globs: Vec<GlobMatcher>,
    bundled: BTreeSet<AssetPath>,
}

impl Prehashed {
    pub(crate) fn new(globs: &[String]) -> Result<Self, fingerpost::Error> {
        let globs = globs.iter().map(|glob| glob_matcher(glob)).collect::<Result<_, _>>()?;
        Ok(Self { globs, bundled: BTreeSet::new() })
    }

    pub(crate) fn contains(&self, path: &AssetPath) -> bool {
        let is_named = || self.bundled.contains(path) || self.globs.iter().any(|glob| glob.is_match(&**path));
        !path.ends_with(".map") && is_named()
    }
}
