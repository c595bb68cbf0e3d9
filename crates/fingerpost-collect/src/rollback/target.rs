//! Chooses the release to publish again.

use fingerpost::{
    __private::quoted,
    manifest::{MANIFEST_NAME, Release},
};

use crate::{
    diagnostics::{Diagnostics, ErrorKind, Problem},
    output::history::History,
};

pub(super) struct Target {
    pub(super) release: Release,
    /// The number of the current release. `None` if the manifest is in no release.
    pub(super) current: Option<u64>,
}

impl Target {
    /// Returns the release `number`. Without a number, returns the release that the current release replaced.
    pub(super) fn choose(
        history: &History<'_>,
        number: Option<u64>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Problem> {
        let place = quoted(history.place.display()).to_string();
        if history.numbers.is_empty() {
            return Err(release_error(format!(
                "{place} has no releases; run `fingerpost collect` to publish one"
            )));
        }
        let holder = history.manifest().and_then(|manifest| history.newest_with(manifest, diagnostics));
        let current = holder.as_ref().map(|holder| holder.number);
        let number = match number {
            Some(number) if history.numbers.contains(&number) => Ok(number),
            Some(number) => Err(format!("{place} has no release {number}; name one of its releases")),
            None => replaced(holder.as_ref(), history, diagnostics),
        };
        let release = number.and_then(|number| {
            let advice = "restore the release file, or name another release";
            history.release(number).map_err(|reason| format!("{reason}; {advice}"))
        });
        release
            .map(|release| Self { release, current })
            .map_err(|reason| release_error(format!("{reason}: {}", list(&history.numbers, current))))
    }
}

/// Returns the number of the release that `current` replaced, or the reason why the number is unknown.
fn replaced(
    current: Option<&Release>,
    history: &History<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<u64, String> {
    const NAME_ONE: &str = "name one of the releases";
    let Some(&Release { number, replaces, .. }) = current else {
        let state = history.state_without_release();
        let effect = "the replaced release is unknown";
        return Err(format!("`{MANIFEST_NAME}` {state}, so {effect}; {NAME_ONE}"));
    };
    if let Some(newest) = history.numbers.last().filter(|newest| **newest != number) {
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
    if !history.numbers.contains(&before) {
        return Err(format!("release {number} replaced release {before}, which is not retained; {NAME_ONE}"));
    }
    if replaces != before {
        let message = format!(
            "release {number} may have replaced any release since {replaces}, because something other than \
             `fingerpost` changed `{MANIFEST_NAME}`; release {before} is the newest of these releases"
        );
        diagnostics.warn(ErrorKind::Manifest, message);
    }
    Ok(before)
}

fn list(numbers: &[u64], current: Option<u64>) -> String {
    let number = |&number: &u64| {
        if Some(number) == current { format!("{number} (current)") } else { number.to_string() }
    };
    numbers.iter().map(number).collect::<Vec<_>>().join(", ")
}

fn release_error(message: String) -> Problem {
    Problem::new(ErrorKind::Release, message)
}
