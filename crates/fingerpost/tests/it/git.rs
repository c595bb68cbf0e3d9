//! The app version from git, with real repositories.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{self, Command},
};

use fingerpost::{Assets, AssetsBuilder, Mode, VersionSource};

use crate::support::{Dir, dev, in_command, production, publish, this_program};

pub(crate) fn git(dir: impl AsRef<Path>, arguments: &[&str]) -> String {
    let output = git_command(dir, arguments).output().expect("git is installed");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Returns a `git` command. The command ignores the user's configuration, and the variables of a hook that runs the tests.
pub(crate) fn git_command(dir: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        git.env_remove(name);
    }
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    git.args([
        "-c",
        "user.name=Test",
        "-c",
        "user.email=test@example.com",
        "-c",
        "protocol.file.allow=always",
    ]);
    git.args(arguments).current_dir(dir);
    git
}

pub(crate) fn repository() -> Dir {
    repository_of(&[])
}

pub(crate) fn repository_of(options: &[&str]) -> Dir {
    let dir = Dir::with_paths(&["static/a.css"]);
    git(&dir, &[&["init", "--quiet", "--initial-branch", "main"], options].concat());
    commit(&dir);
    dir
}

pub(crate) fn commit(dir: impl AsRef<Path>) {
    git(&dir, &["add", "--all"]);
    git(&dir, &["commit", "--quiet", "--allow-empty", "--message", "Something"]);
}

/// Returns the app version for the commit in `dir`.
pub(crate) fn head(dir: impl AsRef<Path>) -> String {
    format!("{} from git", &git(dir, &["rev-parse", "HEAD"])[..7])
}

/// Returns the app version and its source for a source directory. Computes the version in a process with only this search
/// path and these variables. The process executes only one test of this program.
#[track_caller]
pub(crate) fn version_in(source: impl AsRef<Path>, path: &str, variables: &[(&str, &str)]) -> String {
    let mut command = clean_process(path);
    command.args(["git::fallback_version_is_used_outside_of_a_repository", "--exact", "--nocapture"]);
    let output = command.env(SOURCE, source.as_ref()).envs(variables.iter().copied()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    stderr.split_once(RESULT).unwrap_or_else(|| panic!("{stderr}")).1.trim().to_owned()
}

/// Returns a command that runs this program. The environment of the command contains only a search path.
pub(crate) fn clean_process(path: &str) -> Command {
    let mut command = this_program();
    command.env_clear().env("PATH", path).current_dir("/");
    command
}

const SOURCE: &str = "FINGERPOST_IT_SOURCE";
const RESULT: &str = "result: ";
const FALLBACK: &str = "dev from git";

#[test]
fn fallback_version_is_used_outside_of_a_repository() {
    let Some(source) = env::var_os(SOURCE) else {
        return assert_eq!(version(Dir::new()), FALLBACK);
    };
    let version =
        Assets::builder().source(source).mode(Mode::Dev).version_from_git().build().unwrap().app_version();
    assert_eq!(children(), [0; 0], "all child processes have ended");
    writeln!(io::stderr(), "{RESULT}{version} from {}", version.source()).unwrap();
}

/// Returns the running child processes, and the ended child processes without a `wait`. Without `/proc`, the list is empty.
fn children() -> Vec<u32> {
    let parent = process::id().to_string();
    let is_child = |id: &u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The parent's ID is the second field after the name, which is in parentheses and may contain anything.
        stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)) == Some(&parent)
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_child).collect()
}

/// Returns the version read from `.git`, with no `git` on the search path.
#[track_caller]
fn version(source: impl AsRef<Path>) -> String {
    version_in(source, "/nowhere", &[])
}

#[test]
fn commit_is_read_without_the_git_program() {
    for format in ["sha1", "sha256"] {
        let dir = repository_of(&["--object-format", format]);
        let commit = head(&dir);
        assert_eq!(version(dir.path("static")), commit, "{format}");
        git(&dir, &["pack-refs", "--all"]);
        assert!(!dir.path(".git/refs/heads/main").exists());
        assert_eq!(version(dir.path("static")), commit, "{format}, packed refs");
        git(&dir, &["checkout", "--quiet", "--detach"]);
        assert_eq!(version(dir.path("static")), commit, "{format}, a detached head");
    }
}

#[test]
fn branch_names_that_are_not_utf_8_are_ignored() {
    let dir = repository();
    let commit = head(&dir);
    git(&dir, &["pack-refs", "--all"]);
    let packed = fs::read(dir.path(".git/packed-refs")).unwrap();
    let other = format!("{} refs/heads/caf", "1".repeat(40)).into_bytes();
    dir.write(".git/packed-refs", [&packed[..], &other, b"\xe9\n"].concat());
    assert_eq!(version(dir.path("static")), commit);
}

#[test]
fn worktrees_and_submodules_use_their_own_commit() {
    let (dir, library) = (repository(), repository());
    commit(&library);
    git(&dir, &["worktree", "add", "--quiet", "-b", "other", "tree"]);
    let tree = dir.path("tree");
    commit(&tree);
    assert_ne!(head(&tree), head(&dir));
    assert_eq!(version(tree.join("static")), head(&tree));
    git(&dir, &["pack-refs", "--all"]);
    assert_eq!(version(tree.join("static")), head(&tree), "packed refs");

    git(&dir, &["submodule", "--quiet", "add", library.as_ref().to_str().unwrap(), "library"]);
    let submodule = dir.path("library");
    assert!(submodule.join(".git").is_file());
    assert_ne!(head(&submodule), head(&dir));
    assert_eq!(version(submodule.join("static")), head(&library));
}

#[test]
fn damaged_repository_yields_the_fallback_version() {
    let dir = repository();
    let digits = "0".repeat(100);
    for content in [
        "",
        "ref:",
        "ref: refs/heads/other",
        "ref: HEAD",
        "ref: ../../../../etc/passwd",
        "ref: refs/heads/../../../x",
        "\0\0\0",
        // Not a complete hash: the wrong number of digits, or characters that are not hexadecimal digits.
        "0123456",
        &digits[..39],
        &digits[..41],
        &digits[..63],
        &digits[..65],
        &digits.replace('0', "g")[..40],
    ] {
        dir.write(".git/HEAD", content);
        assert_eq!(version(dir.path("static")), FALLBACK, "{content}");
    }
    dir.write(".git/HEAD", "ref: refs/heads/main");
    for content in ["", "0123456", "ref: refs/heads/main"] {
        dir.write(".git/refs/heads/main", content);
        assert_eq!(version(dir.path("static")), FALLBACK, "{content}");
    }
    fs::remove_dir_all(dir.path(".git")).unwrap();
    assert_eq!(version(dir.path("static")), FALLBACK, "no .git");
    for content in ["", "gitdir: /nowhere", "gitdir:", "not this"] {
        dir.write(".git", content);
        assert_eq!(version(dir.path("static")), FALLBACK, "{content}");
    }
}

#[test]
fn outer_repository_does_not_replace_a_damaged_inner_repository() {
    let dir = repository();
    let search_path = env::var("PATH").unwrap();
    let source = dir.path("inside/static");
    fs::create_dir_all(&source).unwrap();
    let version = || version_in(&source, &search_path, &[]);
    assert_eq!(version(), head(&dir));
    let inside = dir.path("inside/.git");
    fs::create_dir(&inside).unwrap();
    assert_eq!(version(), FALLBACK, "an empty .git");
    fs::create_dir(inside.join("HEAD")).unwrap();
    assert_eq!(version(), FALLBACK, "HEAD is a directory");
    fs::remove_dir_all(&inside).unwrap();
    fs::write(&inside, "gitdir: gone").unwrap();
    assert_eq!(version(), FALLBACK, "a .git file with a missing target");
    fs::remove_file(&inside).unwrap();
    assert_eq!(version(), head(&dir));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("gone", &inside).unwrap();
        assert_eq!(version(), FALLBACK, "a dangling symlink");
    }
}

#[cfg(unix)]
#[test]
fn outer_repository_does_not_replace_a_damaged_repository_behind_a_symlink() {
    use std::os::unix::fs::symlink;
    let search_path = env::var("PATH").unwrap();
    let (around, links) = (Dir::with_paths(&["a:b/inside/static/a.css", "inside/static/a.css"]), Dir::new());
    git(&around, &["init", "--quiet"]);
    commit(&around);
    for inside in ["a:b/inside", "inside"] {
        let (source, link) = (around.path(inside).join("static"), links.path("link"));
        symlink(around.path(inside), &link).unwrap();
        let version = |source: &Path| version_in(source, &search_path, &[]);
        assert_eq!(version(&source), head(&around), "{inside}");
        fs::create_dir(around.path(inside).join(".git")).unwrap();
        assert_eq!(version(&source), FALLBACK, "{inside}");
        assert_eq!(version(&link.join("static")), FALLBACK, "{inside} through a symlink");
        fs::remove_file(link).unwrap();
    }
}

#[test]
fn directory_before_a_parent_segment_is_not_searched() {
    let dir = repository();
    dir.write("server/.git", "damaged");
    assert_eq!(version(dir.path("server/../static")), head(&dir));
}

#[test]
fn first_directory_in_a_repository_determines_the_commit() {
    let (first, second, none) = (repository(), repository(), Dir::new());
    commit(&second);
    let mut process = clean_process(&env::var("PATH").unwrap());
    process.current_dir(&second).env("IT_FIRST", first.as_ref()).env("IT_NONE", none.as_ref());
    let output = in_command(process, || {
        let dir = |name| PathBuf::from(env::var_os(name).unwrap());
        let here = env::current_dir().unwrap();
        let (first, none) = (dir("IT_FIRST"), dir("IT_NONE"));
        let version_of = |assets: AssetsBuilder| {
            let assets = assets.mode(Mode::Dev).version_from_git().build().unwrap();
            format!("{} from {}", assets.app_version(), assets.app_version().source())
        };
        let from = |dir: &Path| Assets::builder().source(dir);
        [
            version_of(from(&none).source(&first).source(&here).collected(here.join("dist"))),
            version_of(from(&none).collected(first.join("dist"))),
            version_of(from(&none).source(&none)),
            version_of(from(&here).source(&first)),
        ]
        .join("\n")
    });
    let (first, second) = (head(&first), head(&second));
    assert_ne!(first, second);
    assert_eq!(output, [&*first, &first, &second, &second].join("\n"));
}

#[test]
fn reload_uses_the_initial_working_directory() {
    let (here, elsewhere, none) = (repository(), repository(), Dir::new());
    commit(&elsewhere);
    let mut process = clean_process(&env::var("PATH").unwrap());
    process.current_dir(&here).env("IT_NONE", none.as_ref()).env("IT_ELSEWHERE", elsewhere.as_ref());
    let output = in_command(process, || {
        let dir = |name| PathBuf::from(env::var_os(name).unwrap());
        let assets = Assets::builder().source(dir("IT_NONE")).mode(Mode::Dev).version_from_git();
        let assets = assets.build().unwrap();
        let before = assets.app_version();
        env::set_current_dir(dir("IT_ELSEWHERE")).unwrap();
        format!("{before}, then {}", assets.reload().unwrap().app_version())
    });
    let commit = &head(&here)[..7];
    assert_ne!(head(&elsewhere)[..7], *commit);
    assert_eq!(output, format!("{commit}, then {commit}"));
}

#[test]
fn dev_and_unknown_are_fallback_versions() {
    for (version, is_fallback) in [("dev", true), ("unknown", true), ("develop", false)] {
        let assets = dev(&Dir::new()).app_version(version).build().unwrap();
        assert_eq!(assets.app_version().is_fallback(), is_fallback, "{version}");
    }
}

#[test]
fn git_overrides_the_manifest_and_the_components() {
    let repository = Dir::with_files(&[
        (".git/HEAD", &"89abcdef".repeat(5)),
        ("static/a.css", "a{}"),
        ("base.html", "one"),
    ]);
    let output = publish(&[("a.css", "a.0123456789ab.css")], "/static/");
    let none = Dir::with_paths(&["a.css"]);
    for builder in [dev(&none), production(&output), production(&output).source(repository.path("static"))] {
        let with = |builder: AssetsBuilder| builder.component("pages", [repository.path("base.html")]);
        // Without a commit, the version from git is `dev`.
        let version = with(builder).version_from_git().build().unwrap().app_version();
        assert_eq!(version.source(), VersionSource::Git, "{version}");
    }
    assert_eq!(version_in(repository.path("static"), "/nowhere", &[]), "89abcde from git");
}
