//! The app version out of git, with real repositories.

use std::{
    env, fs,
    io::{self, Write as _},
    path::Path,
    process::Command,
};

use fingerpost::{Assets, Mode};

use crate::support::{Dir, dev, this_program};

fn git(dir: impl AsRef<Path>, arguments: &[&str]) -> String {
    let identity =
        ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "protocol.file.allow=always"];
    let output = Command::new("git").args(identity).args(arguments).current_dir(dir).output().expect("git");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository with one commit, and source dir `static`.
fn repository() -> Dir {
    let dir = Dir::of(&["static/a.css"]);
    git(&dir, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&dir);
    dir
}

fn commit(dir: impl AsRef<Path>) {
    git(&dir, &["add", "--all"]);
    git(&dir, &["commit", "--quiet", "--allow-empty", "--message", "Something"]);
}

fn head(dir: impl AsRef<Path>) -> String {
    git(dir, &["rev-parse", "HEAD"])[..7].to_owned()
}

/// Version and source for a source dir, in a process that has only these variables and this search path: this program,
/// told to run the test below.
pub(crate) fn version_in(source: impl AsRef<Path>, path: &str, variables: &[(&str, &str)]) -> String {
    let mut command = this_program();
    command.args(["git::outside_of_every_repository_there_is_no_commit", "--exact", "--nocapture"]);
    command.env_clear().env("PATH", path).env(SOURCE, source.as_ref()).envs(variables.iter().copied());
    let output = command.current_dir("/").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    stderr.split_once(ANSWER).unwrap_or_else(|| panic!("{stderr}")).1.trim().to_owned()
}

const SOURCE: &str = "FINGERPOST_IT_SOURCE";
const ANSWER: &str = "answer: ";

#[test]
fn outside_of_every_repository_there_is_no_commit() {
    let Some(source) = env::var_os(SOURCE) else {
        return assert_eq!(version(Dir::new()), "dev from git");
    };
    let version =
        Assets::builder().source(source).mode(Mode::Dev).version_from_git().build().unwrap().app_version();
    writeln!(io::stderr(), "{ANSWER}{version} from {}", version.source()).unwrap();
}

/// As read out of `.git`, with no `git` to ask.
fn version(source: impl AsRef<Path>) -> String {
    version_in(source, "/nowhere", &[])
}

#[test]
fn the_commit_is_read_without_git() {
    let dir = repository();
    let commit = format!("{} from git", head(&dir));
    assert_eq!(version(dir.at("static")), commit);
    git(&dir, &["pack-refs", "--all"]);
    assert!(!dir.at(".git/refs/heads/main").exists());
    assert_eq!(version(dir.at("static")), commit, "packed refs");
    git(&dir, &["checkout", "--quiet", "--detach"]);
    assert_eq!(version(dir.at("static")), commit, "a detached head");
}

#[test]
fn worktrees_and_submodules_have_commits_of_their_own() {
    let (dir, library) = (repository(), repository());
    commit(&library);
    git(&dir, &["worktree", "add", "--quiet", "-b", "other", "tree"]);
    let tree = dir.at("tree");
    commit(&tree);
    assert_ne!(head(&tree), head(&dir));
    assert_eq!(version(tree.join("static")), format!("{} from git", head(&tree)));
    git(&dir, &["pack-refs", "--all"]);
    assert_eq!(version(tree.join("static")), format!("{} from git", head(&tree)), "packed refs");

    git(&dir, &["submodule", "--quiet", "add", library.as_ref().to_str().unwrap(), "library"]);
    let submodule = dir.at("library");
    assert_eq!(version(submodule.join("static")), format!("{} from git", head(&library)));
}

#[test]
fn what_is_stored_otherwise_is_asked_of_git() {
    let dir = repository();
    let search_path = std::env::var("PATH").unwrap();
    // A HEAD that names a reference nobody can follow here is what a new way to store references looks like.
    let head_file = dir.at(".git/HEAD");
    let stored = fs::read_to_string(&head_file).unwrap();
    fs::write(&head_file, "ref: refs/heads/.invalid\n").unwrap();
    assert_eq!(version(dir.at("static")), "dev from git");
    fs::write(&head_file, stored).unwrap();
    let odd = dir.at(".git/refs/heads/main");
    let commit = head(&dir);
    fs::write(&odd, format!("ref: refs/heads/loop\n{}", " ".repeat(10))).unwrap();
    assert_eq!(version(dir.at("static")), "dev from git");
    fs::write(&odd, format!("{}\n", git(&dir, &["rev-list", "--all", "--max-count=1", "--reflog"]))).unwrap();
    assert_eq!(version_in(dir.at("static"), &search_path, &[]), format!("{commit} from git"));
}

#[test]
fn a_damaged_repository_or_none_makes_a_fallback() {
    let dir = repository();
    for (file, content) in [
        (".git/HEAD", ""),
        (".git/HEAD", "ref: ../../../../etc/passwd"),
        (".git/HEAD", "ref: refs/heads/../../../x"),
        (".git/HEAD", "\0\0\0"),
        (".git/HEAD", "0123456"),
    ] {
        fs::write(dir.at(file), content).unwrap();
        let expected = if content == "0123456" { "0123456 from git" } else { "dev from git" };
        assert_eq!(version(dir.at("static")), expected, "{content}");
    }
    fs::remove_dir_all(dir.at(".git")).unwrap();
    for file in ["", "gitdir: /nowhere", "gitdir:", "not this"] {
        fs::write(dir.at(".git"), file).unwrap();
        assert_eq!(version(dir.at("static")), "dev from git", "{file}");
    }
    fs::remove_file(dir.at(".git")).unwrap();
    assert_eq!(version(dir.at("static")), "dev from git");
}

#[test]
fn a_deploy_variable_goes_before_the_repository_and_garbage_is_passed_over() {
    let dir = repository();
    let from = |variables: &[(&str, &str)]| version_in(dir.at("static"), "/nowhere", variables);
    let commit = "ABCDEF0123456789abcdef0123456789abcdef01";
    assert_eq!(from(&[("RAILWAY_GIT_COMMIT_SHA", commit)]), "abcdef0 from git");
    assert_eq!(from(&[("GITHUB_SHA", "1234567")]), "1234567 from git");
    assert_eq!(from(&[("RENDER_GIT_COMMIT", "main"), ("GITHUB_SHA", "1234567")]), "1234567 from git");
    for garbage in ["main", "123456", "12345678g", &"0".repeat(65), "</script>", ""] {
        assert_eq!(from(&[("SOURCE_VERSION", garbage)]), format!("{} from git", head(&dir)), "{garbage}");
    }
    assert_eq!(from(&[("GITHUB_SHA", "1234567"), ("FINGERPOST_APP_VERSION", "v1")]), "v1 from explicit");
}

#[test]
fn dev_is_a_fallback_whoever_says_so() {
    for (version, is_fallback) in [("dev", true), ("unknown", true), ("develop", false)] {
        let assets = dev(&Dir::new()).app_version(version).build().unwrap();
        assert_eq!(assets.app_version().is_fallback(), is_fallback, "{version}");
    }
}
