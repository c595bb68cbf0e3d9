//! Settings of the version middleware, and the headers and markup that it adds.

use std::sync::Arc;

use fingerpost::Snapshot;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{client_path::ClientPath, nonce::CspNonce, on_mismatch::OnMismatch};
use crate::report_once::ReportOnce;

#[derive(Debug, Clone)]
pub(super) struct VersionOptions {
    pub(super) has_header: bool,
    pub(super) on_mismatch: OnMismatch,
    pub(super) path: ClientPath,
    /// The URL of the client script.
    pub(super) script: String,
    /// Limits the warning about compressed pages.
    pub(super) compressed: Arc<ReportOnce>,
    /// Limits the warning about invalid nonces.
    pub(super) invalid_nonce: Arc<ReportOnce>,
}

/// Marks a response whose headers an inner layer has set. Outer layers keep them.
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

    /// Returns all inputs of the script tag besides the release.
    pub(super) fn tag_inputs(&self, has_nonce: bool) -> String {
        let nonce = if has_nonce { " nonce" } else { "" };
        format!("{} {}{nonce}", self.script, self.on_mismatch)
    }

    /// Returns the script tag. `version` and `nonce` have only characters without meaning in HTML.
    pub(super) fn tag(&self, version: &str, nonce: Option<&CspNonce>, is_posted: bool) -> String {
        let Self { script, on_mismatch, .. } = self;
        let nonce = nonce.map_or_else(String::new, |CspNonce(nonce)| format!(" nonce=\"{nonce}\""));
        let posted = if is_posted { " data-posted" } else { "" };
        format!(
            "<script defer src=\"{script}\" data-version=\"{version}\" data-action=\"{on_mismatch}\"{posted}{nonce}></script>"
        )
    }
}
