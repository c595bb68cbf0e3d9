//! The program as a process: what it writes where, and how it ends.

mod bust_token;
mod clean;
mod collect;
#[cfg(unix)]
mod container;
mod diagnostics;
mod find;
#[cfg(unix)]
mod readme;
mod silence;
mod site;
mod terminal;
#[cfg(unix)]
mod trouble;
mod usage;
mod version;
