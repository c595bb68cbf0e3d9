#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod content_body;
#[cfg(feature = "html")]
mod html_body;
#[cfg(feature = "html")]
mod html_rewrite;
#[cfg(feature = "html")]
mod scoped;
mod static_files;
#[cfg(feature = "html")]
mod version;

pub use content_body::ContentBody;
pub use fingerpost_http::Lifetime;
#[cfg(feature = "html")]
pub use fingerpost_http::{CspNonce, InvalidClientPath, Mismatch};
#[cfg(feature = "html")]
pub use html_rewrite::{HtmlRewrite, HtmlRewriteBody, HtmlRewriteFuture, HtmlRewriteLayer};
pub use static_files::{StaticFiles, StaticFilesFuture};
#[cfg(feature = "html")]
pub use version::{Version, VersionBody, VersionFuture, VersionLayer};

#[doc = include_str!("../docs/deploying.md")]
pub mod deploying {}

#[doc = include_str!("../docs/draining.md")]
pub mod draining {}

#[doc = include_str!("../docs/stale-pages.md")]
#[cfg(feature = "html")]
pub mod stale_pages {}
