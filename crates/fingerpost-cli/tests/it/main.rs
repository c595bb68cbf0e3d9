//! Tests of the program as a child process: output, files and exit codes.

mod bucket;
#[cfg(all(unix, feature = "store"))]
mod bucket_failures;
#[cfg(all(unix, feature = "store"))]
mod object_stores;
mod bust_token;
mod check;
mod clean;
mod collect;
#[cfg(unix)]
mod dockerfile;
mod diagnostics;
mod find;
mod list;
#[cfg(unix)]
mod readme;
mod suppress;
mod releases;
mod rollback;
mod site;
mod terminal;
#[cfg(unix)]
mod failures;
mod usage;
mod version;
