use fingerpost::{Assets, Snapshot};
use http::Extensions;

/// The snapshot of a request: one of the same assets that an outer layer has taken, else a new one, which is left in the
/// extensions for what lies further in.
///
/// So all that has a hand in one answer sees one release, also while [`Assets::reload`] swaps it. A snapshot of other assets
/// does not count, and is replaced.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// use fingerpost::Assets;
/// use fingerpost_http::request_snapshot;
/// use http::Extensions;
///
/// let (site, shop) = (Assets::dev(dir.path())?, Assets::dev(dir.path())?);
/// let mut extensions = Extensions::new();
/// let outer = request_snapshot(&site, &mut extensions);
/// assert!(outer.belongs_to(&site));
///
/// assert!(request_snapshot(&site.clone(), &mut extensions).is_same_release(&outer));
/// assert!(request_snapshot(&shop, &mut extensions).belongs_to(&shop));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn request_snapshot(assets: &Assets, extensions: &mut Extensions) -> Snapshot {
    if let Some(taken) = existing_snapshot(assets, extensions) {
        return taken.clone();
    }
    let snapshot = assets.snapshot();
    extensions.insert(snapshot.clone());
    snapshot
}

/// The snapshot of these assets that an outer layer has taken.
pub(crate) fn existing_snapshot<'e>(assets: &Assets, extensions: &'e Extensions) -> Option<&'e Snapshot> {
    extensions.get::<Snapshot>().filter(|taken| taken.belongs_to(assets))
}
