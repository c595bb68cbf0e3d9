//! Chooses the release that a rollback publishes again.

use super::{MANIFEST_NAME, Manifest, Release};

const NAME_ONE: &str = "name one of the releases";

/// The releases that a rollback can publish again.
#[derive(Debug, Clone, Copy)]
pub struct RollbackChoice<'a> {
    /// The name of the output directory or the bucket in messages.
    pub place: &'a str,
    /// The numbers of all releases, in ascending order.
    pub numbers: &'a [u64],
    /// The newest release with the current manifest.
    pub current: Option<&'a Release>,
    /// The reason why `current` is `None`.
    pub state_without_release: &'a str,
}

impl RollbackChoice<'_> {
    /// Returns `number` if the release exists. Without a number, returns the release that the current release replaced.
    ///
    /// # Errors
    ///
    /// Returns the reason why the release does not exist, or is unknown.
    pub fn choose(&self, number: Option<u64>, warn: impl FnOnce(String)) -> Result<u64, String> {
        match number {
            Some(number) if self.numbers.contains(&number) => Ok(number),
            Some(number) => Err(format!("{} has no release {number}; name one of its releases", self.place)),
            None => self.replaced(warn),
        }
    }

    /// Adds the numbers of all releases to a reason.
    pub fn with_releases(&self, reason: &str) -> String {
        let current = self.current.map(|current| current.number);
        let number = |&number: &u64| {
            if Some(number) == current { format!("{number} (current)") } else { number.to_string() }
        };
        format!("{reason}: {}", self.numbers.iter().map(number).collect::<Vec<_>>().join(", "))
    }

    /// Returns the number of the release that the current release replaced, or the reason why the number is unknown.
    fn replaced(&self, warn: impl FnOnce(String)) -> Result<u64, String> {
        let Some(&Release { number, replaces, .. }) = self.current else {
            let effect = "the replaced release is unknown";
            return Err(format!("`{MANIFEST_NAME}` {}, so {effect}; {NAME_ONE}", self.state_without_release));
        };
        if let Some(newest) = self.numbers.last().filter(|newest| **newest != number) {
            let reason = "a run was killed, or an older manifest was restored";
            return Err(format!(
                "release {number} is current, but release {newest} is newer: {reason}; {NAME_ONE}"
            ));
        }
        if replaces == 0 {
            return Err(format!("release {number} is current and replaced no release; {NAME_ONE}"));
        }
        // Numbers have no gaps, and the current manifest is recorded before a new manifest is published.
        let before = number.saturating_sub(1);
        if !self.numbers.contains(&before) {
            return Err(format!(
                "release {number} replaced release {before}, which is not retained; {NAME_ONE}"
            ));
        }
        if replaces != before {
            warn(format!(
                "release {number} may have replaced any release since {replaces}, because something other than \
                 `fingerpost` changed `{MANIFEST_NAME}`; release {before} is the newest of these releases"
            ));
        }
        Ok(before)
    }
}

/// Returns a warning if a release has another base URL path than the current manifest. Servers do not accept a manifest for
/// another base URL path.
pub fn base_path_warning(release: &Release, current: Option<&Manifest>) -> Option<String> {
    let current = current.and_then(Manifest::base_path)?;
    let (number, path) = (release.number, release.manifest.base_path().filter(|path| *path != current)?);
    Some(format!(
        "release {number} was collected for base URL path `{path}`, the current release for `{current}`; servers with \
         another base URL do not start with release {number}"
    ))
}
