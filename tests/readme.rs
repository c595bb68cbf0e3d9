//! Compiles the Rust code of the README files that are not documentation of a crate. `it/readme.rs` checks the rest.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod root {}

#[cfg(doctest)]
#[doc = include_str!("../crates/README.md")]
mod crates {}
