use serde::Serialize;

use crate::diagnostics::Problem;

/// The result of [`rollback`](crate::rollback()). Serializes to the JSON of `fingerpost rollback --json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RollbackReport {
    /// Number of the new release. `None` if the manifest was current already.
    pub release: Option<u64>,
    /// Number of the release that was published again.
    pub restored: u64,
    /// Number of the release that the new release replaced. `None` if there was no manifest, or nothing was published.
    pub replaced: Option<u64>,
    /// Number of an additional release, which records the replaced manifest because the newest release had another
    /// manifest: an older manifest was restored, or a run was killed. Otherwise `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<u64>,
    /// Number of assets in the manifest.
    pub files: usize,
    /// Number of files that were written under plain names, including variants.
    pub originals: usize,
    /// Hash of the manifest: the default app version.
    pub hash: String,
    /// Problems that did not stop the run.
    pub warnings: Vec<Problem>,
    /// `true` for a dry run, which has written nothing.
    pub dry_run: bool,
    /// Duration of the run in seconds.
    pub seconds: f64,
}
