#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bucket;
mod publish;
mod local_release;
mod lease;
mod probe;
mod remote;
mod attributes;
mod objects;
mod bucket_url;
mod store_error;
mod runtime;
mod progress;
mod random;
mod error;

pub use bucket::Bucket;
pub use error::{Error, ErrorKind};
pub use progress::Progress;
pub use publish::{publish, publish_config::PublishConfig, publish_with, report::PublishReport};
