//! Tests of `fingerpost-check` with other crates, and with the examples.

mod engines;
mod examples;
mod projects;
