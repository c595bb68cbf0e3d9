use std::{collections::BTreeMap, io, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    manifest::{Manifest, json},
};

/// The directory of the release files in the output directory.
pub(crate) const RELEASES_DIR: &str = ".fingerpost/releases";

/// One published manifest, stored in the output directory as `.fingerpost/releases/<number>.json`.
///
/// ```
/// use fingerpost::manifest::{Manifest, Release};
///
/// let mut release = Release::new(Manifest::new("/static/"));
/// (release.number, release.published, release.replaces) = (2, 1_767_225_600, 1);
/// assert_eq!(Release::parse(&release.to_json(), 2, "2.json")?, release);
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Release {
    /// The number of the release, from 1. The release file is named after this number.
    #[serde(skip)]
    pub number: u64,
    /// The publication time, in seconds since 1970, UTC.
    pub published: u64,
    /// The number of the release that this release replaced, or 0 if no release was current. If an older manifest may
    /// have been restored before this release was published, `replaces` is the number of the oldest release whose
    /// manifest may have been restored. Each release from that number on may have been current until this release was
    /// published.
    pub replaces: u64,
    /// Asset path → asset paths that the file references. Files without references are left out.
    pub references: BTreeMap<String, Vec<String>>,
    /// The manifest as published.
    pub manifest: Manifest,
}

#[derive(Deserialize)]
struct ReleaseFile<'a> {
    published: u64,
    replaces: u64,
    #[serde(default)]
    references: BTreeMap<String, Vec<String>>,
    #[serde(borrow)]
    manifest: &'a serde_json::value::RawValue,
}

impl Release {
    /// Creates release 1 of a manifest; set the other fields afterwards.
    pub fn new(manifest: Manifest) -> Self {
        Self { number: 1, published: 0, replaces: 0, references: BTreeMap::new(), manifest }
    }

    /// Returns the path of a release file, relative to the output directory.
    pub fn file_name(number: u64) -> PathBuf {
        PathBuf::from(format!("{RELEASES_DIR}/{number}.json"))
    }

    /// Parses a release file. `number` is the number in the file name, and `place` is the name of the file in errors.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidManifest`](crate::ErrorKind::InvalidManifest), as for [`Manifest::parse`].
    pub fn parse(json: &[u8], number: u64, place: &str) -> Result<Self, Error> {
        let (release, manifest) = Self::parse_fields(json, number, place)?;
        Ok(Self { manifest: Manifest::parse(manifest.get().as_bytes(), place)?, ..release })
    }

    /// Parses a release file like [`parse`](Self::parse). Faster if the release contains `expected`: the manifest is then not
    /// parsed, and shares its entries with `expected`.
    ///
    /// # Errors
    ///
    /// Same as [`parse`](Self::parse).
    #[doc(hidden)]
    pub fn parse_expecting(
        expected: &Manifest,
        json: &[u8],
        number: u64,
        place: &str,
    ) -> Result<Self, Error> {
        let (release, manifest) = Self::parse_fields(json, number, place)?;
        let release = Self { manifest: expected.clone(), ..release };
        if release.to_json() == json {
            return Ok(release);
        }
        Ok(Self { manifest: Manifest::parse(manifest.get().as_bytes(), place)?, ..release })
    }

    /// Parses all fields except the manifest, which is returned as JSON.
    fn parse_fields<'a>(
        json: &'a [u8],
        number: u64,
        place: &str,
    ) -> Result<(Self, &'a serde_json::value::RawValue), Error> {
        let file: ReleaseFile<'_> = serde_json::from_slice(json)
            .map_err(|err| Error::manifest(place, format!("cannot be read: {err}")))?;
        let ReleaseFile { published, replaces, references, manifest } = file;
        Ok((Self { number, published, replaces, references, manifest: Manifest::default() }, manifest))
    }

    /// Returns the content of the release file.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::new();
        self.write_to(&mut json).expect("writing to memory cannot fail");
        json
    }

    /// Writes the result of [`to_json`](Self::to_json) in pieces; a buffered writer is faster.
    ///
    /// # Errors
    ///
    /// Errors of the writer.
    pub fn write_to(&self, writer: impl io::Write) -> io::Result<()> {
        json::write(self, writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_manifest_is_shared_only_if_the_release_contains_it() {
        let parse = |expected: &Manifest, json: &[u8]| {
            Release::parse_expecting(expected, json, 2, "2.json").map_err(|err| err.to_string())
        };
        let [one, other] = ["/static/", "/other/"].map(Manifest::new);
        let references = BTreeMap::from([("a.css".into(), vec!["b.png".into()])]);
        let release = Release { number: 2, published: 5, references, ..Release::new(one.clone()) };
        let json = release.to_json();
        assert_eq!(parse(&one, &json), Ok(release.clone()));
        assert_eq!(parse(&other, &json), Ok(release.clone()));
        // Another program may write other white space.
        assert_eq!(parse(&one, &[b" ", &*json].concat()), Ok(release));
        let newer = String::from_utf8(json).unwrap().replace("\"schema\": 1", "\"schema\": 9");
        let message = parse(&one, newer.as_bytes()).unwrap_err();
        assert!(message.starts_with("manifest `2.json` has schema 9; "), "{message}");
    }
}
