//! Any style sheet is collected without a panic, and only hashes are added to it.
#![no_main]

use fuzz::Site;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SITE: Site = Site::new("app.css");
}

fuzz_target!(|bytes: &[u8]| SITE.with(|site| {
    site.check(bytes);
}));
