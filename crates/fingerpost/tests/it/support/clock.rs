//! A clock for the tests. The cache trusts the times of a file once they are two seconds old.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

/// Returns the time three seconds from now. This clock makes the times of all existing files trusted.
pub(crate) fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3)
}

/// Waits until the clock of the file system has advanced, so that the next edit gets a new time.
pub(crate) fn wait_for_a_new_time(dir: &Path) {
    let time = || tempfile::tempfile_in(dir).unwrap().metadata().unwrap().modified().unwrap();
    let before = time();
    while time() == before {}
}
