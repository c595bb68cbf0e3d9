//! The directory or the pack of `--keep-from`.

use std::{ffi::OsStr, fs, io, path::Path};

use fingerpost::{__private::quoted, DirStore, Store as _, manifest::TarStore};

use crate::{
    diagnostics::{ErrorKind, Problem},
    output::{
        content::{Content, LARGEST_IN_MEMORY},
        history::History,
    },
};

/// An earlier output directory, or its pack.
pub(crate) struct EarlierSite<'a> {
    path: &'a Path,
    store: EarlierStore,
}

enum EarlierStore {
    Dir(DirStore),
    Pack(TarStore),
}

impl<'a> EarlierSite<'a> {
    /// Opens a directory or a pack. Reads only the type of the file.
    pub(crate) fn new(path: &'a Path) -> Self {
        let store = if path.is_file() {
            EarlierStore::Pack(TarStore::from_file(path))
        } else {
            EarlierStore::Dir(DirStore::new(path))
        };
        Self { path, store }
    }

    pub(crate) fn path(&self) -> &Path {
        self.path
    }

    /// Reads the manifest and the numbers of the releases. Fails for a damaged pack, and for a directory that has files but
    /// no manifest.
    pub(crate) fn history(&self) -> Result<History<'_>, Problem> {
        match &self.store {
            EarlierStore::Pack(pack) => {
                pack.releases().map_err(|err| self.refuse(&err.to_string()))?;
                let history = History::read(pack, self.path)?;
                let checked = history.manifest().map_or(Ok(()), |manifest| pack.check_files(manifest));
                checked.map_err(|err| self.refuse(&err.to_string()))?;
                Ok(history)
            }
            EarlierStore::Dir(_) if !self.path.is_dir() => Err(self.refuse(
                "it is neither a directory nor a pack; correct `--keep-from`, or omit it at the first deploy",
            )),
            EarlierStore::Dir(dir) => {
                let history = History::read(dir, self.path)?;
                if history.is_empty() && has_files(self.path)? {
                    return Err(self.refuse(
                        "it has files but no `staticfiles.json`; correct `--keep-from`, or empty the directory",
                    ));
                }
                Ok(history)
            }
        }
    }

    fn refuse(&self, reason: &str) -> Problem {
        let path = quoted(self.path.display());
        Problem::new(ErrorKind::KeepFrom, format!("cannot import releases from {path}: {reason}"))
    }

    /// Reads a published file. Returns `None` if the file does not exist.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Content>, Problem> {
        match &self.store {
            EarlierStore::Dir(_) => {
                let file = self.path.join(name);
                file.is_file().then(|| Ok(Content::read(&file, LARGEST_IN_MEMORY)?.value)).transpose()
            }
            EarlierStore::Pack(pack) => match pack.position(name) {
                Ok(part) => Content::read_packed(self.path, part, LARGEST_IN_MEMORY).map(Some),
                Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(err) => Err(self.refuse(&err.to_string())),
            },
        }
    }
}

/// Returns `true` if a directory contains anything other than `lost+found` and hidden files, such as records and `.gitkeep`.
fn has_files(dir: &Path) -> Result<bool, Problem> {
    let mut entries = fs::read_dir(dir).map_err(|err| Problem::output("list", dir, &err))?;
    let is_file = |name: &OsStr| !name.as_encoded_bytes().starts_with(b".") && name != "lost+found";
    Ok(entries.any(|entry| entry.is_ok_and(|entry| is_file(&entry.file_name()))))
}
