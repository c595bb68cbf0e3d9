//! What a URL leads to, whichever strategy it was found by.

use std::{
    borrow::Cow,
    ops::Range,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

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

/// `true` if it has been logged that a file cannot be served, and it has not been served since.
#[derive(Debug, Default)]
pub(crate) struct ReportOnce(AtomicBool);

impl ReportOnce {
    /// Calls `log`, unless an error of the file has been logged since it was served.
    pub(crate) fn report(&self, log: impl FnOnce()) {
        if !self.0.swap(true, Relaxed) {
            log();
        }
    }

    /// The file has been served: its next error is logged.
    pub(crate) fn reset(&self) {
        self.0.store(false, Relaxed);
    }
}
