#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod content_body;
#[cfg(feature = "html")]
mod html_rewrite;
#[cfg(feature = "html")]
mod scoped;
mod static_files;

pub use content_body::ContentBody;
pub use fingerpost_http::Lifetime;
#[cfg(feature = "html")]
pub use html_rewrite::{HtmlRewrite, HtmlRewriteBody, HtmlRewriteFuture, HtmlRewriteLayer};
pub use static_files::{StaticFiles, StaticFilesFuture};

#[doc = include_str!("../docs/deploying.md")]
pub mod deploying {}
