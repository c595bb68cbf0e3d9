//! [Deltas]: https://docs.rs/fingerpost-tower/latest/fingerpost_tower/deltas/
//! [How to deploy]: https://docs.rs/fingerpost-tower/latest/fingerpost_tower/deploying/
//! [Stale pages]: https://docs.rs/fingerpost-tower/latest/fingerpost_tower/stale_pages/
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod static_files;
mod version_endpoints;
mod version_router;
mod version;
#[cfg(feature = "html")]
mod html_rewrite;
mod content_body;
#[cfg(feature = "html")]
mod html_body;
mod snapshot_scoped;
mod response_future;
mod convert;
#[cfg(feature = "metrics")]
mod request_counter;

#[cfg(feature = "html")]
pub use fingerpost_http::CspNonce;
pub use fingerpost_http::{
    AssetServer, CachePolicy, OnMismatch, VersionEndpoints, VersionMiddleware, VersionRouter,
};
#[cfg(feature = "html")]
pub use html_body::HtmlBody;
#[cfg(feature = "html")]
pub use html_rewrite::{HtmlRewriteLayer, HtmlRewriteService};
pub use response_future::ResponseFuture;
pub use static_files::{StaticFiles, StaticFilesService};
pub use version::{VersionLayer, VersionService};
pub use version_endpoints::{VersionEndpointsLayer, VersionEndpointsService};
pub use version_router::{VersionRouterLayer, VersionRouterService};
