#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod content_body;
mod html_rewrite;
mod scoped;
mod static_files;

pub use content_body::ContentBody;
pub use fingerpost_http::Lifetime;
pub use html_rewrite::{HtmlRewrite, HtmlRewriteBody, HtmlRewriteFuture, HtmlRewriteLayer};
pub use static_files::{StaticFiles, StaticFilesFuture};

#[doc = include_str!("../docs/deploying.md")]
pub mod deploying {}
