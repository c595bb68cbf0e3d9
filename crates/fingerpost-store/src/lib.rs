//! [Assets in a bucket]: crate::buckets
//! [fingerpost-cli]: https://docs.rs/crate/fingerpost-cli/latest
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bucket;
mod bucket_store;
mod release_poller;
mod publish_settings;
mod publish;
mod rollback;
mod clean;
mod pack;
mod write_options;
mod local_release;
mod lease;
mod probe;
mod remote;
mod attributes;
mod objects;
mod bucket_url;
mod provider;
mod store_error;
mod runtime;
mod progress;
mod random;
mod error;

pub use bucket::Bucket;
pub use bucket_store::BucketStore;
pub use clean::{clean, clean_config::CleanConfig, clean_with, report::CleanReport};
pub use error::{Error, ErrorKind};
pub use pack::download_pack;
pub use progress::Progress;
pub use publish::{publish, publish_config::PublishConfig, publish_with, report::PublishReport};
pub use publish_settings::PublishSettings;
pub use release_poller::{PollEvent, ReleasePoller, RunningPoller};
pub use rollback::{report::RollbackReport, rollback, rollback_config::RollbackConfig, rollback_with};

#[doc = include_str!("../docs/buckets.md")]
///
/// # In the API
///
/// [`Bucket`], [`BucketStore`], [`ReleasePoller`], [`publish()`].
pub mod buckets {}
