//! Checks that valid manifests and releases have valid paths, and are unchanged after writing and parsing.
#![no_main]

use fingerpost::{
    AssetPath,
    manifest::{Manifest, Release},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    if let Ok(manifest) = Manifest::parse(json, "fuzzed") {
        let again = Manifest::parse(&manifest.to_json(), "again").expect("a valid manifest");
        assert_eq!(again, manifest);
        for (path, entry) in &manifest {
            assert_eq!(AssetPath::parse(path).ok().as_ref(), Some(path));
            assert!(AssetPath::parse(&entry.hashed).is_ok(), "{}", entry.hashed);
        }
    }
    if let Ok(release) = Release::parse(json, 7, "fuzzed") {
        let again = Release::parse(&release.to_json(), 7, "again").expect("a valid release");
        assert_eq!(again, release);
    }
});
