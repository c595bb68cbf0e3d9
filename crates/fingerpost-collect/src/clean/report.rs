use serde::Serialize;

use crate::diagnostics::Problem;

/// The result of [`clean`](crate::clean()). Serializes to the JSON of `fingerpost clean --json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CleanReport {
    /// Numbers of the removed releases.
    pub removed: Vec<u64>,
    /// Numbers of the retained releases.
    pub kept: Vec<u64>,
    /// Number of an additional release, which records the current manifest because the newest release had another
    /// manifest: an older manifest was restored, or a run was killed. Otherwise `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<u64>,
    /// Names of the removed files in the output directory, without release files.
    pub files: Vec<String>,
    /// Total size of the removed files and release files in bytes.
    pub bytes: u64,
    /// Problems that did not stop the run.
    pub warnings: Vec<Problem>,
    /// `true` for a dry run, which has removed nothing.
    pub dry_run: bool,
    /// Duration of the run in seconds.
    pub seconds: f64,
}
