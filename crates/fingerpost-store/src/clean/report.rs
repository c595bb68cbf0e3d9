use serde::Serialize;

/// The result of [`clean`](crate::clean()). Serializes to the JSON of `fingerpost clean --at URL --json`.
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
    /// Names of the removed objects, without release files.
    pub files: Vec<String>,
    /// Total size of the removed objects in bytes.
    pub bytes: u64,
    /// Problems that did not stop the run.
    pub warnings: Vec<String>,
    /// `true` for a dry run, which has removed nothing.
    pub dry_run: bool,
    /// Duration of the run in seconds.
    pub seconds: f64,
}
