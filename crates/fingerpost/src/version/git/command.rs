//! Runs `git` to read HEAD in formats that are not read directly, such as reftable.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::commit::short_of_whole;

/// The time limit for `git` to print the commit and exit.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The interval for checking whether `git` has exited.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Returns the commit that is checked out in `root`, if `git` prints the commit in time.
pub(super) fn head(root: &Path) -> Option<String> {
    let mut git = Command::new("git");
    // With `--git-dir`, `git` neither searches the parent directories of a damaged `.git` nor checks the owner of `.git`.
    git.arg("--git-dir").arg(root.join(".git")).args(["rev-parse", "HEAD"]).current_dir(root);
    git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut git = git.spawn().ok()?;
    let Some(status) = wait(&mut git) else {
        tracing::warn!("`git rev-parse HEAD` took more than {} s; it is ignored", TIMEOUT.as_secs());
        git.kill().and_then(|()| git.wait()).ok();
        return None;
    };
    let mut line = String::new();
    BufReader::new(git.stdout?).read_line(&mut line).ok()?;
    short_of_whole(&line).filter(|_| status.success())
}

/// Waits until `git` exits, but not longer than the time limit.
fn wait(git: &mut Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + TIMEOUT;
    while Instant::now() < deadline {
        if let Some(status) = git.try_wait().ok()? {
            return Some(status);
        }
        thread::sleep(POLL_INTERVAL);
    }
    None
}
