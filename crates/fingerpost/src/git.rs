//! The commit a site was built from: out of a deploy variable, the `.git` directory, or `git` itself.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{environment, text::quoted};

/// What hosts call the commit they deploy, the most specific first.
pub(crate) const VARIABLES: &[&str] = &[
    "RAILWAY_GIT_COMMIT_SHA",
    "RENDER_GIT_COMMIT",
    "HEROKU_BUILD_COMMIT",
    "HEROKU_SLUG_COMMIT",
    "SOURCE_VERSION",
    "VERCEL_GIT_COMMIT_SHA",
    "CF_PAGES_COMMIT_SHA",
    "WORKERS_CI_COMMIT_SHA",
    "COMMIT_REF",
    "KOYEB_GIT_SHA",
    "ZEABUR_GIT_COMMIT_SHA",
    "SOURCE_COMMIT",
    "AWS_COMMIT_ID",
    "CODEBUILD_RESOLVED_SOURCE_VERSION",
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "BITBUCKET_COMMIT",
    "CIRCLE_SHA1",
    "BUILDKITE_COMMIT",
    "BUILD_SOURCEVERSION",
    "GIT_COMMIT",
    "GIT_REV",
];

/// How many digits of a commit make a version.
const DIGITS: usize = 7;

/// How long `git` may take.
const LIMIT: Duration = Duration::from_secs(5);

/// The first 7 digits of the commit, from a variable, or for the first of `dirs` that lies in a repository.
pub(crate) fn version(dirs: &[PathBuf]) -> Option<String> {
    let commit =
        variable().or_else(|| dirs.iter().find_map(|dir| repository(dir).or_else(|| command(dir))))?;
    Some(commit[..DIGITS].to_ascii_lowercase())
}

fn variable() -> Option<String> {
    VARIABLES.iter().find_map(|name| {
        let value = environment::variable(name)?;
        let commit = commit(&value);
        if commit.is_none() {
            tracing::warn!("{name} is {}, which is no commit; it is passed over", quoted(&value));
        }
        commit
    })
}

/// A commit is 7 to 64 hex digits.
fn commit(text: &str) -> Option<String> {
    let text = text.trim_ascii();
    let is_commit = (DIGITS..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_commit.then(|| text.to_owned())
}

/// Reads HEAD of the repository that `dir` lies in. Needs no `git`, and no leave of it: `git` refuses a repository that
/// another user owns, as it happens in containers.
fn repository(dir: &Path) -> Option<String> {
    let git = dir.ancestors().map(|dir| dir.join(".git")).find(|git| git.exists())?;
    let git = if git.is_file() { linked(&git)? } else { git };
    // A linked worktree has a HEAD of its own and shares the rest.
    let common =
        read(&git.join("commondir")).map_or_else(|| git.clone(), |common| git.join(common.trim_ascii()));
    let mut head = read(&git.join("HEAD"))?;
    // A symbolic reference may name another one.
    for _ in 0..5 {
        let Some(name) = head.strip_prefix("ref:").map(str::trim_ascii) else { return commit(&head) };
        if !name.starts_with("refs/") || name.split('/').any(|segment| segment == "..") {
            return None;
        }
        head = [&git, &common]
            .into_iter()
            .find_map(|dir| read(&dir.join(name)))
            .or_else(|| packed(&common, name))?;
    }
    None
}

/// In worktrees and submodules `.git` is a file that says where the directory is.
fn linked(file: &Path) -> Option<PathBuf> {
    let text = read(file)?;
    Some(file.parent()?.join(text.strip_prefix("gitdir:")?.trim_ascii()))
}

fn packed(common: &Path, name: &str) -> Option<String> {
    let refs = read(&common.join("packed-refs"))?;
    refs.lines().find_map(|line| Some(line.strip_suffix(name)?.strip_suffix(' ')?.to_owned()))
}

fn read(file: &Path) -> Option<String> {
    fs::read_to_string(file).ok()
}

/// Asks `git`, for what is stored in ways that are not read here.
fn command(dir: &Path) -> Option<String> {
    let mut git = Command::new("git");
    git.args(["rev-parse", "HEAD"]).current_dir(dir).stdin(Stdio::null()).stderr(Stdio::null());
    let mut git = git.stdout(Stdio::piped()).spawn().ok()?;
    if !ends_in_time(&mut git) {
        tracing::warn!("`git rev-parse HEAD` took more than {} s; it is passed over", LIMIT.as_secs());
        // It is gone already if it cannot be killed.
        git.kill().and_then(|()| git.wait()).ok();
        return None;
    }
    let output = git.wait_with_output().ok().filter(|output| output.status.success())?;
    commit(&String::from_utf8_lossy(&output.stdout))
}

fn ends_in_time(child: &mut Child) -> bool {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        match child.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Ok(Some(_)) | Err(_) => return true,
        }
    }
    false
}
