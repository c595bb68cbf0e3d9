//! The client script in one page.

use fingerpost::Snapshot;
use http::{Method, header::ETAG, request, response};

use super::{nonce::CspNonce, on_mismatch::OnMismatch, options::VersionOptions};
use crate::html::validators::{HtmlChange, HtmlExchange};

/// The name of the layer in entity tags.
const NAME: &str = "version";

#[derive(Debug, Clone)]
pub(super) struct PageExchange {
    nonce: Option<CspNonce>,
    /// `true` if the method is neither GET nor HEAD: a reload would not return the same page.
    is_posted: bool,
    /// `None` if pages are not changed.
    html: Option<HtmlExchange>,
}

impl PageExchange {
    pub(super) fn begin(options: &VersionOptions, snapshot: &Snapshot, request: &mut request::Parts) -> Self {
        let is_posted = !matches!(request.method, Method::GET | Method::HEAD);
        let nonce = request.extensions.get::<CspNonce>().cloned();
        let html = (options.on_mismatch != OnMismatch::Ignore).then(|| {
            let inputs = options.client.inputs(options.on_mismatch, nonce.is_some());
            HtmlExchange::begin(NAME, inputs, snapshot, request)
        });
        Self { nonce, is_posted, html }
    }

    /// Replaces the validators of a page.
    pub(super) fn finish(&self, options: &VersionOptions, response: &mut response::Parts) -> HtmlChange {
        let Some(html) = &self.html else { return HtmlChange::Nothing };
        let change = html.finish(response);
        if change == HtmlChange::Nothing {
            if html.is_unchanged_because_compressed(response) {
                options.client.compressed.report(|| {
                    tracing::warn!(
                        "the client script was not inserted into a page because the page is compressed; place the version layer \
                         inside the compression layer"
                    );
                });
            }
        } else if self.nonce.is_some() {
            response.headers.remove(ETAG);
        }
        change
    }

    /// Returns the script tag of a page of this version.
    pub(super) fn tag(&self, options: &VersionOptions, version: &str) -> String {
        let nonce = self.nonce.as_ref().filter(|nonce| nonce.is_valid());
        if self.nonce.is_some() && nonce.is_none() {
            options.client.invalid_nonce.report(|| {
                tracing::warn!(
                    "a `CspNonce` is not a valid nonce and was left out of the script tag; a nonce may contain only letters, \
                     digits, `+ / - _`, and up to two `=` at its end"
                );
            });
        }
        options.client.html(version, options.on_mismatch, nonce, self.is_posted)
    }
}
