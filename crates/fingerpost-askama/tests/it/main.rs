//! What a template sees of the helpers, through the public API alone.

mod support;

mod allocations;
mod compile_fail;
mod escaping;
mod errors;
mod current_assets;
mod helpers;
mod adapter;
mod templates;
mod responses;
