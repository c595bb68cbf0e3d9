use std::path::{Path, PathBuf};

use crate::{bucket::Bucket, write_options::WriteOptions};

/// Settings of [`publish`](crate::publish()). The documentation of `publish` has an example.
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `publish`"]
pub struct PublishConfig {
    pub(super) out: PathBuf,
    pub(super) bucket: Bucket,
    dry_run: bool,
}

impl PublishConfig {
    /// Creates settings that publish the output directory `out` to `bucket`.
    pub fn new(out: impl AsRef<Path>, bucket: Bucket) -> Self {
        Self { out: out.as_ref().to_owned(), bucket, dry_run: false }
    }

    /// Sets whether to only report the changes, without writing anything. A dry run takes no lock.
    ///
    /// Defaults to `false`.
    pub fn dry_run(mut self, yes: bool) -> Self {
        self.dry_run = yes;
        self
    }

    pub(super) fn write(&self) -> WriteOptions {
        WriteOptions { dry_run: self.dry_run, ..self.bucket.write }
    }
}
