use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{bucket::Bucket, lease::LeaseOptions};

/// The time after which the lock of a killed run expires.
pub(crate) const LEASE: Duration = Duration::from_secs(60);

/// Settings of [`publish`](crate::publish()). The documentation of `publish` has an example.
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `publish`"]
pub struct PublishConfig {
    pub(crate) out: PathBuf,
    pub(crate) bucket: Bucket,
    pub(crate) write: WriteOptions,
}

/// Settings of all runs that write to a bucket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteOptions {
    pub(crate) single_writer: bool,
    pub(crate) dry_run: bool,
    pub(crate) lease: LeaseOptions,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { single_writer: false, dry_run: false, lease: LeaseOptions { length: LEASE, wait: true } }
    }
}

impl PublishConfig {
    /// Creates settings that publish the output directory `out` to `bucket`.
    pub fn new(out: impl AsRef<Path>, bucket: Bucket) -> Self {
        Self { out: out.as_ref().to_owned(), bucket, write: WriteOptions::default() }
    }

    /// Publishes to a store that ignores conditions on writes. The run takes no lock, so no other run may write to the bucket
    /// at the same time.
    ///
    /// Defaults to `false`. Such a store is then an error of kind [`Unconditional`](crate::ErrorKind::Unconditional).
    pub fn single_writer(mut self, yes: bool) -> Self {
        self.write.single_writer = yes;
        self
    }

    /// Sets whether to wait while another run holds the lock of the bucket.
    ///
    /// Defaults to `true`. With `false`, a held lock is an error of kind [`Locked`](crate::ErrorKind::Locked).
    pub fn wait(mut self, yes: bool) -> Self {
        self.write.lease.wait = yes;
        self
    }

    /// Sets the time after which the lock of this run expires if the run is killed. A running command renews the lock three
    /// times as often.
    ///
    /// Defaults to 60 seconds.
    pub fn lease(mut self, length: Duration) -> Self {
        self.write.lease.length = length;
        self
    }

    /// Sets whether to only report the changes, without writing anything. A dry run takes no lock.
    ///
    /// Defaults to `false`.
    pub fn dry_run(mut self, yes: bool) -> Self {
        self.write.dry_run = yes;
        self
    }
}
