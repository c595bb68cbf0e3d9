//! The program as a process: what it writes where, and how it ends.

mod bust_token;
mod clean;
mod collect;
#[cfg(unix)]
mod dockerfile;
mod diagnostics;
mod find;
#[cfg(unix)]
mod readme;
mod suppress;
mod site;
mod terminal;
#[cfg(unix)]
mod failures;
mod usage;
mod version;
