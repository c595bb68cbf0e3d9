use std::{borrow::Cow, sync::OnceLock};

use fingerpost::{Snapshot, manifest::ContentHash};
use http::HeaderValue;

use crate::rfc9110::conditional::Tags;

/// What a layer adds to entity tags: `-<name of the layer>.<hash>`.
#[derive(Debug, Clone)]
pub(super) struct EtagSuffix {
    layer: &'static str,
    settings: Cow<'static, str>,
    snapshot: Snapshot,
    /// Most requests have no tag, and most answers are no HTML, so it is made when it is needed first.
    hash: OnceLock<Option<ContentHash>>,
}

/// Whether the part of a tag is that of the release in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SuffixMatch {
    Current,
    Other,
}

impl EtagSuffix {
    pub(super) fn new(layer: &'static str, settings: Cow<'static, str>, snapshot: &Snapshot) -> Self {
        Self { layer, settings, snapshot: snapshot.clone(), hash: OnceLock::new() }
    }

    /// Nothing in development.
    fn hash(&self) -> Option<ContentHash> {
        let of = |id| ContentHash::from_content(format!("{id}\n{}", self.settings).as_bytes());
        *self.hash.get_or_init(|| self.snapshot.release_id().map(of))
    }

    /// The value of an `ETag`, weak and with the part; nothing if it is not well-formed, and in development.
    pub(super) fn add(&self, tag: &HeaderValue) -> Option<HeaderValue> {
        let inner = quoted(tag)?.strip_suffix(b"\"")?;
        let suffix = format!("-{}.{}\"", self.layer, self.hash()?);
        HeaderValue::from_bytes(&[b"W/", inner, suffix.as_bytes()].concat()).ok()
    }

    /// A tag without the part, if it has one; both with quotes.
    pub(super) fn split(&self, tag: &[u8]) -> Option<(Vec<u8>, SuffixMatch)> {
        let tag = tag.strip_suffix(b"\"")?;
        let (rest, hash) = tag.split_at_checked(tag.len().checked_sub(12)?)?;
        let hash = ContentHash::parse(hash)?;
        let inner = rest.strip_suffix(b".")?.strip_suffix(self.layer.as_bytes())?.strip_suffix(b"-")?;
        let is_current = self.hash() == Some(hash);
        Some(([inner, b"\""].concat(), if is_current { SuffixMatch::Current } else { SuffixMatch::Other }))
    }
}

/// A tag with its quotes and without the mark of a weak one; nothing if it is not well-formed.
pub(super) fn quoted(tag: &HeaderValue) -> Option<&[u8]> {
    let tag = tag.as_bytes().trim_ascii();
    let tag = tag.strip_prefix(b"W/").unwrap_or(tag);
    (Tags(tag).next()?.1 == tag).then_some(tag)
}
