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

/// The name of the layer in entity tags.
const NAME: &str = "version";

/// One request and its response in a layer that adds the app version and the client script.
///
/// Created by [`VersionMiddleware::begin`](crate::VersionMiddleware::begin).
#[derive(Debug, Clone)]
pub struct VersionExchange {
    options: Arc<VersionOptions>,
    snapshot: Snapshot,
    nonce: Option<CspNonce>,
    /// `true` if the method is not GET or HEAD: a reload would not return the same page.
    is_posted: bool,
    /// `None` if pages are not changed.
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

    /// Sets the headers of a response; for a page, also its validators. Returns [`HtmlChange::Body`] if the body is a page;
    /// rewrite it with [`inserter`](Self::inserter).
    ///
    /// If the extensions of the response have a snapshot of the same assets, its app version is used: the response to a
    /// reload belongs to the new release. Responses of an inner version layer keep the headers of the inner layer.
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
                        "the client script was not inserted into a page because it is compressed; place the version layer \
                         inside the compression layer"
                    );
                });
            }
        } else if self.nonce.is_some() {
            response.headers.remove(ETAG);
        }
        if is_first { change } else { HtmlChange::Nothing }
    }

    /// Returns a rewriter that inserts the script tag into a page with this encoding.
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
