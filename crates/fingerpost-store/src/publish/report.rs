use serde::Serialize;

/// The result of [`publish`](crate::publish()). Serializes to the JSON of `fingerpost publish --json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PublishReport {
    /// Number of the new release. `None` if the bucket has this release already.
    pub release: Option<u64>,
    /// Number of the release that another run published in the meantime, and that is current instead of this release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<u64>,
    /// Number of an additional release, which records the replaced manifest because the newest release of the bucket had
    /// another manifest: an older manifest was restored, or a run was killed. Otherwise `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<u64>,
    /// Number of assets in the manifest.
    pub files: usize,
    /// Number of objects of the release: the assets and their variants.
    pub objects: usize,
    /// Number of uploaded objects, without release files, the manifest and objects under plain names.
    pub uploaded: usize,
    /// Total size of the uploaded objects in bytes.
    pub bytes: u64,
    /// Number of objects that the bucket had already.
    pub skipped: usize,
    /// Number of objects that were written under plain names, because the output directory has files under plain names.
    pub originals: usize,
    /// Hash of the manifest, which is the default app version.
    pub hash: String,
    /// Problems that did not stop the run.
    pub warnings: Vec<String>,
    /// `true` for a dry run, which has written nothing.
    pub dry_run: bool,
    /// Duration of the run in seconds.
    pub seconds: f64,
}
