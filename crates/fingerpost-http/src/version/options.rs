//! What the middleware adds to responses.

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
    /// Warnings of pages that were compressed already.
    pub(super) compressed: Arc<ReportOnce>,
    /// Warnings of nonces that are not valid.
    pub(super) invalid_nonce: Arc<ReportOnce>,
}

/// That a layer has done its work on a response already: what lies inside wins.
#[derive(Debug, Clone, Copy)]
pub(super) struct VersionHandled;

impl VersionOptions {
    pub(super) fn set_headers(&self, headers: &mut HeaderMap, snapshot: &Snapshot) {
        if !self.has_header {
            return;
        }
        // What is no header value cannot be an app version.
        if let Ok(version) = HeaderValue::from_str(&snapshot.app_version()) {
            headers.insert(HeaderName::from_static("x-app-version"), version);
        }
        let action = HeaderValue::from_static(self.on_mismatch.as_str());
        headers.insert(HeaderName::from_static("x-app-version-action"), action);
    }

    /// All that the script tag depends on besides the release.
    pub(super) fn tag_inputs(&self, has_nonce: bool) -> String {
        let nonce = if has_nonce { " nonce" } else { "" };
        format!("{} {}{nonce}", self.script, self.on_mismatch)
    }

    /// Version and nonce are of letters that mean nothing in HTML.
    pub(super) fn tag(&self, version: &str, nonce: Option<&CspNonce>, is_posted: bool) -> String {
        let Self { script, on_mismatch, .. } = self;
        let nonce = nonce.map_or_else(String::new, |CspNonce(nonce)| format!(" nonce=\"{nonce}\""));
        let posted = if is_posted { " data-posted" } else { "" };
        format!(
            "<script defer src=\"{script}\" data-version=\"{version}\" data-action=\"{on_mismatch}\"{posted}{nonce}></script>"
        )
    }
}
