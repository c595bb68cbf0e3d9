//! The settings for building URLs.

use std::sync::Once;

use crate::{
    quote::quoted,
    url::{Url, base_url::BaseUrl},
};

#[derive(Debug)]
pub(crate) struct UrlOptions {
    pub(crate) base: BaseUrl,
    /// The length of the base URL's path up to the path token, or `None` without a path token.
    pub(crate) mount_path_len: Option<usize>,
    /// Scheme and host of absolute URLs; `None` if no origin is set or the base URL is absolute.
    pub(crate) origin: Option<String>,
    pub(crate) dev_version_query: bool,
    /// Limits the warning about a missing origin to the first URL.
    pub(crate) origin_warning: Once,
}

/// The two URLs of one asset.
#[derive(Debug, Clone)]
pub(crate) struct AssetUrls {
    pub(crate) url: Url,
    pub(crate) absolute: Url,
}

impl UrlOptions {
    /// Warns about the first absolute URL that has no host.
    pub(crate) fn warn_without_origin(&self, path: &str) {
        if self.origin.is_some() || self.base.is_absolute() {
            return;
        }
        self.origin_warning.call_once(|| {
            tracing::warn!(
                "the absolute URL of {} is only a path, because no origin is set; mail programs cannot resolve it; set \
                 `.origin(\"https://example.com\")`, `FINGERPOST_ORIGIN`, or `origin` in `fingerpost.toml`",
                quoted(path)
            );
        });
    }

    /// Returns the URLs of the file at `path` under the base URL.
    pub(crate) fn urls(&self, path: &str, version: Option<&str>) -> AssetUrls {
        let url = Url::new(&self.base, path, version);
        let absolute = self.origin.as_ref().map_or_else(|| url.clone(), |origin| url.with_origin(origin));
        AssetUrls { url, absolute }
    }
}
