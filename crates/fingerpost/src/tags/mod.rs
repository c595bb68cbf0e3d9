//! The tags and the preloads that a page needs for its entries.

mod plan;
mod render;
mod preload_header;
mod api;
