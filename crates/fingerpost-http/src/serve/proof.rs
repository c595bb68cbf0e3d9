use std::borrow::Cow;

use fingerpost::{
    __private::query_versions,
    manifest::{ContentHash, Digest},
};

use crate::rfc9110::cache_control::CachePolicy;

/// The proof that the URL of a request identifies the bytes of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Proof<'v> {
    /// The path has a hash, a version or a path token that matches the file.
    Path,
    /// The path has a hash, a version or a path token that is not known to match the file.
    OtherPath,
    /// The path has no hash, version or path token. A version in the query is proven if the version is the content hash of
    /// `sha256`, or equal to `version`.
    Query { sha256: Option<Digest>, version: Option<&'v str> },
}

impl Proof<'_> {
    /// Returns the cache policy for a URL with this query. Returns `unversioned` if the query has no version.
    pub(crate) fn policy(self, query: Option<&str>, unversioned: CachePolicy) -> CachePolicy {
        let (sha256, version) = match self {
            Self::Path => return CachePolicy::Immutable,
            Self::OtherPath => return CachePolicy::NoStore,
            Self::Query { sha256, version } => (sha256, version),
        };
        let mut versions = query_versions(query.unwrap_or_default()).peekable();
        if versions.peek().is_none() {
            return unversioned;
        }
        let hash = sha256.as_ref().map(ContentHash::from);
        let hash = hash.as_ref().map(ContentHash::as_str);
        let is_proven = |given: Cow<'_, [u8]>| {
            [hash, version].into_iter().flatten().any(|known| *given == *known.as_bytes())
        };
        if versions.all(is_proven) { CachePolicy::Immutable } else { CachePolicy::NoStore }
    }
}
