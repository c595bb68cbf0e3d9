//! The files that another tool named by their content.

use fingerpost::{
    __private::{Bundle, glob_matcher},
    AssetPath,
};
use globset::GlobMatcher;

/// Selects the prehashed files: the files that a glob matches, and the files that the manifest of a bundler names. Source
/// maps are never prehashed, because bundlers do not rename a script whose source map has changed.
#[derive(Default)]
pub(crate) struct Prehashed {
    globs: Vec<GlobMatcher>,
    pub(crate) bundle: Bundle,
}

impl Prehashed {
    pub(crate) fn new(globs: &[String], bundle: Bundle) -> Result<Self, fingerpost::Error> {
        let globs = globs.iter().map(|glob| glob_matcher(glob)).collect::<Result<_, _>>()?;
        Ok(Self { globs, bundle })
    }

    pub(crate) fn contains(&self, path: &AssetPath) -> bool {
        let is_named =
            || self.bundle.files.contains_key(path) || self.globs.iter().any(|glob| glob.is_match(&**path));
        !path.ends_with(".map") && is_named()
    }

    /// Returns the name of the chunk of a prehashed file, if the bundler names the chunk.
    pub(crate) fn chunk(&self, path: &AssetPath) -> Option<&str> {
        self.bundle.files.get(path)?.chunk.as_deref()
    }
}
