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

/// `true` if a concatenation of a safe and an ordinary string escapes the ordinary string and is safe.
const IS_CONCATENATION_SAFE: bool = true;
