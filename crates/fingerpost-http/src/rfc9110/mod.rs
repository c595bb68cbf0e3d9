//! The rules of HTTP, independent of assets.

pub(crate) mod method;
pub(crate) mod offer;
pub(crate) mod conditional;
pub(crate) mod range;
pub(crate) mod encoding;
pub(crate) mod etag;
pub(crate) mod cache_control;
pub(crate) mod media_type;
pub(crate) mod accept;
