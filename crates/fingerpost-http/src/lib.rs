#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod cache_control;
mod conditional;
mod encoding;
mod media_type;
mod range;

pub use cache_control::Lifetime;
pub use conditional::{Precondition, may_send_part, precondition};
pub use encoding::{NotAcceptable, choose_encoding};
pub use media_type::media_type;
pub use range::{Ranged, requested_range};
