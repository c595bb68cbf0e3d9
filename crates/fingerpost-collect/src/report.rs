use std::time::Duration;

use fingerpost::{__private::NumberedReleases, manifest::Manifest};
use serde::Serialize;

use crate::{
    diagnostics::{Problem, Remarks, Shadowed},
    pack::PackReport,
    pipeline::{asset::Asset, run_context::Run},
};

/// The result of a run. Serializes to the JSON of `fingerpost collect --json`.
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # std::fs::write(site.path().join("app.css"), "body{}")?;
/// # let out = tempfile::tempdir()?;
/// use fingerpost_collect::{CollectConfig, collect};
///
/// let config = CollectConfig::new(out.path()).source(site.path());
/// let (first, second) = (collect(&config)?, collect(&config)?);
/// assert_eq!((first.written, first.unchanged, first.release), (1, 0, Some(1)));
/// assert_eq!((second.written, second.unchanged, second.release), (0, 1, None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Number of assets in the manifest.
    pub files: usize,
    /// Total size of the assets in bytes.
    pub bytes: u64,
    /// Number of assets that were written, under their hashed or their plain name.
    pub written: usize,
    /// Number of assets that existed already.
    pub unchanged: usize,
    /// Number of compressions in this run, including compressions whose result was too large to publish.
    pub compressed: usize,
    /// Number of published files that were read with [`CollectConfig::verify`](crate::CollectConfig::verify).
    #[serde(skip_serializing_if = "is_zero")]
    pub verified: usize,
    /// Number of damaged published files that were written again.
    #[serde(skip_serializing_if = "is_zero")]
    pub repaired: usize,
    /// Number of an additional release, which records the replaced manifest because the newest release had another
    /// manifest: an older manifest was restored, or a run was killed. Otherwise `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<u64>,
    /// Number of the published release. `None` if nothing has changed.
    pub release: Option<u64>,
    /// Number of the release from [`CollectConfig::keep_from`](crate::CollectConfig::keep_from) whose manifest became
    /// current, because the assets are the same as in this release.
    pub adopted: Option<u64>,
    /// Hash of the manifest: the default app version.
    pub hash: String,
    /// Releases that were imported from [`CollectConfig::keep_from`](crate::CollectConfig::keep_from).
    pub kept: Vec<u64>,
    /// The pack of [`CollectConfig::pack`](crate::CollectConfig::pack), except in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackReport>,
    /// Files shadowed by a file of an earlier source directory.
    pub shadowed: Vec<Shadowed>,
    /// Ignored files and directories, and special files such as named pipes.
    pub ignored: Vec<String>,
    /// Problems that did not stop the run.
    pub warnings: Vec<Problem>,
    /// Information that needs no action, such as imports that are computed at run time.
    pub notes: Vec<Problem>,
    /// `true` for a dry run, which has written nothing.
    pub dry_run: bool,
    /// Duration of the run in seconds.
    pub seconds: f64,
}

impl Report {
    /// Creates the part of the report that is known before anything is published.
    pub(crate) fn new(run: &Run<'_>, assets: &[Asset], compressed: usize, manifest: &Manifest) -> Self {
        let written = assets.iter().filter(|asset| asset.is_new).count();
        Self {
            files: assets.len(),
            bytes: assets.iter().map(|asset| asset.info.size).sum(),
            written,
            unchanged: assets.len() - written,
            compressed,
            verified: run.output.published.verified(),
            repaired: run.output.published.repaired(),
            hash: manifest.hash().unwrap_or_default(),
            dry_run: run.options.writing.dry_run,
            ..Self::default()
        }
    }

    /// Adds the imported releases that are not in `before`, and the new release.
    pub(crate) fn with_releases(self, releases: &NumberedReleases, before: &[u64]) -> Self {
        let &NumberedReleases { ref imported, ref added, recorded, adopted } = releases;
        let kept = imported.iter().map(|release| release.number);
        let kept = kept.filter(|number| !before.contains(number)).collect();
        let release = added.last().map(|release| release.number);
        Self { kept, recorded, release, adopted, ..self }
    }

    /// Adds the remarks and the duration.
    pub(crate) fn finish(self, remarks: Remarks, took: Duration) -> Self {
        let Remarks { warnings, notes, shadowed, ignored } = remarks;
        Self { shadowed, ignored, warnings, notes, seconds: took.as_secs_f64(), ..self }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
