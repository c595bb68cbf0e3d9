//! Index of the files of the current and of all retained releases.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, OnceLock},
};

use fingerpost::{
    Snapshot, Store, Stored,
    manifest::{Digest, Encoding, FileInfo, MANIFEST_NAME, Manifest, Release},
};
use hashbrown::HashMap;
use http::HeaderValue;

use crate::{
    report_once::ReportOnce,
    rfc9110::{media_type::media_type, offer::Representation},
    serve::{content::unsupported_content, hash_queue::LargeDigest, memory_budget::CachedBytes},
};

/// The files of all releases, and the snapshot that was current when they were read.
#[derive(Debug, Clone)]
pub(crate) struct ReleaseIndex {
    /// The files by hashed path.
    files: Arc<Files>,
    /// The digest of the manifest. `None` if it has not been read.
    manifest: Option<Digest>,
    /// The names in each release. Releases never change.
    releases: BTreeMap<u64, FileNames>,
    /// The snapshot that was current when the store was read.
    pub(crate) snapshot: Snapshot,
}

type Files = HashMap<Arc<str>, Arc<IndexedFile>, foldhash::fast::RandomState>;
type FileNames = Arc<[Arc<str>]>;

/// One collected file with its variants.
#[derive(Debug)]
pub(crate) struct IndexedFile {
    pub(crate) hashed: Arc<str>,
    /// `false` if the name is also an asset path: the next release may have other bytes under that name.
    pub(crate) is_hashed: bool,
    /// `true` if the manifest contains the file, `false` if only retained releases contain it.
    pub(crate) is_current: bool,
    pub(crate) media_type: HeaderValue,
    pub(crate) identity: Representation,
    pub(crate) variants: Vec<(Encoding, Representation)>,
    /// The state of the file and of its variants, in this order.
    states: Vec<DiskState>,
}

/// The state of one file on disk.
#[derive(Debug, Default)]
pub(crate) struct DiskState {
    pub(crate) cached: OnceLock<CachedBytes>,
    /// The digest of a file that is too large for the cache.
    large: OnceLock<Arc<LargeDigest>>,
    /// The first computed digest, if the manifest has none.
    pinned: OnceLock<Digest>,
    pub(crate) errors: ReportOnce,
}

impl DiskState {
    /// Returns the digest of the large file. The next release shares this object if it has the same file.
    pub(crate) fn large(&self) -> &Arc<LargeDigest> {
        self.large.get_or_init(Arc::default)
    }

    /// Returns the representation with its digest, if known. If the manifest has none, the first computed digest is used.
    pub(crate) fn expected(&self, recorded: &Representation) -> Representation {
        let pinned = || self.pinned.get().copied().or_else(|| self.latest().map(|sha256| self.pin(sha256)));
        Representation { sha256: recorded.sha256.or_else(pinned), ..*recorded }
    }

    /// Returns `true` if the bytes are known to be the content of this representation.
    pub(crate) fn is_verified(&self, expected: &Representation) -> bool {
        self.cached.get().is_some() || expected.sha256.is_some() && self.latest() == expected.sha256
    }

    /// Returns the digest of bytes, if it is the expected one.
    pub(crate) fn verify(&self, bytes: &[u8], expected: &Representation) -> Option<Digest> {
        let sha256 = Digest::from_content(bytes);
        (expected.sha256.unwrap_or_else(|| self.pin(sha256)) == sha256).then_some(sha256)
    }

    fn pin(&self, sha256: Digest) -> Digest {
        *self.pinned.get_or_init(|| sha256)
    }

    fn latest(&self) -> Option<Digest> {
        self.large.get().and_then(|large| large.latest())
    }

    /// Returns the state for the same file in another release, without the cached bytes.
    fn carry_over(&self) -> Self {
        Self { large: self.large.clone(), pinned: self.pinned.clone(), ..Self::default() }
    }
}

impl ReleaseIndex {
    /// Reads the files of all releases in the store.
    pub(crate) fn new(store: &dyn Store, snapshot: Snapshot) -> Self {
        let empty = Self {
            files: Arc::default(),
            manifest: None,
            releases: BTreeMap::new(),
            snapshot: snapshot.clone(),
        };
        empty.refreshed(store, snapshot)
    }

    pub(crate) fn get(&self, hashed: &str) -> Option<&Arc<IndexedFile>> {
        self.files.get(hashed)
    }

    /// Reads the manifest, and rebuilds the index if the manifest or the list of releases has changed. Reads only the
    /// releases that are new. Cached bytes of unchanged files remain in memory.
    ///
    /// Unreadable releases are skipped with a warning. The next refresh reads them again. If the manifest cannot be read or
    /// parsed, the files of the index remain the same.
    pub(crate) fn refreshed(&self, store: &dyn Store, snapshot: Snapshot) -> Self {
        let index = self.read_changes(store).unwrap_or_else(|err| {
            tracing::warn!("the manifest in `{}` is ignored: {err}", store.place());
            self.clone()
        });
        Self { snapshot, ..index }
    }

    fn read_changes(&self, store: &dyn Store) -> Result<Self, Box<dyn std::error::Error>> {
        let json = store.read(MANIFEST_NAME)?;
        let digest = Some(Digest::from_content(&json));
        let numbers = store.releases().unwrap_or_else(|err| {
            tracing::warn!("the releases in `{}` cannot be listed: {err}", store.place());
            self.releases.keys().copied().collect()
        });
        if self.manifest == digest && self.releases.keys().eq(&numbers) {
            return Ok(self.clone());
        }
        let mut files = Files::default();
        self.add(&Manifest::parse(&json, MANIFEST_NAME)?, true, store, &mut files);
        let mut releases = BTreeMap::new();
        // The newest release is added first, because only the newest one has variants that were added later.
        for &number in numbers.iter().rev() {
            let names = match self.releases.get(&number) {
                Some(names) => self.keep(names, &mut files),
                None => match read_release(number, store) {
                    Ok(manifest) => self.add(&manifest, false, store, &mut files),
                    Err(err) => {
                        tracing::warn!("release {number} in `{}` is skipped: {err}", store.place());
                        continue;
                    }
                },
            };
            releases.insert(number, names);
        }
        Ok(Self { files: Arc::new(files), manifest: digest, releases, snapshot: self.snapshot.clone() })
    }

    /// Adds the files of a release that has been read before, except files that are already in `files`.
    fn keep(&self, names: &FileNames, files: &mut Files) -> FileNames {
        for name in names.iter() {
            if let (Some(earlier), false) = (self.files.get(name), files.contains_key(name)) {
                let (identity, variants) = (earlier.identity, earlier.variants.clone());
                let file =
                    IndexedFile::new(name, identity, variants, earlier.is_hashed, false, Some(earlier));
                files.insert(Arc::clone(name), file);
            }
        }
        Arc::clone(names)
    }

    /// Adds the files of a manifest, except files that are already in `files`.
    fn add(&self, manifest: &Manifest, is_current: bool, store: &dyn Store, files: &mut Files) -> FileNames {
        let mut names = Vec::with_capacity(manifest.len());
        for (_, entry) in manifest {
            let hashed = &*entry.hashed;
            if let Some(file) = files.get(hashed) {
                names.push(Arc::clone(&file.hashed));
                continue;
            }
            let earlier = self.files.get(hashed);
            let representations = match (&entry.info, earlier) {
                (Some(info), _) => Some((identity(info), variants(info))),
                (None, Some(earlier)) => Some((earlier.identity, earlier.variants.clone())),
                (None, None) => read_identity(store, hashed).map(|identity| (identity, Vec::new())),
            };
            if let Some((identity, variants)) = representations {
                let is_hashed = manifest.get(hashed).is_none();
                let name = earlier.map_or_else(|| hashed.into(), |earlier| Arc::clone(&earlier.hashed));
                let file = IndexedFile::new(&name, identity, variants, is_hashed, is_current, earlier);
                files.insert(Arc::clone(&name), file);
                names.push(name);
            }
        }
        names.into()
    }
}

/// Returns the manifest of a release. Returns an empty manifest for an invalid release, so that it is not read again.
fn read_release(number: u64, store: &dyn Store) -> io::Result<Manifest> {
    let name = Release::file_name(number).to_string_lossy().replace('\\', "/");
    let release = Release::parse(&store.read(&name)?, number, &name);
    let release = release.inspect_err(|err| {
        tracing::warn!("in `{}`: {err}; the release is skipped", store.place());
    });
    Ok(release.map(|release| release.manifest).unwrap_or_default())
}

/// Larger files without a digest in the manifest are hashed in the background.
const MAX_HASHED_AT_START: u64 = 128 * 1024;

/// Reads the size and digest of a file that the manifest lists without them. Large files get no digest yet.
fn read_identity(store: &dyn Store, hashed: &str) -> Option<Representation> {
    let read = || match store.open(hashed)? {
        Stored::Bytes(bytes) => {
            let size = bytes.len() as u64;
            Ok(Representation {
                size,
                sha256: (size <= MAX_HASHED_AT_START).then(|| Digest::from_content(&bytes)),
            })
        }
        Stored::File(file) => {
            let size = file.metadata()?.len();
            if size > MAX_HASHED_AT_START {
                return Ok(Representation { size, sha256: None });
            }
            Digest::from_reader(file).map(|(sha256, size)| Representation { size, sha256: Some(sha256) })
        }
        _ => Err(unsupported_content()),
    };
    let warn = |err: &io::Error| tracing::warn!("`{hashed}` in `{}` is skipped: {err}", store.place());
    read().inspect_err(warn).ok()
}

impl IndexedFile {
    /// Creates a file, or returns `earlier` if nothing differs. If anything differs, the digests of `earlier` are carried
    /// over, and its cached bytes are dropped: when the cache is full, files of the current release take precedence.
    fn new(
        hashed: &Arc<str>,
        identity: Representation,
        variants: Vec<(Encoding, Representation)>,
        is_hashed: bool,
        is_current: bool,
        earlier: Option<&Arc<Self>>,
    ) -> Arc<Self> {
        if let Some(earlier) = earlier
            && (is_hashed, is_current, identity) == (earlier.is_hashed, earlier.is_current, earlier.identity)
            && variants == earlier.variants
        {
            return Arc::clone(earlier);
        }
        let encodings = [None].into_iter().chain(variants.iter().map(|(encoding, _)| Some(*encoding)));
        let state = |encoding| earlier.and_then(|earlier| earlier.state(encoding));
        let states = encodings.map(|encoding| state(encoding).map(|(state, _)| state.carry_over()));
        let states = states.map(Option::unwrap_or_default).collect();
        let (hashed, media_type) = (Arc::clone(hashed), media_type(hashed));
        Arc::new(Self { hashed, is_hashed, is_current, media_type, identity, variants, states })
    }

    /// Returns the states of the variants, in their order.
    pub(crate) fn variant_states(&self) -> impl Iterator<Item = &DiskState> {
        self.states[1..].iter()
    }

    /// Returns the state of a representation, and its size and digest in the manifest.
    pub(crate) fn state(&self, encoding: Option<Encoding>) -> Option<(&DiskState, &Representation)> {
        let Some(encoding) = encoding else { return Some((&self.states[0], &self.identity)) };
        let position = self.variants.iter().position(|(other, _)| *other == encoding)?;
        Some((&self.states[position + 1], &self.variants[position].1))
    }

    /// Returns the file name in the output directory.
    pub(crate) fn name(&self, encoding: Option<Encoding>) -> String {
        match encoding {
            None => self.hashed.to_string(),
            Some(encoding) => format!("{}.{}", self.hashed, encoding.extension()),
        }
    }
}

fn identity(info: &FileInfo) -> Representation {
    Representation { size: info.size, sha256: Some(info.sha256) }
}

/// Returns the variants in the order of preference.
fn variants(info: &FileInfo) -> Vec<(Encoding, Representation)> {
    let variant = |encoding: Encoding| {
        let variant = info.encodings.get(encoding.as_str())?;
        Some((encoding, Representation { size: variant.size, sha256: Some(variant.sha256) }))
    };
    Encoding::ALL.into_iter().filter_map(variant).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use fingerpost::{AssetPath, Assets, DirStore, manifest::EncodingInfo};

    use super::*;

    /// Publishes a release with files of these names. The digest of each file is the digest of its name.
    fn publish(dir: &Path, number: u64, names: &[&str]) {
        let mut manifest = Manifest::new("/static/");
        for name in names {
            let digest = Digest::from_content(name.as_bytes());
            let path = AssetPath::parse(&format!("{name}.css")).unwrap();
            manifest.insert(path, format!("{name}.0123456789ab.css"), FileInfo::new(1, digest));
        }
        fs::create_dir_all(dir.join(".fingerpost/releases")).unwrap();
        fs::write(dir.join("staticfiles.json"), manifest.to_json()).unwrap();
        let mut release = Release::new(manifest);
        (release.number, release.replaces) = (number, number - 1);
        fs::write(dir.join(Release::file_name(number)), release.to_json()).unwrap();
    }

    fn read(store: &DirStore) -> ReleaseIndex {
        let assets = Assets::production(store.dir()).unwrap();
        ReleaseIndex::new(store, assets.snapshot())
    }

    fn refresh(index: &ReleaseIndex, store: &DirStore) -> ReleaseIndex {
        index.refreshed(store, index.snapshot.clone())
    }

    /// Returns the names of all files, and the names of the files in the current release.
    fn names(index: &ReleaseIndex) -> (Vec<&str>, Vec<&str>) {
        let name = |file: &IndexedFile| file.hashed.len() - ".0123456789ab.css".len();
        let mut all: Vec<_> = index.files.values().collect();
        all.sort_by(|a, b| a.hashed.cmp(&b.hashed));
        let current = all.iter().filter(|file| file.is_current);
        let current = current.map(|file| &file.hashed[..name(file)]).collect();
        (all.iter().map(|file| &file.hashed[..name(file)]).collect(), current)
    }

    #[test]
    fn index_is_reused_if_nothing_changed() {
        let dir = tempfile::tempdir().unwrap();
        let store = DirStore::new(dir.path());
        publish(dir.path(), 1, &["a", "b"]);
        publish(dir.path(), 2, &["a", "c"]);
        let index = read(&store);
        assert!(Arc::ptr_eq(&index.files, &refresh(&index, &store).files));
        fs::write(dir.path().join("staticfiles.json"), "{").unwrap();
        assert!(Arc::ptr_eq(&index.files, &refresh(&index, &store).files));
    }

    #[test]
    fn files_are_added_and_removed_with_their_releases() {
        let dir = tempfile::tempdir().unwrap();
        let store = DirStore::new(dir.path());
        publish(dir.path(), 1, &["a", "b"]);
        let first = read(&store);
        assert_eq!(names(&first), (vec!["a", "b"], vec!["a", "b"]));
        publish(dir.path(), 2, &["a", "c"]);
        let second = refresh(&first, &store);
        assert_eq!(names(&second), (vec!["a", "b", "c"], vec!["a", "c"]));
        assert!(Arc::ptr_eq(&first.files["a.0123456789ab.css"], &second.files["a.0123456789ab.css"]));

        fs::remove_file(dir.path().join(Release::file_name(1))).unwrap();
        let third = refresh(&second, &store);
        assert_eq!(names(&third), (vec!["a", "c"], vec!["a", "c"]));
        publish(dir.path(), 3, &["b"]);
        fs::remove_file(dir.path().join(Release::file_name(2))).unwrap();
        let fourth = refresh(&third, &store);
        assert_eq!(names(&fourth), (vec!["b"], vec!["b"]));
    }

    #[test]
    fn variants_come_from_the_manifest_before_the_newest_release() {
        let dir = tempfile::tempdir().unwrap();
        let store = DirStore::new(dir.path());
        let digest = Digest::from_content(b"a");
        let manifest = |variant: Option<u64>| {
            let mut info = FileInfo::new(1000, digest);
            info.encodings.extend(variant.map(|size| ("gzip".to_owned(), EncodingInfo::new(size, digest))));
            let mut manifest = Manifest::new("/static/");
            manifest.insert(AssetPath::parse("a.css").unwrap(), "a.0123456789ab.css", info);
            manifest
        };
        fs::create_dir_all(dir.path().join(".fingerpost/releases")).unwrap();
        let release = |number, manifest| {
            let mut release = Release::new(manifest);
            release.number = number;
            fs::write(dir.path().join(Release::file_name(number)), release.to_json()).unwrap();
        };
        release(1, manifest(None));
        release(2, manifest(Some(100)));
        fs::write(dir.path().join("staticfiles.json"), Manifest::new("/static/").to_json()).unwrap();
        let index = read(&store);
        let variants = |index: &ReleaseIndex| index.files["a.0123456789ab.css"].variants.len();
        assert_eq!(variants(&index), 1);
        fs::write(dir.path().join("staticfiles.json"), manifest(None).to_json()).unwrap();
        assert_eq!(variants(&refresh(&index, &store)), 0);
        assert_eq!(variants(&read(&store)), 0);
    }

    #[test]
    fn variant_with_a_changed_digest_is_updated() {
        let dir = tempfile::tempdir().unwrap();
        let store = DirStore::new(dir.path());
        let publish = |encoding: &str, variant: &[u8]| {
            let mut info = FileInfo::new(1000, Digest::from_content(b"a"));
            info.encodings.insert(encoding.to_owned(), EncodingInfo::new(100, Digest::from_content(variant)));
            let mut manifest = Manifest::new("/static/");
            manifest.insert(AssetPath::parse("a.css").unwrap(), "a.0123456789ab.css", info);
            fs::write(dir.path().join("staticfiles.json"), manifest.to_json()).unwrap();
        };
        let file = |index: &ReleaseIndex| Arc::clone(&index.files["a.0123456789ab.css"]);
        publish("gzip", b"one");
        let first = read(&store);
        publish("gzip", b"two");
        let second = refresh(&first, &store);
        assert_eq!(file(&second).variants[0].1.sha256, Some(Digest::from_content(b"two")));

        // Unsupported encodings are ignored.
        publish("unknown", b"one");
        let third = refresh(&second, &store);
        publish("unknown", b"two");
        assert!(Arc::ptr_eq(&file(&third), &file(&refresh(&third, &store))));
    }
}
