//! The settings and the lock of all runs that write to a bucket.

use std::time::Duration;

use fingerpost::__private::now;

use crate::{
    error::Error,
    lease::{Lease, LeaseOptions},
    objects::SharedObjects,
    probe::probe,
    progress::Steps,
};

#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteOptions {
    pub(crate) single_writer: bool,
    pub(crate) dry_run: bool,
    pub(crate) lease: LeaseOptions,
}

impl Default for WriteOptions {
    fn default() -> Self {
        let lease = LeaseOptions { length: Duration::from_secs(60), wait: true };
        Self { single_writer: false, dry_run: false, lease }
    }
}

/// Takes the lock of the bucket, after a check that the store respects conditions. A dry run and a single writer need no lock.
pub(crate) async fn acquire(
    objects: &SharedObjects,
    command: &str,
    options: WriteOptions,
    steps: &Steps,
) -> Result<Option<Lease>, Error> {
    if options.single_writer || options.dry_run {
        return Ok(None);
    }
    let clock = probe(objects).await?;
    Lease::acquire(objects, command, options.lease, clock, steps).await.map(Some)
}

/// Returns the time since 1970 by the clock of the store, because the clocks of the machines that publish may differ. Without a
/// lock, returns the local time.
pub(crate) fn time(lease: Option<&Lease>) -> Duration {
    lease.map_or_else(now, Lease::now)
}

pub(crate) async fn release(lease: Option<Lease>) {
    if let Some(lease) = lease {
        lease.release().await;
    }
}
