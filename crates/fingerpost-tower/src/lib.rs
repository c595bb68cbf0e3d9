//! [Blue/green and canary]: crate::blue_green
//! [Deltas]: crate::deltas
//! [How to deploy]: crate::deploying
//! [How to drain]: crate::draining
//! [Other frameworks and engines]: crate::frameworks
//! [Service workers]: crate::service_workers
//! [Stale pages]: crate::stale_pages
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod static_files;
mod version_endpoints;
mod version_router;
mod version;
#[cfg(feature = "html")]
mod html_rewrite;
mod content_body;
mod either_body;
#[cfg(feature = "html")]
mod html_body;
mod snapshot_scoped;
mod response_future;
mod maybe_blocking;
#[cfg(feature = "metrics")]
mod request_counter;

pub use content_body::ContentBody;
pub use either_body::EitherBody;
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
pub use static_files::{StaticFiles, StaticFilesFuture};
pub use version::{VersionLayer, VersionService};
pub use version_endpoints::{VersionEndpointsLayer, VersionEndpointsService};
pub use version_router::{VersionRouterLayer, VersionRouterService};

/// [deploying]: crate::deploying
/// [draining]: crate::draining
#[doc = include_str!("../docs/blue-green.md")]
///
/// # In the API
///
/// [`VersionLayer`], [`VersionRouterLayer`].
#[cfg(feature = "html")]
pub mod blue_green {}

#[doc = include_str!("../docs/deltas.md")]
#[doc = include_str!("../docs/deltas.svg")]
///
/// # In the API
///
/// [`StaticFiles`], [`Manifest::dictionaries`](fingerpost::manifest::Manifest::dictionaries).
pub mod deltas {}

#[doc = include_str!("../docs/deploying.md")]
///
/// # In the API
///
/// [`AssetServer::unversioned_policy`], [`Strategy`](fingerpost::Strategy), [`Token`](fingerpost::Token),
/// [`AssetsBuilder::version_from_git`](fingerpost::AssetsBuilder::version_from_git),
/// [`Assets::reload`](fingerpost::Assets::reload).
pub mod deploying {}

/// [blue/green]: crate::blue_green
#[doc = include_str!("../docs/draining.md")]
///
/// # In the API
///
/// [`VersionLayer`].
#[cfg(feature = "html")]
pub mod draining {}

#[doc = include_str!("../docs/frameworks.md")]
///
/// # In the API
///
/// [`StaticFiles`], [`VersionLayer`], [`AssetServer::paths_include_mount`].
pub mod frameworks {}

#[doc = include_str!("../docs/service-workers.md")]
///
/// # In the API
///
/// [`StaticFiles::file`].
pub mod service_workers {}

#[doc = include_str!("../docs/stale-pages.md")]
///
/// # In the API
///
/// [`VersionLayer`], [`OnMismatch`], [`CspNonce`].
#[cfg(feature = "html")]
pub mod stale_pages {}
