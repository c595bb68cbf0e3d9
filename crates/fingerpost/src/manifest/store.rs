use std::{
    fmt,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use crate::manifest::{MANIFEST_NAME, Manifest, release::RELEASES_DIR};

/// A source of published files, such as a directory or an object store.
///
/// ```
/// use std::{io, path::Path};
/// use fingerpost::{Assets, Mode, Store};
///
/// #[derive(Debug)]
/// struct InMemory;
///
/// impl Store for InMemory {
///     fn place(&self) -> String { "memory".into() }
///     fn read(&self, path: &str) -> io::Result<Vec<u8>> {
///         match path {
///             "staticfiles.json" => Ok(br#"{"version": "1.1", "paths": {"a.css": "a.0123456789ab.css"}}"#.to_vec()),
///             "a.0123456789ab.css" => Ok(b"a{}".to_vec()),
///             _ => Err(io::ErrorKind::NotFound.into()),
///         }
///     }
///     fn releases(&self) -> io::Result<Vec<u64>> { Ok(vec![]) }
/// }
///
/// let assets = Assets::builder().store(InMemory).mode(Mode::Production).build()?;
/// assert_eq!(assets.url("a.css")?, "/static/a.0123456789ab.css");
/// # Ok::<(), fingerpost::Error>(())
/// ```
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Returns the name of this store in error messages, such as an absolute path.
    fn place(&self) -> String;

    /// Returns all bytes of the file at `path` in the store: the manifest, a published file or a release file.
    ///
    /// # Errors
    ///
    /// `NotFound` only if the file does not exist.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// Opens a file that may be too large for memory. Defaults to the bytes of [`read`](Self::read).
    ///
    /// [`Stored::File`] must be the same file on disk at each call, not a new temporary copy. Servers cache the digest of a
    /// large file by its inode and times, and serve files without a known digest with `no-store`. [`Stored::Bytes`] of a
    /// published file must be the same at each call: servers hash the bytes of a large file once.
    ///
    /// # Errors
    ///
    /// Same as [`read`](Self::read).
    fn open(&self, path: &str) -> io::Result<Stored> {
        self.read(path).map(Stored::Bytes)
    }

    /// Returns the numbers of the stored releases, in ascending order.
    ///
    /// # Errors
    ///
    /// All kinds except `NotFound`: a store without releases returns an empty list.
    fn releases(&self) -> io::Result<Vec<u64>>;

    /// Checks that this store has the files of its manifest, without reading the files. The check runs at start-up and
    /// at each reload.
    ///
    /// Defaults to no check. A pack in the program cannot change later, so [`TarStore`](crate::manifest::TarStore) checks
    /// the presence and the size of each file.
    ///
    /// # Errors
    ///
    /// `InvalidData` with the name of the first file that is missing or has another size.
    fn check_files(&self, manifest: &Manifest) -> io::Result<()> {
        let _ = manifest;
        Ok(())
    }
}

/// A file in a [`Store`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Stored {
    /// All bytes.
    Bytes(Vec<u8>),
    /// All bytes, in the program itself. Servers send static bytes without a copy.
    Static(&'static [u8]),
    /// An open file on disk, positioned at its start.
    File(File),
}

/// Returns the number in the name of a release file.
pub fn release_number(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".json")?.parse().ok()?;
    // Ignore names such as `+7.json` and `007.json`, which `collect` never writes.
    (name == format!("{number}.json")).then_some(number)
}

/// Returns the purpose of a reserved name, or `None` for other names.
pub fn reserved(name: &str) -> Option<&'static str> {
    let first = name.split('/').next().unwrap_or(name);
    // Some disks are case-insensitive.
    if first.eq_ignore_ascii_case(".fingerpost") {
        Some("the records of an output directory")
    } else if first.eq_ignore_ascii_case(MANIFEST_NAME) {
        Some("the manifest")
    } else {
        None
    }
}

/// An output directory as a [`Store`].
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// use fingerpost::{DirStore, Store};
/// use fingerpost::manifest::Manifest;
///
/// let store = DirStore::new(dist.path());
/// std::fs::write(dist.path().join("staticfiles.json"), Manifest::new("/static/").to_json())?;
/// assert!(Manifest::parse(&store.read("staticfiles.json")?, &store.place())?.is_empty());
/// assert_eq!(store.releases()?, [0; 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DirStore(PathBuf);

impl DirStore {
    /// Creates a store of the output directory `dir`. Reads nothing.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    /// Returns the directory.
    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// Opens regular files only: opening a pipe would block, and a device may never end.
    fn file(&self, path: &str) -> io::Result<File> {
        let path = self.0.join(path);
        if !fs::metadata(&path)?.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        File::open(path)
    }
}

impl Store for DirStore {
    fn place(&self) -> String {
        std::path::absolute(&self.0).as_deref().unwrap_or(&self.0).display().to_string()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn open(&self, path: &str) -> io::Result<Stored> {
        self.file(path).map(Stored::File)
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(self.0.join(RELEASES_DIR)) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            numbers.extend(entry?.file_name().to_str().and_then(release_number));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}
