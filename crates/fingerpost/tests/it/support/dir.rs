use std::{
    fs,
    path::{Path, PathBuf},
};

use fingerpost::{
    AssetPath, Assets,
    manifest::{ContentHash, Digest, FileInfo, MANIFEST_NAME, Manifest},
};
use tempfile::TempDir;

use super::{dev, production};

/// A temporary directory.
#[derive(Debug)]
pub(crate) struct Dir(TempDir);

impl Dir {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Creates a directory with files by path and content.
    pub(crate) fn with_files(files: &[(&str, &str)]) -> Self {
        let dir = Self::new();
        for (path, content) in files {
            dir.write(path, content);
        }
        dir
    }

    /// Creates a directory with files whose content is their own path.
    pub(crate) fn with_paths(paths: &[&str]) -> Self {
        let dir = Self::new();
        for path in paths {
            dir.write(path, path);
        }
        dir
    }

    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(path)
    }

    /// Writes a file in place and creates its directories.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        file
    }

    /// Writes a new file, and renames the new file over the old file.
    pub(crate) fn replace(&self, path: &str, content: impl AsRef<[u8]>) {
        let beside = self.write("beside", content);
        fs::rename(beside, self.path(path)).unwrap();
    }
}

impl AsRef<Path> for Dir {
    fn as_ref(&self) -> &Path {
        self.0.path()
    }
}

/// The same files as a source directory and as an output directory.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) source: Dir,
    pub(crate) output: Dir,
}

impl Site {
    pub(crate) fn with_files(files: &[(&str, &str)]) -> Self {
        Self { source: Dir::with_files(files), output: publish(files, "/static/") }
    }

    /// Creates a site with files whose content is their own path.
    pub(crate) fn with_paths(paths: &[&str]) -> Self {
        Self::with_files(&paths.iter().map(|path| (*path, *path)).collect::<Vec<_>>())
    }

    /// Returns the assets in both modes, each with the name of the mode.
    pub(crate) fn in_both_modes(&self) -> [(&'static str, Assets); 2] {
        [
            ("development", dev(&self.source).build().unwrap()),
            ("production", production(&self.output).build().unwrap()),
        ]
    }
}

/// Creates an output directory as `collect` does.
pub(crate) fn publish(files: &[(&str, &str)], base_path: &str) -> Dir {
    let (dir, mut manifest) = (Dir::new(), Manifest::new(base_path));
    for (path, content) in files {
        let path = AssetPath::parse(path).unwrap();
        let digest = Digest::from_content(content.as_bytes());
        let hashed = path.hashed(&ContentHash::from(&digest));
        dir.write(&hashed, content);
        manifest.insert(path, hashed, FileInfo::new(content.len() as u64, digest));
    }
    dir.write(MANIFEST_NAME, manifest.to_json());
    dir
}
