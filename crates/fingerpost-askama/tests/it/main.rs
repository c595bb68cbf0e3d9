//! Tests of the helpers, through the public API.

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
