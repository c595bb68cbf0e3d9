use std::time::Duration;

use fingerpost::__private::Retention;

use crate::{bucket::Bucket, write_options::WriteOptions};

/// Settings of [`clean`](crate::clean()). The documentation of `clean` has an example.
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `clean`"]
pub struct CleanConfig {
    pub(super) bucket: Bucket,
    keep: usize,
    older_than: Duration,
    dry_run: bool,
}

impl CleanConfig {
    /// Creates settings for a bucket.
    pub fn new(bucket: Bucket) -> Self {
        Self { bucket, keep: 3, older_than: Duration::from_secs(7 * 24 * 60 * 60), dry_run: false }
    }

    /// Sets how many of the newest releases are retained regardless of age. The current release is always retained.
    ///
    /// Defaults to 3.
    pub fn keep(mut self, releases: usize) -> Self {
        self.keep = releases;
        self
    }

    /// Sets how long releases are retained after their replacement, so that open pages can still load the files of an
    /// older release.
    ///
    /// Defaults to 7 days.
    pub fn older_than(mut self, age: Duration) -> Self {
        self.older_than = age;
        self
    }

    /// Sets whether to only report the releases and files to remove. A dry run takes no lock.
    ///
    /// Defaults to `false`.
    pub fn dry_run(mut self, yes: bool) -> Self {
        self.dry_run = yes;
        self
    }

    pub(super) fn retention(&self, now: Duration) -> Retention {
        Retention { keep: self.keep, age: self.older_than, now }
    }

    pub(super) fn write(&self) -> WriteOptions {
        WriteOptions { dry_run: self.dry_run, ..self.bucket.write }
    }
}
