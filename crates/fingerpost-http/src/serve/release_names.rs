//! Parses the files of manifests and releases without copying known names.
//!
//! With a thousand retained releases, a server parses gigabytes of repeated names at start-up.

use std::{borrow::Cow, fmt};

use fingerpost::{
    AssetPath,
    manifest::{FileInfo, Manifest},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A file in a manifest or a release.
pub(crate) struct NamedFile<'a> {
    pub(crate) hashed: Cow<'a, str>,
    /// `false` if the hashed path is also an asset path of the same manifest, unless the file is prehashed. The asset path of a
    /// prehashed file is also its hashed path. Manifests of other programs have no digests, and contain no prehashed files.
    pub(crate) is_hashed: bool,
    pub(crate) info: Option<Cow<'a, FileInfo>>,
}

/// Returns the files of a manifest.
pub(crate) fn files_of_manifest(manifest: &Manifest) -> Vec<NamedFile<'_>> {
    let files = manifest.iter().map(|(path, entry)| NamedFile {
        hashed: Cow::Borrowed(&*entry.hashed),
        is_hashed: match manifest.get(&entry.hashed) {
            Some(_) => entry.hashed == **path && entry.info.is_some(),
            None => true,
        },
        info: entry.info.as_ref().map(Cow::Borrowed),
    });
    files.collect()
}

/// Parses the files of a release in the form that `collect` writes, with sorted keys. Asset paths are only validated if
/// `is_known` returns `false` for the hashed path.
///
/// Returns `None` for all other input, including invalid releases. [`Release::parse`](fingerpost::manifest::Release::parse)
/// parses other forms, and returns an error for invalid releases.
pub(crate) fn files_of_release(json: &[u8], is_known: impl Fn(&str) -> bool) -> Option<Vec<NamedFile<'_>>> {
    serde_json::from_slice::<ReleaseJson<'_>>(json).ok()?.manifest.files(is_known)
}

/// Parses the files of a manifest like [`files_of_release`], in half the time of [`Manifest::parse`]. Also returns
/// [`Manifest::dictionaries`].
pub(crate) fn files_of_manifest_json(json: &[u8]) -> Option<(Vec<NamedFile<'_>>, bool)> {
    let manifest: ManifestJson<'_> = serde_json::from_slice(json).ok()?;
    let dictionaries = manifest.fingerpost.dictionaries;
    Some((manifest.files(|_| false)?, dictionaries))
}

/// Returns `true` if a release contains this manifest in the form that `collect` writes: with equal lines, except for their
/// indentation.
pub(crate) fn contains_manifest(release: &[u8], manifest: &[u8]) -> bool {
    let Ok(ReleaseText { manifest: found }) = serde_json::from_slice(release) else { return false };
    // A JSON string has no line break, so that indentation is never part of a string.
    let lines =
        |text| <[u8]>::trim_ascii_end(text).split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start);
    lines(found.get().as_bytes()).eq(lines(manifest))
}

impl<'a> ManifestJson<'a> {
    fn files(self, is_known: impl Fn(&str) -> bool) -> Option<Vec<NamedFile<'a>>> {
        let Self { version, paths: Pairs(paths), fingerpost } = self;
        let FingerpostJson { schema, files: Pairs(infos), .. } = fingerpost;
        let is_sorted =
            paths.is_sorted_by(|(a, _), (b, _)| a < b) && infos.is_sorted_by(|(a, _), (b, _)| a < b);
        if version != "1.1" || schema != 1 || !is_sorted {
            return None;
        }
        let is_path = |path: &str| paths.binary_search_by(|(other, _)| (**other).cmp(path)).is_ok();
        let is_hashed: Vec<_> = paths.iter().map(|(_, JsonString(hashed))| !is_path(hashed)).collect();
        let mut infos = infos.into_iter().peekable();
        let mut files = Vec::with_capacity(paths.len());
        for ((path, JsonString(hashed)), is_hashed) in paths.into_iter().zip(is_hashed) {
            if !is_known(&hashed) && (AssetPath::parse(&path).is_err() || AssetPath::parse(&hashed).is_err())
            {
                return None;
            }
            while infos.next_if(|(other, _)| *other < path).is_some() {}
            let info = infos.next_if(|(other, _)| *other == path).map(|(_, info)| Cow::Owned(info));
            let is_prehashed = hashed == path && info.is_some();
            files.push(NamedFile { hashed, is_hashed: is_hashed || is_prehashed, info });
        }
        Some(files)
    }
}

#[derive(Deserialize)]
struct ReleaseJson<'a> {
    #[serde(borrow)]
    manifest: ManifestJson<'a>,
}

#[derive(Deserialize)]
struct ReleaseText<'a> {
    #[serde(borrow)]
    manifest: &'a RawValue,
}

#[derive(Deserialize)]
struct ManifestJson<'a> {
    version: String,
    #[serde(borrow)]
    paths: Pairs<'a, JsonString<'a>>,
    #[serde(borrow)]
    fingerpost: FingerpostJson<'a>,
}

#[derive(Deserialize)]
struct FingerpostJson<'a> {
    schema: u64,
    #[serde(default)]
    dictionaries: bool,
    #[serde(borrow)]
    files: Pairs<'a, FileInfo>,
}

/// A string, borrowed from the JSON unless it has escapes.
#[derive(Deserialize)]
struct JsonString<'a>(#[serde(borrow)] Cow<'a, str>);

/// The entries of an object, in the order of the JSON.
struct Pairs<'a, V>(Vec<(Cow<'a, str>, V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Pairs<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::new()))
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Visitor<'de> for Pairs<'a, V> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<Self, M::Error> {
        while let Some((JsonString(key), value)) = map.next_entry::<JsonString<'de>, V>()? {
            self.0.push((key, value));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use fingerpost::manifest::{Digest, Release};

    use super::*;

    fn release(paths: &[(&str, &str)]) -> Vec<u8> {
        let mut manifest = Manifest::new("/static/");
        for (path, hashed) in paths {
            let info = FileInfo::new(path.len() as u64, Digest::from_content(path.as_bytes()));
            manifest.insert(AssetPath::parse(path).unwrap(), *hashed, info);
        }
        Release::new(manifest).to_json()
    }

    #[test]
    fn files_of_release_equal_the_files_of_the_parsed_manifest() {
        let names =
            [("a.css", "a.1.css"), ("b\"c.css", "b\"c.css"), ("ä.css", "ä.2.css"), ("z/y.js", "z/y.3.js")];
        let json = release(&names);
        let parsed = Release::parse(&json, 1, "1.json").unwrap().manifest;
        let (files, expected) = (files_of_release(&json, |_| false).unwrap(), files_of_manifest(&parsed));
        let manifest = parsed.to_json();
        let (of_manifest, has_dictionaries) = files_of_manifest_json(&manifest).unwrap();
        assert!(!has_dictionaries);
        for files in [&files, &of_manifest] {
            assert_eq!(files.len(), names.len());
            for (file, expected) in files.iter().zip(&expected) {
                assert_eq!(
                    (&file.hashed, file.is_hashed, &file.info),
                    (&expected.hashed, expected.is_hashed, &expected.info)
                );
            }
        }
        assert!(files[1].is_hashed && matches!(files[0].hashed, Cow::Borrowed(_)));
    }

    #[test]
    fn release_contains_only_its_own_manifest() {
        let json = release(&[("a  b.css", "a  b.1.css")]);
        let manifest = Release::parse(&json, 1, "1.json").unwrap().manifest.to_json();
        assert!(contains_manifest(&json, &manifest));
        for (written, other) in
            [("a  b.1.css", "a b.1.css"), ("\"size\": 8", "\"size\": 9"), ("}\n}\n", "}\n")]
        {
            let changed = String::from_utf8(manifest.clone()).unwrap().replace(written, other);
            assert_ne!(changed.as_bytes(), manifest);
            assert!(!contains_manifest(&json, changed.as_bytes()), "{other}");
            assert!(!contains_manifest(changed.as_bytes(), &manifest), "{other}");
        }
    }

    #[test]
    fn unusual_release_json_is_not_parsed() {
        let json = String::from_utf8(release(&[("a.css", "a.1.css"), ("b.css", "b.2.css")])).unwrap();
        assert!(files_of_release(json.as_bytes(), |_| false).is_some());
        for (written, other) in [
            ("\"1.1\"", "\"9\""),
            ("\"schema\": 1", "\"schema\": 9"),
            ("b.css", "a.css"),
            ("b.2.css", "../b.2.css"),
            ("b.css", "../b.css"),
            ("{", ""),
            ("\"paths\"", "\"path\""),
        ] {
            let json = json.replace(written, other);
            assert!(files_of_release(json.as_bytes(), |_| false).is_none(), "{other}");
        }
    }
}
