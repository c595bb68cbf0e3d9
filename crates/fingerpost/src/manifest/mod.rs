//! The formats of `staticfiles.json` and of the release files.

pub(crate) mod digest;
pub(crate) mod encoding;
pub(crate) mod variant;
pub(crate) mod chunk;
mod line_format;
pub(crate) mod json;
pub(crate) mod release;
pub(crate) mod numbering;
pub(crate) mod retention;
pub(crate) mod rollback_target;
pub(crate) mod store;
#[cfg(feature = "embed")]
mod pack_index;
#[cfg(feature = "embed")]
mod tar_store;

pub use digest::{ContentHash, Digest};
pub use encoding::Encoding;
pub use release::Release;
#[cfg(feature = "embed")]
pub use tar_store::TarStore;

use std::{
    collections::{BTreeMap, btree_map},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{error::Error, quote::quoted, url::asset_path::AssetPath};

/// The name of the manifest in the output directory.
pub const MANIFEST_NAME: &str = "staticfiles.json";

/// The manifest of a release: asset path → hashed path, with sizes and digests for serving.
///
/// A superset of Django's manifest, version 1.1: Django can read the manifests of Fingerpost, and Fingerpost can read
/// the manifests of Django. Version 1.0 is read too. Keys are sorted and there are no timestamps, so the same files
/// yield the same bytes.
///
/// ```
/// use fingerpost::AssetPath;
/// use fingerpost::manifest::{ContentHash, Digest, FileInfo, Manifest};
///
/// let bytes = b"body{}";
/// let path = AssetPath::parse("css/app.css")?;
/// let hashed = path.hashed(&ContentHash::from_content(bytes));
/// let mut manifest = Manifest::new("/static/");
/// manifest.insert(path, hashed, FileInfo::new(bytes.len() as u64, Digest::from_content(bytes)));
///
/// let again = Manifest::parse(&manifest.to_json(), "staticfiles.json")?;
/// assert_eq!(again, manifest);
/// assert_eq!(again.get("css/app.css").unwrap().hashed, "css/app.7c98040a5416.css");
/// assert_eq!(again.hash(), manifest.hash());
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// Shared by clones, because manifests may be long.
    entries: Arc<Entries>,
    base_path: Option<String>,
    /// The asset path for each name of a source file of a bundler.
    named: BTreeMap<String, AssetPath>,
    components: BTreeMap<String, ComponentInfo>,
    dictionaries: bool,
    importmap: BTreeMap<String, String>,
    /// The `hash` of a parsed manifest, empty if the file has no `hash`. `None` if the manifest was created or changed
    /// in memory.
    read_hash: Option<String>,
}

type Entries = BTreeMap<AssetPath, Entry>;

/// One asset of a [`Manifest`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The hashed path, relative to the output directory.
    pub hashed: String,
    /// Size and digests for serving. Absent in manifests of other programs.
    pub info: Option<FileInfo>,
}

/// Size and hashes of one collected file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
#[non_exhaustive]
pub struct FileInfo {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the bytes.
    pub sha256: Digest,
    /// Compressed variants of the file: `br`, `gzip`, `zstd`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub encodings: BTreeMap<String, EncodingInfo>,
    /// Deltas from earlier versions of the file, sorted by the digests of the earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deltas: Vec<DeltaInfo>,
    /// The assets that a script imports statically, in the order of the script. An import by `import()` is not static.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<AssetPath>,
    /// The style sheets that a bundler split off a script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub styles: Vec<AssetPath>,
    /// The name of the chunk that a bundler wrote to a prehashed file, without directories: `main` for `main-BRBmoGS9.js`. The
    /// name identifies the file in later builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<String>,
}

impl FileInfo {
    /// Creates the info of a file without variants, imports and style sheets.
    pub fn new(size: u64, sha256: Digest) -> Self {
        Self {
            size,
            sha256,
            encodings: BTreeMap::new(),
            deltas: Vec::new(),
            imports: Vec::new(),
            styles: Vec::new(),
            chunk: None,
        }
    }
}

/// Size and hash of one compressed variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
#[non_exhaustive]
pub struct EncodingInfo {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the compressed bytes.
    pub sha256: Digest,
}

impl EncodingInfo {
    /// Creates the info of a variant.
    pub fn new(size: u64, sha256: Digest) -> Self {
        Self { size, sha256 }
    }
}

/// Size and hash of one delta: the content encoding `dcz` of RFC 9842, which needs an earlier version of the file to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
#[non_exhaustive]
pub struct DeltaInfo {
    /// SHA-256 of the earlier version.
    pub from: Digest,
    /// Length of the delta in bytes.
    pub size: u64,
    /// SHA-256 of the delta.
    pub sha256: Digest,
}

impl DeltaInfo {
    /// Creates the info of a delta.
    pub fn new(from: Digest, size: u64, sha256: Digest) -> Self {
        Self { from, size, sha256 }
    }
}

/// The size and digest of one component of the app version. A component consists of files that are not assets, such as
/// templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
#[non_exhaustive]
pub struct ComponentInfo {
    /// The number of files.
    pub files: usize,
    /// The SHA-256 over the sorted lines `path NUL sha256 LF` of the files.
    pub sha256: Digest,
}

impl ComponentInfo {
    /// Creates the info of a component.
    pub fn new(files: usize, sha256: Digest) -> Self {
        Self { files, sha256 }
    }
}

impl Manifest {
    /// Creates an empty manifest for assets served under `base_path`, the path of the base URL.
    pub fn new(base_path: impl Into<String>) -> Self {
        Self { base_path: Some(base_path.into()), ..Self::default() }
    }

    /// Adds or replaces an asset.
    pub fn insert(&mut self, path: AssetPath, hashed: impl Into<String>, info: FileInfo) {
        self.read_hash = None;
        Arc::make_mut(&mut self.entries).insert(path, Entry { hashed: hashed.into(), info: Some(info) });
    }

    /// Adds or replaces an entry: the name of a source file of a bundler, and the asset that the bundler made from the
    /// file.
    ///
    /// ```
    /// use fingerpost::AssetPath;
    /// use fingerpost::manifest::{Digest, FileInfo, Manifest};
    ///
    /// let mut manifest = Manifest::new("/static/");
    /// let path = AssetPath::parse("vite/assets/main-BRBmoGS9.js")?;
    /// manifest.insert(path.clone(), path.as_str(), FileInfo::new(0, Digest::from_content(b"")));
    /// manifest.insert_entry("src/main.ts", path.clone());
    /// assert_eq!(manifest.entries()["src/main.ts"], path);
    /// # Ok::<(), fingerpost::Error>(())
    /// ```
    pub fn insert_entry(&mut self, name: impl Into<String>, path: AssetPath) {
        self.read_hash = None;
        self.named.insert(name.into(), path);
    }

    /// Returns the asset path of each entry by its name, such as `src/main.ts`.
    pub fn entries(&self) -> &BTreeMap<String, AssetPath> {
        &self.named
    }

    /// Adds or replaces a component of the app version.
    ///
    /// ```
    /// use fingerpost::manifest::{ComponentInfo, Digest, Manifest};
    ///
    /// let mut manifest = Manifest::new("/static/");
    /// let before = manifest.hash();
    /// manifest.insert_component("templates", ComponentInfo::new(15, Digest::from_content(b"the lines of 15 files")));
    /// assert_ne!(manifest.hash(), before);
    /// assert_eq!(manifest.components()["templates"].files, 15);
    /// ```
    pub fn insert_component(&mut self, name: impl Into<String>, info: ComponentInfo) {
        self.read_hash = None;
        self.components.insert(name.into(), info);
    }

    /// Adds or replaces a name of the import map.
    ///
    /// ```
    /// use fingerpost::manifest::Manifest;
    ///
    /// let mut manifest = Manifest::new("/static/");
    /// let before = manifest.hash();
    /// manifest.insert_import("htmx", "vendor/htmx.esm.js");
    /// assert_ne!(manifest.hash(), before);
    /// assert_eq!(manifest.importmap()["htmx"], "vendor/htmx.esm.js");
    /// ```
    pub fn insert_import(&mut self, name: impl Into<String>, path: impl Into<String>) {
        self.read_hash = None;
        self.importmap.insert(name.into(), path.into());
    }

    /// Returns the names of the import map with their asset paths. A name that ends in `/` has the path of a directory.
    pub fn importmap(&self) -> &BTreeMap<String, String> {
        &self.importmap
    }

    /// Returns the components of the app version by name. Production does not need the files of the components.
    pub fn components(&self) -> &BTreeMap<String, ComponentInfo> {
        &self.components
    }

    /// Sets whether releases of the site have deltas. Servers then let browsers retain assets as dictionaries for later
    /// releases.
    ///
    /// Defaults to `false`.
    pub fn set_dictionaries(&mut self, yes: bool) {
        self.dictionaries = yes;
    }

    /// Returns `true` if releases of the site have deltas.
    pub fn dictionaries(&self) -> bool {
        self.dictionaries
    }

    /// Returns the first 12 hex digits of a SHA-256. The hashed text consists of these lines, each group sorted:
    ///
    /// 1. `path NUL hashed-path LF` for each asset;
    /// 2. `entries NUL name NUL path LF` for each entry;
    /// 3. `importmap NUL name NUL path LF` for each name of the import map;
    /// 4. `components NUL name NUL sha256 LF` for each component.
    ///
    /// For a parsed manifest, returns the `hash` in the file, or `None` if the file has no `hash`.
    pub fn hash(&self) -> Option<String> {
        if let Some(read) = &self.read_hash {
            return Some(read.clone()).filter(|hash| !hash.is_empty());
        }
        let mut hasher = Sha256::new();
        for (path, entry) in self.entries.iter() {
            for piece in [path, "\0", &entry.hashed, "\n"] {
                hasher.update(piece);
            }
        }
        for (name, path) in &self.named {
            hasher.update(format!("entries\0{name}\0{path}\n"));
        }
        for (name, path) in &self.importmap {
            hasher.update(format!("importmap\0{name}\0{path}\n"));
        }
        for (name, info) in &self.components {
            hasher.update(format!("components\0{name}\0{}\n", info.sha256));
        }
        Some(ContentHash::from(&Digest::from_hasher(hasher)).to_string())
    }

    /// Returns the path of the base URL that the files were collected for, or `None` if the manifest has no base path.
    pub fn base_path(&self) -> Option<&str> {
        self.base_path.as_deref()
    }

    /// Returns the entry of an asset path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// Returns all assets, sorted by path.
    pub fn iter(&self) -> btree_map::Iter<'_, AssetPath, Entry> {
        self.entries.iter()
    }

    /// Returns the number of assets.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns `true` if there are no assets.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Checks the name of a component. NUL and line feed are separators in the hashed text.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.contains(['\0', '\n']) {
        let name = quoted(name);
        return Err(Error::config(format!("component {name} needs a name without NUL or line feed")));
    }
    Ok(())
}

/// Compares everything except the stored hash.
impl PartialEq for Manifest {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
            && self.base_path == other.base_path
            && self.named == other.named
            && self.components == other.components
            && self.dictionaries == other.dictionaries
            && self.importmap == other.importmap
    }
}

impl Eq for Manifest {}

impl<'a> IntoIterator for &'a Manifest {
    type Item = (&'a AssetPath, &'a Entry);
    type IntoIter = btree_map::Iter<'a, AssetPath, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(json: &str) -> String {
        Manifest::parse(json.as_bytes(), "m.json").unwrap_err().to_string()
    }

    #[test]
    fn django_manifests_of_versions_1_0_and_1_1_are_accepted() {
        let old = br#"{"version": "1.0", "paths": {"a.css": "a.0123456789ab.css"}}"#;
        let manifest = Manifest::parse(old, "m.json").unwrap();
        assert_eq!((manifest.hash(), manifest.base_path()), (None, None));
        assert_eq!(manifest.get("a.css").unwrap().hashed, "a.0123456789ab.css");

        let new = br#"{"paths": {}, "version": "1.1", "hash": "d41d8cd98f00", "new key": [1]}"#;
        let manifest = Manifest::parse(new, "m.json").unwrap();
        assert_eq!((manifest.hash().as_deref(), manifest.len()), (Some("d41d8cd98f00"), 0));
        assert!(manifest.is_empty());
    }

    #[test]
    fn unusable_manifest_is_rejected_with_a_reason() {
        assert_eq!(refused("[]"), "manifest `m.json` is not a JSON object");
        assert_eq!(refused(r#"["1.1", "", {}]"#), "manifest `m.json` is not a JSON object");
        assert_eq!(refused(r#"{"version": "1.1"}"#), "manifest `m.json` has no `paths`");
        assert_eq!(refused("{}"), "manifest `m.json` has no `version`");
        assert_eq!(
            refused(r#"{"version": "9", "paths": 3}"#),
            "manifest `m.json` has version \"9\"; this program reads \"1.0\" and \"1.1\"; run `fingerpost collect` again, or update the program"
        );
        assert_eq!(
            refused(r#"{"version": "1.1", "paths": {}, "fingerpost": {"schema": 9}}"#),
            "manifest `m.json` has schema 9; this program reads 1; run `fingerpost collect` again, or update the program"
        );
        assert!(
            refused(r#"{"version": "9", "paths": [], "fingerpost": {"schema": 1}}"#)
                .starts_with("manifest `m.json` has version \"9\"")
        );
        let array = r#"{"version": "1.1", "paths": {}, "fingerpost": [1, null, {}, false, {}, {}, {}]}"#;
        assert!(refused(array).contains("cannot be read"));
        assert!(refused("{").contains("cannot be read"));
        assert!(
            refused(r#"{"version": "1.1", "paths": []}"#)
                .contains("invalid type: sequence, expected an object")
        );
    }

    #[test]
    fn unsafe_and_duplicate_paths_are_rejected() {
        let paths = |paths: &str| refused(&format!(r#"{{"version": "1.1", "paths": {{{paths}}}}}"#));
        assert!(paths(r#""a": "a.1", "a": "a.2""#).contains("`a` occurs twice"));
        assert!(paths(r#""../a": "a.1""#).contains("leaves the asset directory"));
        assert!(paths(r#""a": "../../etc/passwd""#).contains("leaves the asset directory"));
        assert!(paths(r#""a": "/etc/passwd""#).contains("empty segment"));
        assert!(paths(r#""a": "C:/x""#).contains("has a scheme"));
        assert!(paths(r#""a\u0000": "a""#).contains("contains a NUL byte"));
    }

    #[test]
    fn imports_and_styles_are_written_unless_empty() {
        let path = |text: &str| AssetPath::parse(text).unwrap();
        let mut manifest = Manifest::new("/static/");
        let mut info = FileInfo::new(0, Digest::from_content(b""));
        manifest.insert(path("b.js"), "b.1.js", info.clone());
        let json = String::from_utf8(manifest.to_json()).unwrap();
        assert!(!json.contains("imports") && !json.contains("styles"), "{json}");

        info.imports = vec![path("b.js"), path("a.js")];
        info.styles = vec![path("a.css")];
        manifest.insert(path("a.js"), "a.1.js", info.clone());
        let json = String::from_utf8(manifest.to_json()).unwrap();
        let (hash, digest) = (manifest.hash().unwrap(), Digest::from_content(b""));
        let expected = format!(
            r#"{{
"version": "1.1",
"hash": "{hash}",
"paths": {{
"a.js": "a.1.js",
"b.js": "b.1.js"
}},
"fingerpost": {{
"schema": 1,
"base_path": "/static/",
"files": {{
"a.js": {{"size": 0,"sha256": "{digest}","imports": ["b.js","a.js"],"styles": ["a.css"]}},
"b.js": {{"size": 0,"sha256": "{digest}"}}
}}
}}
}}
"#
        );
        assert_eq!(json, expected);
        let read = Manifest::parse(json.as_bytes(), "m.json").unwrap();
        assert_eq!(read.get("a.js").unwrap().info, Some(info));
        assert_eq!((read.hash(), &read), (manifest.hash(), &manifest));
    }

    #[test]
    fn unsafe_imports_are_rejected() {
        let files = |import: &str| {
            let digest = Digest::from_content(b"");
            let info = format!(r#"{{"size": 0, "sha256": "{digest}", "imports": ["{import}"]}}"#);
            let files = format!(r#"{{"schema": 1, "files": {{"a.js": {info}}}}}"#);
            refused(&format!(r#"{{"version": "1.1", "paths": {{"a.js": "a.1.js"}}, "fingerpost": {files}}}"#))
        };
        assert!(files("../b.js").contains("path `../b.js` leaves the asset directory"));
        assert!(files("https://example.com/b.js").contains("has a scheme (`https`)"));
    }

    #[test]
    fn manifest_hash_covers_sorted_lines_and_changes_with_each_entry() {
        let manifest = |names: &[(&str, &str)]| {
            let mut manifest = Manifest::new("/static/");
            for (path, hashed) in names {
                manifest.insert(
                    AssetPath::parse(path).unwrap(),
                    *hashed,
                    FileInfo::new(0, Digest::from_content(b"")),
                );
            }
            manifest
        };
        let one = manifest(&[("b", "b.2"), ("a", "a.1")]);
        assert_eq!(one.hash().unwrap(), ContentHash::from_content(b"a\0a.1\nb\0b.2\n").as_str());
        assert_eq!(one.to_json(), manifest(&[("a", "a.1"), ("b", "b.2")]).to_json());
        for other in
            [&[("a", "a.1")][..], &[("a", "a.1"), ("b", "b.3")], &[("a", "a.1"), ("b", "b.2"), ("c", "c")]]
        {
            assert_ne!(manifest(other).hash(), one.hash());
        }
    }
}
