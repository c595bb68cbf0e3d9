//! Finds and removes the files that are only in removed releases.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use fingerpost::{__private::reserved, manifest::Digest};
use rayon::prelude::*;

use super::release_files::{NamedFile, ReleaseHistory};
use crate::{diagnostics::Problem, output::dirs_above};

/// The files and directories that a run removes, except release files.
pub(super) struct Removal {
    /// The files, sorted by name.
    pub(super) files: Vec<FileToRemove>,
    /// Directories that may be empty after the removal, the deepest first.
    dirs: Vec<PathBuf>,
}

pub(super) struct FileToRemove {
    pub(super) name: String,
    path: PathBuf,
    pub(super) size: u64,
}

/// The reason for removing a file.
enum Claim<'a> {
    /// The name is a hashed path or the name of a variant.
    NamedFile,
    /// The name is a plain name. The file is removed only if it has one of these contents.
    Original(Vec<&'a (u64, Digest)>),
}

type Claims<'a> = BTreeMap<String, Claim<'a>>;

impl Removal {
    /// Finds the files that are only in removed releases.
    pub(super) fn plan(out: &Path, history: &ReleaseHistory, kept: &BTreeSet<u64>) -> Result<Self, Problem> {
        let root = fs::canonicalize(out).map_err(|err| Problem::output("read", out, &err))?;
        let is_kept = |number: &u64| kept.contains(number);
        let retained = history.files.iter().filter(|(_, releases)| releases.iter().any(is_kept));
        let removed = history.files.iter().filter(|(_, releases)| !releases.iter().all(is_kept));
        let removed: Vec<_> = removed.map(|(file, _)| file).collect();
        let claims = claims(&removed, &kept_names(retained.map(|(file, _)| file)), &root);
        let dirs: BTreeSet<_> = claims.keys().flat_map(|name| dirs_above(name)).collect();
        let dirs = dirs.into_iter().rev().map(|dir| place(&root, dir)).collect();
        let files = claims.into_par_iter().filter_map(|(name, claim)| find(&root, name, &claim).transpose());
        Ok(Self { files: files.collect::<Result<_, _>>()?, dirs })
    }

    pub(super) fn apply(&self) -> Result<(), Problem> {
        self.files.iter().try_for_each(|file| remove(&file.path))?;
        // `remove_dir` fails for directories that are not empty. Symlinks are retained.
        for dir in self.dirs.iter().filter(|dir| is_real(dir)) {
            let _ = fs::remove_dir(dir);
        }
        Ok(())
    }
}

/// Removes a file, if it exists.
pub(super) fn remove(file: &Path) -> Result<(), Problem> {
    match fs::remove_file(file) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(Problem::output("remove", file, &err)),
        _ => Ok(()),
    }
}

/// The names of retained files, by lowercase name.
type NamesByLowercase<'a> = HashMap<String, Vec<&'a str>>;

/// Returns the names in retained releases.
fn kept_names<'a>(files: impl Iterator<Item = &'a NamedFile>) -> NamesByLowercase<'a> {
    let mut names = NamesByLowercase::new();
    for file in files {
        for name in file.names.iter().map(String::as_str).chain([file.asset.as_str()]) {
            names.entry(name.to_lowercase()).or_default().push(name);
        }
    }
    names
}

/// Returns `true` if `name` is the name of a retained file. On a case-insensitive file system, two names can refer to one
/// file.
fn is_kept_name(name: &str, kept: &NamesByLowercase<'_>, root: &Path) -> bool {
    let real = |name: &str| fs::canonicalize(place(root, name)).ok();
    let is_same = |other: &&str| *other == name || real(name).is_some_and(|file| Some(file) == real(other));
    kept.get(&name.to_lowercase()).is_some_and(|names| names.iter().any(is_same))
}

/// Returns the names in removed releases, without retained or reserved names.
fn claims<'a>(removed: &[&'a NamedFile], kept: &NamesByLowercase<'_>, root: &Path) -> Claims<'a> {
    let names = removed.iter().flat_map(|named| named.names.iter().cloned());
    let mut claims: Claims<'_> = names.map(|name| (name, Claim::NamedFile)).collect();
    for named in removed {
        if let Some(content) = &named.content
            && let Claim::Original(contents) =
                claims.entry(named.asset.to_string()).or_insert_with(|| Claim::Original(Vec::new()))
        {
            contents.push(content);
        }
    }
    claims.retain(|name, _| reserved(name).is_none() && !is_kept_name(name, kept, root));
    claims
}

/// Returns the file if it exists and may be removed.
fn find(root: &Path, name: String, claim: &Claim<'_>) -> Result<Option<FileToRemove>, Problem> {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    let path = place(root, &name);
    let unreadable = |err: io::Error| Problem::output("read", &path, &err);
    let metadata = match fs::symlink_metadata(&path) {
        Err(err) if matches!(err.kind(), NotFound | NotADirectory | InvalidFilename) => return Ok(None),
        metadata => metadata.map_err(unreadable)?,
    };
    let size = metadata.len();
    let is_removable = metadata.is_file()
        && is_real(&path)
        && match claim {
            Claim::NamedFile => true,
            Claim::Original(contents) if contents.iter().all(|content| content.0 != size) => false,
            Claim::Original(contents) => {
                let (sha256, _) = File::open(&path).and_then(Digest::from_reader).map_err(unreadable)?;
                contents.contains(&&(size, sha256))
            }
        };
    Ok(is_removable.then_some(FileToRemove { name, path, size }))
}

/// Returns the path of a name in the output directory.
fn place(root: &Path, name: &str) -> PathBuf {
    let mut path = root.to_owned();
    path.extend(name.split('/'));
    path
}

/// Returns `true` if a path below the canonical output directory contains no symlink and has the same letter case as on
/// disk.
fn is_real(path: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|real| real == path)
}
