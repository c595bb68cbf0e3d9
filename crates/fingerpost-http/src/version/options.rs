//! Settings and response headers of the version middleware.

use fingerpost::Snapshot;
use http::{HeaderMap, HeaderName, HeaderValue};

#[cfg(feature = "html")]
use super::client_tag::ClientTag;
use super::on_mismatch::OnMismatch;

#[derive(Debug, Clone)]
pub(super) struct VersionOptions {
    pub(super) has_header: bool,
    pub(super) on_mismatch: OnMismatch,
    #[cfg(feature = "html")]
    pub(super) client: ClientTag,
}

/// The extension of responses whose headers an inner layer has set. Outer layers preserve these headers.
#[derive(Debug, Clone, Copy)]
pub(super) struct VersionHandled;

impl VersionOptions {
    pub(super) fn set_headers(&self, headers: &mut HeaderMap, snapshot: &Snapshot) {
        if !self.has_header {
            return;
        }
        // Every app version is a valid header value.
        if let Ok(version) = HeaderValue::from_str(&snapshot.app_version()) {
            headers.insert(HeaderName::from_static("x-app-version"), version);
        }
        let action = HeaderValue::from_static(self.on_mismatch.as_str());
        headers.insert(HeaderName::from_static("x-app-version-action"), action);
    }
}
