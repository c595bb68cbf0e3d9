use std::{
    collections::{BTreeMap, btree_map},
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use walkdir::WalkDir;

use crate::{
    error::{Error, Problem},
    path::AssetPath,
    rules::Rules,
    stamp::Stamp,
    text::quoted,
};

/// A directory where authors keep assets, and the prefix their asset paths get.
///
/// As text it is `DIR` or `PREFIX=DIR`; a directory with a `=` in its name is written `=DIR`.
///
/// ```
/// use fingerpost::SourceDir;
///
/// let source: SourceDir = "vendor=node_modules/htmx.org/dist".parse()?;
/// assert_eq!(source, SourceDir::at("vendor", "node_modules/htmx.org/dist")?);
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDir {
    pub(crate) dir: PathBuf,
    prefix: Option<AssetPath>,
}

impl SourceDir {
    /// Files in `dir` are named by their path in it.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), prefix: None }
    }

    /// Files in `dir` are named by `prefix`, a `/`, and their path in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidPath`](crate::ErrorKind::InvalidPath) if the prefix is no asset path.
    pub fn at(prefix: &str, dir: impl Into<PathBuf>) -> Result<Self, Error> {
        Ok(Self { dir: dir.into(), prefix: Some(AssetPath::parse(prefix.trim_end_matches('/'))?) })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The prefix, if there is one.
    pub fn prefix(&self) -> Option<&str> {
        self.prefix.as_deref()
    }

    /// What stands behind the prefix, if the path has it.
    fn strip_prefix<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self.prefix() {
            Some(prefix) => path.strip_prefix(prefix)?.strip_prefix('/'),
            None => Some(path),
        }
    }
}

impl FromStr for SourceDir {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once('=') {
            Some(("", dir)) => Ok(Self::new(dir)),
            Some((prefix, dir)) => Self::at(prefix, dir),
            None => Ok(Self::new(text)),
        }
    }
}

/// The source dirs of a site in order, the first that has a file wins.
///
/// Development, the program and `collect` all ask here, so that they agree on what is an asset.
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # let dir = |name: &str| {
/// #     let dir = site.path().join(name);
/// #     std::fs::create_dir_all(dir.join("css")).map(|()| dir)
/// # };
/// # let (static_dir, dist) = (dir("static")?, dir("dist")?);
/// # std::fs::write(static_dir.join("css/app.css"), "body{}")?;
/// # let manifest = r#"{"version": "1.1", "paths": {"css/app.css": "css/app.7c98040a5416.css"}, "hash": "5940499ec5f6"}"#;
/// # std::fs::write(dist.join("staticfiles.json"), manifest)?;
/// use fingerpost::{Rules, SourceDir, Sources};
///
/// let sources = Sources::open(vec![SourceDir::new(static_dir)], Rules::default(), None)?;
/// let paths: Vec<_> = sources.list().files.into_iter().map(|file| file.path.to_string()).collect();
/// assert_eq!(paths, ["css/app.css"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sources {
    dirs: Vec<SourceDir>,
    rules: Rules,
    output: Option<PathBuf>,
}

/// What lies in the source dirs at one moment.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Listing {
    /// The assets, sorted by path.
    pub files: Vec<SourceFile>,
    /// Files that an earlier source dir hides, in the order of the source dirs.
    pub shadowed: Vec<SourceFile>,
    /// Files and directories that the rules leave out; what is in such a directory is not listed.
    pub ignored: Vec<PathBuf>,
    /// What could not be read, named or followed.
    pub problems: Vec<Error>,
}

/// One file of a source dir.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceFile {
    /// Its name as an asset.
    pub path: AssetPath,
    /// The file.
    pub file: PathBuf,
    /// Which source dir it lies in, counted from 0.
    pub source: usize,
}

/// Why a file that a path leads to is not that asset after all.
pub(crate) enum Verdict {
    /// It is the asset.
    Asset,
    /// This source dir does not have it; a later one may.
    NotHere(String),
    /// It has it, and must not give it out.
    Refused(String),
}

impl Sources {
    /// Takes the source dirs, made absolute; `output`, the output dir, is never listed where it lies inside of one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SourceNotFound`](crate::ErrorKind::SourceNotFound) if a directory is not there,
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) if it cannot be read, and
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) if there is none, or one lies in the output dir.
    pub fn open(mut dirs: Vec<SourceDir>, rules: Rules, output: Option<&Path>) -> Result<Self, Error> {
        if dirs.is_empty() {
            return Err(Error::config(
                "no source dir is set; name the directory that holds the assets, such as `static`",
            ));
        }
        let output = output.map(absolute);
        let real_output = output.as_ref().and_then(|output| fs::canonicalize(output).ok());
        for SourceDir { dir, .. } in &mut dirs {
            *dir = absolute(&*dir);
            let not_found = |reason| Error::from(Problem::SourceNotFound { path: dir.clone(), reason });
            match fs::read_dir(&*dir) {
                Ok(_) => {}
                Err(err) if err.kind() == io::ErrorKind::NotADirectory => {
                    return Err(not_found("is not a directory"));
                }
                Err(err) if is_absent(&err) => {
                    return Err(not_found("does not exist; make it, or correct the path"));
                }
                Err(err) => return Err(Error::unreadable(&*dir, err)),
            }
            let real = fs::canonicalize(&*dir).map_err(|err| Error::unreadable(&*dir, err))?;
            if real_output.as_ref().is_some_and(|output| real.starts_with(output)) {
                let dir = quoted(dir.display());
                return Err(Error::config(format!(
                    "source dir {dir} lies in the output dir; keep them apart"
                )));
            }
        }
        Ok(Self { dirs, rules, output })
    }

    /// The source dirs, as absolute paths.
    pub fn dirs(&self) -> &[SourceDir] {
        &self.dirs
    }

    /// The rules that say what is an asset.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Where a file of this name would lie, by source dir.
    pub(crate) fn candidates(&self, path: &str) -> Vec<Candidate> {
        let candidate = |(source, dir): (usize, &SourceDir)| {
            Some(Candidate { source, file: dir.dir.join(dir.strip_prefix(path)?) })
        };
        self.dirs.iter().enumerate().filter_map(candidate).collect()
    }

    /// Compares what a path led to with the directory's own spelling, with its real place, and with the output dir.
    ///
    /// A case-insensitive file system answers for `App.css` when the file is `app.css`, and Windows for short names,
    /// trailing dots and streams. A name that works here and not on the server is worse than one that works nowhere.
    pub(crate) fn verdict(&self, path: &str, candidate: &Candidate) -> io::Result<Verdict> {
        let source = &self.dirs[candidate.source];
        let rest = source.strip_prefix(path).unwrap_or(path);
        if let Some(other) = misspelt(&source.dir, rest)? {
            return Ok(Verdict::NotHere(other));
        }
        if leads_back(&source.dir, rest)? {
            return Ok(Verdict::NotHere("a symlink leads back to a directory above it".to_owned()));
        }
        let real = fs::canonicalize(&candidate.file)?;
        if self
            .output
            .as_ref()
            .and_then(|output| fs::canonicalize(output).ok())
            .is_some_and(|o| real.starts_with(o))
        {
            return Ok(Verdict::NotHere("it lies in the output dir".to_owned()));
        }
        if !self.rules.follow_symlinks() && !real.starts_with(fs::canonicalize(&source.dir)?) {
            return Ok(Verdict::Refused(format!(
                "a symlink leads to {}, out of the source dir; follow_symlinks allows it",
                quoted(real.display())
            )));
        }
        Ok(Verdict::Asset)
    }

    /// Walks the source dirs. Takes time in proportion to the number of files; reads none of them.
    pub fn list(&self) -> Listing {
        let mut listing = Listing::default();
        let mut taken = BTreeMap::new();
        for source in 0..self.dirs.len() {
            for found in self.walk(source, &mut listing) {
                match taken.entry(found.path.clone()) {
                    btree_map::Entry::Vacant(free) => drop(free.insert(found)),
                    btree_map::Entry::Occupied(_) => listing.shadowed.push(found),
                }
            }
        }
        listing.files = taken.into_values().collect();
        listing
    }

    fn walk(&self, source: usize, listing: &mut Listing) -> Vec<SourceFile> {
        let root = &self.dirs[source];
        if root.prefix().is_some_and(|prefix| self.rules.reason_to_ignore(prefix).is_some()) {
            listing.ignored.push(root.dir.clone());
            return Vec::new();
        }
        let (output, real_root) = (self.output.as_deref(), fs::canonicalize(&root.dir));
        let real_output = output.and_then(|output| fs::canonicalize(output).ok());
        let mut files = Vec::new();
        let mut walk = WalkDir::new(&root.dir).min_depth(1).follow_links(true).into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(err) => {
                    listing.problems.extend(self.problem(root, err));
                    continue;
                }
            };
            let is_dir = entry.file_type().is_dir();
            let skip = |walk: &mut walkdir::IntoIter| {
                if is_dir {
                    walk.skip_current_dir()
                }
            };
            let path = match asset_path(root, entry.path()) {
                Ok(path) => path,
                Err(path) if self.rules.reason_to_ignore_entry(&path).is_some() => {
                    skip(&mut walk);
                    continue;
                }
                Err(path) => {
                    skip(&mut walk);
                    listing.problems.push(AssetPath::parse(&path).map_or_else(
                        |err| err,
                        |_| Problem::NotUtf8 { path: entry.path().to_owned() }.into(),
                    ));
                    continue;
                }
            };
            if self.rules.reason_to_ignore_entry(&path).is_some() {
                skip(&mut walk);
                listing.ignored.push(entry.into_path());
            } else if (is_dir || entry.path_is_symlink())
                && is_output(entry.path(), output, real_output.as_deref())
            {
                skip(&mut walk);
            } else if let Some(target) = self.escape(&entry, real_root.as_deref()) {
                skip(&mut walk);
                listing.problems.push(Problem::Symlink { path: entry.into_path(), target }.into());
            } else if entry.file_type().is_file() {
                files.push(SourceFile { path, file: entry.into_path(), source });
            }
        }
        files
    }

    /// Where a symlink leads to, if that is out of the source dir and not allowed.
    fn escape(&self, entry: &walkdir::DirEntry, real_root: Result<&Path, &io::Error>) -> Option<PathBuf> {
        if !entry.path_is_symlink() || self.rules.follow_symlinks() {
            return None;
        }
        let real = fs::canonicalize(entry.path()).ok()?;
        real_root.is_ok_and(|root| !real.starts_with(root)).then_some(real)
    }

    /// A walk's error as one of ours; a symlink loop simply ends, and what is ignored may be broken.
    fn problem(&self, root: &SourceDir, err: walkdir::Error) -> Option<Error> {
        let path = err.path().unwrap_or(&root.dir).to_owned();
        let ignored =
            asset_path(root, &path).is_ok_and(|path| self.rules.reason_to_ignore_entry(&path).is_some());
        if ignored || err.loop_ancestor().is_some() {
            return None;
        }
        let cause = err.into_io_error().unwrap_or_else(|| io::Error::other("cannot be walked"));
        Some(Error::unreadable(path, cause))
    }
}

/// Where one source dir would have a file.
#[derive(Debug)]
pub(crate) struct Candidate {
    source: usize,
    pub(crate) file: PathBuf,
}

impl Candidate {
    /// The stamp of the file, or `None` if there is no file.
    pub(crate) fn stat(&self) -> Result<Option<Stamp>, Error> {
        match fs::metadata(&self.file) {
            Ok(metadata) if metadata.is_file() => Ok(Some(Stamp::of(&metadata))),
            Ok(_) => Ok(None),
            Err(err) if is_absent(&err) => Ok(None),
            Err(err) => Err(Error::unreadable(&self.file, err)),
        }
    }
}

/// Whether an error means that there is nothing of that name, rather than something that cannot be read.
pub(crate) fn is_absent(err: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(err.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput)
}

pub(crate) fn absolute(path: impl AsRef<Path>) -> PathBuf {
    std::path::absolute(path.as_ref()).unwrap_or_else(|_| path.as_ref().to_owned())
}

/// Whether a path is the output dir, or a symlink into it.
fn is_output(path: &Path, output: Option<&Path>, real_output: Option<&Path>) -> bool {
    output == Some(path)
        || real_output.is_some_and(|output| fs::canonicalize(path).is_ok_and(|path| path.starts_with(output)))
}

/// The asset path of a file, or the text that is none.
fn asset_path(root: &SourceDir, file: &Path) -> Result<AssetPath, String> {
    let rest = file.strip_prefix(&root.dir).unwrap_or(file);
    let mut segments: Vec<_> = root.prefix().into_iter().collect();
    for name in rest.iter() {
        segments.push(name.to_str().ok_or_else(|| rest.to_string_lossy())?);
    }
    let path = segments.join("/");
    AssetPath::parse(&path).map_err(|_| path)
}

/// How a file under `dir` is really spelt, as a reason, if that is not `path`.
fn misspelt(dir: &Path, path: &str) -> io::Result<Option<String>> {
    let mut dir = dir.to_owned();
    for name in path.split('/') {
        if !is_listed(&dir, name)? {
            let spelt = fs::read_dir(&dir)?
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .find(|other| other.to_lowercase() == name.to_lowercase());
            return Ok(Some(match spelt {
                Some(spelt) => format!("on disk {} is spelled {}", quoted(name), quoted(spelt)),
                None => format!("the directory has no entry that is spelled {}", quoted(name)),
            }));
        }
        dir.push(name);
    }
    Ok(None)
}

/// Whether a directory on the way to a file under `dir` is a symlink to one above it. A walk ends at such a loop.
fn leads_back(dir: &Path, path: &str) -> io::Result<bool> {
    let (mut dir, mut above) = (dir.to_owned(), Vec::new());
    for name in path.split('/') {
        let real = fs::canonicalize(&dir)?;
        if above.contains(&real) {
            return Ok(true);
        }
        above.push(real);
        dir.push(name);
    }
    Ok(false)
}

/// Whether `dir`, which answered for `name`, has an entry of just that name.
fn is_listed(dir: &Path, name: &str) -> io::Result<bool> {
    let flip = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    let flipped: String = name.chars().map(flip).collect();
    // A directory that tells upper from lower case answers for the one spelling only, and need not be listed.
    if flipped != name && fs::symlink_metadata(dir.join(&flipped)).is_err_and(|err| is_absent(&err)) {
        return Ok(true);
    }
    for entry in fs::read_dir(dir)? {
        if entry?.file_name() == OsStr::new(name) {
            return Ok(true);
        }
    }
    Ok(false)
}
