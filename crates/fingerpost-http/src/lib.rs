//! [How to write an integration]: crate::integrations
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod serve;
mod router;
#[cfg(feature = "html")]
mod html;
mod version;
mod rfc9842;
mod rfc9110;
mod request_snapshot;
mod report_once;

pub use request_snapshot::request_snapshot;
pub use rfc9110::cache_control::CachePolicy;
pub use rfc9110::conditional::{Precondition, may_send_part, precondition};
pub use rfc9110::encoding::{NotAcceptable, choose_encoding};
pub use rfc9110::etag::EntityTag;
pub use rfc9110::media_type::media_type;
pub use rfc9110::offer::{Decision, Offer, Representation};
pub use rfc9110::range::{Ranged, requested_range};
pub use rfc9842::choose_delta;
pub use router::{routing::Routing, version_router::VersionRouter};
pub use serve::content::{Content, FilePart};
pub use serve::server::AssetServer;
#[doc(hidden)]
pub use serve::shared_headers::{SharedHeaders, UnclonedResponse};
pub use version::endpoints::{VersionEndpoints, version_json};
pub use version::exchange::VersionExchange;
pub use version::middleware::VersionMiddleware;
pub use version::on_mismatch::OnMismatch;
pub use version::version_match::VersionMatch;
#[cfg(feature = "html")]
pub use {
    html::validators::{HtmlChange, HtmlExchange, remove_digests},
    html::{HeadInserter, HtmlEncoding, HtmlTransform, UrlRewriter, rewrite_html},
    version::nonce::CspNonce,
};

#[doc = include_str!("../docs/integrations.md")]
///
/// # In the API
///
/// - Files: [`AssetServer`].
/// - Snapshots: [`request_snapshot`], [`Snapshot::scope`](fingerpost::Snapshot::scope).
/// - Versions: [`VersionMiddleware`], [`VersionExchange`], [`VersionEndpoints`], [`VersionRouter`], [`Routing`].
/// - HTML: [`HtmlExchange`], [`HtmlChange`], [`HtmlTransform`].
#[cfg(feature = "html")]
pub mod integrations {}
