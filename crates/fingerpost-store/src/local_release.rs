//! The release to publish: the current release of an output directory.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::{files_of, quoted},
    AssetPath, DirStore, Store as _,
    manifest::{Digest, MANIFEST_NAME, Manifest, Release},
};

use crate::error::{Error, ErrorKind};

#[derive(Debug, Clone)]
pub(crate) struct LocalRelease {
    pub(crate) dir: PathBuf,
    pub(crate) manifest: Manifest,
    /// Asset path → asset paths that the file references.
    pub(crate) references: BTreeMap<String, Vec<String>>,
}

impl LocalRelease {
    /// Reads the manifest, and the references of the newest release with this manifest.
    pub(crate) fn read(dir: &Path) -> Result<Self, Error> {
        let store = DirStore::new(dir);
        let json = store.read(MANIFEST_NAME).map_err(|err| unreadable(dir, &err))?;
        let manifest = Manifest::parse(&json, &dir.join(MANIFEST_NAME).display().to_string())?;
        let numbers = store.releases().unwrap_or_default();
        let release = |number: &u64| {
            let name = Release::file_name(*number);
            let json = store.read(&name.to_string_lossy()).ok()?;
            let release = Release::parse(&json, *number, &name.to_string_lossy()).ok()?;
            (release.manifest == manifest).then_some(release)
        };
        let references = numbers.iter().rev().find_map(release).map(|release| release.references);
        Ok(Self { dir: dir.to_owned(), manifest, references: references.unwrap_or_default() })
    }

    /// Returns `true` if the manifest has a file or variant of the asset with this name and content.
    pub(crate) fn has(&self, path: &AssetPath, name: &str, content: (u64, Digest)) -> bool {
        let mut files = self.manifest.get(path).into_iter().flat_map(files_of);
        files.any(|(known, known_content)| known == name && known_content == Some(content))
    }
}

fn unreadable(dir: &Path, err: &io::Error) -> Error {
    let place = quoted(dir.display());
    let message = match err.kind() {
        io::ErrorKind::NotFound => format!(
            "output directory {place} has no `{MANIFEST_NAME}`; run `fingerpost collect` first, or correct the path"
        ),
        _ => format!("cannot read `{MANIFEST_NAME}` in {place}: {err}"),
    };
    Error::new(ErrorKind::Manifest, message)
}
