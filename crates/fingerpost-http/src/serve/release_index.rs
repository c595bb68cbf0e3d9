//! Index of the files in the current release and in all retained releases.

use std::{
    collections::BTreeMap,
    io, mem,
    sync::{Arc, OnceLock},
};

use fingerpost::{
    __private::variant_name,
    Snapshot, Store, Stored,
    manifest::{Digest, Encoding, FileInfo, MANIFEST_NAME, Manifest, Release},
};
use hashbrown::{HashMap, HashSet};
use http::HeaderValue;

use crate::{
    report_once::ReportOnce,
    rfc9110::{media_type::media_type, offer::Representation},
    serve::{
        content::unsupported_content,
        hash_queue::LargeDigest,
        memory_budget::CachedBytes,
        release_names::{
            NamedFile, contains_manifest, files_of_manifest, files_of_manifest_json, files_of_release,
        },
        request_path::looks_hashed,
    },
};

/// The files of all releases, and the snapshot that was current when the store was read.
#[derive(Debug)]
pub(crate) struct ReleaseIndex {
    index: Arc<FileIndex>,
    pub(crate) snapshot: Snapshot,
}

/// The files of all releases, by hashed path.
#[derive(Debug, Clone, Default)]
struct FileIndex {
    files: HashMap<Arc<str>, CountedFile, foldhash::fast::RandomState>,
    /// The names in each release. Releases never change.
    releases: BTreeMap<u64, FileNames>,
    /// The names in the manifest.
    current: FileNames,
    /// The digest of the manifest.
    manifest: Option<Digest>,
    /// `true` if deltas are enabled for the site.
    dictionaries: bool,
    /// `true` if [`looks_hashed`] does not recognize the hashed path of a file.
    has_unusual_names: bool,
}

#[derive(Debug, Clone)]
struct CountedFile {
    file: Arc<IndexedFile>,
    /// The number of releases that contain the file. The manifest counts as one release.
    releases: u32,
}

type FileNames = Arc<[Arc<str>]>;

/// One collected file with its variants.
#[derive(Debug)]
pub(crate) struct IndexedFile {
    pub(crate) hashed: Arc<str>,
    /// `false` if the name is also an asset path, unless the file is prehashed. The next release may have other bytes under an
    /// asset path.
    pub(crate) is_hashed: bool,
    /// `true` if the manifest contains the file, `false` if only retained releases contain the file.
    pub(crate) is_current: bool,
    pub(crate) media_type: HeaderValue,
    /// The name of the chunk of a prehashed file.
    pub(crate) chunk: Option<String>,
    /// The first requested spelling of the path, and the header `Use-As-Dictionary` for this spelling.
    pub(crate) use_as_dictionary: OnceLock<(Box<str>, Option<HeaderValue>)>,
    pub(crate) identity: Representation,
    pub(crate) variants: Vec<(Encoding, Representation)>,
    /// The deltas, each with the digest of the earlier version.
    pub(crate) deltas: Vec<(Digest, Representation)>,
    /// The state of the file, of its variants and of its deltas, in this order.
    states: Vec<DiskState>,
}

/// The state of one file on disk.
#[derive(Debug, Default)]
pub(crate) struct DiskState {
    pub(crate) cached: OnceLock<CachedBytes>,
    /// The digest of a file that is too large for the cache.
    large: OnceLock<Arc<LargeDigest>>,
    /// The first computed digest of a file without a digest in the manifest.
    pinned: OnceLock<Digest>,
    pub(crate) errors: ReportOnce,
}

impl DiskState {
    /// Returns the digest of a large file. All releases with the same file share this object.
    pub(crate) fn large(&self) -> &Arc<LargeDigest> {
        self.large.get_or_init(Arc::default)
    }

    /// Returns the representation with its digest, if known. Without a digest in the manifest, uses the first computed
    /// digest.
    pub(crate) fn expected(&self, recorded: &Representation) -> Representation {
        let pinned = || self.pinned.get().copied().or_else(|| self.latest().map(|sha256| self.pin(sha256)));
        Representation { sha256: recorded.sha256.or_else(pinned), ..*recorded }
    }

    /// Returns `true` if the bytes are known to be the content of this representation.
    pub(crate) fn is_verified(&self, expected: &Representation) -> bool {
        self.cached.get().is_some() || expected.sha256.is_some() && self.latest() == expected.sha256
    }

    /// Returns the digest of `bytes`, or `None` if another digest is expected.
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
        Self { index: Arc::new(FileIndex::default()).refreshed(store), snapshot }
    }

    pub(crate) fn get(&self, hashed: &str) -> Option<&Arc<IndexedFile>> {
        self.index.files.get(hashed).map(|counted| &counted.file)
    }

    /// Returns `true` if deltas are enabled for the site, so that clients may use the files as dictionaries.
    pub(crate) fn has_dictionaries(&self) -> bool {
        self.index.dictionaries
    }

    /// Returns `true` if the hashed path of a file does not look hashed. Any path may then be a hashed path of a later release.
    pub(crate) fn has_unusual_names(&self) -> bool {
        self.index.has_unusual_names
    }

    /// Returns the file of a store with only one file.
    pub(crate) fn only_file(&self) -> Option<&Arc<IndexedFile>> {
        self.index.files.values().next().map(|counted| &counted.file)
    }

    /// Reads new releases. The cached bytes of unchanged files are retained.
    pub(crate) fn refreshed(&self, store: &dyn Store, snapshot: Snapshot) -> Self {
        Self { index: self.index.refreshed(store), snapshot }
    }
}

impl FileIndex {
    /// Returns the updated index, or the same index if manifest and releases are unchanged. Reads only new releases.
    ///
    /// Unreadable releases are skipped with a warning. The next refresh reads unreadable releases again. If the manifest
    /// cannot be read or parsed, the old manifest remains current.
    fn refreshed(self: &Arc<Self>, store: &dyn Store) -> Arc<Self> {
        let place = store.place();
        let manifest = store.read(MANIFEST_NAME);
        let numbers = store.releases().unwrap_or_else(|err| {
            tracing::warn!("the releases in `{place}` cannot be listed: {err}");
            self.releases.keys().copied().collect()
        });
        // The first change clones the index.
        let mut next = Arc::clone(self);
        let is_removed = |number: &u64| numbers.binary_search(number).is_err();
        if self.releases.keys().any(is_removed) {
            Arc::make_mut(&mut next).releases.retain(|number, _| !is_removed(number));
        }
        let read = manifest.as_deref().map_err(ToString::to_string);
        let current = read.and_then(|json| Self::set_manifest(&mut next, json, store).map(|()| json));
        let warn = |err: &String| tracing::warn!("the manifest in `{place}` is ignored: {err}");
        let current = current.inspect_err(warn).ok();
        let is_current = |number: u64, json: &[u8]| {
            numbers.last() == Some(&number) && current.is_some_and(|current| contains_manifest(json, current))
        };
        // Releases are added in ascending order, because only the newest release has variants that were added later.
        for &number in &numbers {
            if next.releases.contains_key(&number) {
                continue;
            }
            let name = Release::file_name(number).to_string_lossy().replace('\\', "/");
            match store.read(&name) {
                Ok(json) if is_current(number, &json) => {
                    Arc::make_mut(&mut next).add_current_release(number);
                }
                Ok(json) => Arc::make_mut(&mut next).add_release(number, &name, &json, store),
                Err(err) => tracing::warn!("release {number} in `{place}` is skipped: {err}"),
            }
        }
        // Removed releases are dropped last, so that files shared with a new release retain their state.
        for (_, names) in self.releases.iter().filter(|(number, _)| is_removed(number)) {
            Arc::make_mut(&mut next).remove(names);
        }
        // An unchanged index is shared with `self`.
        if let Some(changed) = Arc::get_mut(&mut next) {
            let is_unusual = |file: &IndexedFile| file.is_hashed && !looks_hashed(&file.hashed);
            changed.has_unusual_names = changed.files.values().any(|counted| is_unusual(&counted.file));
        }
        next
    }

    /// Adds the files of the manifest, if the manifest has changed.
    fn set_manifest(next: &mut Arc<Self>, json: &[u8], store: &dyn Store) -> Result<(), String> {
        let digest = Digest::from_content(json);
        if next.manifest == Some(digest) {
            return Ok(());
        }
        let parsed;
        let (files, dictionaries) = match files_of_manifest_json(json) {
            Some(found) => found,
            None => {
                parsed = Manifest::parse(json, MANIFEST_NAME).map_err(|err| err.to_string())?;
                (files_of_manifest(&parsed), parsed.dictionaries())
            }
        };
        let index = Arc::make_mut(next);
        (index.manifest, index.dictionaries) = (Some(digest), dictionaries);
        index.set_current(files, store);
        Ok(())
    }

    fn set_current(&mut self, files: Vec<NamedFile<'_>>, store: &dyn Store) {
        let current = self.add(files, NamedBy::Manifest, store);
        for name in names_not_in(&self.current, &current) {
            if let Some(counted) = self.files.get_mut(&name) {
                counted.file = counted.file.updated(None, counted.file.is_hashed, false);
            }
        }
        let earlier = mem::replace(&mut self.current, current);
        self.remove(&earlier);
    }

    /// Adds a release. An invalid release is added without files, so that the next refresh skips it.
    fn add_release(&mut self, number: u64, name: &str, json: &[u8], store: &dyn Store) {
        let is_newest = self.releases.last_key_value().is_none_or(|(last, _)| *last < number);
        let named_by = if is_newest { NamedBy::NewestRelease } else { NamedBy::OlderRelease };
        let names = if let Some(files) = files_of_release(json, |hashed| self.files.contains_key(hashed)) {
            self.add(files, named_by, store)
        } else {
            match Release::parse(json, number, name) {
                Ok(release) => self.add(files_of_manifest(&release.manifest), named_by, store),
                Err(err) => {
                    tracing::warn!("in `{}`: {err}; the release is skipped", store.place());
                    FileNames::default()
                }
            }
        };
        self.releases.insert(number, names);
    }

    /// Adds the release of the manifest, whose files are known.
    fn add_current_release(&mut self, number: u64) {
        for name in self.current.iter() {
            if let Some(counted) = self.files.get_mut(name) {
                counted.releases += 1;
            }
        }
        self.releases.insert(number, Arc::clone(&self.current));
    }

    /// Adds the files of a manifest or a release. On conflicts the manifest takes precedence, then the newest release.
    fn add(&mut self, files: Vec<NamedFile<'_>>, named_by: NamedBy, store: &dyn Store) -> FileNames {
        let is_current = named_by == NamedBy::Manifest;
        let mut names = Vec::with_capacity(files.len());
        for NamedFile { hashed, is_hashed, info } in files {
            if let Some(counted) = self.files.get_mut(&*hashed) {
                counted.releases += 1;
                if named_by != NamedBy::OlderRelease && is_current >= counted.file.is_current {
                    counted.file = counted.file.updated(info.as_deref(), is_hashed, is_current);
                }
                names.push(Arc::clone(&counted.file.hashed));
                continue;
            }
            let chunk = info.as_ref().and_then(|info| info.chunk.clone());
            let representations = match info {
                Some(info) => Some((identity(&info), variants(&info), deltas(&info))),
                None => read_identity(store, &hashed).map(|identity| (identity, Vec::new(), Vec::new())),
            };
            if let Some((identity, variants, deltas)) = representations {
                let name = Arc::<str>::from(hashed);
                names.push(Arc::clone(&name));
                let file = Arc::new(IndexedFile {
                    hashed: Arc::clone(&name),
                    is_hashed,
                    is_current,
                    media_type: media_type(&name),
                    chunk,
                    use_as_dictionary: OnceLock::new(),
                    identity,
                    states: (0..=variants.len() + deltas.len()).map(|_| DiskState::default()).collect(),
                    variants,
                    deltas,
                });
                self.files.insert(name, CountedFile { file, releases: 1 });
            }
        }
        names.into()
    }

    /// Removes the files that no other release contains.
    fn remove(&mut self, names: &FileNames) {
        for name in names.iter() {
            if let Some(counted) = self.files.get_mut(name) {
                counted.releases -= 1;
                if counted.releases == 0 {
                    self.files.remove(name);
                }
            }
        }
    }
}

/// Returns the names that are not in `others`.
fn names_not_in(names: &FileNames, others: &FileNames) -> Vec<Arc<str>> {
    let others: HashSet<&str, foldhash::fast::RandomState> = others.iter().map(|name| &**name).collect();
    names.iter().filter(|name| !others.contains(&***name)).cloned().collect()
}

/// The origin of file names.
#[derive(Clone, Copy, PartialEq)]
enum NamedBy {
    Manifest,
    NewestRelease,
    /// A release that could not be read before.
    OlderRelease,
}

/// Larger files without a digest in the manifest are hashed in the background.
const MAX_HASHED_AT_START: u64 = 128 * 1024;

/// Reads size and digest of a file if the manifest has neither. Large files are not hashed yet.
fn read_identity(store: &dyn Store, hashed: &str) -> Option<Representation> {
    let in_memory = |bytes: &[u8]| {
        let size = bytes.len() as u64;
        Representation { size, sha256: (size <= MAX_HASHED_AT_START).then(|| Digest::from_content(bytes)) }
    };
    let read = || match store.open(hashed)? {
        Stored::Bytes(bytes) => Ok(in_memory(&bytes)),
        Stored::Static(bytes) => Ok(in_memory(bytes)),
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
    /// Returns the file with the data of another release. Drops the cached bytes if the data differs, which frees memory for
    /// files of the current release.
    fn updated(self: &Arc<Self>, info: Option<&FileInfo>, is_hashed: bool, is_current: bool) -> Arc<Self> {
        let identity = info.map_or(self.identity, identity);
        let chunk = info.map_or(&self.chunk, |info| &info.chunk);
        let variants = info.map_or_else(|| self.variants.clone(), variants);
        let deltas = info.map_or_else(|| self.deltas.clone(), deltas);
        if (is_hashed, is_current, identity) == (self.is_hashed, self.is_current, self.identity)
            && (chunk, &variants, &deltas) == (&self.chunk, &self.variants, &self.deltas)
        {
            return Arc::clone(self);
        }
        let encodings = variants.iter().map(|(encoding, _)| Some(*encoding));
        let of_delta = |(from, _): &(Digest, Representation)| {
            self.delta_state(self.deltas.iter().position(|(other, _)| other == from)?)
        };
        let states = [None].into_iter().chain(encodings).map(|encoding| self.state(encoding));
        let states = states.chain(deltas.iter().map(of_delta));
        let states = states
            .map(|state| state.map_or_else(DiskState::default, |(state, _)| state.carry_over()))
            .collect();
        let (hashed, media_type) = (Arc::clone(&self.hashed), self.media_type.clone());
        let (chunk, use_as_dictionary) = (chunk.clone(), OnceLock::new());
        Arc::new(Self {
            hashed,
            is_hashed,
            is_current,
            media_type,
            chunk,
            use_as_dictionary,
            identity,
            variants,
            deltas,
            states,
        })
    }

    /// Returns the states of the variants and then of the deltas, in the order of the representations.
    pub(crate) fn variant_states(&self) -> impl Iterator<Item = &DiskState> {
        self.states[1..].iter()
    }

    /// Returns the state of a delta, and its size and digest in the manifest.
    pub(crate) fn delta_state(&self, delta: usize) -> Option<(&DiskState, &Representation)> {
        let (_, recorded) = self.deltas.get(delta)?;
        Some((&self.states[1 + self.variants.len() + delta], recorded))
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
            Some(encoding) => variant_name(&self.hashed, encoding),
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
    // `FileInfo::deltas` contains the deltas.
    Encoding::ALL.into_iter().filter(|encoding| *encoding != Encoding::Dcz).filter_map(variant).collect()
}

fn deltas(info: &FileInfo) -> Vec<(Digest, Representation)> {
    let representation = |size, sha256| Representation { size, sha256: Some(sha256) };
    info.deltas.iter().map(|delta| (delta.from, representation(delta.size, delta.sha256))).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use fingerpost::{AssetPath, DirStore, manifest::EncodingInfo};

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

    /// Returns the names of all files, and the names of the files in the current release.
    fn names(index: &FileIndex) -> (Vec<&str>, Vec<&str>) {
        let name = |file: &IndexedFile| file.hashed.len() - ".0123456789ab.css".len();
        let mut all: Vec<_> = index.files.values().map(|counted| &counted.file).collect();
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
        let index = Arc::new(FileIndex::default()).refreshed(&store);
        assert!(Arc::ptr_eq(&index, &index.refreshed(&store)));
        fs::write(dir.path().join("staticfiles.json"), "{").unwrap();
        assert!(Arc::ptr_eq(&index, &index.refreshed(&store)));
        // A release that cannot be read.
        fs::create_dir(dir.path().join(Release::file_name(3))).unwrap();
        assert!(Arc::ptr_eq(&index, &index.refreshed(&store)));
    }

    #[test]
    fn releases_share_the_names_of_their_files() {
        let dir = tempfile::tempdir().unwrap();
        publish(dir.path(), 1, &["a", "b"]);
        publish(dir.path(), 2, &["a", "b"]);
        let index = Arc::new(FileIndex::default()).refreshed(&DirStore::new(dir.path()));
        for (first, second) in index.releases[&1].iter().zip(index.releases[&2].iter()) {
            assert!(Arc::ptr_eq(first, second));
        }
    }

    #[test]
    fn files_are_added_and_removed_with_their_releases() {
        let dir = tempfile::tempdir().unwrap();
        let store = DirStore::new(dir.path());
        publish(dir.path(), 1, &["a", "b"]);
        let first = Arc::new(FileIndex::default()).refreshed(&store);
        assert_eq!(names(&first), (vec!["a", "b"], vec!["a", "b"]));
        publish(dir.path(), 2, &["a", "c"]);
        let second = first.refreshed(&store);
        assert_eq!(names(&second), (vec!["a", "b", "c"], vec!["a", "c"]));
        assert!(Arc::ptr_eq(
            &first.files["a.0123456789ab.css"].file,
            &second.files["a.0123456789ab.css"].file
        ));

        fs::remove_file(dir.path().join(Release::file_name(1))).unwrap();
        let third = second.refreshed(&store);
        assert_eq!(names(&third), (vec!["a", "c"], vec!["a", "c"]));
        publish(dir.path(), 3, &["b"]);
        fs::remove_file(dir.path().join(Release::file_name(2))).unwrap();
        let fourth = third.refreshed(&store);
        assert_eq!(names(&fourth), (vec!["b"], vec!["b"]));
        assert!(fourth.files.values().all(|counted| counted.releases == 2));
    }

    #[test]
    fn unusual_names_are_detected_while_a_release_contains_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = DirStore::new(dir.path());
        publish(dir.path(), 1, &["a"]);
        let first = Arc::new(FileIndex::default()).refreshed(&store);
        assert!(!first.has_unusual_names);

        let mut manifest = Manifest::new("/static/");
        let path = AssetPath::parse("lib.js").unwrap();
        manifest.insert(path, "lib.1.4.1.min.js", FileInfo::new(1, Digest::from_content(b"lib")));
        let mut release = Release::new(manifest);
        (release.number, release.replaces) = (2, 1);
        let unusual = dir.path().join(Release::file_name(2));
        fs::write(&unusual, release.to_json()).unwrap();
        let second = first.refreshed(&store);
        assert!(second.has_unusual_names);

        publish(dir.path(), 3, &["a"]);
        let third = second.refreshed(&store);
        assert!(third.has_unusual_names);
        fs::remove_file(unusual).unwrap();
        assert!(!third.refreshed(&store).has_unusual_names);
    }

    #[test]
    fn variants_in_the_manifest_override_the_newest_release() {
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
        let index = Arc::new(FileIndex::default()).refreshed(&store);
        let variants = |index: &FileIndex| index.files["a.0123456789ab.css"].file.variants.len();
        assert_eq!(variants(&index), 1);
        fs::write(dir.path().join("staticfiles.json"), manifest(None).to_json()).unwrap();
        assert_eq!(variants(&index.refreshed(&store)), 0);
        assert_eq!(variants(&Arc::new(FileIndex::default()).refreshed(&store)), 0);
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
        let file = |index: &FileIndex| Arc::clone(&index.files["a.0123456789ab.css"].file);
        publish("gzip", b"one");
        let first = Arc::new(FileIndex::default()).refreshed(&store);
        publish("gzip", b"two");
        let second = first.refreshed(&store);
        assert_eq!(file(&second).variants[0].1.sha256, Some(Digest::from_content(b"two")));

        // Unsupported encodings are ignored.
        publish("unknown", b"one");
        let third = second.refreshed(&store);
        publish("unknown", b"two");
        assert!(Arc::ptr_eq(&file(&third), &file(&third.refreshed(&store))));
    }
}
