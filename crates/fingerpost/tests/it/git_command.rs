//! The app version from the `git` command, and from faulty scripts with the name `git`.

use std::{
    env, fs, thread,
    time::{Duration, Instant},
};

use crate::{
    git::{commit, git, git_command, head, repository, repository_of, version_in},
    support::{Dir, write_note},
};

/// The time limit for `git`.
const LIMIT: Duration = Duration::from_secs(5);

const FALLBACK: &str = "dev from git";

fn search_path() -> String {
    env::var("PATH").unwrap()
}

/// Returns a repository whose HEAD only `git` can read.
fn reftable() -> Option<Dir> {
    let (options, scratch) = (["--ref-format", "reftable"], Dir::new());
    let output = git_command(&scratch, &["init", "--quiet", options[0], options[1]]).output().unwrap();
    if !output.status.success() {
        write_note("this git does not support reftable: the test is skipped");
        return None;
    }
    let dir = repository_of(&options);
    assert_eq!(fs::read_to_string(dir.path(".git/HEAD")).unwrap(), "ref: refs/heads/.invalid\n");
    Some(dir)
}

#[test]
fn git_program_is_used_when_references_are_not_in_files() {
    let Some(dir) = reftable() else { return };
    let version_of = |source: &str, path: &str| version_in(dir.path(source), path, &[]);
    assert_eq!(version_of("static", &search_path()), head(&dir));
    for no_git in ["", "/nowhere"] {
        assert_eq!(version_of("static", no_git), FALLBACK);
    }
    git(&dir, &["worktree", "add", "--quiet", "-b", "other", "tree"]);
    commit(dir.path("tree"));
    assert_ne!(head(dir.path("tree")), head(&dir));
    assert_eq!(version_of("tree/static", &search_path()), head(dir.path("tree")));
    git(&dir, &["checkout", "--quiet", "--detach"]);
    assert_eq!(version_of("static", &search_path()), head(&dir), "a detached head");
}

#[test]
fn git_program_is_used_for_submodules() {
    let Some(dir) = reftable() else { return };
    let library = repository();
    commit(&library);
    let mut add =
        git_command(&dir, &["submodule", "--quiet", "add", library.as_ref().to_str().unwrap(), "library"]);
    assert!(add.env("GIT_DEFAULT_REF_FORMAT", "reftable").status().unwrap().success());
    let submodule = dir.path("library");
    assert!(submodule.join(".git").is_file());
    assert_ne!(head(&submodule), head(&dir));
    assert_eq!(version_in(submodule.join("static"), "/nowhere", &[]), FALLBACK);
    assert_eq!(version_in(submodule.join("static"), &search_path(), &[]), head(&library));
}

/// Returns the version and the time taken if `git` is this shell script.
#[cfg(unix)]
#[track_caller]
fn version_from_script(script: &str) -> (String, Duration) {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = Dir::with_files(&[("static/a.css", ""), (".git/HEAD", "ref: refs/heads/.invalid\n")]);
    let git = dir.write("bin/git", format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", dir.path("bin").display(), search_path());
    let start = Instant::now();
    let version = version_in(dir.path("static"), &path, &[]);
    (version, start.elapsed())
}

#[cfg(unix)]
const PRINT: &str = "echo 89abcdef89abcdef89abcdef89abcdef89abcdef";

#[cfg(unix)]
#[test]
fn git_output_is_a_commit_or_ignored() {
    let version_of = |script: &str| {
        let (version, time) = version_from_script(script);
        assert!(time < LIMIT, "{script}: {time:?}");
        version
    };
    assert_eq!(version_of(PRINT), "89abcde from git");
    // The line is complete even while another process holds the pipe open.
    assert_eq!(version_of(&format!("sleep 7 & {PRINT}")), "89abcde from git");
    for script in [
        "",
        "exit 1",
        &format!("{PRINT}; exit 1"),
        &format!("{PRINT}; kill -9 $$"),
        "echo HEAD",
        "echo 89abcde",
        &format!("{PRINT}0"),
        "printf '\\377\\n'",
    ] {
        assert_eq!(version_of(script), FALLBACK, "{script}");
    }
}

#[cfg(unix)]
#[test]
fn git_program_is_stopped_after_five_seconds() {
    let scripts = ["exec sleep 30", &format!("{PRINT}; exec sleep 30"), "exec >&-; exec sleep 30"];
    let results = thread::scope(|scope| {
        let threads = scripts.map(|script| scope.spawn(move || version_from_script(script)));
        threads.map(|thread| thread.join().unwrap())
    });
    for (script, (version, time)) in scripts.iter().zip(results) {
        assert_eq!(version, FALLBACK, "{script}");
        assert!((LIMIT..LIMIT * 2).contains(&time), "{script}: {time:?}");
    }
}
