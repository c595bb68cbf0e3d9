//! Tests every row of the documented table of changes to the app version.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use fingerpost::{Assets, Mode, Settings};
use fingerpost_collect::{CollectConfig, Report, collect};
use tempfile::TempDir;

use crate::readme::root;

/// A collected site in production mode.
struct Site(TempDir);

impl Site {
    /// Creates a site with these lines in the table `[version]`.
    fn new(version: &str) -> Self {
        let site = Self(TempDir::new().expect("a temporary directory"));
        site.write("static/app.css", "body { color: red }\n".repeat(20));
        site.write("templates/page.html", "<h1>One</h1>");
        site.settings("", version);
        site.collect();
        site
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
        fs::write(file, text).expect("a writable file");
    }

    fn settings(&self, lines: &str, version: &str) {
        let directories = "sources = [\"static\"]\nout = \"out\"";
        self.write("fingerpost.toml", format!("{directories}\n{lines}\n[version]\n{version}\n"));
    }

    fn collect(&self) -> Report {
        let settings = Settings::read(self.path("fingerpost.toml")).expect("valid settings");
        collect(&CollectConfig::from_settings(settings)).expect("a release")
    }

    /// Returns the app version of a new process.
    fn version(&self) -> String {
        self.version_with(&[])
    }

    /// Like [`Site::version`], but with environment variables. Some variables make the process call a method
    /// of the builder.
    fn version_with(&self, variables: &[(&str, &str)]) -> String {
        self.version_of(&env::current_exe().expect("a program"), variables)
    }

    /// Like [`Site::version_with`], but for a copy of this program. The copy runs [`program_prints_its_app_version`].
    fn version_of(&self, program: &Path, variables: &[(&str, &str)]) -> String {
        let mut command = Command::new(program);
        command.args(["app_version::program_prints_its_app_version", "--exact", "--nocapture"]);
        // Removes the environment variables of this machine, because a variable may contain a commit.
        let output = command.env_clear().env(SITE, self.0.path()).envs(variables.iter().copied()).output();
        let output = output.expect("a program that starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.split_once("version=").and_then(|(_, rest)| rest.split_once('\n'));
        version.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))).0.to_owned()
    }

    /// Returns `true` if a change and a new `collect` change the version.
    fn is_changed_by(&self, change: impl FnOnce(&Self)) -> bool {
        self.is_changed_with(&[], change)
    }

    fn is_changed_with(&self, variables: &[(&str, &str)], change: impl FnOnce(&Self)) -> bool {
        let before = self.version_with(variables);
        change(self);
        self.collect();
        self.version_with(variables) != before
    }

    fn edit_asset(&self) {
        self.write("static/app.css", "body { color: blue }\n".repeat(20));
    }

    fn edit_template(&self) {
        self.write("templates/page.html", "<h1>Two</h1>");
    }

    fn commit(&self) {
        let commit = fs::read_to_string(self.path(".git/HEAD")).unwrap_or_default();
        let digit = if commit.starts_with('a') { "b" } else { "a" };
        self.write(".git/HEAD", digit.repeat(40));
    }
}

const SITE: &str = "APP_VERSION_SITE";

/// Prints the app version of the site in the directory `APP_VERSION_SITE`.
#[test]
fn program_prints_its_app_version() {
    let Some(dir) = env::var_os(SITE) else {
        let site = Site::new("");
        return assert_eq!(site.version().len(), 12);
    };
    let dir = Path::new(&dir);
    let settings = Settings::read(dir.join("fingerpost.toml")).expect("valid settings");
    let mut builder = Assets::builder().settings(settings).mode(Mode::Production);
    if let Ok(version) = env::var("APP_VERSION") {
        builder = builder.app_version(version);
    }
    if env::var_os("VERSION_FROM_GIT").is_some() {
        builder = builder.version_from_git();
    }
    if env::var_os("VERSION_FROM_EXECUTABLE").is_some() {
        builder = builder.version_from_executable();
    }
    if let Ok(file) = env::var("COMPONENT") {
        builder = builder.component("templates", [dir.join(file)]);
    }
    let assets = builder.build().expect("an output directory");
    let version = assets.app_version();
    assert_eq!(
        assets.reload().expect("a reload").app_version(),
        version,
        "a reload without changes does not change the version"
    );
    writeln!(io::stdout(), "version={version}").expect("standard output can be written to");
}

const COMPONENTS: &str = "components = { templates = [\"templates/**\"] }";

/// The rows of the table, each with a check.
const ROWS: [(&str, fn()); 7] = [
    ("an asset is edited | changes | the version is explicit, or from git |", an_asset_is_edited),
    (
        "a template is edited | stays | `components = { templates = [\"templates/**\"] }`, or `.component(…)` |",
        a_template_is_edited,
    ),
    ("code or a compiled template is edited | stays | `.version_from_executable()` |", code_is_edited),
    ("the git commit changes | stays | `git = true`, or `.version_from_git()` |", a_new_commit),
    (
        "a setting without effect on URLs is edited, such as a compression level | stays | |",
        a_compression_level_is_changed,
    ),
    (
        "nothing is edited; only `Assets::reload()`, `POST /cache/bust` or a restart | stays | |",
        nothing_is_edited,
    ),
    (
        "`FINGERPOST_APP_VERSION`, `app = \"…\"` or `.app_version(…)` changes | changes | |",
        an_explicit_version_is_changed,
    ),
];

#[test]
fn documented_table_of_version_changes_is_correct() {
    let file = root().join("crates/fingerpost-tower/docs/stale-pages.md");
    let text = fs::read_to_string(&file).expect("a readable page");
    let (_, table) =
        text.split_once("| between two deploys | the app version | unless |\n").expect("the table");
    let rows = table.lines().skip(1).map_while(|line| line.strip_prefix("| "));
    assert_eq!(rows.collect::<Vec<_>>(), ROWS.map(|(row, _)| row));
    ROWS.iter().for_each(|(_, check)| check());
}

fn an_asset_is_edited() {
    for version in ["", COMPONENTS] {
        assert!(Site::new(version).is_changed_by(Site::edit_asset), "{version}");
    }
    let site = Site::new("git = true");
    site.commit();
    assert!(!site.is_changed_by(Site::edit_asset));
    assert!(!Site::new("app = \"v1\"").is_changed_by(Site::edit_asset));
}

fn a_template_is_edited() {
    assert!(!Site::new("").is_changed_by(Site::edit_template));
    let site = Site::new(COMPONENTS);
    let (before, files) = (site.version(), names(&site.path("out")));
    site.edit_template();
    assert_eq!(site.version(), before, "the version does not change before `collect` runs");
    assert_eq!((site.collect().release, names(&site.path("out"))), (Some(2), files));
    assert_ne!(site.version(), before);
    let component = [("COMPONENT", "templates/page.html")];
    assert!(Site::new("").is_changed_with(&component, Site::edit_template));
}

fn names(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Simulates two builds of a program by two copies with different appended bytes. The bytes are never executed.
fn code_is_edited() {
    let site = Site::new("");
    let programs = ["one", "two"].map(|build| {
        let mut bytes = fs::read(env::current_exe().expect("a program")).expect("a program");
        bytes.extend_from_slice(build.as_bytes());
        let program = site.path(build);
        fs::copy(env::current_exe().expect("a program"), &program).expect("a program to run");
        fs::write(&program, bytes).expect("a writable file");
        program
    });
    let versions = |variables: &[_]| programs.clone().map(|program| site.version_of(&program, variables));
    assert_eq!(versions(&[]), [site.version(), site.version()]);
    let executable = [("VERSION_FROM_EXECUTABLE", "")];
    let [one, two] = versions(&executable);
    assert_ne!(one, two);
    assert_eq!(versions(&executable), [one, two], "the version of a program does not change");
}

fn a_new_commit() {
    for version in ["", COMPONENTS] {
        assert!(!Site::new(version).is_changed_by(Site::commit), "{version}");
    }
    assert!(Site::new("git = true").is_changed_by(Site::commit));
    let from_git = [("VERSION_FROM_GIT", "")];
    let site = Site::new(COMPONENTS);
    assert!(site.is_changed_with(&from_git, Site::commit));
    assert_eq!(site.version_with(&from_git), "aaaaaaa");
    let others = |site: &Site| {
        site.edit_asset();
        site.edit_template();
    };
    assert!(!site.is_changed_with(&from_git, others));
}

fn a_compression_level_is_changed() {
    for version in ["", COMPONENTS] {
        let site = Site::new(version);
        for lines in [
            "collect.compress = [\"gzip:1\"]",
            "collect = { compress = [\"gzip:9\"], originals = true }\nclean.keep = 9",
        ] {
            assert!(!site.is_changed_by(|site| site.settings(lines, version)), "{lines}");
        }
    }
}

fn nothing_is_edited() {
    for version in ["", COMPONENTS, "app = \"v1\""] {
        let site = Site::new(version);
        let before = site.version();
        // Production mode needs no source files, not even for a reload.
        fs::remove_dir_all(site.path("templates")).expect("templates");
        assert_eq!(site.version(), before);
    }
}

fn an_explicit_version_is_changed() {
    for version in ["app = \"v1\"", ""] {
        assert!(Site::new(version).is_changed_by(|site| site.settings("", "app = \"v2\"")));
    }
    let everything = |site: &Site| {
        site.edit_asset();
        site.edit_template();
        site.commit();
    };
    let site = Site::new(&format!("app = \"v1\"\ngit = true\n{COMPONENTS}"));
    assert!(!site.is_changed_by(everything));
    assert_eq!(site.version(), "v1");
    assert_eq!(site.version_with(&[("FINGERPOST_APP_VERSION", "v2")]), "v2");
    let explicit = [("FINGERPOST_APP_VERSION", "v2"), ("APP_VERSION", "v3"), ("VERSION_FROM_EXECUTABLE", "")];
    assert_eq!(site.version_with(&explicit), "v3");
}
