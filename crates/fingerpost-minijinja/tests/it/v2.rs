//! Tests of the helpers in MiniJinja 2, through the public API.
#![allow(clippy::useless_conversion, reason = "MiniJinja 3 has a `Cow` where MiniJinja 2 has a `&str`")]

// The modules of `main.rs`, compiled with MiniJinja 2 as `minijinja`.
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

/// `true` if a concatenation of a safe and an ordinary string escapes the ordinary string and is safe.
const IS_CONCATENATION_SAFE: bool = false;
