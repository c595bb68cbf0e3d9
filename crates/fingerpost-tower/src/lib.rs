#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod html_rewrite;
mod scoped;

pub use html_rewrite::{HtmlRewrite, HtmlRewriteBody, HtmlRewriteFuture, HtmlRewriteLayer};
