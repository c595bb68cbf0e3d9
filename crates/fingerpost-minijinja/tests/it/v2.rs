//! What a template sees of the helpers, through the public API alone: in MiniJinja 2.
#![allow(clippy::useless_conversion, reason = "MiniJinja 3 has a `Cow` where MiniJinja 2 has a `&str`")]

// The modules are those of `main.rs`. Here their `minijinja` is this one.
extern crate minijinja2 as minijinja;

mod support;

mod allocations;
mod escaping;
mod helpers;
mod adapter;
mod missing_assets;
mod wrong_arguments;
mod registration;

use fingerpost_minijinja::v2::register;

/// A concatenation of a safe and an ordinary string escapes the latter and is safe.
const IS_CONCATENATION_SAFE: bool = false;
