//! What stays the same for as long as an `Assets` lives.

use crate::{
    mode::Mode,
    resolve::missing::{MissingWarnings, OnMissing},
    url::{Url, base_url::BaseUrl},
};

#[derive(Debug)]
pub(crate) struct UrlOptions {
    pub(crate) mode: Mode,
    pub(crate) base: BaseUrl,
    /// How much of the base URL's path precedes the path token, if there is one.
    pub(crate) mount_path_len: Option<usize>,
    /// What goes before a URL to make it absolute; `None` if nothing is set, or the base URL is absolute already.
    pub(crate) origin: Option<String>,
    pub(crate) dev_version_query: bool,
    pub(crate) on_missing: OnMissing,
    pub(crate) missing_warnings: MissingWarnings,
}

/// The two URLs of one asset.
#[derive(Debug, Clone)]
pub(crate) struct AssetUrls {
    pub(crate) url: Url,
    pub(crate) absolute: Url,
}

impl UrlOptions {
    /// The defaults of development, for unit tests.
    #[cfg(all(test, unix))]
    pub(crate) fn development() -> Self {
        Self {
            mode: Mode::Dev,
            base: BaseUrl::default(),
            mount_path_len: None,
            origin: None,
            dev_version_query: true,
            on_missing: OnMissing::Error,
            missing_warnings: MissingWarnings::default(),
        }
    }

    /// The URLs of what lies at `path` under the base URL.
    pub(crate) fn urls(&self, path: &str, version: Option<&str>) -> AssetUrls {
        let url = Url::new(&self.base, path, version);
        let absolute = self.origin.as_ref().map_or_else(|| url.clone(), |origin| url.with_origin(origin));
        AssetUrls { url, absolute }
    }
}
