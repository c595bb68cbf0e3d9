use std::sync::Arc;

use fingerpost::Snapshot;
use http::{Method, header::ETAG, request, response};

use super::{
    nonce::CspNonce,
    on_mismatch::OnMismatch,
    options::{VersionHandled, VersionOptions},
};
use crate::{
    html::{
        HeadInserter, HtmlEncoding,
        validators::{HtmlChange, HtmlExchange},
    },
    request_snapshot::existing_snapshot,
};

/// How the entity tags of the layer are known.
const NAME: &str = "version";

/// One request and its response, on their way through a layer that tells the app version.
///
/// Made by [`VersionMiddleware::begin`](crate::VersionMiddleware::begin).
#[derive(Debug, Clone)]
pub struct VersionExchange {
    options: Arc<VersionOptions>,
    snapshot: Snapshot,
    nonce: Option<CspNonce>,
    /// Whether a page answers a form that was sent, say: asking for it again would not bring it back.
    is_posted: bool,
    /// Nothing where pages stay as they are.
    html: Option<HtmlExchange>,
}

impl VersionExchange {
    pub(super) fn begin(
        options: &Arc<VersionOptions>,
        snapshot: &Snapshot,
        request: &mut request::Parts,
    ) -> Self {
        let (options, snapshot) = (Arc::clone(options), snapshot.clone());
        let is_posted = !matches!(request.method, Method::GET | Method::HEAD);
        if options.on_mismatch == OnMismatch::Ignore {
            return Self { options, snapshot, nonce: None, is_posted, html: None };
        }
        let nonce = request.extensions.get::<CspNonce>().cloned();
        let html = HtmlExchange::begin(NAME, options.tag_inputs(nonce.is_some()), &snapshot, request);
        Self { options, snapshot, nonce, is_posted, html: Some(html) }
    }

    /// Gives a response its headers, and if it is a page the validators that it will have with the script in it; says whether
    /// the script is to be put in, with [`inserter`](Self::inserter).
    ///
    /// A snapshot of the same assets in the extensions of the response is what the headers tell of: the answer to a reload is of
    /// the release that it has put in force. A response that has been through another layer of this kind keeps what it got there: what lies inside wins.
    pub fn finish(&self, response: &mut response::Parts) -> HtmlChange {
        let is_first = response.extensions.insert(VersionHandled).is_none();
        if is_first {
            let snapshot =
                existing_snapshot(self.snapshot.assets(), &response.extensions).unwrap_or(&self.snapshot);
            self.options.set_headers(&mut response.headers, snapshot);
        }
        let Some(html) = &self.html else { return HtmlChange::Nothing };
        let change = html.finish(response);
        if change == HtmlChange::Nothing {
            if html.is_kept_by_compression(response) {
                self.options.compressed.report(|| {
                    tracing::warn!(
                        "a page was compressed already, so the client script could not be put into it; put the layer of the \
                         version inside of the layer that compresses"
                    );
                });
            }
        } else if self.nonce.is_some() {
            response.headers.remove(ETAG);
        }
        if is_first { change } else { HtmlChange::Nothing }
    }

    /// Puts the script into a page in this encoding.
    pub fn inserter(&self, encoding: HtmlEncoding) -> HeadInserter {
        let nonce = self.nonce.as_ref().filter(|nonce| {
            let is_valid = nonce.is_valid();
            if !is_valid {
                self.options.invalid_nonce.report(|| {
                    tracing::warn!(
                        "a `CspNonce` is not a valid nonce and was left out of the script tag; it may hold only letters, \
                         digits, `+ / - _`, and up to two `=` at its end"
                    );
                });
            }
            is_valid
        });
        HeadInserter::new(self.options.tag(&self.snapshot.app_version(), nonce, self.is_posted), encoding)
    }
}
