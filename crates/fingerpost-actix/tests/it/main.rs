//! Tests of the services without sockets. `tests/it/conformance.rs` of the workspace compares them with those of tower.

mod site;
mod static_files;
#[cfg(not(feature = "html"))]
mod headers_only;
#[cfg(feature = "html")]
mod layers;
