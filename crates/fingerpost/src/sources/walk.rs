use std::{
    collections::{BTreeMap, btree_map},
    fs, io,
    path::{Path, PathBuf},
};

use walkdir::{DirEntry, WalkDir};

use crate::{
    error::{Error, ErrorKind},
    files::is_absent,
    quote::quoted_path,
    sources::{SourceDir, Sources},
    url::asset_path::AssetPath,
};

/// The files in the source directories at one moment.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Listing {
    /// The assets, sorted by path.
    pub files: Vec<SourceFile>,
    /// Files shadowed by a file of an earlier source directory, in the order of the source directories. A file that is
    /// found through two source directories does not shadow itself.
    pub shadowed: Vec<SourceFile>,
    /// Files and directories that the rules ignore, and entries that are neither files nor directories, such as named
    /// pipes. The contents of ignored directories are not listed.
    pub ignored: Vec<PathBuf>,
    /// Entries that cannot be read, have an invalid name, or are symlinks that must not be followed.
    pub problems: Vec<Error>,
    /// The first problem that may hide assets: a directory or file that exists but cannot be read.
    pub(crate) unreadable: Option<Error>,
}

/// One file of a source directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceFile {
    /// The asset path.
    pub path: AssetPath,
    /// The path of the file on disk.
    pub file: PathBuf,
    /// The index of the source directory, from 0.
    pub source: usize,
}

impl Sources {
    /// Walks the source directories, in time proportional to the number of files. Opens no files.
    pub fn list(&self) -> Listing {
        let mut listing = Listing::default();
        let mut first_files = BTreeMap::new();
        for (source, dir) in self.dirs().iter().enumerate() {
            let real_root = fs::canonicalize(dir.dir()).ok();
            let walk = Walk { sources: self, root: dir, real_root, real_output: self.real_output() };
            for (path, file) in walk.files(&mut listing) {
                let file = SourceFile { path: path.clone(), file, source };
                match first_files.entry(path) {
                    btree_map::Entry::Vacant(free) => drop(free.insert(file)),
                    btree_map::Entry::Occupied(first) if is_same(&first.get().file, &file.file) => {}
                    btree_map::Entry::Occupied(_) => listing.shadowed.push(file),
                }
            }
        }
        listing.files = first_files.into_values().collect();
        listing
    }
}

/// Returns `true` if both paths refer to the same file.
fn is_same(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}

/// A walk through one source directory.
struct Walk<'a> {
    sources: &'a Sources,
    root: &'a SourceDir,
    real_root: Option<PathBuf>,
    real_output: Option<PathBuf>,
}

/// The kind of a directory entry.
enum EntryKind {
    Asset(AssetPath),
    /// A directory to descend into.
    Directory,
    /// The output directory.
    Output,
    Ignored,
}

impl Walk<'_> {
    fn files(&self, listing: &mut Listing) -> Vec<(AssetPath, PathBuf)> {
        let mut files = Vec::new();
        if self.root.prefix().is_some_and(|prefix| self.sources.rules().reason_to_ignore(prefix).is_some()) {
            listing.ignored.push(self.root.dir().to_owned());
            return files;
        }
        let mut walk =
            WalkDir::new(self.root.dir()).min_depth(1).follow_links(true).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let Ok(entry) = entry.map_err(|err| self.record_error(err, listing)) else { continue };
            let kind = self.classify(&entry);
            if entry.file_type().is_dir() && !matches!(kind, Ok(EntryKind::Directory)) {
                walk.skip_current_dir();
            }
            match kind {
                Ok(EntryKind::Asset(path)) => files.push((path, entry.into_path())),
                Ok(EntryKind::Ignored) => listing.ignored.push(entry.into_path()),
                Ok(EntryKind::Directory | EntryKind::Output) => {}
                Err(problem) => listing.problems.push(problem),
            }
        }
        files
    }

    /// Returns the kind of an entry, or an error for an entry that has an invalid name or must not be followed.
    fn classify(&self, entry: &DirEntry) -> Result<EntryKind, Error> {
        let path = self.path_of(entry.path());
        let name = path.as_ref().map_or_else(|text| text.as_str(), AssetPath::as_str);
        if self.sources.rules().reason_to_ignore_entry(name).is_some() {
            return Ok(EntryKind::Ignored);
        }
        let path = path.map_err(|text| invalid_name(entry, &text))?;
        if self.is_output(entry) {
            return Ok(EntryKind::Output);
        }
        if let Some(problem) = self.outside_error(entry.path(), entry.path_is_symlink()) {
            return Err(problem);
        }
        Ok(match entry.file_type() {
            kind if kind.is_file() => EntryKind::Asset(path),
            kind if kind.is_dir() => EntryKind::Directory,
            _ => EntryKind::Ignored,
        })
    }

    /// Returns the asset path of a file, or an invalid asset path as text.
    fn path_of(&self, file: &Path) -> Result<AssetPath, String> {
        let rest = file.strip_prefix(self.root.dir()).unwrap_or(file);
        let mut segments: Vec<_> = self.root.prefix().into_iter().collect();
        for name in rest.iter() {
            segments.push(name.to_str().ok_or_else(|| rest.to_string_lossy())?);
        }
        let path = segments.join("/");
        AssetPath::parse(&path).map_err(|_| path)
    }

    /// Returns `true` for the output directory, and for a symlink to or into the output directory.
    fn is_output(&self, entry: &DirEntry) -> bool {
        let resolves_into = |output: &PathBuf| {
            // Only a symlink can resolve to a path with another name.
            let may_resolve = entry.path_is_symlink() || output.file_name() == Some(entry.file_name());
            may_resolve && fs::canonicalize(entry.path()).is_ok_and(|path| path.starts_with(output))
        };
        (entry.file_type().is_dir() || entry.path_is_symlink())
            && (self.sources.output.as_deref() == Some(entry.path())
                || self.real_output.as_ref().is_some_and(resolves_into))
    }

    /// Returns an error for a symlink to a target outside the source directory, unless `follow_symlinks` is set.
    fn outside_error(&self, path: &Path, is_symlink: bool) -> Option<Error> {
        if !is_symlink || self.sources.rules().follow_symlinks() {
            return None;
        }
        let real = fs::canonicalize(path).ok()?;
        let is_outside = self.real_root.as_ref().is_some_and(|root| !real.starts_with(root));
        is_outside.then(|| {
            let (path, target) = (quoted_path(path), quoted_path(&real));
            let advice = "ignore it, or allow it with `follow-symlinks`";
            let message =
                format_args!("{path} is a symlink to {target}, out of its source directory; {advice}");
            Error::new(ErrorKind::OutsideSource, message)
        })
    }

    /// Records an error of the walk, unless the entry is ignored or is an allowed symlink loop.
    ///
    /// walkdir also reports a symlink to a directory above the root as a loop.
    fn record_error(&self, err: walkdir::Error, listing: &mut Listing) {
        let path = err.path().unwrap_or(self.root.dir()).to_owned();
        let ignored = self
            .path_of(&path)
            .is_ok_and(|path| self.sources.rules().reason_to_ignore_entry(&path).is_some());
        if ignored {
            return;
        }
        if err.loop_ancestor().is_some() {
            listing.problems.extend(self.outside_error(&path, true));
            return;
        }
        let cause = err.into_io_error().unwrap_or_else(|| io::Error::other("cannot be walked"));
        // The file was removed, or is a symlink to a missing file or to itself.
        let is_dangling =
            is_absent(&cause) || path.is_symlink() && cause.kind() != io::ErrorKind::PermissionDenied;
        let problem = Error::unreadable(path, &cause);
        if !is_dangling {
            listing.unreadable.get_or_insert_with(|| problem.clone());
        }
        listing.problems.push(problem);
    }
}

/// Returns the error for a file whose name is not a valid asset path or not UTF-8.
fn invalid_name(entry: &DirEntry, text: &str) -> Error {
    let reason = match AssetPath::parse(text) {
        Ok(_) => "is not UTF-8",
        Err(_) if text.contains('\\') => "contains a backslash, which URLs treat as a slash",
        Err(_) => "starts like a URL with a scheme",
    };
    let name = quoted_path(entry.path());
    let message = format_args!("the name of {name} {reason}; rename the file or ignore it");
    Error::new(ErrorKind::InvalidPath, message)
}
