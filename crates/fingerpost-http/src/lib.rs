#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod accept;
mod answer;
mod asked;
mod cache_control;
#[cfg(feature = "html")]
mod client;
mod collected;
mod conditional;
mod content;
mod encoding;
mod endpoints;
mod found;
mod hash_queue;
#[cfg(feature = "html")]
mod html;
mod identity;
mod listed;
#[cfg(test)]
mod logged;
mod media_type;
mod memory;
mod range;
mod release_names;
mod router;
mod server;
mod settings;
mod shelf;
mod snapshot;
mod tag;
mod target;
mod token;
#[cfg(feature = "html")]
mod validators;
#[cfg(feature = "html")]
mod version;

pub use answer::{Decision, Offer, Representation};
pub use cache_control::Lifetime;
pub use conditional::{Precondition, may_send_part, precondition};
pub use content::{Content, FilePart};
pub use encoding::{NotAcceptable, choose_encoding};
pub use endpoints::{VersionEndpoints, version_json};
#[cfg(feature = "html")]
pub use html::{HeadInserter, HtmlEncoding, HtmlVersioner, version_html};
pub use media_type::media_type;
pub use range::{Ranged, requested_range};
pub use router::{Routing, VersionRouter};
pub use server::AssetServer;
pub use snapshot::snapshot_of;
pub use tag::EntityTag;
#[cfg(feature = "html")]
pub use validators::{HtmlChange, HtmlExchange, remove_digests};
#[cfg(feature = "html")]
pub use version::{CspNonce, Mismatch, Skew, VersionExchange, Versioning};
