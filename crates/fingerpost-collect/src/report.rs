use std::time::Duration;

use fingerpost::{__private::NumberedReleases, manifest::Manifest};
use serde::Serialize;

use crate::{
    diagnostics::{
        left_out::Shadowed,
        problem::{Problem, Remarks},
    },
    pipeline::{asset::Asset, compress::Variants, run_context::Run},
};

/// What a run has done; as JSON, what `fingerpost collect --json` prints.
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
    /// How many assets the manifest names.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// How many of them had to be written, under their hashed or their plain name.
    pub written: usize,
    /// How many were there already.
    pub unchanged: usize,
    /// How many times a file was compressed, in vain or not. What an earlier run has compressed counts no more.
    pub compressed: usize,
    /// How many published files were read because of [`CollectConfig::verify`](crate::CollectConfig::verify).
    #[serde(skip_serializing_if = "is_zero")]
    pub verified: usize,
    /// How many published files did not hold what they should and were written again.
    #[serde(skip_serializing_if = "is_zero")]
    pub repaired: usize,
    /// The number under which the manifest that was replaced is recorded as a release, because the newest release did not hold
    /// it: an older one was put back, or a run was killed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<u64>,
    /// The number of the release that was published; `None` if nothing has changed.
    pub release: Option<u64>,
    /// The release of an earlier output dir whose manifest came into force, because nothing has changed since then.
    pub adopted: Option<u64>,
    /// The hash of the manifest, which is the app version unless another is set.
    pub hash: String,
    /// The releases that were taken over from an earlier output dir.
    pub kept: Vec<u64>,
    /// Files that an earlier source dir hides.
    pub shadowed: Vec<Shadowed>,
    /// Files and directories that the rules leave out, and what is neither, such as a named pipe.
    pub ignored: Vec<String>,
    /// What looked wrong and did not stop the run.
    pub warnings: Vec<Problem>,
    /// What nobody has to do anything about: imports of what only the browser will know.
    pub notes: Vec<Problem>,
    /// Whether this is what a run would have done, and nothing was written.
    pub dry_run: bool,
    /// How long it took.
    pub seconds: f64,
}

impl Report {
    /// What can be told before anything is in its place.
    pub(crate) fn new(run: &Run<'_>, assets: &[Asset], variants: &Variants, manifest: &Manifest) -> Self {
        let written = assets.iter().filter(|asset| asset.is_new).count();
        Self {
            files: assets.len(),
            bytes: assets.iter().map(|asset| asset.info.size).sum(),
            written,
            unchanged: assets.len() - written,
            compressed: variants.compressed,
            verified: run.output.published.verified(),
            repaired: run.output.published.repaired(),
            hash: manifest.hash().unwrap_or_default(),
            dry_run: run.options.writing.dry_run,
            ..Self::default()
        }
    }

    /// Adds the releases that were not here before: those that are taken over, and the one that is new, if there is any.
    pub(crate) fn with_releases(self, releases: &NumberedReleases, before: &[u64]) -> Self {
        let &NumberedReleases { ref imported, ref added, recorded, adopted } = releases;
        let kept = imported.iter().map(|release| release.number);
        let kept = kept.filter(|number| !before.contains(number)).collect();
        let release = added.last().map(|release| release.number);
        Self { kept, recorded, release, adopted, ..self }
    }

    /// Adds the rest when all is done.
    pub(crate) fn finish(self, remarks: Remarks, took: Duration) -> Self {
        let Remarks { warnings, notes, shadowed, ignored } = remarks;
        Self { shadowed, ignored, warnings, notes, seconds: took.as_secs_f64(), ..self }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
