//! Checks that `collect` adds only hashes to any style sheet, and does not panic.
#![no_main]

use fuzz::Site;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SITE: Site = Site::new("app.css");
}

fuzz_target!(|bytes: &[u8]| SITE.with(|site| {
    site.check(bytes);
}));
