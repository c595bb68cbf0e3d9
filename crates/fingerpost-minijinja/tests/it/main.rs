//! Tests of the helpers in MiniJinja 3, through the public API.

mod support;

mod allocations;
mod documentation;
mod escaping;
mod helpers;
mod adapter;
mod missing_assets;
mod wrong_arguments;
mod registration;

use fingerpost_minijinja::register;

/// Whether concatenating a safe and an ordinary string escapes the latter and returns a safe string.
const IS_CONCATENATION_SAFE: bool = true;
