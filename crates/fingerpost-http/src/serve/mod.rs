//! Responds to requests for assets.

pub(crate) mod server;
pub(crate) mod options;
pub(crate) mod request_path;
pub(crate) mod path_token;
pub(crate) mod proof;
pub(crate) mod response;
pub(crate) mod servable;
pub(crate) mod shared_headers;
pub(crate) mod published;
pub(crate) mod single_asset_store;
pub(crate) mod source_files;
pub(crate) mod release_index;
pub(crate) mod release_names;
pub(crate) mod verified_file;
pub(crate) mod hash_queue;
pub(crate) mod memory_budget;
pub(crate) mod content;
