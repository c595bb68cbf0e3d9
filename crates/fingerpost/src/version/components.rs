//! Components: files that are not assets but determine the app version, such as templates and settings.

use std::{
    collections::BTreeMap,
    env,
    fmt::Display,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{
    error::{Error, ErrorKind},
    files::{absolute, is_absent, stable_read::read_stable},
    manifest::{
        ComponentInfo, check_name,
        digest::{ContentHash, Digest},
    },
    quote::{quoted, quoted_path},
};

/// The component that [`version_from_executable`](crate::AssetsBuilder::version_from_executable) adds.
const EXECUTABLE: &str = "executable";

/// The files of each component, by the paths that are hashed into the version.
#[derive(Debug, Clone, Default)]
pub(crate) struct Components(BTreeMap<String, BTreeMap<String, ComponentFile>>);

#[derive(Debug, Clone)]
enum ComponentFile {
    /// A file, and the setting that lists the file, for errors.
    Path(PathBuf, &'static str),
    /// The digest of a file that is read only once.
    Hashed(Digest),
}

impl Components {
    /// Adds a file of `.component()`.
    pub(crate) fn add_from_builder(&mut self, component: &str, file: &Path) -> Result<(), Error> {
        check_name(component)?;
        let Some(path) = file.to_str() else {
            let reason = "has a path that is not UTF-8; rename it";
            return Err(component_error(component, file, ErrorKind::InvalidConfig, reason));
        };
        let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
        self.add(component, path, absolute(file), "`.component()`");
        Ok(())
    }

    /// Adds a file of a component. `path` identifies the file in the version. `setting` is the setting that lists the
    /// file, for errors.
    pub(crate) fn add(&mut self, component: &str, path: String, file: PathBuf, setting: &'static str) {
        self.insert(component, path, ComponentFile::Path(file, setting));
    }

    /// Reads the running program, and adds its digest.
    pub(crate) fn add_executable(&mut self) -> Result<(), Error> {
        let unreadable = |file: &Path, err: io::Error| {
            let reason = format_args!("cannot be read: {err}; remove `.version_from_executable()`");
            component_error(EXECUTABLE, file, ErrorKind::Unreadable, reason)
        };
        let file = env::current_exe().map_err(|err| unreadable(Path::new("the running program"), err))?;
        let reading =
            read_stable(&file, |file| Digest::from_reader(file)).map_err(|err| unreadable(&file, err))?;
        // The path is empty, because the path of the program may differ between servers.
        self.insert(EXECUTABLE, String::new(), ComponentFile::Hashed(reading.value.0));
        Ok(())
    }

    fn insert(&mut self, component: &str, path: String, file: ComponentFile) {
        self.0.entry(component.to_owned()).or_default().insert(path, file);
    }

    /// Returns the digests of all files.
    pub(crate) fn digest(&self) -> Result<Digests, Error> {
        let mut digests = Digests::default();
        for (component, files) in &self.0 {
            for (path, file) in files {
                let digest = match file {
                    ComponentFile::Path(file, setting) => digest(component, file, setting)?,
                    ComponentFile::Hashed(digest) => *digest,
                };
                digests.0.entry(component.clone()).or_default().insert(path.clone(), digest);
            }
        }
        Ok(digests)
    }
}

/// The digests of all files by component and path.
#[derive(Debug, Default)]
pub(crate) struct Digests(BTreeMap<String, BTreeMap<String, Digest>>);

impl Digests {
    /// Returns the number of files of each component.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        self.0.iter().map(|(component, files)| (component.clone(), files.len())).collect()
    }

    /// Returns the first 12 hex digits of a SHA-256, or `None` without components. The hashed bytes are `manifest hash LF`, if
    /// the manifest has a hash, and the sorted lines `component NUL path NUL sha256 LF`.
    pub(crate) fn version(&self, manifest_hash: Option<&str>) -> Option<String> {
        let mut hasher = Sha256::new();
        if let Some(hash) = manifest_hash {
            hasher.update(format!("{hash}\n"));
        }
        for (component, files) in &self.0 {
            for (path, digest) in files {
                hasher.update(format!("{component}\0{path}\0{digest}\n"));
            }
        }
        (!self.0.is_empty()).then(|| ContentHash::from(&Digest::from_hasher(hasher)).to_string())
    }

    /// Returns a component in the format of the manifest.
    pub(crate) fn info(&self, component: &str) -> Option<ComponentInfo> {
        let files = self.0.get(component)?;
        let mut hasher = Sha256::new();
        files.iter().for_each(|(path, digest)| hasher.update(format!("{path}\0{digest}\n")));
        Some(ComponentInfo::new(files.len(), Digest::from_hasher(hasher)))
    }
}

fn digest(component: &str, file: &Path, setting: &str) -> Result<Digest, Error> {
    let refuse = |kind, reason: String| component_error(component, file, kind, reason);
    let failed = |err: io::Error| {
        if is_absent(&err) {
            return refuse(ErrorKind::NotFound, format!("does not exist; correct {setting}"));
        }
        let reason = format!("cannot be read: {err}; make it readable, or correct {setting}");
        refuse(ErrorKind::Unreadable, reason)
    };
    // The file type is checked first, because opening a pipe would wait for a writer.
    let metadata = fs::metadata(file).map_err(failed)?;
    if !metadata.is_file() {
        let kind = if metadata.is_dir() { "a directory" } else { "not a regular file" };
        return Err(refuse(ErrorKind::Unreadable, format!("is {kind}; list regular files in {setting}")));
    }
    let reading = read_stable(file, |file| Digest::from_reader(file)).map_err(failed)?;
    if !reading.is_stable {
        let reason = "changed each time it was read; try again when nothing writes to it";
        return Err(refuse(ErrorKind::Unreadable, reason.to_owned()));
    }
    Ok(reading.value.0)
}

fn component_error(component: &str, file: &Path, kind: ErrorKind, reason: impl Display) -> Error {
    let message = format_args!("file {} of component {} {reason}", quoted_path(file), quoted(component));
    Error::new(kind, message)
}
