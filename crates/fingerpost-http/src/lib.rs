#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod cache_control;
mod conditional;
mod content_type;
mod encoding;
mod html;
mod media_type;
mod range;
mod validators;

pub use cache_control::Lifetime;
pub use conditional::{Precondition, may_send_part, precondition};
pub use encoding::{NotAcceptable, choose_encoding};
pub use html::{HtmlEncoding, HtmlVersioner, version_html};
pub use media_type::media_type;
pub use range::{Ranged, requested_range};
pub use validators::{HtmlChange, HtmlExchange, remove_digests};
