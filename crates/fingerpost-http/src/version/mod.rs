//! The app version: endpoints, headers, and the client script.

#[cfg(feature = "html")]
pub(crate) mod middleware;
#[cfg(feature = "html")]
pub(crate) mod exchange;
#[cfg(feature = "html")]
pub(crate) mod on_mismatch;
#[cfg(feature = "html")]
pub(crate) mod version_match;
#[cfg(feature = "html")]
mod options;
#[cfg(feature = "html")]
pub(crate) mod nonce;
#[cfg(feature = "html")]
pub(crate) mod client_path;
#[cfg(feature = "html")]
pub(crate) mod client;
pub(crate) mod endpoints;
pub(crate) mod requested_version;
