//! Everything that the output dir has to give: the files of the current and of all retained releases.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, OnceLock},
};

use fingerpost::{
    Digest, Encoding, Error, FileInfo, MANIFEST_NAME, Manifest, Release, Snapshot, Store, Stored,
};
use hashbrown::HashMap;
use http::HeaderValue;
use parking_lot::Mutex;

use crate::{answer::Representation, identity::Identity, media_type::media_type, memory::Kept};

/// The files of all releases, by hashed path.
#[derive(Debug)]
pub(crate) struct Shelf {
    files: Files,
    /// What each release names. A release never changes.
    releases: BTreeMap<u64, Names>,
    /// What the manifest names, and its bytes.
    current: Names,
    manifest: Option<Digest>,
    /// The release that was in force when this was found.
    pub(crate) snapshot: Snapshot,
}

type Files = HashMap<Arc<str>, Arc<File>, foldhash::fast::RandomState>;
type Names = Vec<Arc<str>>;

/// One collected file with its variants.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) hashed: Arc<str>,
    /// Whether its name is no asset path as well: such a name may have other bytes in the next release.
    pub(crate) is_hashed: bool,
    /// Whether the manifest names it, and not retained releases alone.
    pub(crate) is_current: bool,
    pub(crate) media_type: HeaderValue,
    pub(crate) identity: Representation,
    pub(crate) variants: Vec<(Encoding, Representation)>,
    /// What is known of the bytes on disk, in the order of the file itself and its variants.
    slots: Vec<Slot>,
}

/// Where bytes are kept once they have been read.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) kept: OnceLock<Kept>,
    /// For those that are not kept. Held while a file is hashed, so that one request does it for all.
    pub(crate) seen: Mutex<Option<Box<Identity>>>,
}

impl Shelf {
    pub(crate) fn empty(snapshot: Snapshot) -> Self {
        let (files, releases) = (Files::default(), BTreeMap::new());
        Self { files, releases, current: Names::new(), manifest: None, snapshot }
    }

    pub(crate) fn get(&self, hashed: &str) -> Option<&Arc<File>> {
        self.files.get(hashed)
    }

    /// What there is now, while `snapshot` is in force. Files of the current release that were there before stay in memory.
    ///
    /// What cannot be read is left out with a warning, and looked for again the next time; the old manifest stays in force
    /// then.
    pub(crate) fn look_again(&self, store: &dyn Store, snapshot: Snapshot) -> Self {
        let place = store.place();
        let numbers = store.releases().unwrap_or_else(|err| {
            tracing::warn!("the releases in `{place}` cannot be listed: {err}");
            self.releases.keys().copied().collect()
        });
        let mut look = Look { earlier: self, store, files: Files::default() };
        let (current, manifest) = look.at_manifest().unwrap_or_else(|err| {
            tracing::warn!("the manifest in `{place}` is not taken over: {err}");
            (look.take_over(&self.current, true), self.manifest)
        });
        // The newest first: only it knows of variants that were added later.
        let mut releases = BTreeMap::new();
        for number in numbers.into_iter().rev() {
            let names = match self.releases.get(&number) {
                Some(known) => Ok(look.take_over(known, false)),
                None => look.at_release(number),
            };
            match names {
                Ok(names) => drop(releases.insert(number, names)),
                Err(err) => tracing::warn!("release {number} in `{place}` is left out: {err}"),
            }
        }
        Self { files: look.files, releases, current, manifest, snapshot }
    }
}

/// A look at the output dir.
struct Look<'a> {
    earlier: &'a Shelf,
    store: &'a dyn Store,
    files: Files,
}

impl Look<'_> {
    fn at_manifest(&mut self) -> Result<(Names, Option<Digest>), Box<dyn std::error::Error>> {
        let json = self.store.read(MANIFEST_NAME)?;
        let digest = Some(Digest::of(&json));
        if digest == self.earlier.manifest {
            return Ok((self.take_over(&self.earlier.current, true), digest));
        }
        let manifest = Manifest::parse(&json, MANIFEST_NAME)?;
        Ok((self.files_of(&manifest, true), digest))
    }

    /// A release that makes no sense never will, so it names nothing; one that cannot be read may be read later.
    fn at_release(&mut self, number: u64) -> io::Result<Names> {
        let name = Release::file_name(number).to_string_lossy().replace('\\', "/");
        let release = Release::parse(&self.store.read(&name)?, number, &name);
        let warn = |err: &Error| tracing::warn!("in `{}`: {err}; it is left out", self.store.place());
        Ok(release.inspect_err(warn).map_or_else(|_| Names::new(), |it| self.files_of(&it.manifest, false)))
    }

    fn take_over(&mut self, names: &[Arc<str>], is_current: bool) -> Names {
        for name in names {
            if let Some(file) = self.earlier.files.get(name).filter(|_| !self.files.contains_key(name)) {
                let file = if file.is_current == is_current {
                    Arc::clone(file)
                } else {
                    // Without what it kept: the current release goes first where memory is short.
                    Arc::new(File { is_current, slots: slots(&file.variants), ..file.without_slots() })
                };
                self.files.insert(Arc::clone(name), file);
            }
        }
        names.to_vec()
    }

    fn files_of(&mut self, manifest: &Manifest, is_current: bool) -> Names {
        let mut names = Names::new();
        for (_, entry) in manifest {
            if let Some(file) = self.files.get(&*entry.hashed) {
                names.push(Arc::clone(&file.hashed));
                continue;
            }
            let read = entry.info.is_none().then(|| info_of(self.store, &entry.hashed)).transpose();
            let info = match (&entry.info, &read) {
                (Some(info), _) | (None, Ok(Some(info))) => info,
                (None, _) => {
                    let problem = read.err().map_or_else(String::new, |err| err.to_string());
                    tracing::warn!("`{}` in `{}` is left out: {problem}", entry.hashed, self.store.place());
                    continue;
                }
            };
            let known = self.earlier.files.get(&*entry.hashed);
            let known = known.filter(|known| known.is_current == is_current && known.is(info)).cloned();
            let is_hashed = manifest.get(&entry.hashed).is_none();
            let file = known
                .filter(|known| known.is_hashed == is_hashed)
                .unwrap_or_else(|| Arc::new(File::new(&entry.hashed, info, is_hashed, is_current)));
            names.push(Arc::clone(&file.hashed));
            self.files.insert(Arc::clone(&file.hashed), file);
        }
        names
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

/// For the file itself and each of its variants.
fn slots(variants: &[(Encoding, Representation)]) -> Vec<Slot> {
    (0..=variants.len()).map(|_| Slot::default()).collect()
}

impl File {
    fn new(hashed: &str, info: &FileInfo, is_hashed: bool, is_current: bool) -> Self {
        let variants = Encoding::ALL.into_iter().filter_map(|encoding| {
            let variant = info.encodings.get(encoding.as_str())?;
            Some((encoding, Representation { size: variant.size, sha256: Some(variant.sha256) }))
        });
        let variants: Vec<_> = variants.collect();
        Self {
            hashed: hashed.into(),
            is_hashed,
            is_current,
            media_type: media_type(hashed),
            identity: Representation { size: info.size, sha256: Some(info.sha256) },
            slots: slots(&variants),
            variants,
        }
    }

    fn is(&self, info: &FileInfo) -> bool {
        self.identity.sha256 == Some(info.sha256) && self.variants.len() == info.encodings.len()
    }

    fn without_slots(&self) -> Self {
        Self {
            hashed: Arc::clone(&self.hashed),
            media_type: self.media_type.clone(),
            variants: self.variants.clone(),
            slots: Vec::new(),
            ..*self
        }
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
