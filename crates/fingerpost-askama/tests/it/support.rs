//! What the tests are made of: one site in both modes, pages rendered with it, and processes of their own.

use std::{
    env,
    error::Error as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{self, Command},
};

use askama::Template;
use fingerpost::{
    AssetPath, Assets, AssetsBuilder, Mode,
    manifest::{ContentHash, Digest, FileInfo, MANIFEST_NAME, Manifest},
};
use fingerpost_askama::values;
use tempfile::TempDir;

/// What every file holds at first.
pub(crate) const CONTENT: &str = "body{}";

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
        fs::create_dir_all(self.source()).unwrap();
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

    pub(crate) fn source(&self) -> PathBuf {
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

/// Assets in production whose one file, `css/app.css`, holds `content`.
pub(crate) fn release(content: &str) -> (Site, Assets) {
    let site = Site::with_files(&[]);
    site.publish(&["css/app.css"], content);
    let assets = site.production().build().unwrap();
    (site, assets)
}

/// What `css/app.css` is called in production when it holds `content`.
pub(crate) fn hashed_path(content: &str) -> String {
    format!("/static/css/app.{}.css", ContentHash::from_content(content.as_bytes()))
}

/// A page that gets its assets as a runtime value.
#[track_caller]
pub(crate) fn page(assets: &Assets, template: &impl Template) -> String {
    template.render_with_values(&values(assets)).unwrap()
}

/// The core's own error, right behind what the engine says.
pub(crate) fn core_error(err: &askama::Error) -> Option<&fingerpost::Error> {
    err.source().and_then(|err| err.downcast_ref())
}

/// Our own error, right behind what the engine says.
pub(crate) fn own_error(err: &askama::Error) -> Option<&fingerpost_askama::Error> {
    err.source().and_then(|err| err.downcast_ref())
}

const CHILD_VARIABLE: &str = "FINGERPOST_IT_CHILD";
const RESULT_PREFIX: &str = "answer: ";

/// What `job` answers in a process of its own, for a process has one global.
///
/// The process is this program, told to run the calling test alone: there the call does its job and ends the process. So
/// the closure is written in the test itself.
#[track_caller]
pub(crate) fn in_own_process<J: FnOnce() -> String>(job: J) -> String {
    if env::var_os(CHILD_VARIABLE).is_some() {
        write!(io::stderr(), "{RESULT_PREFIX}{}", job()).expect("standard error can be written to");
        process::exit(0);
    }
    let test = std::any::type_name::<J>().replace("::{{closure}}", "");
    let (_crate, test) = test.split_once("::").expect("the closure is in a module");
    let mut command = Command::new(env::current_exe().unwrap());
    let output =
        command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD_VARIABLE, "1").output();
    let output = output.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    match stderr.split_once(RESULT_PREFIX) {
        Some((_, answer)) if output.status.success() => answer.to_owned(),
        _ => panic!("{test} in a process of its own: {}\n{stderr}", output.status),
    }
}
