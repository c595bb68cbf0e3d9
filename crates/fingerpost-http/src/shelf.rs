//! Everything that the output dir has to give: the files of the current and of all retained releases.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, OnceLock},
};

use fingerpost::{Digest, Encoding, FileInfo, MANIFEST_NAME, Manifest, Release, Store, Stored};
use hashbrown::HashMap;
use http::HeaderValue;
use parking_lot::Mutex;

use crate::{answer::Representation, identity::Identity, media_type::media_type, memory::Kept};

/// The files of all releases, by hashed path.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    files: HashMap<Box<str>, Arc<File>, foldhash::fast::RandomState>,
    /// What each release names. A release never changes.
    releases: BTreeMap<u64, Vec<Arc<File>>>,
    /// What the manifest names, and its bytes.
    current: Vec<Arc<File>>,
    manifest: Option<Digest>,
}

/// One collected file with its variants.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) hashed: Box<str>,
    pub(crate) media_type: HeaderValue,
    pub(crate) identity: Representation,
    pub(crate) variants: Vec<(Encoding, Representation)>,
    /// What is known of the bytes on disk, in the order of the file itself and its variants.
    pub(crate) slots: Vec<Slot>,
}

/// Where bytes are kept once they have been read.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) kept: OnceLock<Kept>,
    /// For those that are not kept.
    pub(crate) seen: Mutex<Option<Box<Identity>>>,
}

impl Shelf {
    pub(crate) fn get(&self, hashed: &str) -> Option<&Arc<File>> {
        self.files.get(hashed)
    }

    /// What there is now, if it is not the same. Of what is still named, files stay in memory.
    ///
    /// What cannot be read is left out with a warning: the old manifest stays in force then.
    pub(crate) fn look_again(&self, store: &dyn Store) -> Option<Self> {
        let numbers = store.releases().unwrap_or_else(|err| {
            tracing::warn!("the releases in `{}` cannot be listed: {err}", store.place());
            self.releases.keys().copied().collect()
        });
        let json = store.read(MANIFEST_NAME);
        let manifest = json.as_ref().ok().map(|json| Digest::of(json));
        if numbers.iter().eq(self.releases.keys()) && (manifest.is_none() || manifest == self.manifest) {
            return None;
        }
        let parsed = json
            .map_err(|err| err.to_string())
            .and_then(|json| Manifest::parse(&json, MANIFEST_NAME).map_err(|err| err.to_string()));
        let current = match parsed {
            Ok(manifest) => self.files_of(&manifest, store),
            Err(err) => {
                tracing::warn!("the manifest in `{}` is not taken over: {err}", store.place());
                self.current.clone()
            }
        };
        let release = |number| {
            let known = self.releases.get(&number).cloned();
            (number, known.unwrap_or_else(|| self.files_of_release(number, store)))
        };
        let releases = numbers.into_iter().map(release).collect();
        let mut next = Self { current, releases, manifest: manifest.or(self.manifest), ..Self::default() };
        // The newest first: only it may know of variants that were added later.
        let lists = [&next.current].into_iter().chain(next.releases.values().rev());
        for file in lists.flatten() {
            next.files.entry(file.hashed.clone()).or_insert_with(|| Arc::clone(file));
        }
        Some(next)
    }

    fn files_of_release(&self, number: u64, store: &dyn Store) -> Vec<Arc<File>> {
        let name = Release::file_name(number).display().to_string();
        let json = store.read(&name).map_err(|err| err.to_string());
        match json.and_then(|json| Release::parse(&json, number, &name).map_err(|err| err.to_string())) {
            Ok(release) => self.files_of(&release.manifest, store),
            Err(err) => {
                tracing::warn!("release {number} in `{}` is left out: {err}", store.place());
                Vec::new()
            }
        }
    }

    fn files_of(&self, manifest: &Manifest, store: &dyn Store) -> Vec<Arc<File>> {
        let file = |hashed: &str, info: Option<&FileInfo>| {
            let known = self.files.get(hashed).filter(|known| info.is_none_or(|info| known.is(info)));
            if let Some(known) = known {
                return Some(Arc::clone(known));
            }
            let read = info.is_none().then(|| info_of(store, hashed)).transpose();
            let read = read
                .inspect_err(|err| tracing::warn!("`{hashed}` in `{}` is left out: {err}", store.place()));
            let info = info.or(read.as_ref().ok()?.as_ref())?;
            Some(Arc::new(File::new(hashed, info)))
        };
        manifest.iter().filter_map(|(_, entry)| file(&entry.hashed, entry.info.as_ref())).collect()
    }
}

/// What the manifest of another program does not tell.
fn info_of(store: &dyn Store, hashed: &str) -> io::Result<FileInfo> {
    let (sha256, size) = match store.open(hashed)? {
        Stored::Bytes(bytes) => (Digest::of(&bytes), bytes.len() as u64),
        Stored::File(file) => Digest::of_reader(file)?,
    };
    Ok(FileInfo::new(size, sha256))
}

impl File {
    fn new(hashed: &str, info: &FileInfo) -> Self {
        let variants = Encoding::ALL.into_iter().filter_map(|encoding| {
            let variant = info.encodings.get(encoding.as_str())?;
            Some((encoding, Representation { size: variant.size, sha256: Some(variant.sha256) }))
        });
        let variants: Vec<_> = variants.collect();
        Self {
            hashed: hashed.into(),
            media_type: media_type(hashed),
            identity: Representation { size: info.size, sha256: Some(info.sha256) },
            slots: (0..=variants.len()).map(|_| Slot::default()).collect(),
            variants,
        }
    }

    fn is(&self, info: &FileInfo) -> bool {
        self.identity.sha256 == Some(info.sha256) && self.variants.len() == info.encodings.len()
    }

    /// Where the bytes are kept, and what they should be.
    pub(crate) fn slot(&self, encoding: Option<Encoding>) -> Option<(&Slot, &Representation)> {
        let Some(encoding) = encoding else { return Some((&self.slots[0], &self.identity)) };
        let position = self.variants.iter().position(|(other, _)| *other == encoding)?;
        Some((&self.slots[position + 1], &self.variants[position].1))
    }

    /// The name in the output dir.
    pub(crate) fn name(&self, encoding: Option<Encoding>) -> String {
        match encoding {
            None => self.hashed.to_string(),
            Some(encoding) => format!("{}.{}", self.hashed, encoding.extension()),
        }
    }
}
