use fingerpost::{Assets, Mode};

use crate::rfc9110::cache_control::CachePolicy;

/// Options of [`AssetServer`](super::server::AssetServer).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ServeOptions {
    pub(crate) unversioned_policy: CachePolicy,
    pub(crate) paths_include_mount: bool,
    pub(crate) allow_any_origin: bool,
    pub(crate) max_cached_file: u64,
    pub(crate) cache_capacity: u64,
}

impl ServeOptions {
    pub(crate) fn for_mode_of(assets: &Assets) -> Self {
        let unversioned_policy =
            if assets.mode() == Mode::Production { CachePolicy::Seconds(3600) } else { CachePolicy::NoCache };
        Self {
            unversioned_policy,
            paths_include_mount: false,
            allow_any_origin: true,
            max_cached_file: 128 * 1024,
            cache_capacity: 64 * 1024 * 1024,
        }
    }
}
