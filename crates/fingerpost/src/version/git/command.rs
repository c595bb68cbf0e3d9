//! HEAD as `git` tells it, for what is stored in ways that are not read here, such as reftable.

use std::{
    io::{self, BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::commit::short_of_whole;

/// How long `git` may take, from its start until its answer has been read and it has ended.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How often one looks whether `git` has ended. It does so at once after its answer.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// No line that names a commit is longer.
const MAX_LINE_LENGTH: u64 = 80;

/// What would lead `git` to another repository than the one it is told.
const REDIRECTING_VARIABLES: [&str; 4] =
    ["GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_REFERENCE_BACKEND"];

/// The commit that is checked out in `root`, if there is a `git` that says so in time.
pub(super) fn head(root: &Path) -> Option<String> {
    let deadline = Instant::now() + TIMEOUT;
    let mut git = start(root).ok()?;
    let commit = commit(&mut git, deadline);
    if commit.is_none() && Instant::now() >= deadline {
        tracing::warn!("`git rev-parse HEAD` took more than {} s; it is passed over", TIMEOUT.as_secs());
    }
    // It is gone already if it cannot be killed. Waiting for it leaves no zombie behind.
    git.kill().and_then(|()| git.wait()).ok();
    commit
}

fn start(root: &Path) -> io::Result<Child> {
    let mut git = Command::new("git");
    // Told where to look, it does not go on upward from a damaged `.git`, nor ask who owns it.
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

/// Reads in a thread of its own, because a pipe may stay open and silent for ever.
fn first_line(stdout: ChildStdout, deadline: Instant) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    let read = move || {
        let mut line = String::new();
        let result = BufReader::new(stdout.take(MAX_LINE_LENGTH)).read_line(&mut line);
        // Nobody listens any more once the time is over.
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
