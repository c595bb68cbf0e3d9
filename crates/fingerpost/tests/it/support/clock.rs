//! Clocks, by which the cache decides whether it trusts the times of a file: it does from two seconds on.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

/// Three seconds from now: every existing file is trusted.
pub(crate) fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3)
}

/// Waits until the clock of the file system has advanced, so that the next edit gets a new time.
pub(crate) fn wait_for_a_new_time(dir: &Path) {
    let time = || tempfile::tempfile_in(dir).unwrap().metadata().unwrap().modified().unwrap();
    let before = time();
    while time() == before {}
}
