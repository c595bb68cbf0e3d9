//! A style sheet, whatever is in it, is collected without a panic, and no byte but hashes is added.
#![no_main]

use fuzz::Site;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SITE: Site = Site::new("app.css");
}

fuzz_target!(|bytes: &[u8]| SITE.with(|site| {
    site.check(bytes);
}));
