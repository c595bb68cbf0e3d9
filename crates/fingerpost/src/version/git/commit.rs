//! Shortening commits.

/// The number of digits in a version.
const DIGITS: usize = 7;

/// Returns the first digits of a commit that may already be shortened.
pub(super) fn short(commit: &str) -> Option<String> {
    let commit = commit.trim_ascii();
    let is_commit =
        (DIGITS..=64).contains(&commit.len()) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_commit.then(|| commit[..DIGITS].to_ascii_lowercase())
}

/// Returns the first digits of a complete commit, a SHA-1 or a SHA-256.
pub(super) fn short_of_whole(commit: &str) -> Option<String> {
    short(commit).filter(|_| matches!(commit.trim_ascii().len(), 40 | 64))
}
