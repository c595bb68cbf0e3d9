use std::{
    fmt,
    fs::File,
    io::{self, Cursor, Read as _, Seek as _, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

use once_cell::sync::OnceCell;

use super::{
    Manifest,
    pack_index::PackIndex,
    store::{Store, Stored, release_number},
};
use crate::manifest::release::RELEASES_DIR;

/// A pack as a [`Store`]: an output directory as one tar file, written by `fingerpost collect --pack`.
///
/// [`embed!`](crate::embed) creates the store of a pack inside the program. Published files are then slices of the
/// program and are not copied: [`open`](Store::open) returns [`Stored::Static`].
///
/// The first call reads the headers of the pack. Each call fails if the pack
///
/// - is cut off or damaged,
/// - has a duplicate name or a name that is not a plain relative path,
/// - has an entry that is not a regular file, or
/// - lacks the manifest.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let pack = dir.path().join("static.tar");
/// # let mut tar = tar::Builder::new(std::fs::File::create(&pack)?);
/// # let mut add = |name: &str, bytes: &[u8]| {
/// #     let mut header = tar::Header::new_gnu();
/// #     header.set_size(bytes.len() as u64);
/// #     tar.append_data(&mut header, name, bytes)
/// # };
/// # add("a.0123456789ab.css", b"a{}")?;
/// # add("staticfiles.json", br#"{"version": "1.1", "paths": {"a.css": "a.0123456789ab.css"}}"#)?;
/// # tar.finish()?;
/// use fingerpost::{Store, manifest::TarStore};
///
/// let store = TarStore::from_file(&pack);
/// assert_eq!(store.read("a.0123456789ab.css")?, b"a{}");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TarStore {
    place: String,
    pack: Pack,
    index: OnceCell<PackIndex>,
}

enum Pack {
    Static(&'static [u8]),
    File(PathBuf),
}

impl TarStore {
    /// Creates a store of a pack in memory. `place` is the name of the pack in messages. Reads nothing.
    pub fn from_static(place: impl Into<String>, bytes: &'static [u8]) -> Self {
        Self { place: place.into(), pack: Pack::Static(bytes), index: OnceCell::new() }
    }

    /// Creates a store of a pack on disk. The file must not change. Reads nothing.
    pub fn from_file(path: impl AsRef<Path>) -> Self {
        let path = std::path::absolute(path.as_ref()).unwrap_or_else(|_| path.as_ref().to_owned());
        Self { place: path.display().to_string(), pack: Pack::File(path), index: OnceCell::new() }
    }

    /// Returns the position of a file in the pack.
    ///
    /// # Errors
    ///
    /// `NotFound` if the pack has no such file, `InvalidData` if the pack cannot be used.
    pub fn position(&self, path: &str) -> io::Result<Range<u64>> {
        self.index()?.get(path).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn index(&self) -> io::Result<&PackIndex> {
        self.index.get_or_try_init(|| match &self.pack {
            Pack::Static(bytes) => PackIndex::read(Cursor::new(bytes)),
            Pack::File(path) => PackIndex::read(File::open(path)?),
        })
    }
}

impl Store for TarStore {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match self.open(path)? {
            Stored::Static(bytes) => Ok(bytes.to_vec()),
            Stored::Bytes(bytes) => Ok(bytes),
            Stored::File(_) => unreachable!("`open` returns no file"),
        }
    }

    fn open(&self, path: &str) -> io::Result<Stored> {
        let position = self.position(path)?;
        match &self.pack {
            Pack::Static(bytes) => Ok(Stored::Static(&bytes[position.start as usize..position.end as usize])),
            Pack::File(path) => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(position.start))?;
                let mut bytes = vec![0; (position.end - position.start) as usize];
                file.read_exact(&mut bytes)?;
                Ok(Stored::Bytes(bytes))
            }
        }
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        let names =
            self.index()?.names().filter_map(|name| name.strip_prefix(RELEASES_DIR)?.strip_prefix('/'));
        let mut numbers: Vec<_> = names.filter_map(release_number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn check_files(&self, manifest: &Manifest) -> io::Result<()> {
        self.index()?.check_files(manifest)
    }
}

impl fmt::Debug for TarStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TarStore").field("place", &self.place).finish_non_exhaustive()
    }
}
