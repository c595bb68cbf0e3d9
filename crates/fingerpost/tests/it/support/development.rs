//! Checks of assets in development mode.

use fingerpost::{
    Assets, ErrorKind,
    sources::{IgnoreRules, Listing, SourceDir, Sources},
};

use super::{Dir, hash};

/// Checks that the path has this content and is listed.
#[track_caller]
pub(crate) fn assert_served(assets: &Assets, path: &str, content: &str) {
    let url = assets.url(path).unwrap();
    assert!(url.ends_with(&format!("?v={}", hash(content))), "{url}");
    assert!(assets.iter().any(|(listed, _)| listed == path), "{path} is not listed");
}

/// Checks that the path is not found and not listed. Returns the text of the error.
#[track_caller]
pub(crate) fn assert_not_found(assets: &Assets, path: &str) -> String {
    let err = assets.url(path).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::NotFound, "{err}");
    assert!(assets.iter().all(|(listed, _)| listed != path), "{path} is listed");
    err.to_string()
}

/// Lists the files of one source directory.
pub(crate) fn list(dir: &Dir) -> Listing {
    Sources::open(vec![SourceDir::new(dir.as_ref())], IgnoreRules::default(), None).unwrap().list()
}

pub(crate) fn paths(listing: &Listing) -> Vec<&str> {
    listing.files.iter().map(|file| &*file.path).collect()
}
