use fingerpost::{Assets, Mode};

use crate::rfc9110::cache_control::Lifetime;

/// What a server of assets may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) unversioned: Lifetime,
    pub(crate) whole_paths: bool,
    pub(crate) all_origins: bool,
    pub(crate) memory_per_file: u64,
    pub(crate) memory: u64,
}

impl Settings {
    pub(crate) fn for_mode_of(assets: &Assets) -> Self {
        let unversioned =
            if assets.mode() == Mode::Production { Lifetime::Seconds(3600) } else { Lifetime::NoCache };
        Self {
            unversioned,
            whole_paths: false,
            all_origins: true,
            memory_per_file: 128 * 1024,
            memory: 64 * 1024 * 1024,
        }
    }
}
