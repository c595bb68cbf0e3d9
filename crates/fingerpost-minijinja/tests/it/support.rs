//! What the tests are made of: one site in both modes, and pages rendered with it.

use std::{
    error::Error as _,
    fs,
    iter::successors,
    path::{Path, PathBuf},
};

use fingerpost::{
    AssetPath, Assets, AssetsBuilder, Mode,
    manifest::{ContentHash, Digest, FileInfo, MANIFEST_NAME, Manifest},
};
use minijinja::{Environment, Error, Value};
use tempfile::TempDir;

/// What every file holds at first, and its content hash.
pub(crate) const CONTENT: &str = "body{}";
pub(crate) const HASH: &str = "7c98040a5416";

/// The same files as a source dir and as an output dir.
pub(crate) struct Site(TempDir);

impl Site {
    /// Files that hold [`CONTENT`].
    pub(crate) fn with_files(paths: &[&str]) -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        site.publish(paths, CONTENT);
        site
    }

    /// Writes the files, all with this content, as an author does and as `collect` does.
    pub(crate) fn publish(&self, paths: &[&str], content: &str) {
        let mut manifest = Manifest::new("/static/");
        for path in paths {
            let path = AssetPath::parse(path).unwrap();
            let digest = Digest::from_content(content.as_bytes());
            let hashed = path.hashed(&ContentHash::from(&digest));
            self.write(&self.source().join(&*path), content);
            self.write(&self.output().join(&hashed), content);
            manifest.insert(path, hashed, FileInfo::new(content.len() as u64, digest));
        }
        self.write(&self.output().join(MANIFEST_NAME), manifest.to_json());
    }

    /// Leaves a manifest that cannot be read.
    pub(crate) fn break_manifest(&self) {
        self.write(&self.output().join(MANIFEST_NAME), "{");
    }

    pub(crate) fn development(&self) -> AssetsBuilder {
        Assets::builder().source(self.source()).mode(Mode::Dev).app_version("v7")
    }

    pub(crate) fn production(&self) -> AssetsBuilder {
        Assets::builder().collected(self.output()).mode(Mode::Production).app_version("v7")
    }

    /// The site in both modes, each with the same settings.
    pub(crate) fn in_both_modes(&self, set: impl Fn(AssetsBuilder) -> AssetsBuilder) -> [Assets; 2] {
        [self.development(), self.production()].map(|builder| set(builder).build().unwrap())
    }

    fn source(&self) -> PathBuf {
        self.0.path().join("source")
    }

    fn output(&self) -> PathBuf {
        self.0.path().join("output")
    }

    fn write(&self, file: &Path, content: impl AsRef<[u8]>) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
}

/// The content hash of some text.
pub(crate) fn hash(content: &str) -> String {
    ContentHash::from_content(content.as_bytes()).to_string()
}

/// An environment as a site has one.
pub(crate) fn environment(assets: &Assets) -> Environment<'static> {
    let mut env = Environment::new();
    crate::register(&mut env, assets);
    env
}

/// A page that needs no context.
#[track_caller]
pub(crate) fn render_page(assets: &Assets, name: &str, source: &str) -> String {
    environment(assets).render_named_str(name, source, ()).unwrap_or_else(|err| panic!("{source}: {err}"))
}

/// What a page fails with.
#[track_caller]
pub(crate) fn render_error(env: &Environment<'_>, name: &str, source: &str, context: Value) -> Error {
    match env.render_named_str(name, source, context) {
        Ok(page) => panic!("{source} is no error but {page}"),
        Err(err) => err,
    }
}

/// The core's own error behind what the engine says.
pub(crate) fn core_error(err: &Error) -> Option<&fingerpost::Error> {
    successors(err.source(), |err: &&(dyn std::error::Error + 'static)| (*err).source())
        .find_map(|err| err.downcast_ref())
}

/// Takes the character references of an attribute's value back, and knows no others than MiniJinja writes.
#[track_caller]
pub(crate) fn decode_attribute(attribute: &str) -> String {
    let mut pieces = attribute.split('&');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(';').unwrap_or_else(|| panic!("a bare `&` in {attribute}"));
        text.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#x27" => '\'',
            "#x2f" => '/',
            _ => panic!("`&{name};` in {attribute}"),
        });
        text.push_str(rest);
    }
    text
}
