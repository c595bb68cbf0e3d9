//! Files that are no assets and yet part of what the app version stands for: templates, settings.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{
    error::{Error, Problem},
    hash::{ContentHash, Digest},
    sources::is_absent,
    stamp::Stamp,
    text::quoted,
};

/// How often a file that keeps changing is read before that is an error.
const READINGS: usize = 3;

/// The registered files by component, each with the name it was given by and where it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Components(BTreeMap<String, BTreeMap<String, PathBuf>>);

impl Components {
    pub(crate) fn add(&mut self, name: &str, written: &str, file: PathBuf) {
        self.0.entry(name.to_owned()).or_default().insert(written.replace('\\', "/"), file);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first 12 hex digits of the SHA-256 over `manifest hash LF`, if there is one, and the sorted lines
    /// `component NUL path NUL sha256 LF`.
    pub(crate) fn version(&self, manifest_hash: Option<&str>) -> Result<String, Error> {
        let mut hasher = Sha256::new();
        if let Some(hash) = manifest_hash {
            hasher.update(format!("{hash}\n"));
        }
        for (name, files) in &self.0 {
            for (path, file) in files {
                hasher.update(format!("{name}\0{path}\0{}\n", digest(name, file)?));
            }
        }
        Ok(ContentHash::from(&Digest::of_pieces(hasher)).to_string())
    }
}

fn digest(component: &str, file: &Path) -> Result<Digest, Error> {
    for _ in 0..READINGS {
        match read_once(file) {
            Ok(Some(digest)) => return Ok(digest),
            Ok(None) => {}
            Err(err) if is_absent(&err) => return Err(missing(component, file)),
            Err(err) => return Err(Error::unreadable(file, err)),
        }
    }
    Err(Error::unreadable(file, io::Error::other("it changed while it was read")))
}

/// Nothing if the file changed while it was read.
fn read_once(path: &Path) -> io::Result<Option<Digest>> {
    let file = File::open(path)?;
    let before = Stamp::of(&file.metadata()?);
    let (digest, _) = Digest::of_reader(&file)?;
    Ok((Stamp::of(&file.metadata()?) == before).then_some(digest))
}

fn missing(component: &str, file: &Path) -> Error {
    let (component, file) = (quoted(component), quoted(file.display()));
    Problem::Component(format!("file {file} of component {component} does not exist; correct `.component()`"))
        .into()
}
