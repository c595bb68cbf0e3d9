//! Tests of the layers and services through `oneshot`. The tests are one binary, because each binary is linked
//! separately.
#![allow(clippy::duplicate_mod, reason = "some tests run with an output directory and with a pack")]

#[cfg(feature = "html")]
mod frames;
mod site;

mod app_version_query;
#[cfg(feature = "html")]
mod bust_under_load;
mod delta_files;
mod deltas;
mod development;
#[cfg(not(feature = "html"))]
mod headers_only;
mod embedded;
mod hostile_requests;
#[cfg(feature = "html")]
mod html_rewrite;
mod large_files;
mod negotiation;
mod output_dir;
mod path_token;
mod prehashed;
mod production;
mod properties;
mod ranges;
mod releases;
mod single_files;
mod soak;
#[cfg(feature = "html")]
mod version;
mod version_endpoints;
mod version_router;
