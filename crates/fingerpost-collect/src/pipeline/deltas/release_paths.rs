//! The paths of a release. Most releases have no other version of the new files. Such releases are not parsed completely,
//! because an output directory may retain hundreds of releases.

use std::collections::HashMap;

use serde::Deserialize;

/// The hashed path for each asset path.
pub(super) type Paths<'a> = HashMap<&'a str, &'a str>;

#[derive(Deserialize)]
struct ReleaseJson<'a> {
    #[serde(borrow)]
    manifest: ManifestJson<'a>,
}

#[derive(Deserialize)]
struct ManifestJson<'a> {
    #[serde(borrow)]
    paths: Paths<'a>,
}

/// Parses the paths of a release. Returns `None` for invalid JSON, and for paths with escapes.
pub(super) fn paths_of_release(json: &[u8]) -> Option<Paths<'_>> {
    Some(serde_json::from_slice::<ReleaseJson<'_>>(json).ok()?.manifest.paths)
}
