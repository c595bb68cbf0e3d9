//! Output directories that are written without `fingerpost-collect`, and functions that read buckets.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use fingerpost::{
    AssetPath,
    manifest::{ContentHash, DeltaInfo, Digest, EncodingInfo, FileInfo, Manifest, Release},
};
use object_store::{Attribute, Attributes, ObjectStore, ObjectStoreExt as _, memory::InMemory, path};
use tempfile::TempDir;

/// A temporary output directory.
pub(crate) struct Site {
    pub(crate) dir: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes the files and the manifest. Each file has a variant that contains `level`.
    pub(crate) fn collect(&self, files: &[(&str, &str)], level: u8) -> Manifest {
        let mut manifest = Manifest::new("/static/");
        for (name, content) in files {
            let path = AssetPath::parse(name).unwrap();
            let hashed = path.hashed(&ContentHash::from_content(content.as_bytes()));
            let variant = format!("br {level} {content}");
            let mut info = FileInfo::new(content.len() as u64, Digest::from_content(content.as_bytes()));
            let sha256 = Digest::from_content(variant.as_bytes());
            info.encodings.insert("br".into(), EncodingInfo::new(variant.len() as u64, sha256));
            self.write(&hashed, content.as_bytes());
            self.write(&format!("{hashed}.br"), variant.as_bytes());
            manifest.insert(path, hashed.to_string(), info);
        }
        self.record(&manifest);
        manifest
    }

    /// Adds a delta from earlier content to the file of an asset.
    pub(crate) fn add_delta(&self, manifest: &mut Manifest, path: &str, from: &str, delta: &str) -> String {
        let entry = manifest.get(path).unwrap().clone();
        let (mut info, from) = (entry.info.unwrap(), Digest::from_content(from.as_bytes()));
        let sha256 = Digest::from_content(delta.as_bytes());
        info.deltas.push(DeltaInfo::new(from, delta.len() as u64, sha256));
        let name = fingerpost::__private::delta_name(&entry.hashed, &from);
        self.write(&name, delta.as_bytes());
        manifest.insert(AssetPath::parse(path).unwrap(), entry.hashed, info);
        manifest.set_dictionaries(true);
        self.record(manifest);
        name
    }

    fn record(&self, manifest: &Manifest) {
        self.write("staticfiles.json", &manifest.to_json());
        let mut release = Release::new(manifest.clone());
        release.references = BTreeMap::from([("a.css".to_owned(), vec!["b.png".to_owned()])]);
        self.write(".fingerpost/releases/1.json", &release.to_json());
    }

    /// Writes the files of `manifest` under their plain names too.
    pub(crate) fn write_originals(&self, manifest: &Manifest) {
        for (path, entry) in manifest {
            for suffix in ["", ".br"] {
                let bytes = fs::read(self.path().join(format!("{}{suffix}", entry.hashed))).unwrap();
                self.write(&format!("{path}{suffix}"), &bytes);
            }
        }
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let file = self.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

/// Runs a future of an object store.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Returns the content of an object.
pub(crate) fn read(store: &dyn ObjectStore, name: &str) -> Option<Vec<u8>> {
    let path = path::Path::parse(name).unwrap();
    block_on(async { Some(store.get(&path).await.ok()?.bytes().await.unwrap().to_vec()) })
}

pub(crate) fn attributes(store: &dyn ObjectStore, name: &str) -> Attributes {
    let path = path::Path::parse(name).unwrap();
    block_on(async { store.get(&path).await.unwrap().attributes })
}

pub(crate) fn header(attributes: &Attributes, attribute: &Attribute) -> String {
    attributes.get(attribute).map_or_else(String::new, |value| value.to_string())
}

pub(crate) fn names(store: &dyn ObjectStore) -> Vec<String> {
    use futures_util::TryStreamExt as _;
    let list = block_on(store.list(None).map_ok(|object| object.location.to_string()).try_collect());
    let mut names: Vec<String> = list.unwrap();
    names.sort();
    names
}

/// Returns `true` if the bucket has every file of the manifest.
pub(crate) fn is_complete(store: &dyn ObjectStore, manifest: &Manifest) -> bool {
    let files = manifest.iter().flat_map(|(_, entry)| fingerpost::__private::files_of(entry));
    files.into_iter().all(|(name, _)| read(store, &name).is_some())
}

/// Returns the manifest of the bucket. Fails if a file of the manifest is missing or has other bytes.
#[track_caller]
pub(crate) fn complete_manifest(store: &dyn ObjectStore) -> Manifest {
    let json = read(store, "staticfiles.json").expect("a manifest");
    let manifest = Manifest::parse(&json, "staticfiles.json").unwrap();
    for (_, entry) in &manifest {
        for (name, content) in fingerpost::__private::files_of(entry) {
            let bytes = read(store, &name).unwrap_or_else(|| panic!("{name} is missing"));
            let found = Some((bytes.len() as u64, Digest::from_content(&bytes)));
            assert_eq!(found, content, "{name}");
        }
    }
    manifest
}

pub(crate) fn release(store: &dyn ObjectStore, number: u64) -> Option<Release> {
    let json = read(store, &format!(".fingerpost/releases/{number}.json"))?;
    Some(Release::parse(&json, number, "release").unwrap())
}

pub(crate) fn memory() -> Arc<InMemory> {
    Arc::new(InMemory::new())
}
