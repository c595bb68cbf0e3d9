//! A site in a temporary directory, in which the program runs.

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
    __private::files_of,
    DirStore, Store as _,
    manifest::{Digest, Release},
};
use tempfile::TempDir;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_fingerpost");

/// Environment variables that change the output of the program.
const VARIABLES: [&str; 19] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT",
    "AWS_REGION",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
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

/// The result of a run.
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
        // Messages contain canonical paths, and temporary directories are below symlinks on some systems.
        fs::canonicalize(self.0.path()).expect("a directory").join(path)
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

    /// Returns the names of the entries of a directory.
    pub(crate) fn file_names(&self, dir: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(dir)).expect("a directory");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        String::from_utf8(fs::read(self.path(path)).expect("a readable file")).expect("UTF-8")
    }

    /// Returns a command that runs in the directory of the site, without the environment variables in [`VARIABLES`].
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
        self.command(PROGRAM).args(args).envs(variables).output().expect("the program starts").into()
    }

    /// Returns standard error with `fingerpost` in place of the path of the program.
    pub(crate) fn normalized_stderr(&self, output: &RunOutput) -> String {
        output.stderr.replace(PROGRAM, "fingerpost")
    }

    /// Returns [`Self::normalized_stderr`] with `SITE` in place of the directory of the site.
    pub(crate) fn redacted(&self, output: &RunOutput) -> String {
        let site = self.path("").display().to_string();
        self.normalized_stderr(output).replace(site.trim_end_matches(std::path::MAIN_SEPARATOR), "SITE")
    }

    #[track_caller]
    pub(crate) fn collect(&self) {
        let output = self.run(&["collect", "static", "--out", "out"]);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
    }

    /// Returns all files below a directory.
    #[cfg(target_os = "linux")]
    pub(crate) fn tree(&self, dir: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let (root, mut found) = (self.path(dir), BTreeMap::new());
        tree(&root, &mut found);
        let relative = |path: PathBuf| path.strip_prefix(&root).expect("a path below the root").to_owned();
        found.into_iter().map(|(path, bytes)| (relative(path), bytes)).collect()
    }

    pub(crate) fn manifest(&self) -> Manifest {
        self.manifest_in("out")
    }

    pub(crate) fn manifest_in(&self, out: &str) -> Manifest {
        let json = self.read(&format!("{out}/staticfiles.json"));
        Manifest::parse(json.as_bytes(), out).expect("a valid manifest")
    }

    /// Checks every file in the manifest against its entry.
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

    /// Checks the files of all releases.
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
        for (name, content) in manifest.iter().flat_map(|(_, entry)| files_of(entry)) {
            let bytes = fs::read(self.path(out).join(&name)).expect(&name);
            assert_eq!(content, Some((bytes.len() as u64, Digest::from_content(&bytes))), "{name}");
        }
    }
}

/// Adds the paths and contents of all files below a directory to `found`.
#[cfg(target_os = "linux")]
fn tree(dir: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tree(&path, found);
        } else {
            found.insert(path.clone(), fs::read(path).expect("a readable file"));
        }
    }
}

impl From<Output> for RunOutput {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}
