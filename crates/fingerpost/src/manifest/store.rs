use std::{
    fmt,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// Where collected bytes come from: a directory, or anything else that can answer three questions.
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
    /// What error messages call this store: an absolute path, for instance.
    fn place(&self) -> String;

    /// All bytes of one file by its path inside the store: the manifest, a collected file or a release file.
    ///
    /// # Errors
    ///
    /// `NotFound` only if the file is not there.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// One file to be read piece by piece, for files that are too large for memory. Unless a store has such files, all its
    /// bytes.
    ///
    /// [`Stored::File`] has to be the same file on disk at each call, not a new temporary copy: servers keep the digest of a
    /// large file by its inode and its times, and a file without a known digest is served with `no-store`.
    /// [`Stored::Bytes`] of a collected file have to be the same at each call: servers hash those of a large file once.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    fn open(&self, path: &str) -> io::Result<Stored> {
        self.read(path).map(Stored::Bytes)
    }

    /// The numbers of the releases that are remembered, in rising order.
    ///
    /// # Errors
    ///
    /// Any but `NotFound`: no releases is an empty list.
    fn releases(&self) -> io::Result<Vec<u64>>;
}

/// What a [`Store`] has under a path.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stored {
    /// All bytes.
    Bytes(Vec<u8>),
    /// A file on disk, from its start.
    File(File),
}

/// An output dir.
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
    /// The output dir at `dir`; nothing is read yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// What is no file is not opened: a pipe would be waited for, and a device never ends.
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
        let mut file = self.file(path)?;
        let mut bytes = Vec::with_capacity(file.metadata()?.len() as usize);
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn open(&self, path: &str) -> io::Result<Stored> {
        self.file(path).map(Stored::File)
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(self.0.join(".fingerpost/releases")) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".json")?.parse::<u64>().ok());
            // `+7.json` and `007.json` are nobody's.
            numbers.extend(number.filter(|number| name.to_str() == Some(&format!("{number}.json"))));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}
