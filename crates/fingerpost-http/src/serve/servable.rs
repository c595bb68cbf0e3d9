//! A file that can be served, independent of the strategy.

use std::{borrow::Cow, ops::Range, sync::Arc};

use fingerpost::manifest::Encoding;
use http::{HeaderMap, HeaderValue};

use crate::{
    rfc9110::offer::Representation,
    serve::{content::Content, shared_headers::SharedHeaders},
};

/// The file of a request.
pub(crate) trait Servable {
    fn media_type(&self) -> HeaderValue;

    /// The uncompressed file.
    fn identity(&self) -> Representation;

    fn variants(&self) -> Cow<'_, [(Encoding, Representation)]> {
        Cow::Borrowed(&[])
    }

    /// Returns `true` while the digest of `representation` is being computed. Responses are `no-store` until the digest is
    /// known.
    fn is_pending(&self, representation: &Representation) -> bool;

    /// Returns a part of the bytes that were offered as `representation`.
    fn content(
        &self,
        encoding: Option<Encoding>,
        representation: &Representation,
        part: &Range<u64>,
    ) -> Result<Content, Unavailable>;

    /// Returns the cached headers of a full `immutable` response, or of an `immutable` 304. The headers include
    /// `Access-Control-Allow-Origin`.
    fn cached_headers(
        &self,
        _encoding: Option<Encoding>,
        _is_not_modified: bool,
    ) -> Option<&Arc<SharedHeaders>> {
        None
    }

    /// Caches the headers of a response for [`cached_headers`](Self::cached_headers).
    fn cache_headers(&self, _encoding: Option<Encoding>, _is_not_modified: bool, _headers: &HeaderMap) {}
}

/// The reason why the bytes are unavailable.
pub(crate) enum Unavailable {
    /// Reading the bytes may block on the disk.
    Waiting,
    /// The file is missing or damaged.
    Gone,
    /// The file changed after its digest was computed, so the offer is outdated.
    Changed,
}
