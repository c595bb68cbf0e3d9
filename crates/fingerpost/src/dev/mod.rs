//! The development cache: edits are visible on the next call, at the cost of one `stat`.

pub(crate) mod single_flight;
pub(crate) mod file_cache;
mod watch;

use std::sync::Arc;

use crate::{
    bundle::{bundle_cache::BundleCache, dev_server::DevServer},
    dev::{
        file_cache::{ByPath, FileCache},
        watch::{Checkpoint, Watch},
    },
    error::Miss,
    manifest::digest::{ContentHash, Digest},
    url::url_options::{AssetUrls, UrlOptions},
};

/// Resolves asset paths in the current source directories.
#[derive(Debug)]
pub(crate) struct Development {
    pub(crate) files: FileCache<HashedFile>,
    options: Arc<UrlOptions>,
    pub(crate) bundles: BundleCache,
    pub(crate) dev_server: Option<DevServer>,
    watch: Option<Watch>,
    /// Cached files with their checkpoints. A file is used until its checkpoint expires or an event occurs. Empty unless
    /// the source directories are watched.
    confirmed: ByPath<(Checkpoint, HashedFile)>,
}

/// The digest and the URLs of a file. The URLs are also cached, so that a cache hit does not format URLs.
#[derive(Debug, Clone)]
pub(crate) struct HashedFile {
    pub(crate) digest: Digest,
    pub(crate) urls: AssetUrls,
}

impl Development {
    /// Watches the source directories if the feature `watch` is enabled.
    pub(crate) fn new(
        files: FileCache<HashedFile>,
        options: Arc<UrlOptions>,
        bundles: BundleCache,
        dev_server: Option<DevServer>,
    ) -> Self {
        let watch = Watch::start(&files.sources);
        Self { files, options, bundles, dev_server, watch, confirmed: ByPath::default() }
    }

    /// Returns the URLs of an asset, of an entry, or of a source file that the development server serves.
    pub(crate) fn urls(&self, path: &str) -> Result<AssetUrls, Miss> {
        let served = || self.dev_server.as_ref()?.urls(path);
        match self.file(path) {
            Ok(file) => Ok(file.urls),
            Err(miss @ Miss::NotFound(_)) => served().ok_or(miss),
            Err(failed) => Err(failed),
        }
    }

    /// Returns the current file of an asset or of an entry.
    pub(crate) fn file(&self, path: &str) -> Result<HashedFile, Miss> {
        match self.source_file(path) {
            Err(miss @ Miss::NotFound(_)) => match self.bundles.current()?.entries.get(path) {
                Some(asset) => self.source_file(asset),
                None => Err(miss),
            },
            result => result,
        }
    }

    /// Returns the current file of an asset.
    fn source_file(&self, path: &str) -> Result<HashedFile, Miss> {
        if let Some(file) = self.confirmed(path, HashedFile::clone) {
            return Ok(file);
        }
        let checkpoint = self.watch.as_ref().map(Watch::checkpoint);
        let file = self.files.get(path, |digest| self.hashed_file(path, digest)).inspect_err(|_| {
            self.confirmed.write().remove(path);
        })?;
        if let Some(checkpoint) = checkpoint.filter(|_| file.is_trusted) {
            self.confirmed.write().insert(path.into(), (checkpoint, file.value.clone()));
        }
        Ok(file.value)
    }

    fn hashed_file(&self, path: &str, digest: Digest) -> HashedFile {
        // Other bundled files import a prehashed file without `?v=`.
        let has_version = self.options.dev_version_query && !self.bundles.last().files.contains_key(path);
        let version = has_version.then(|| ContentHash::from(&digest));
        let urls = self.options.urls(path, version.as_ref().map(ContentHash::as_str));
        HashedFile { digest, urls }
    }

    /// Returns the searched directories in the form that error messages use.
    pub(crate) fn searched(&self) -> Vec<String> {
        let root = self.dev_server.as_ref().map(|server| server.root().display().to_string());
        self.files.sources.dir_labels().into_iter().chain(root).collect()
    }

    /// Applies `take` to a cached file if the checkpoint of the file is still valid.
    pub(crate) fn confirmed<R>(&self, path: &str, take: impl FnOnce(&HashedFile) -> R) -> Option<R> {
        let watch = self.watch.as_ref()?;
        let confirmed = self.confirmed.read();
        let (checkpoint, file) = confirmed.get(path)?;
        watch.is_unchanged_since(*checkpoint).then(|| take(file))
    }
}
