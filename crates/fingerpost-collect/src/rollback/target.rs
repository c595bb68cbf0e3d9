//! Chooses the release to publish again.

use fingerpost::{
    __private::{RollbackChoice, quoted},
    manifest::Release,
};

use crate::{
    diagnostics::{Diagnostics, ErrorKind, Problem},
    output::history::History,
};

pub(super) struct Target {
    pub(super) release: Release,
    /// The number of the release that is current before the rollback. `None` if the manifest is in no release.
    pub(super) current: Option<u64>,
}

impl Target {
    /// Returns the release `number`. Without a number, returns the release that the current release replaced.
    pub(super) fn choose(
        history: &History<'_>,
        number: Option<u64>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Problem> {
        let place = quoted(history.place.display());
        if history.numbers.is_empty() {
            return Err(release_error(format!(
                "{place} has no releases; run `fingerpost collect` to publish one"
            )));
        }
        let holder = history.manifest().and_then(|manifest| history.newest_with(manifest, diagnostics));
        let choice = RollbackChoice {
            place: &place,
            numbers: &history.numbers,
            current: holder.as_ref(),
            state_without_release: history.state_without_release(),
        };
        let number = choice.choose(number, |warning| diagnostics.warn(ErrorKind::Manifest, warning));
        let release = number.and_then(|number| {
            let advice = "restore the release file, or name another release";
            history.release(number).map_err(|reason| format!("{reason}; {advice}"))
        });
        let current = holder.as_ref().map(|holder| holder.number);
        release
            .map(|release| Self { release, current })
            .map_err(|reason| release_error(choice.with_releases(&reason)))
    }
}

fn release_error(message: String) -> Problem {
    Problem::new(ErrorKind::Release, message)
}
