//! Checks that `collect` adds only hashes to any script, rewrites every import, and does not panic. A panic
//! that `collect` catches is also a failure.
#![no_main]

use fuzz::Site;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SITE: Site = Site::new("app.js");
}

const IMPORTS: &[u8] = b"import'./m.js';import('./m.js'/**/);\n";
const HASHES: usize = 2 * ".0123456789ab".len();

fuzz_target!(|bytes: &[u8]| SITE.with(|site| {
    site.check(bytes);
    if let Some(collected) = site.check(&[IMPORTS, bytes].concat()) {
        let is_rewritten = collected[..IMPORTS.len() + HASHES].ends_with(b"/**/);\n");
        assert!(is_rewritten, "{:?}", String::from_utf8_lossy(&collected));
    }
}));
