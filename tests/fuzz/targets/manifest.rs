//! A manifest that can be read is the same after it was written and read again.
#![no_main]

use fingerpost::{AssetPath, manifest::{Manifest, Release}};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    if let Ok(manifest) = Manifest::parse(json, "fuzzed") {
        let again = Manifest::parse(&manifest.to_json(), "again").expect("what was just written");
        assert_eq!(again, manifest);
        for (path, entry) in &manifest {
            assert_eq!(AssetPath::parse(path).ok().as_ref(), Some(path));
            assert!(AssetPath::parse(&entry.hashed).is_ok(), "{}", entry.hashed);
        }
    }
    if let Ok(release) = Release::parse(json, 7, "fuzzed") {
        let again = Release::parse(&release.to_json(), 7, "again").expect("what was just written");
        assert_eq!(again, release);
    }
});
