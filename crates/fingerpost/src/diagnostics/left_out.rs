use std::path::Path;

use serde::Serialize;

use crate::url::asset_path::AssetPath;

/// Two files that have the same asset path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Shadowed {
    /// The asset path.
    pub path: String,
    /// The file that is collected.
    pub file: String,
    /// The file that is not collected, from a later source directory.
    pub hides: String,
}

impl Shadowed {
    /// Creates the record of a file that `file` hides.
    #[doc(hidden)]
    pub fn new(path: &AssetPath, file: &Path, hides: &Path) -> Self {
        Self { path: path.to_string(), file: file.display().to_string(), hides: hides.display().to_string() }
    }
}
