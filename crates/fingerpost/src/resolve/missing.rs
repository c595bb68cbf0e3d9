use std::{collections::HashSet, hash::BuildHasher as _};

use parking_lot::Mutex;

use crate::{
    error::{Error, ErrorKind},
    quote::{quoted, quoted_path},
    suggest::suggestion,
};

/// The result for unknown assets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnMissing {
    /// An error, in both modes, so that typing errors are found early.
    #[default]
    Error,
    /// The unhashed URL, with one `tracing` warning per path.
    Plain,
}

/// The maximum number of paths that get a warning.
const MAX_WARNINGS: usize = 1_000;

/// The reported paths. A path is reported only once, so that a busy page does not fill the log.
#[derive(Debug, Default)]
pub(crate) struct MissingWarnings {
    /// Hashes, to bound the memory for long paths.
    seen: Mutex<HashSet<u64>>,
    hasher: foldhash::fast::RandomState,
}

impl MissingWarnings {
    /// Warns about an unknown path once. Calls `error` only for the warning.
    pub(crate) fn warn(&self, path: &str, error: impl FnOnce() -> Error) {
        match self.count(path) {
            None => {}
            Some(1..=MAX_WARNINGS) => tracing::warn!("{}; using the unhashed URL", error()),
            Some(_) => tracing::warn!(
                "{MAX_WARNINGS} unknown assets were reported; further unknown assets are not reported"
            ),
        }
    }

    /// Returns the number of reported paths including `path`, or `None` if `path` must not be reported.
    fn count(&self, path: &str) -> Option<usize> {
        let mut seen = self.seen.lock();
        let is_new = seen.len() <= MAX_WARNINGS && seen.insert(self.hasher.hash_one(path));
        is_new.then_some(seen.len())
    }
}

/// Returns the error for an unknown asset. `searched` lists the searched directories or the manifest. `nearest`
/// contains similar names.
pub(crate) fn not_found(
    path: &str,
    searched: &[String],
    reason: Option<String>,
    nearest: &[String],
) -> Error {
    let places: Vec<_> = searched.iter().map(quoted_path).collect();
    let mut message = format!("asset {} was not found in {}", quoted(path), places.join(", "));
    if let Some(reason) = reason {
        message += &format!(": {reason}");
    }
    message += &suggestion(path, nearest);
    Error::new(ErrorKind::NotFound, message)
}

/// Lists the entries of a bundler, at most ten. Returns `None` if there are no entries.
pub(crate) fn list_of_entries(entries: &[&str]) -> Option<String> {
    const MOST: usize = 10;
    let shown: Vec<_> = entries.iter().take(MOST).map(|name| quoted(name).to_string()).collect();
    let more = if entries.len() > MOST { ", …" } else { "" };
    (!shown.is_empty()).then(|| format!("the entries of the bundler are {}{more}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_is_reported_once_until_a_final_summary() {
        let warnings = MissingWarnings::default();
        assert_eq!(warnings.count("a.css"), Some(1));
        assert_eq!(warnings.count("a.css"), None);
        for i in 1..MAX_WARNINGS {
            assert_eq!(warnings.count(&format!("{i}.css")), Some(i + 1));
        }
        assert_eq!(warnings.count("one more.css"), Some(MAX_WARNINGS + 1));
        assert_eq!(warnings.count("and another.css"), None);
    }
}
