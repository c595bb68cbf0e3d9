use serde::Serialize;

/// Files in the source dirs that are not collected.
#[derive(Default)]
pub(crate) struct LeftOut {
    pub(crate) shadowed: Vec<Shadowed>,
    pub(crate) ignored: Vec<String>,
}

/// Two files that have the same asset path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Shadowed {
    /// The asset path.
    pub path: String,
    /// The file that is collected.
    pub file: String,
    /// The file of a later source dir, which is not.
    pub hides: String,
}
