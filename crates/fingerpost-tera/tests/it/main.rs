//! Tests of the helpers in Tera 2 and, with the feature `v1`, in Tera 1, through the public API.

#[macro_use]
mod support;

mod allocations;
mod documentation;
mod escaping;
mod helpers;
mod adapter;
mod missing_assets;
mod wrong_arguments;
mod registration;
