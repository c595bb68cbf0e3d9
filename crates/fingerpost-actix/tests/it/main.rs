//! Tests of the layers and services, without sockets. `tests/it/conformance` of the workspace compares the responses
//! with the responses of `fingerpost-tower`.

mod site;
mod static_files;
#[cfg(not(feature = "html"))]
mod headers_only;
#[cfg(feature = "html")]
mod layers;
