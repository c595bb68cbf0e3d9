use std::sync::Arc;

use fingerpost::Snapshot;
use http::{request, response};

use super::options::{VersionHandled, VersionOptions};
#[cfg(feature = "html")]
use super::page_exchange::PageExchange;
#[cfg(feature = "html")]
use crate::html::{HeadInserter, HtmlEncoding, validators::HtmlChange};
use crate::request_snapshot::existing_snapshot;

/// One request and its response in a layer that adds the app version and the client script.
///
/// Created by [`VersionMiddleware::begin`](crate::VersionMiddleware::begin).
#[derive(Debug, Clone)]
pub struct VersionExchange {
    options: Arc<VersionOptions>,
    snapshot: Snapshot,
    #[cfg(feature = "html")]
    page: PageExchange,
}

impl VersionExchange {
    #[cfg_attr(not(feature = "html"), expect(unused_variables, reason = "used only for pages"))]
    pub(super) fn begin(
        options: &Arc<VersionOptions>,
        snapshot: &Snapshot,
        request: &mut request::Parts,
    ) -> Self {
        Self {
            #[cfg(feature = "html")]
            page: PageExchange::begin(options, snapshot, request),
            options: Arc::clone(options),
            snapshot: snapshot.clone(),
        }
    }

    /// Sets the headers of a response. Use this method without the feature `html`, or for a body that must not change.
    /// Returns `false` if an inner version layer has already set the headers.
    ///
    /// If the extensions of the response contain a snapshot of the same assets, the headers have the app version of that
    /// snapshot. For example, the response to `/cache/bust` has the version of the new release.
    pub fn set_headers(&self, response: &mut response::Parts) -> bool {
        let is_first = response.extensions.insert(VersionHandled).is_none();
        if is_first {
            let snapshot =
                existing_snapshot(self.snapshot.assets(), &response.extensions).unwrap_or(&self.snapshot);
            self.options.set_headers(&mut response.headers, snapshot);
        }
        is_first
    }

    /// Sets the headers of a response like [`set_headers`](Self::set_headers). Replaces the validators of a page. If the body
    /// is a page, returns [`HtmlChange::Body`]: pass the body through [`inserter`](Self::inserter).
    ///
    /// If an inner version layer has already set the headers, this method replaces only the validators, and returns
    /// [`HtmlChange::Nothing`].
    #[cfg(feature = "html")]
    pub fn finish(&self, response: &mut response::Parts) -> HtmlChange {
        let is_first = self.set_headers(response);
        let change = self.page.finish(&self.options, response);
        if is_first { change } else { HtmlChange::Nothing }
    }

    /// Returns a rewriter that inserts the script tag into a page with this encoding.
    #[cfg(feature = "html")]
    pub fn inserter(&self, encoding: HtmlEncoding) -> HeadInserter {
        HeadInserter::new(self.page.tag(&self.options, &self.snapshot.app_version()), encoding)
    }
}
