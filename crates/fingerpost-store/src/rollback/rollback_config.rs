use crate::{bucket::Bucket, write_options::WriteOptions};

/// Settings of [`rollback`](crate::rollback()). The documentation of `rollback` has an example.
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `rollback`"]
pub struct RollbackConfig {
    pub(super) bucket: Bucket,
    pub(super) number: Option<u64>,
    pub(super) originals: Option<bool>,
    dry_run: bool,
}

impl RollbackConfig {
    /// Creates settings for a bucket.
    pub fn new(bucket: Bucket) -> Self {
        Self { bucket, number: None, originals: None, dry_run: false }
    }

    /// Sets the release to publish again.
    ///
    /// Defaults to the release that the current release replaced.
    pub fn release(mut self, number: u64) -> Self {
        self.number = Some(number);
        self
    }

    /// Sets whether the assets are written under their plain names too.
    ///
    /// By default, `rollback` writes all plain names if every asset of the release that is current before the rollback has an
    /// object under its plain name. Otherwise, `rollback` replaces only the objects that have the bytes of that release.
    /// With `false`, all plain names are left unchanged.
    pub fn originals(mut self, yes: bool) -> Self {
        self.originals = Some(yes);
        self
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
