//! HEAD as reported by `git`, for formats that are not read directly, such as reftable.

use std::{
    io::{self, BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::commit::short_of_whole;

/// The time limit for `git` to start, print the commit and exit.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The interval for checking whether `git` has exited. `git` exits right after printing.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The number of bytes to read: longer than any commit hash.
const MAX_LINE_LENGTH: u64 = 80;

/// Variables that would make `git` use another repository.
const REDIRECTING_VARIABLES: [&str; 4] =
    ["GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_REFERENCE_BACKEND"];

/// Returns the commit that is checked out in `root`, if `git` reports it in time.
pub(super) fn head(root: &Path) -> Option<String> {
    let deadline = Instant::now() + TIMEOUT;
    let mut git = start(root).ok()?;
    let commit = commit(&mut git, deadline);
    if commit.is_none() && Instant::now() >= deadline {
        tracing::warn!("`git rev-parse HEAD` took more than {} s; it is ignored", TIMEOUT.as_secs());
    }
    // An error means that `git` has exited. `wait` reaps the process.
    git.kill().and_then(|()| git.wait()).ok();
    commit
}

fn start(root: &Path) -> io::Result<Child> {
    let mut git = Command::new("git");
    // With `--git-dir`, `git` neither searches parent directories of a damaged `.git` nor checks its owner.
    git.arg("--git-dir").arg(root.join(".git")).args(["rev-parse", "HEAD"]).current_dir(root);
    for name in REDIRECTING_VARIABLES {
        git.env_remove(name);
    }
    git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

fn commit(git: &mut Child, deadline: Instant) -> Option<String> {
    let commit = short_of_whole(&first_line(git.stdout.take()?, deadline)?)?;
    succeeds(git, deadline).then_some(commit)
}

/// Reads the first line in a separate thread, because a pipe may stay open without output.
fn first_line(stdout: ChildStdout, deadline: Instant) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    let read = move || {
        let mut line = String::new();
        let result = BufReader::new(stdout.take(MAX_LINE_LENGTH)).read_line(&mut line);
        // Fails if the receiver has timed out.
        sender.send(result.map(|_| line)).ok();
    };
    thread::Builder::new().spawn(read).ok()?;
    receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?.ok()
}

fn succeeds(git: &mut Child, deadline: Instant) -> bool {
    while Instant::now() < deadline {
        match git.try_wait() {
            Ok(None) => thread::sleep(POLL_INTERVAL),
            Ok(Some(status)) => return status.success(),
            Err(_) => return false,
        }
    }
    false
}
