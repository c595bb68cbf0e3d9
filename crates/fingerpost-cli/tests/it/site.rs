//! A site in a temporary directory, and the program at work in it.

#[cfg(target_os = "linux")]
use std::{collections::BTreeMap, path::Path};
use std::{
    ffi::OsStr,
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use fingerpost::manifest::Manifest;
#[cfg(unix)]
use fingerpost::{
    DirStore, Store as _,
    manifest::{Digest, Encoding, Release},
};
use tempfile::TempDir;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_fingerpost");

/// Everything outside that the program heeds.
const VARIABLES: [&str; 12] = [
    "FINGERPOST_APP_VERSION",
    "FINGERPOST_BASE_URL",
    "FINGERPOST_MODE",
    "FINGERPOST_ORIGIN",
    "FINGERPOST_SECRET",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "RUST_BACKTRACE",
    "LC_ALL",
    "LC_CTYPE",
    "LANG",
];

pub(crate) struct Site(TempDir);

/// How the program ended.
#[derive(Debug)]
pub(crate) struct RunOutput {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Site {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let site = Self(tempfile::tempdir().expect("a temporary directory"));
        files.iter().for_each(|(path, text)| site.write(path, text));
        site
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        // As the program sees it: temporary directories lie behind symlinks on some systems.
        fs::canonicalize(self.0.path()).expect("a directory").join(path)
    }

    /// The path as messages show it.
    pub(crate) fn quoted_path(&self, path: &str) -> String {
        format!("`{}`", self.path(path).display())
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
        fs::write(file, bytes).expect("a written file");
    }

    /// The names of what lies in a directory.
    pub(crate) fn file_names(&self, dir: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(dir)).expect("a directory");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        String::from_utf8(fs::read(self.path(path)).expect("a file")).expect("text")
    }

    /// A command that runs in the site and sees nothing of the machine's settings.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path(""));
        for name in VARIABLES {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> RunOutput {
        self.run_with(args, [("", ""); 0])
    }

    pub(crate) fn run_with<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        &self,
        args: &[&str],
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> RunOutput {
        self.command(PROGRAM).args(args).envs(variables).output().expect("the program").into()
    }

    /// What the program said, with its own name as people type it.
    pub(crate) fn normalized_stderr(&self, ended: &RunOutput) -> String {
        ended.stderr.replace(PROGRAM, "fingerpost")
    }

    /// The same with `SITE` for the directory.
    pub(crate) fn redacted(&self, ended: &RunOutput) -> String {
        let site = self.path("").display().to_string();
        self.normalized_stderr(ended).replace(site.trim_end_matches(std::path::MAIN_SEPARATOR), "SITE")
    }

    /// Collects `static` into `out`.
    #[track_caller]
    pub(crate) fn collect(&self) {
        let ended = self.run(&["collect", "static", "--out", "out"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }

    /// All files below a directory.
    #[cfg(target_os = "linux")]
    pub(crate) fn tree(&self, dir: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let (root, mut found) = (self.path(dir), BTreeMap::new());
        tree(&root, &mut found);
        let relative = |path: PathBuf| path.strip_prefix(&root).expect("a path below").to_owned();
        found.into_iter().map(|(path, bytes)| (relative(path), bytes)).collect()
    }

    pub(crate) fn manifest(&self) -> Manifest {
        self.manifest_in("out")
    }

    fn manifest_in(&self, out: &str) -> Manifest {
        let json = self.read(&format!("{out}/staticfiles.json"));
        Manifest::parse(json.as_bytes(), out).expect("a valid manifest")
    }

    /// Compares every file that the manifest names with what it says of it.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn assert_intact(&self) {
        self.assert_intact_in("out");
    }

    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn assert_intact_in(&self, out: &str) {
        self.assert_has(out, &self.manifest_in(out));
    }

    /// The same for the manifests of all releases.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn assert_releases_intact(&self) {
        for number in DirStore::new(self.path("out")).releases().expect("a list of releases") {
            let json = fs::read(self.path("out").join(Release::file_name(number))).expect("a release file");
            self.assert_has("out", &Release::parse(&json, number, "out").expect("a valid release").manifest);
        }
    }

    #[cfg(unix)]
    #[track_caller]
    fn assert_has(&self, out: &str, manifest: &Manifest) {
        for (path, entry) in manifest {
            let bytes = fs::read(self.path(out).join(&entry.hashed)).expect(path);
            let info = entry.info.as_ref().expect(path);
            assert_eq!(
                (info.size, info.sha256),
                (bytes.len() as u64, Digest::from_content(&bytes)),
                "{path}"
            );
            for (name, variant) in &info.encodings {
                let encoding = Encoding::from_name(name).expect("an encoding of ours");
                let file = format!("{}.{}", entry.hashed, encoding.extension());
                let bytes = fs::read(self.path(out).join(&file)).expect(&file);
                assert_eq!(
                    (variant.size, variant.sha256),
                    (bytes.len() as u64, Digest::from_content(&bytes)),
                    "{file}"
                );
            }
        }
    }
}

/// What lies in a directory, and what it holds.
#[cfg(target_os = "linux")]
fn tree(dir: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tree(&path, found);
        } else {
            found.insert(path.clone(), fs::read(path).expect("a file"));
        }
    }
}

impl From<Output> for RunOutput {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}
