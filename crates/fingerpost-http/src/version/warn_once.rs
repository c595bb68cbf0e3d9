use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// What has been said: once is enough for all clones of a layer.
#[derive(Debug, Default)]
pub(super) struct WarnOnce {
    of_compression: AtomicBool,
    of_nonce: AtomicBool,
}

impl WarnOnce {
    /// A page came compressed.
    pub(super) fn compressed(&self) {
        if !self.of_compression.swap(true, Relaxed) {
            tracing::warn!(
                "a page was compressed already, so the client script could not be put into it; put the layer of the version \
                 inside of the layer that compresses"
            );
        }
    }

    /// Warns of an invalid nonce. The nonce is not logged: it may come from anywhere.
    pub(super) fn invalid_nonce(&self) {
        if !self.of_nonce.swap(true, Relaxed) {
            tracing::warn!(
                "a `CspNonce` is not a valid nonce and was left out of the script tag; it may hold only letters, digits, \
                 `+ / - _`, and up to two `=` at its end"
            );
        }
    }
}
