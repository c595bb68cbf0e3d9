use serde::Serialize;

/// Two files that have the same asset path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Shadowed {
    /// The asset path.
    pub path: String,
    /// The file that is collected.
    pub file: String,
    /// The file of a later source directory, which is not collected.
    pub hides: String,
}
