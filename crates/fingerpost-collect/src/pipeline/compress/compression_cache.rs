//! Caches the results of compression for later runs: the variants, and the files without a variant because compression saves
//! too little.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use fingerpost::manifest::{Digest, Encoding, EncodingInfo};
use serde::{Deserialize, Serialize};

use crate::{
    compression::Compression,
    diagnostics::Problem,
    output::{
        Output,
        signed_json::{parse_signed, write_signed},
        staging::Staging,
    },
};

/// The cache file. Without this file, the next run compresses all files again.
const FILE: &str = ".fingerpost/compressed.json";

/// The version of this crate. Cache files of other versions are ignored, because other versions may have other encoders.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Outcomes by the SHA-256 of a file and the name of an encoding.
type Outcomes = BTreeMap<String, Outcome>;

fn key(sha256: &Digest, encoding: Encoding) -> String {
    format!("{sha256} {encoding}")
}

/// The last outcome for each file and encoding. Earlier levels are dropped: the output directory has one variant per encoding.
#[derive(Debug, Default)]
pub(crate) struct CompressionCache {
    outcomes: Outcomes,
    /// The content of the cache file.
    saved: Vec<u8>,
    /// `true` if this run replaces variants that are in the cache file.
    replaces: bool,
}

/// The compression level of a file, and the variant. `variant` is `None` if compression saved too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Outcome {
    level: u8,
    variant: Option<EncodingInfo>,
}

impl CompressionCache {
    /// Reads the cache of an output directory. Returns an empty cache if the file is missing, damaged or from another
    /// version of this crate.
    pub(crate) fn read(dir: &Path) -> Self {
        let saved = fs::read(dir.join(FILE)).unwrap_or_default();
        Self { outcomes: parse(&saved).unwrap_or_default(), saved, replaces: false }
    }

    /// Returns the variant of a file with this SHA-256, `Some(None)` if compression saves too little, and `None` on a miss.
    pub(crate) fn get(&self, sha256: &Digest, compression: Compression) -> Option<Option<EncodingInfo>> {
        let outcome = self.outcomes.get(&key(sha256, compression.encoding()))?;
        (outcome.level == compression.level()).then_some(outcome.variant)
    }

    /// Adds the entries of another output directory. Existing entries take precedence.
    pub(crate) fn add(&mut self, other: Self) {
        let own = std::mem::replace(&mut self.outcomes, other.outcomes);
        self.outcomes.extend(own);
    }

    pub(crate) fn insert(
        &mut self,
        sha256: &Digest,
        compression: Compression,
        variant: Option<EncodingInfo>,
    ) {
        let outcome = Outcome { level: compression.level(), variant };
        let replaced = self.outcomes.insert(key(sha256, compression.encoding()), outcome);
        self.replaces |= replaced.is_some();
    }

    /// Drops the entries of files that are not in `files`, to limit the size of the cache.
    pub(crate) fn retain(&mut self, files: impl Iterator<Item = Digest>) {
        let files: BTreeSet<_> = files.map(|sha256| sha256.to_string()).collect();
        self.outcomes.retain(|key, _| key.split_once(' ').is_some_and(|(sha256, _)| files.contains(sha256)));
    }

    /// Removes the cache file if this run replaces variants in the file. [`save`](Self::save) writes a new cache file.
    /// Must be called before anything is published: a killed run must not leave a stale cache.
    pub(crate) fn remove_if_stale(&mut self, output: &Output) -> Result<(), Problem> {
        if self.saved.is_empty() || !self.replaces {
            return Ok(());
        }
        self.saved.clear();
        output.remove(FILE)
    }

    /// Writes the cache file, if it has changed.
    pub(crate) fn save(&mut self, staging: &Staging) -> Result<(), Problem> {
        let json = to_json(&self.outcomes);
        if json != self.saved {
            staging.replace(FILE, &json)?;
            self.saved = json;
        }
        Ok(())
    }
}

fn parse(json: &[u8]) -> Option<Outcomes> {
    let (program, files): (String, Outcomes) = parse_signed(json)?;
    (program == PROGRAM).then_some(files)
}

fn to_json(files: &Outcomes) -> Vec<u8> {
    let mut json = Vec::new();
    write_signed(&(PROGRAM, files), &mut json).expect("maps with text keys always serialize");
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_cache_file_and_cache_file_of_another_version_are_ignored() {
        let (sha256, gzip) = (Digest::from_content(b"a"), Compression::from(Encoding::Gzip));
        let mut known = CompressionCache::default();
        known.insert(&sha256, gzip, Some(EncodingInfo::new(777, sha256)));
        let json = String::from_utf8(to_json(&known.outcomes)).unwrap();
        assert_eq!(parse(json.as_bytes()), Some(known.outcomes));
        for (from, to) in [("777", "778"), ("}", "")] {
            let other = json.replace(from, to);
            assert_ne!(other, json);
            assert_eq!(parse(other.as_bytes()), None, "{other}");
        }
        assert!((0..json.len()).all(|end| parse(&json.as_bytes()[..end]).is_none()));
        let mut foreign = Vec::new();
        write_signed(&("0.0.0", Outcomes::new()), &mut foreign).unwrap();
        assert_eq!(parse(&foreign), None);
    }

    #[test]
    fn only_the_last_level_per_file_and_encoding_is_cached() {
        let (sha256, mut known) = (Digest::from_content(b"a"), CompressionCache::default());
        let [nine, six] = ["gzip:9", "gzip:6"].map(|text| text.parse::<Compression>().unwrap());
        known.insert(&sha256, nine, None);
        assert_eq!((known.get(&sha256, nine), known.get(&sha256, six)), (Some(None), None));
        let variant = Some(EncodingInfo::new(7, sha256));
        known.insert(&sha256, six, variant);
        assert_eq!((known.get(&sha256, nine), known.get(&sha256, six)), (None, Some(variant)));

        known.retain([sha256].into_iter());
        assert_eq!(known.get(&sha256, six), Some(variant));
        known.retain([Digest::from_content(b"b")].into_iter());
        assert_eq!(known.get(&sha256, six), None);
    }
}
