use serde::Serialize;

use crate::diagnostics::problem::Problem;

/// What a run of [`clean`](crate::clean()) has done; as JSON, what `fingerpost clean --json` prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CleanReport {
    /// The releases that were removed.
    pub removed: Vec<u64>,
    /// The releases that stay.
    pub kept: Vec<u64>,
    /// The number under which the current manifest is recorded as a release, because the newest release does not hold it: an
    /// older one was put back, or a run was killed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<u64>,
    /// The files that were removed, by their names in the output dir, release files not counted.
    pub files: Vec<String>,
    /// How many bytes these and the release files had.
    pub bytes: u64,
    /// What looked wrong and did not stop the run.
    pub warnings: Vec<Problem>,
    /// Whether this is what a run would have done, and nothing was removed.
    pub dry_run: bool,
    /// How long it took.
    pub seconds: f64,
}
