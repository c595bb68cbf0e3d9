//! What the tests are made of: directories, sites in both modes, processes, threads and warnings.

mod child;
mod development;
mod dir;
mod store;
mod warnings;

use fingerpost::{Assets, AssetsBuilder, Mode, Settings, manifest::ContentHash};

pub(crate) use child::{alone, alone_in, alone_with, this_program};
pub(crate) use development::{list, not_found, paths, serves};
pub(crate) use dir::{Dir, UrlOptions, publish};
pub(crate) use store::Memory;
pub(crate) use warnings::warnings;

pub(crate) fn dev(dir: &Dir) -> AssetsBuilder {
    Assets::builder().source(dir).mode(Mode::Dev)
}

pub(crate) fn production(dir: &Dir) -> AssetsBuilder {
    Assets::builder().collected(dir).mode(Mode::Production)
}

/// Settings as they are without a file, but for what `change` does.
pub(crate) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

/// The content hash of some text.
pub(crate) fn hash(content: impl AsRef<[u8]>) -> String {
    ContentHash::from_content(content.as_ref()).to_string()
}

/// Says what this system cannot do, past the test harness, which keeps the output of tests that pass to itself.
pub(crate) fn say(what: &str) {
    use std::io::Write as _;
    writeln!(std::io::stderr(), "fingerpost: {what}").expect("standard error can be written to");
}

/// Tells threads that go on until it is set; it is set when the test is done with it, also by a failure.
#[derive(Debug)]
pub(crate) struct Done<'a>(pub(crate) &'a std::sync::atomic::AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}
