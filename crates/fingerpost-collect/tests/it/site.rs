//! A site in a temporary directory.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use fingerpost::{
    DirStore, Store as _,
    manifest::{Digest, MANIFEST_NAME, Manifest, Release},
};
use fingerpost_collect::{CollectConfig, Report, collect};
use tempfile::TempDir;

pub(crate) struct Site(TempDir);

/// Returns the time three seconds from now. File times are trusted after two seconds, so this clock makes the times of all
/// existing files trusted.
pub(crate) fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3)
}

impl Site {
    /// Creates a site with these files. The files in `static/` are sources.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let site = Self::in_dir(&std::env::temp_dir());
        files.iter().for_each(|(path, text)| site.write(path, text));
        site
    }

    /// Creates an empty site in `/dev/shm`, which is faster than a disk. Without `/dev/shm`, the site is on disk.
    pub(crate) fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        Self::in_dir(if memory.is_dir() { memory } else { return Self::new(&[]) })
    }

    fn in_dir(dir: &Path) -> Self {
        let site = Self(tempfile::tempdir_in(dir).expect("a temporary directory"));
        fs::create_dir(site.path("static")).expect("a source directory");
        site
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Returns the path as it appears in messages.
    pub(crate) fn quoted_path(&self, path: &str) -> String {
        format!("`{}`", self.path(path).display())
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().expect("a parent directory")).expect("a directory");
        fs::write(file, bytes).expect("a writable file");
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).expect("a removable file");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        String::from_utf8(self.read_bytes(path)).expect("UTF-8")
    }

    pub(crate) fn read_bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).expect("a readable file")
    }

    /// Returns settings that collect `static` into `out`.
    pub(crate) fn config(&self) -> CollectConfig {
        self.config_to("out")
    }

    pub(crate) fn config_to(&self, out: &str) -> CollectConfig {
        CollectConfig::new(self.path(out)).source(self.path("static"))
    }

    /// Returns [`config`](Self::config) with the clock [`later`], so that the times of all existing files are trusted. Waits
    /// first, so that later edits get new times.
    pub(crate) fn config_later(&self) -> CollectConfig {
        self.wait_for_a_new_time();
        self.config().clock(later)
    }

    /// Waits until the clock of the file system has advanced, so that the next edit gets a new time.
    pub(crate) fn wait_for_a_new_time(&self) {
        let time = || tempfile::tempfile_in(&self.0).unwrap().metadata().unwrap().modified().unwrap();
        let before = time();
        while time() == before {}
    }

    #[track_caller]
    pub(crate) fn collect(&self) -> Report {
        collect(&self.config()).expect("a successful run")
    }

    /// Returns the problems of a failed run, and checks that the run changed nothing.
    #[track_caller]
    pub(crate) fn problems_of(&self, config: &CollectConfig) -> Vec<String> {
        let before = self.tree("out");
        let err = collect(config).expect_err("a failing run");
        let without_lock_and_cache = |mut tree: BTreeMap<String, Vec<u8>>| {
            [".fingerpost/lock", ".fingerpost/cache.json"].iter().for_each(|name| drop(tree.remove(*name)));
            tree
        };
        assert_eq!(without_lock_and_cache(self.tree("out")), without_lock_and_cache(before), "{err}");
        err.problems().map(ToString::to_string).collect()
    }

    /// Returns all files below a directory. A missing directory has no files.
    pub(crate) fn tree(&self, dir: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.path(dir);
        let relative = |file: &PathBuf| {
            let path = file.strip_prefix(&root).expect("a file below the root");
            path.display().to_string().replace('\\', "/")
        };
        files_below(&root)
            .iter()
            .map(|file| (relative(file), fs::read(file).expect("a readable file")))
            .collect()
    }

    /// Returns the names of all files except the records.
    pub(crate) fn names(&self, dir: &str) -> Vec<String> {
        self.tree(dir).into_keys().filter(|name| !name.starts_with(".fingerpost/")).collect()
    }

    pub(crate) fn manifest(&self, out: &str) -> Manifest {
        let file = self.path(out).join(MANIFEST_NAME);
        Manifest::parse(&fs::read(file).expect("a readable manifest"), out).expect("a valid manifest")
    }

    pub(crate) fn hashed(&self, path: &str) -> String {
        self.manifest("out").get(path).expect("a collected asset").hashed.clone()
    }

    pub(crate) fn release_numbers(&self, out: &str) -> Vec<u64> {
        DirStore::new(self.path(out)).releases().expect("a list of releases")
    }

    pub(crate) fn release(&self, number: u64) -> Release {
        let json = fs::read(self.path("out").join(Release::file_name(number))).expect("a release file");
        Release::parse(&json, number, "out").expect("a valid release")
    }

    /// Checks every file in the manifest against its entry.
    #[track_caller]
    pub(crate) fn assert_intact(&self, out: &str) {
        for (path, entry) in &self.manifest(out) {
            let bytes = fs::read(self.path(out).join(&entry.hashed)).expect(path);
            let info = entry.info.as_ref().expect(path);
            assert_eq!(
                (info.size, info.sha256),
                (bytes.len() as u64, Digest::from_content(&bytes)),
                "{path}"
            );
        }
    }
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

pub(crate) fn warnings(report: &Report) -> Vec<String> {
    report.warnings.iter().map(ToString::to_string).collect()
}
