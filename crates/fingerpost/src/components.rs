//! Files that are no assets and yet part of what the app version stands for: templates, settings.

use std::{
    collections::BTreeMap,
    fs::{self, FileType},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{
    error::{Error, ErrorKind, Problem},
    hash::{ContentHash, Digest},
    reading::read_stable,
    sources::{absolute, is_absent},
};

/// The registered files by component, each with the path it was given by and where it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Components(BTreeMap<String, BTreeMap<String, PathBuf>>);

impl Components {
    pub(crate) fn add(&mut self, component: &str, file: &Path) -> Result<(), Error> {
        let refuse = |reason: &str| Err(trouble(component, file, ErrorKind::InvalidConfig, reason));
        let Some(path) = file.to_str() else {
            return refuse("has a path that is not UTF-8; rename it");
        };
        if component.is_empty() {
            return refuse("needs a component that has a name");
        }
        // They would end a part of a line that is hashed.
        if [component, path].iter().any(|text| text.contains(['\0', '\n'])) {
            return refuse("has a NUL or a line feed in its path or its component; rename it");
        }
        let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
        self.0.entry(component.to_owned()).or_default().insert(path, absolute(file));
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many files each component has, sorted by name.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(component, files)| (component.as_str(), files.len()))
    }

    /// The first 12 hex digits of the SHA-256 over `manifest hash LF`, if there is one, and the sorted lines
    /// `component NUL path NUL sha256 LF`.
    pub(crate) fn version(&self, manifest_hash: Option<&str>) -> Result<String, Error> {
        let mut hasher = Sha256::new();
        if let Some(hash) = manifest_hash {
            hasher.update(format!("{hash}\n"));
        }
        for (component, files) in &self.0 {
            for (path, file) in files {
                hasher.update(format!("{component}\0{path}\0{}\n", digest(component, file)?));
            }
        }
        Ok(ContentHash::from(&Digest::of_pieces(hasher)).to_string())
    }
}

fn digest(component: &str, file: &Path) -> Result<Digest, Error> {
    let unreadable = |reason: &str| trouble(component, file, ErrorKind::Unreadable, reason);
    let failed = |err| match err {
        err if is_absent(&err) => {
            trouble(component, file, ErrorKind::NotFound, "does not exist; correct `.component()`")
        }
        err => unreadable(&format!("cannot be read: {err}; make it readable, or correct `.component()`")),
    };
    // Asked before it is opened: opening a pipe would wait for a writer.
    let kind = fs::metadata(file).map_err(failed)?.file_type();
    if !kind.is_file() {
        let kind = kind_of(kind);
        return Err(unreadable(&format!("is {kind}; name regular files in `.component()`")));
    }
    let reading = read_stable(file, |file| Digest::of_reader(file)).map_err(failed)?;
    if !reading.is_stable {
        return Err(unreadable("changed each time it was read; try again when it is written"));
    }
    Ok(reading.value.0)
}

fn kind_of(kind: FileType) -> &'static str {
    #[cfg(unix)]
    use std::os::unix::fs::FileTypeExt as _;
    match kind {
        kind if kind.is_dir() => "a directory",
        #[cfg(unix)]
        kind if kind.is_fifo() => "a pipe",
        #[cfg(unix)]
        kind if kind.is_socket() => "a socket",
        #[cfg(unix)]
        kind if kind.is_char_device() || kind.is_block_device() => "a device",
        _ => "no regular file",
    }
}

fn trouble(component: &str, file: &Path, kind: ErrorKind, reason: &str) -> Error {
    let (component, file, reason) = (component.to_owned(), file.to_owned(), reason.to_owned());
    Problem::Component { component, file, kind, reason }.into()
}
