//! Tests of the helpers, through the public API.

mod support;

mod adapter;
mod allocations;
mod current_assets;
mod documentation;
mod errors;
mod escaping;
mod helpers;
mod responses;
mod templates;
