use fingerpost::__private::Problem;
use serde::Serialize;

/// The result of a check without errors. Serializes to the JSON of `fingerpost check --json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Number of templates and Rust files that were read.
    pub files: usize,
    /// Number of places that name an asset by a literal.
    pub names: usize,
    /// Problems that are not errors.
    pub warnings: Vec<Problem>,
    /// Information that needs no action, such as files that are not UTF-8.
    pub notes: Vec<Problem>,
}
