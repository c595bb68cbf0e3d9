use fingerpost::{Assets, Snapshot};
use http::Extensions;

/// Returns the snapshot of a request, and stores it in the extensions for inner layers.
///
/// Reuses the snapshot that an outer layer stored, if the snapshot belongs to the same assets. All layers of one request
/// therefore use the same release, even if [`Assets::reload`] replaces the current release. A snapshot of other assets is
/// replaced.
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
    if let Some(stored) = existing_snapshot(assets, extensions) {
        return stored.clone();
    }
    let snapshot = assets.snapshot();
    extensions.insert(snapshot.clone());
    snapshot
}

/// Returns the snapshot that an outer layer stored, if the snapshot belongs to these assets. Otherwise, returns a new
/// snapshot.
pub(crate) fn current_snapshot(assets: &Assets, extensions: &Extensions) -> Snapshot {
    existing_snapshot(assets, extensions).cloned().unwrap_or_else(|| assets.snapshot())
}

/// Returns the snapshot that an outer layer stored, if the snapshot belongs to these assets.
pub(crate) fn existing_snapshot<'e>(assets: &Assets, extensions: &'e Extensions) -> Option<&'e Snapshot> {
    extensions.get::<Snapshot>().filter(|stored| stored.belongs_to(assets))
}
