//! What a URL leads to, whichever strategy it was found by.

use std::{borrow::Cow, ops::Range};

use fingerpost::manifest::Encoding;
use http::HeaderValue;

use crate::{rfc9110::offer::Representation, serve::content::Content};

/// An asset that has been found.
pub(crate) trait Servable {
    fn media_type(&self) -> HeaderValue;

    /// The file as it is.
    fn identity(&self) -> Representation;

    /// Its variants.
    fn variants(&self) -> Cow<'_, [(Encoding, Representation)]> {
        Cow::Borrowed(&[])
    }

    /// Returns `true` while the digest of `representation` is being computed. Until then it is not cached.
    fn is_pending(&self, representation: &Representation) -> bool;

    /// These bytes of what was offered as `representation`.
    fn content(
        &self,
        encoding: Option<Encoding>,
        representation: &Representation,
        part: &Range<u64>,
    ) -> Result<Content, Unavailable>;
}

/// Why there are no bytes.
pub(crate) enum Unavailable {
    /// It would have to wait for the disk.
    Waiting,
    /// They are not there, or are not what they should be.
    Gone,
    /// The file on disk is another one since its digest was computed, so the offer was wrong.
    Changed,
}
