//! The tests that need more than one crate, a browser, or a tool that `tests/run` installs.

mod harness;
mod site;
mod tools;
mod workspace;
