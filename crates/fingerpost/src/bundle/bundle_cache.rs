//! The manifests of bundlers in development, read again after every change.

use std::{fs, sync::Arc};

use parking_lot::Mutex;

use super::{Bundle, BundleSettings};
use crate::{
    error::Error,
    files::{clock::Clock, file_stamp::FileStamp},
    sources::SourceDir,
    url::base_url::BaseUrl,
};

#[derive(Debug)]
pub(crate) struct BundleCache {
    settings: BundleSettings,
    sources: Vec<SourceDir>,
    base: BaseUrl,
    clock: Clock,
    last: Mutex<LastBundle>,
}

#[derive(Debug, Default)]
struct LastBundle {
    /// The stamps of the manifests. `None` if equal stamps do not imply equal content.
    stamps: Option<Stamps>,
    bundle: Arc<Bundle>,
}

/// The stamp of each manifest, or `None` for a missing manifest.
type Stamps = Vec<Option<FileStamp>>;

impl BundleCache {
    pub(crate) fn new(
        settings: BundleSettings,
        sources: Vec<SourceDir>,
        base: BaseUrl,
        clock: Clock,
    ) -> Self {
        Self { settings, sources, base, clock, last: Mutex::default() }
    }

    /// Returns the content of the current manifests.
    ///
    /// # Errors
    ///
    /// Same as [`BundleSettings::read`].
    pub(crate) fn current(&self) -> Result<Arc<Bundle>, Error> {
        let mut last = self.last.lock();
        if self.settings.is_empty() {
            return Ok(Arc::clone(&last.bundle));
        }
        let began = (self.clock.now)();
        let stamps = self.stamps();
        if last.stamps.as_ref() != Some(&stamps) {
            last.bundle = self.settings.read(&self.sources, &self.base)?.into();
            let is_settled =
                |stamp: &Option<FileStamp>| stamp.is_some_and(|stamp| stamp.is_settled_at(began));
            let is_trusted = stamps.iter().all(is_settled) && self.stamps() == stamps;
            last.stamps = is_trusted.then_some(stamps);
        }
        Ok(Arc::clone(&last.bundle))
    }

    /// Returns the content of the current manifests. If the manifests cannot be read, returns the last content, because Vite
    /// removes its manifest during a build.
    pub(crate) fn last(&self) -> Arc<Bundle> {
        self.current().unwrap_or_else(|_| Arc::clone(&self.last.lock().bundle))
    }

    fn stamps(&self) -> Stamps {
        let stamp =
            |manifest| fs::metadata(manifest).ok().map(|metadata| FileStamp::from_metadata(&metadata));
        self.settings.manifests().map(stamp).collect()
    }
}
