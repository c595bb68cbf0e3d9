//! Helpers of the tests: directories, sites in both modes, processes, threads and warnings.

mod child;
mod clock;
mod development;
mod dir;
mod store;

use fingerpost::{Assets, AssetsBuilder, Mode, Settings, manifest::ContentHash};

pub(crate) use adapter_suite::capture_log as warnings;
pub(crate) use child::{in_child, in_child_with, in_command, this_program};
pub(crate) use clock::{later, wait_for_a_new_time};
pub(crate) use development::{assert_not_found, assert_served, list, paths};
pub(crate) use dir::{Dir, Site, publish};
pub(crate) use store::Memory;

pub(crate) fn dev(dir: &Dir) -> AssetsBuilder {
    Assets::builder().source(dir).mode(Mode::Dev)
}

pub(crate) fn production(dir: &Dir) -> AssetsBuilder {
    Assets::builder().collected(dir).mode(Mode::Production)
}

/// Returns the default settings with the changes that `change` makes.
pub(crate) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

pub(crate) fn hash(content: impl AsRef<[u8]>) -> String {
    ContentHash::from_content(content.as_ref()).to_string()
}

/// Writes a note to standard error directly, because the test harness captures the output of tests that pass.
pub(crate) fn write_note(what: &str) {
    use std::io::Write as _;
    writeln!(std::io::stderr(), "fingerpost: {what}").expect("standard error can be written to");
}

/// Sets a flag when dropped, also by a panic, to stop the threads of a test.
#[derive(Debug)]
pub(crate) struct Done<'a>(pub(crate) &'a std::sync::atomic::AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}
