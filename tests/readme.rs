//! Compiles the Rust code of README files and pages that no crate includes in its documentation. `it/readme.rs` checks
//! the other statements of the README files.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod root {}

#[cfg(doctest)]
#[doc = include_str!("../crates/README.md")]
mod crates {}

#[cfg(doctest)]
#[doc = include_str!("../crates/migrating.md")]
mod migrating {}
