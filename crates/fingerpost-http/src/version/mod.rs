//! The app version: endpoints, headers, and the client script.

pub(crate) mod middleware;
#[cfg(feature = "html")]
mod page_exchange;
pub(crate) mod exchange;
pub(crate) mod on_mismatch;
pub(crate) mod version_match;
mod options;
#[cfg(feature = "html")]
mod client_tag;
#[cfg(feature = "html")]
pub(crate) mod nonce;
#[cfg(feature = "html")]
pub(crate) mod client_path;
#[cfg(feature = "html")]
pub(crate) mod client;
pub(crate) mod endpoints;
pub(crate) mod requested_version;
