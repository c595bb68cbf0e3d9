//! The files that another tool named by their content.

use fingerpost::{
    __private::{Bundle, glob_matcher},
    AssetPath,
};
use globset::GlobMatcher;

/// Selects the prehashed files: the files that a glob matches, and the files in the manifest of a bundler. Source maps are
/// never prehashed: the name of a source map derives from the script, so the source map can change without a new name.
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
