use std::{
    fs,
    path::{Path, PathBuf},
};

use fingerpost::{
    AssetPath, Assets, AssetsBuilder, Mode, OnMissing,
    manifest::{ContentHash, Digest, FileInfo, MANIFEST_NAME, Manifest},
};
use tempfile::TempDir;

/// The initial content of every file.
pub const CONTENT: &str = "body{}";
/// The content hash of [`CONTENT`].
pub const HASH: &str = "7c98040a5416";

/// A source directory and an output directory with the same files.
#[derive(Debug)]
pub struct Site(TempDir);

impl Site {
    /// Creates a site whose files all contain [`CONTENT`].
    pub fn with_files(paths: &[&str]) -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(site.source()).unwrap();
        site.publish(paths, CONTENT);
        site
    }

    /// Writes the content to each file in the source directory, and publishes the files in the output directory.
    pub fn publish(&self, paths: &[&str], content: &str) {
        let mut manifest = Manifest::new("/static/");
        for path in paths {
            let path = AssetPath::parse(path).unwrap();
            let digest = Digest::from_content(content.as_bytes());
            let hashed = path.hashed(&ContentHash::from(&digest));
            write(&self.source().join(&*path), content);
            write(&self.output().join(&hashed), content);
            manifest.insert(path, hashed, FileInfo::new(content.len() as u64, digest));
        }
        write(&self.output().join(MANIFEST_NAME), manifest.to_json());
    }

    /// Adds static imports to an asset in the manifest.
    pub(crate) fn add_imports(&self, path: &str, imports: &[&str]) {
        let file = self.output().join(MANIFEST_NAME);
        let mut manifest = Manifest::parse(&fs::read(&file).unwrap(), "the manifest").unwrap();
        let entry = manifest.get(path).unwrap().clone();
        let mut info = entry.info.unwrap();
        info.imports = imports.iter().map(|path| AssetPath::parse(path).unwrap()).collect();
        manifest.insert(AssetPath::parse(path).unwrap(), entry.hashed, info);
        write(&file, manifest.to_json());
    }

    /// Replaces the manifest with invalid JSON.
    pub fn break_manifest(&self) {
        write(&self.output().join(MANIFEST_NAME), "{");
    }

    /// Returns a builder for development, with the app version `v7`.
    pub fn development(&self) -> AssetsBuilder {
        Assets::builder().source(self.source()).mode(Mode::Dev).app_version("v7")
    }

    /// Returns a builder for production, with the app version `v7`.
    pub fn production(&self) -> AssetsBuilder {
        Assets::builder().collected(self.output()).mode(Mode::Production).app_version("v7")
    }

    /// Returns the assets in both modes, with the settings that `set` applies.
    pub fn in_both_modes(&self, set: impl Fn(AssetsBuilder) -> AssetsBuilder) -> [Assets; 2] {
        [self.development(), self.production()].map(|builder| set(builder).build().unwrap())
    }

    /// Returns the assets in both modes, with an origin, for both values of [`OnMissing`].
    pub(crate) fn in_both_modes_and_policies(&self) -> impl Iterator<Item = (OnMissing, Assets)> {
        [OnMissing::Error, OnMissing::Plain].into_iter().flat_map(|on_missing| {
            let set = |assets: AssetsBuilder| assets.on_missing(on_missing).origin("https://example.com");
            self.in_both_modes(set).map(|assets| (on_missing, assets))
        })
    }

    /// Returns the source directory.
    pub fn source(&self) -> PathBuf {
        self.0.path().join("source")
    }

    fn output(&self) -> PathBuf {
        self.0.path().join("output")
    }
}

fn write(file: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

/// Returns the content hash of a text.
pub fn hash(content: &str) -> String {
    ContentHash::from_content(content.as_bytes()).to_string()
}
