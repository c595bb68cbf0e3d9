use std::{borrow::Cow, sync::OnceLock};

use fingerpost::{Snapshot, manifest::ContentHash};
use http::HeaderValue;

use crate::rfc9110::conditional::Tags;

/// The suffix that a layer adds to entity tags: `-<name of the layer>.<hash>`.
#[derive(Debug, Clone)]
pub(super) struct EtagSuffix {
    layer: &'static str,
    settings: Cow<'static, str>,
    snapshot: Snapshot,
    /// Computed on first use, because most requests have no tag and most responses are not HTML.
    hash: OnceLock<Option<ContentHash>>,
}

impl EtagSuffix {
    pub(super) fn new(layer: &'static str, settings: Cow<'static, str>, snapshot: &Snapshot) -> Self {
        Self { layer, settings, snapshot: snapshot.clone(), hash: OnceLock::new() }
    }

    /// Returns the hash. `None` in development.
    pub(super) fn hash(&self) -> Option<ContentHash> {
        let of = |id| ContentHash::from_content(format!("{id}\n{}", self.settings).as_bytes());
        *self.hash.get_or_init(|| self.snapshot.release_id().map(of))
    }

    /// Returns a weak `ETag` with the suffix. `None` if the tag is malformed, and in development.
    pub(super) fn add(&self, tag: &HeaderValue) -> Option<HeaderValue> {
        let inner = quoted(tag)?.strip_suffix(b"\"")?;
        let suffix = format!("-{}.{}\"", self.layer, self.hash()?);
        HeaderValue::from_bytes(&[b"W/", inner, suffix.as_bytes()].concat()).ok()
    }

    /// Splits a tag into the tag without the suffix and the hash in the suffix. `tag` and the returned tag include the
    /// quotes. Returns `None` for a tag without a suffix.
    pub(super) fn split(&self, tag: &[u8]) -> Option<(Vec<u8>, ContentHash)> {
        let tag = tag.strip_suffix(b"\"")?;
        let (rest, hash) = tag.split_at_checked(tag.len().checked_sub(12)?)?;
        let hash = ContentHash::parse(hash)?;
        let inner = rest.strip_suffix(b".")?.strip_suffix(self.layer.as_bytes())?.strip_suffix(b"-")?;
        Some(([inner, b"\""].concat(), hash))
    }
}

/// Returns a tag with its quotes, without `W/`. Returns `None` if the tag is malformed.
pub(super) fn quoted(tag: &HeaderValue) -> Option<&[u8]> {
    let tag = tag.as_bytes().trim_ascii();
    let tag = tag.strip_prefix(b"W/").unwrap_or(tag);
    (Tags(tag).next()?.1 == tag).then_some(tag)
}
