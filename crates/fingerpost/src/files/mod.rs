//! Reading files that may change meanwhile.

pub(crate) mod file_stamp;
pub(crate) mod stable_read;
