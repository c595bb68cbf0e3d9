use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use crate::{assets::Assets, error::Error, resolve::Resolver, snapshot, url::Url};

/// A value per asset, built in advance from its URL, such as a string of a template engine. For adapters.
///
/// In production, the first call after start-up or a reload builds all values of the release; later calls are one
/// lookup. A call builds only its own value
///
/// - in development,
/// - for a path with a query or a fragment,
/// - in a scope of an older release, and
/// - while another thread builds the values.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("a.css"), "body{}")?;
/// # let assets = fingerpost::Assets::dev(dir.path())?;
/// use fingerpost::__private::Prebuilt;
///
/// let quoted = Prebuilt::new(&assets, |url| format!("\"{url}\""));
/// assert_eq!(quoted.get("a.css", String::clone)?, "\"/static/a.css?v=7c98040a5416\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Prebuilt<V> {
    assets: Assets,
    make: fn(&Url) -> V,
    latest: ArcSwap<Values<V>>,
    /// Locked while a thread builds the values of a new release. No thread waits for this lock.
    rebuild_lock: Mutex<()>,
}

/// The values of one release, by the positions of its assets.
struct Values<V> {
    resolver: Arc<Resolver>,
    values: Box<[V]>,
}

impl<V> Prebuilt<V> {
    /// Builds all values of the current release.
    pub fn new(assets: &Assets, make: fn(&Url) -> V) -> Self {
        let latest = ArcSwap::from_pointee(Values::make(assets.current(), make));
        Self { assets: assets.clone(), make, latest, rebuild_lock: Mutex::default() }
    }

    /// Passes the value for `path` to `take`. Reloads and scopes apply as for [`Assets::url`].
    ///
    /// # Errors
    ///
    /// Same as [`Assets::url`].
    #[inline]
    pub fn get<R>(&self, path: &str, take: impl FnOnce(&V) -> R) -> Result<R, Error> {
        let pinned = snapshot::pinned(&self.assets).map(|scope| scope.resolver.generation);
        let generation = pinned.unwrap_or_else(|| self.assets.generation());
        let mut latest = self.latest.load();
        if latest.resolver.generation < generation {
            self.rebuild();
            latest = self.latest.load();
        }
        // The values of an older release, which a scope may pin, are not cached.
        let values_generation = latest.resolver.generation;
        let fits = pinned.map_or(values_generation >= generation, |pinned| values_generation == pinned);
        match latest.resolver.strategy.table().and_then(|table| table.position(path)) {
            Some(position) if fits => Ok(take(&latest.values[position])),
            _ => Ok(take(&(self.make)(&self.assets.url(path)?))),
        }
    }

    /// Builds the values of the current release, unless another thread is building or has built them.
    #[cold]
    fn rebuild(&self) {
        let Some(_guard) = self.rebuild_lock.try_lock() else { return };
        let resolver = self.assets.current();
        if self.latest.load().resolver.generation < resolver.generation {
            self.latest.store(Arc::new(Values::make(resolver, self.make)));
        }
    }

    /// Returns the assets that the values are built from.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }
}

impl<V> Values<V> {
    fn make(resolver: Arc<Resolver>, make: fn(&Url) -> V) -> Self {
        let assets = resolver.strategy.table().into_iter().flat_map(|table| &table.assets);
        let values = assets.map(|asset| make(&asset.urls.url)).collect();
        Self { resolver, values }
    }
}

impl<V> fmt::Debug for Prebuilt<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prebuilt").field("assets", &self.assets).finish_non_exhaustive()
    }
}
