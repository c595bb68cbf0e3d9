//! What the fuzz targets share: a site whose only unknown is one file.

use std::{fs, path::PathBuf};

use fingerpost::{MANIFEST_NAME, Manifest};
use fingerpost_collect::{CollectConfig, ErrorKind, Level, Rule, collect};
use tempfile::TempDir;

/// Files that references can lead to.
const OTHERS: [&str; 5] = ["a.png", "b.css", "b c.png", "m.js", "m.map"];

/// A source dir with a few files beside the one that is fuzzed.
#[derive(Debug)]
pub struct Site {
    dir: TempDir,
    path: &'static str,
}

impl Site {
    /// `path` is the asset path of the file that is fuzzed.
    pub fn new(path: &'static str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(dir.path().join("static")).expect("a source dir");
        for other in OTHERS {
            fs::write(dir.path().join("static").join(other), other).expect("a file");
        }
        Self { dir, path }
    }

    fn source(&self) -> PathBuf {
        self.dir.path().join("static")
    }

    /// Collects the file with these bytes: taking the hashes out must give them back.
    pub fn check(&self, bytes: &[u8]) {
        fs::write(self.source().join(self.path), bytes).expect("a file");
        let out = self.dir.path().join("out");
        // There is none before the first run.
        let _ = fs::remove_dir_all(&out);
        let rules = [Rule::Missing, Rule::MissingMap, Rule::Outside];
        let config = CollectConfig::new(&out).source(self.source());
        let config = rules.into_iter().fold(config, |config, rule| config.level(rule, Level::Ignore));
        if let Err(err) = collect(&config) {
            assert_eq!(err.kind(), ErrorKind::TooDeep, "{err}");
            return;
        }
        let json = fs::read(out.join(MANIFEST_NAME)).expect("a manifest");
        let manifest = Manifest::parse(&json, MANIFEST_NAME).expect("a valid manifest");
        let hashed = &manifest.get(self.path).expect("the collected file").hashed;
        let collected = fs::read(out.join(hashed)).expect("the collected file");
        // Where a dot is written as an escape, its name is written anew.
        if !bytes.iter().any(|byte| matches!(byte, b'\\' | b'%')) {
            // The author may have written a hash, too.
            let [after, before] = [&*collected, bytes].map(|bytes| without_hashes(bytes, &manifest));
            assert!(after == before, "{:?}", String::from_utf8_lossy(&collected));
        }
    }
}

fn without_hashes(bytes: &[u8], manifest: &Manifest) -> Vec<u8> {
    let hashes: Vec<_> = manifest.iter().map(|(path, entry)| hash(path, &entry.hashed)).collect();
    let mut left = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        let found = hashes.iter().find(|hash| rest.starts_with(hash.as_bytes()));
        if found.is_none() {
            left.push(*byte);
        }
        rest = found.map_or(tail, |hash| &rest[hash.len()..]);
    }
    left
}

/// What a hashed path has more than its asset path, which has an extension here.
fn hash<'a>(path: &str, hashed: &'a str) -> &'a str {
    let dot = path.rfind('.').expect("an extension");
    &hashed[dot..dot + ".0123456789ab".len()]
}
