//! The development cache: edits are visible on the next call, at the cost of one `stat`.

pub(crate) mod single_flight;
pub(crate) mod file_cache;
mod watch;

use std::sync::Arc;

use crate::{
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
    watch: Option<Watch>,
    /// Cached files with their checkpoints. A file is used until its checkpoint expires or an event occurs. Empty unless
    /// the source directories are watched.
    confirmed: ByPath<(Checkpoint, HashedFile)>,
}

/// The digest and the URLs of a file. The URLs are cached too, so that a cache hit does not format URLs.
#[derive(Debug, Clone)]
pub(crate) struct HashedFile {
    pub(crate) digest: Digest,
    pub(crate) urls: AssetUrls,
}

impl Development {
    /// Watches the source directories if the feature `watch` is enabled.
    pub(crate) fn new(files: FileCache<HashedFile>, options: Arc<UrlOptions>) -> Self {
        let watch = Watch::start(&files.sources);
        Self { files, options, watch, confirmed: ByPath::default() }
    }

    /// Returns the current file of an asset.
    pub(crate) fn file(&self, path: &str) -> Result<HashedFile, Miss> {
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
        let version = self.options.dev_version_query.then(|| ContentHash::from(&digest));
        let urls = self.options.urls(path, version.as_ref().map(ContentHash::as_str));
        HashedFile { digest, urls }
    }

    /// Applies `take` to a cached file if no event has occurred since the checkpoint of the file.
    pub(crate) fn confirmed<R>(&self, path: &str, take: impl FnOnce(&HashedFile) -> R) -> Option<R> {
        let watch = self.watch.as_ref()?;
        let confirmed = self.confirmed.read();
        let (checkpoint, file) = confirmed.get(path)?;
        watch.is_unchanged_since(*checkpoint).then(|| take(file))
    }
}
