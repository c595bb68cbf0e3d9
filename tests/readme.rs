//! Compiles the Rust code of the README files that are no crate's documentation. What else they say is checked by
//! `it/readme.rs`.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod root {}

#[cfg(doctest)]
#[doc = include_str!("../crates/README.md")]
mod crates {}
