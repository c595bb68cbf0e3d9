//! The script tag of the client script.

use std::sync::Arc;

use super::{client, client_path::ClientPath, nonce::CspNonce, on_mismatch::OnMismatch};
use crate::report_once::ReportOnce;

#[derive(Debug, Clone)]
pub(super) struct ClientTag {
    pub(super) path: ClientPath,
    /// The URL of the client script.
    script: String,
    /// Limits the number of warnings about compressed pages.
    pub(super) compressed: Arc<ReportOnce>,
    /// Limits the number of warnings about invalid nonces.
    pub(super) invalid_nonce: Arc<ReportOnce>,
}

impl ClientTag {
    pub(super) fn new(path: ClientPath) -> Self {
        let script = path.join(&client::file_name());
        Self { path, script, compressed: Arc::default(), invalid_nonce: Arc::default() }
    }

    /// Returns all inputs of the tag except the release.
    pub(super) fn inputs(&self, on_mismatch: OnMismatch, has_nonce: bool) -> String {
        let nonce = if has_nonce { " nonce" } else { "" };
        format!("{} {on_mismatch}{nonce}", self.script)
    }

    /// Returns the tag. `version` and `nonce` have only characters without special meaning in HTML.
    pub(super) fn html(
        &self,
        version: &str,
        on_mismatch: OnMismatch,
        nonce: Option<&CspNonce>,
        is_posted: bool,
    ) -> String {
        let script = &self.script;
        let nonce = nonce.map_or_else(String::new, |CspNonce(nonce)| format!(" nonce=\"{nonce}\""));
        let posted = if is_posted { " data-posted" } else { "" };
        format!(
            "<script defer src=\"{script}\" data-version=\"{version}\" data-action=\"{on_mismatch}\"{posted}{nonce}></script>"
        )
    }
}
