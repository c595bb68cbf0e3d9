//! A site with one fuzzed file, for the fuzz targets.

use std::{fs, path::PathBuf};

use fingerpost::manifest::{MANIFEST_NAME, Manifest};
use fingerpost_collect::{CollectConfig, ErrorKind, Rule, Severity, collect};
use tempfile::TempDir;

/// Files that references can resolve to.
const OTHERS: [&str; 7] = ["a.png", "b.css", "b c.png", "m.js", "m.map", "LICENSE", "d/c.png"];

/// A source directory with the fuzzed file and a few other files.
#[derive(Debug)]
pub struct Site {
    dir: TempDir,
    path: &'static str,
}

impl Site {
    /// Creates a site whose fuzzed file has this asset path.
    pub fn new(path: &'static str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir_all(dir.path().join("static/d")).expect("a source directory");
        for other in OTHERS {
            fs::write(dir.path().join("static").join(other), other).expect("a file");
        }
        Self { dir, path }
    }

    fn source(&self) -> PathBuf {
        self.dir.path().join("static")
    }

    /// Collects the file with these bytes, and checks that only hashes in references were added. Returns the collected
    /// bytes, or `None` if the syntax is nested too deeply, or the file causes warnings or notes.
    pub fn check(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        fs::write(self.source().join(self.path), bytes).expect("a file");
        let out = self.dir.path().join("out");
        // The error is ignored, because the directory does not exist before the first run.
        let _ = fs::remove_dir_all(&out);
        let rules = [Rule::Missing, Rule::MissingMap, Rule::LeavesBase];
        let config = CollectConfig::new(&out).source(self.source());
        let config = rules.into_iter().fold(config, |config, rule| config.severity(rule, Severity::Ignore));
        let report = match collect(&config) {
            Ok(report) => report,
            Err(err) => {
                assert_eq!(err.kind(), ErrorKind::TooDeep, "{err}");
                return None;
            }
        };
        let json = fs::read(out.join(MANIFEST_NAME)).expect("a manifest");
        let manifest = Manifest::parse(&json, MANIFEST_NAME).expect("a valid manifest");
        let hashed = &manifest.get(self.path).expect("the collected file").hashed;
        let collected = fs::read(out.join(hashed)).expect("the collected file");
        if !may_contain_escaped_dot(bytes) {
            let found = only_hashes_were_added(bytes, &collected, &manifest);
            assert!(found.is_ok(), "{}: {:?}", found.unwrap_err(), String::from_utf8_lossy(&collected));
        }
        let is_silent = report.warnings.is_empty() && report.notes.is_empty();
        is_silent.then_some(collected)
    }
}

/// Returns `true` if an escape may encode the dot of a name. `collect` replaces the whole name in this case.
fn may_contain_escaped_dot(bytes: &[u8]) -> bool {
    let bytes = bytes.to_ascii_lowercase();
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    // An escape may encode the percent sign or the digits of another escape.
    let may_be_nested = has(b"\\") && (has(b"%") || has(b"25"));
    may_be_nested || (has(b"\\") || has(b"%")) && (has(b"2e") || has(b"\\."))
}

/// Checks that the texts differ only by hashes in the names of files.
fn only_hashes_were_added(source: &[u8], collected: &[u8], manifest: &Manifest) -> Result<(), String> {
    let names: Vec<_> = manifest.iter().map(|(path, entry)| Name::new(path, &entry.hashed)).collect();
    let (mut at, mut rest) = (0, collected);
    loop {
        let left = &source[at..];
        let added = |name: &&Name<'_>| {
            // The source may contain the same hash.
            let hash = name.hash.as_bytes();
            rest.starts_with(hash) && !left.starts_with(hash)
        };
        if let Some(name) = names.iter().find(added) {
            if !name.is_around(source, at) {
                return Err(format!(
                    "{} is inserted before byte {at}, outside of the name of its file",
                    name.hash
                ));
            }
            rest = &rest[name.hash.len()..];
        } else if left.is_empty() && rest.is_empty() {
            return Ok(());
        } else if !left.is_empty() && left.first() == rest.first() {
            (at, rest) = (at + 1, &rest[1..]);
        } else {
            return Err(format!("byte {at} has changed"));
        }
    }
}

/// The last segment of an asset path, and the hash that is inserted into the segment.
struct Name<'a> {
    stem: &'a str,
    /// The extension with the leading dot, or an empty string.
    extension: &'a str,
    /// The hash with the leading dot.
    hash: &'a str,
}

impl<'a> Name<'a> {
    fn new(path: &'a str, hashed: &'a str) -> Self {
        let start = path.rfind('/').map_or(0, |slash| slash + 1);
        let dot = path[start..].rfind('.').map_or(path.len(), |dot| start + dot);
        let hash = &hashed[dot..dot + ".0123456789ab".len()];
        Self { stem: &path[start..dot], extension: &path[dot..], hash }
    }

    /// Returns `true` if the position `at` is in this name. If the source has escapes, only the text after `at` is
    /// compared.
    fn is_around(&self, source: &[u8], at: usize) -> bool {
        let (before, after) = source.split_at(at);
        let follows = match after.first() {
            first if !self.extension.is_empty() => first == Some(&b'.'),
            first => first.is_none_or(|byte| is_delimiter(*byte)),
        };
        if source.iter().any(|byte| matches!(byte, b'\\' | b'%')) {
            return follows;
        }
        let (before, after) = (without_breaks(before), without_breaks(after));
        let begins = before.strip_suffix(self.stem.as_bytes());
        follows
            && after.starts_with(self.extension.as_bytes())
            && begins
                .is_some_and(|before| before.last().is_none_or(|byte| *byte == b'/' || is_delimiter(*byte)))
    }
}

/// Removes tabs and line breaks, as browsers do in URLs.
fn without_breaks(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\r')).collect()
}

/// Returns `true` if a name can start after this byte, or end before this byte.
fn is_delimiter(byte: u8) -> bool {
    byte <= b' ' || !byte.is_ascii() || b"\"'`()=?#*\\".contains(&byte)
}
