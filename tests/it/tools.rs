//! Access to the tools of the tests: packages and programs that `tests/setup` installs, a browser, a running site.
//!
//! Tests that use these tools are ignored by plain `cargo test`. `tests/run` runs these tests after `tests/setup` has
//! installed the tools. The functions return `None` only for a tool that `tests/run` has listed as not installed. Any
//! other missing tool fails the test.

mod browser;
mod haproxy;
mod http;
mod nginx;
mod process;
mod random;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use fingerpost::Mode;
use fingerpost_collect::{CollectConfig, collect};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

pub(crate) use browser::Browser;
pub(crate) use haproxy::Haproxy;
pub(crate) use http::{HttpClient, get, header, send, serve};
pub(crate) use nginx::Nginx;
pub(crate) use process::{Build, Server, build_outside, built, built_outside};
pub(crate) use random::Random;

/// The tools that `tests/setup` installs. `tests/run` lists the missing tools in `FINGERPOST_TEST_WITHOUT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Chromium,
    Npm,
    Django,
    Nginx,
    Haproxy,
    Strace,
    Templates,
    Projects,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Npm => "npm",
            Self::Django => "django",
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Strace => "strace",
            Self::Templates => "templates",
            Self::Projects => "projects",
        }
    }
}

/// Returns the result of `find`, or `None` if the comma-separated list `without` contains the tool.
#[track_caller]
pub(crate) fn need<T>(tool: Tool, without: &str, find: impl FnOnce() -> Option<T>) -> Option<T> {
    if without.split(',').any(|name| name.trim() == tool.name()) {
        return None;
    }
    let found = find();
    assert!(found.is_some(), "{} is not installed: run `tests/setup`", tool.name());
    found
}

fn without() -> String {
    env::var("FINGERPOST_TEST_WITHOUT").unwrap_or_default()
}

/// Returns `true` if `FINGERPOST_TEST_LARGE` is set, as in `tests/release-check`: tests then process more data.
pub(crate) fn is_large() -> bool {
    env::var_os("FINGERPOST_TEST_LARGE").is_some()
}

/// Returns the directory of the packages that `tests/setup` fetches.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache")
}

/// Returns the directory of the templates of Python packages.
#[track_caller]
pub(crate) fn python_templates() -> Option<PathBuf> {
    need(Tool::Templates, &without(), || Some(cache().join("templates")).filter(|dir| dir.is_dir()))
}

/// Returns the directory of Rust projects that use axum.
#[track_caller]
pub(crate) fn rust_projects() -> Option<PathBuf> {
    need(Tool::Projects, &without(), || Some(cache().join("projects")).filter(|dir| dir.is_dir()))
}

/// Returns the directory of an unpacked npm package, such as `bootstrap`.
#[track_caller]
pub(crate) fn npm_package(name: &str) -> Option<PathBuf> {
    need(Tool::Npm, &without(), || {
        Some(cache().join("npm").join(name)).filter(|dir| dir.join("package.json").is_file())
    })
}

/// Returns a directory with `node_modules`, into which `tests/setup` has installed packages with their dependencies.
#[track_caller]
pub(crate) fn npm_project(name: &str) -> Option<PathBuf> {
    need(Tool::Npm, &without(), || {
        Some(cache().join("npm-projects").join(name)).filter(|dir| dir.join("package-lock.json").is_file())
    })
}

/// Returns a Python interpreter that can import `django` and `zstandard`.
#[track_caller]
pub(crate) fn python() -> Option<PathBuf> {
    need(Tool::Django, &without(), || Some(cache().join("venv/bin/python")).filter(|python| python.is_file()))
}

/// Returns the directory of the tests of `django.contrib.staticfiles`, with their fixtures.
#[track_caller]
pub(crate) fn django_tests() -> Option<PathBuf> {
    need(Tool::Django, &without(), || Some(cache().join("django-tests")).filter(|dir| dir.is_dir()))
}

/// Returns a command that logs the chosen system calls of a program to a file. The caller appends the program and the
/// arguments of the program.
///
/// Also returns `None` on systems other than Linux.
#[track_caller]
pub(crate) fn strace(calls: &Path, chosen: &str) -> Option<Command> {
    let strace =
        cfg!(target_os = "linux").then(|| need(Tool::Strace, &without(), || program(&["strace"])))??;
    let mut command = Command::new(strace);
    // With `-D` the child process is the program itself, so a test can kill the program. `strace` then exits as well.
    command.args(["-D", "-f", "-qq", "-e", chosen, "-o"]).arg(calls);
    Some(command)
}

/// Collects a source directory with `originals` into a new output directory.
#[track_caller]
pub(crate) fn collected(source: &Path) -> TempDir {
    let out = TempDir::new().expect("a temporary directory");
    let config = CollectConfig::new(out.path()).source(source).originals(true);
    collect(&config).expect("files that can be collected");
    out
}

/// Computes the URL below `/static/` of a file with these bytes, without Fingerpost. `path` is the percent-encoded
/// asset path.
pub(crate) fn expected_url(mode: Mode, path: &str, bytes: &[u8]) -> String {
    let hash: String = Sha256::digest(bytes)[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    let (stem, extension) = path.split_at(path[name..].rfind('.').map_or(path.len(), |dot| name + dot));
    if mode == Mode::Dev {
        format!("/static/{path}?v={hash}")
    } else {
        format!("/static/{stem}.{hash}{extension}")
    }
}

/// Returns the first of these programs found in the search path or in `/usr/sbin`.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| env::split_paths(&path).chain(["/usr/sbin".into()]).map(move |dir| dir.join(name)))
        .find(|program| program.is_file())
}

/// A source directory with files of published npm packages.
#[derive(Debug)]
pub(crate) struct RealAssets {
    dir: TempDir,
    paths: Vec<String>,
}

impl RealAssets {
    /// The directories of the copied files, in this order. References in the first four directories resolve within
    /// these four directories. Files in the last two directories contain no references.
    const FOLDERS: [&str; 6] = [
        "bootstrap/dist",
        "htmx.org/dist",
        "leaflet/dist",
        "bootstrap/js",
        "leaflet/src/images",
        "bootstrap/scss",
    ];

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Returns the asset paths, such as `bootstrap/dist/css/bootstrap.css`.
    pub(crate) fn paths(&self) -> &[String] {
        &self.paths
    }
}

/// Copies `n` published files to a new source directory. Every call copies the same files.
#[track_caller]
pub(crate) fn real_assets(n: usize) -> Option<RealAssets> {
    let mut paths = Vec::new();
    for folder in RealAssets::FOLDERS {
        let (package, inner) = folder.split_once('/').expect("package/directory");
        let root = npm_package(package)?;
        let mut files = Vec::new();
        list(&root.join(inner), folder, &mut files);
        files.sort();
        paths.extend(files);
    }
    assert!(paths.len() >= n, "the npm packages have {} files, not {n}", paths.len());
    paths.truncate(n);

    let dir = TempDir::new().expect("a temporary directory");
    for path in &paths {
        let target = dir.path().join(path);
        fs::create_dir_all(target.parent().expect("a parent directory")).expect("a new directory");
        fs::copy(cache().join("npm").join(path), target).expect("a readable file");
    }
    Some(RealAssets { dir, paths })
}

/// Appends the files below `dir` to `files`, as paths below `prefix`.
fn list(dir: &Path, prefix: &str, files: &mut Vec<String>) {
    for entry in fs::read_dir(dir).expect("a readable directory") {
        let entry = entry.expect("a readable directory");
        let path = format!("{prefix}/{}", entry.file_name().to_str().expect("a UTF-8 name"));
        if entry.file_type().expect("a file type").is_dir() {
            list(&entry.path(), &path, files);
        } else {
            files.push(path);
        }
    }
}
