//! What the tests are made of: one site in both modes, and both majors of Tera behind one face.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    iter::successors,
    path::{Path, PathBuf},
};

use fingerpost::{
    AssetPath, Assets, AssetsBuilder, Mode,
    manifest::{ContentHash, Digest, FileInfo, MANIFEST_NAME, Manifest},
};
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

    /// Leaves an output dir that cannot be reloaded.
    pub(crate) fn break_manifest(&self) {
        self.write(&self.output().join(MANIFEST_NAME), "{");
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

/// What a major of Tera can do, with every error as all its text.
pub(crate) trait Engine: Default + Clone + Send + Sync {
    /// Whether a URL with an `&` comes escaped from the helper itself.
    const HELPERS_ESCAPE: bool;

    fn register(&mut self, assets: &Assets);

    fn add(&mut self, name: &str, source: &str) -> Result<(), String>;

    /// Renders with these variables, and with a `list`, a `map` and a `nothing`.
    fn render_with(&self, name: &str, variables: &[(&'static str, &str)]) -> Result<String, String>;

    /// An engine as a site has one, with its templates.
    #[track_caller]
    fn with_templates(assets: &Assets, templates: &[(&str, &str)]) -> Self {
        let mut engine = Self::default();
        engine.register(assets);
        for (name, source) in templates {
            engine.add(name, source).unwrap_or_else(|err| panic!("{source}: {err}"));
        }
        engine
    }

    /// A page that needs no variables.
    #[track_caller]
    fn page(&self, name: &str) -> String {
        self.render_with(name, &[]).unwrap_or_else(|err| panic!("{name}: {err}"))
    }
}

macro_rules! engine {
    ($tera:ident, $register:path, $helpers_escape:literal) => {
        impl Engine for $tera::Tera {
            const HELPERS_ESCAPE: bool = $helpers_escape;

            fn register(&mut self, assets: &Assets) {
                $register(self, assets);
            }

            fn add(&mut self, name: &str, source: &str) -> Result<(), String> {
                self.add_raw_template(name, source).map_err(|err| chain(&err))
            }

            fn render_with(&self, name: &str, variables: &[(&'static str, &str)]) -> Result<String, String> {
                let mut context = $tera::Context::new();
                context.insert("list", &["a.css"]);
                context.insert("map", &BTreeMap::from([("path", "a.css")]));
                context.insert("nothing", &None::<&str>);
                for (name, value) in variables {
                    context.insert(*name, value);
                }
                self.render(name, &context).map_err(|err| chain(&err))
            }
        }
    };
}

engine!(tera, fingerpost_tera::register, false);
#[cfg(feature = "v1")]
engine!(tera1, fingerpost_tera::v1::register, true);

/// An error and all behind it.
pub(crate) fn causes<'a>(err: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(err), |err: &&'a (dyn Error + 'static)| (*err).source())
}

/// The texts of an error and all behind it, one a line.
pub(crate) fn chain(err: &(dyn Error + 'static)) -> String {
    causes(err).map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Makes tests of functions that are generic over [`Engine`], one for each major of Tera.
macro_rules! each_major {
    ($($fact:ident)*) => {
        mod tera_2 {
            $(#[test]
            fn $fact() {
                super::$fact::<tera::Tera>();
            })*
        }

        #[cfg(feature = "v1")]
        mod tera_1 {
            $(#[test]
            fn $fact() {
                super::$fact::<tera1::Tera>();
            })*
        }
    };
}
