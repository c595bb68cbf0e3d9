//! What a template sees of the helpers, through the public API alone: in MiniJinja 3.

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

/// A concatenation of a safe and an ordinary string escapes the latter and is safe.
const IS_CONCATENATION_SAFE: bool = true;
