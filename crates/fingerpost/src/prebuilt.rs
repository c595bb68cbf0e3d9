use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;

use crate::{assets::Assets, error::Error, resolver::Resolver, snapshot, url::Url};

/// For adapters: one value for each asset, made beforehand of its URL, such as a template engine's own string.
///
/// In production all values of a release are made at once, at the first call after it came into force; from then on a
/// call is one look-up. In development, and for a path with a query or fragment, the value is made at each call.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("a.css"), "body{}")?;
/// # let assets = fingerpost::Assets::dev(dir.path())?;
/// use fingerpost::Prebuilt;
///
/// let quoted = Prebuilt::new(&assets, |url| format!("\"{url}\""));
/// assert_eq!(quoted.get("a.css", String::clone)?, "\"/static/a.css?v=7c98040a5416\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Prebuilt<V> {
    assets: Assets,
    make: fn(&Url) -> V,
    newest: ArcSwap<Values<V>>,
}

/// The values of one release, by the positions of its assets.
struct Values<V> {
    resolver: Arc<Resolver>,
    values: Box<[V]>,
}

impl<V> Prebuilt<V> {
    /// Makes all values of the release in force.
    pub fn new(assets: &Assets, make: fn(&Url) -> V) -> Self {
        Self { assets: assets.clone(), make, newest: ArcSwap::from_pointee(Values::make(assets, make)) }
    }

    /// Hands the value for `path` to `take`. Heeds reloads and scopes as [`Assets::url`] does.
    ///
    /// # Errors
    ///
    /// As for [`Assets::url`].
    #[inline]
    pub fn get<R>(&self, path: &str, take: impl FnOnce(&V) -> R) -> Result<R, Error> {
        let pinned = snapshot::pinned(&self.assets).map(|scope| scope.resolver.number);
        let wanted = pinned.unwrap_or_else(|| self.assets.newest());
        let mut newest = self.newest.load();
        if newest.resolver.number < wanted {
            let made = Arc::new(Values::make(&self.assets, self.make));
            // A thread that was slow must not put an older release back.
            self.newest.rcu(|kept| {
                let newer = if kept.resolver.number < made.resolver.number { &made } else { kept };
                Arc::clone(newer)
            });
            newest = self.newest.load();
        }
        // A scope may hold on to an older release; its values are not worth keeping.
        match newest.resolver.position(path) {
            Some(position) if pinned.is_none_or(|number| number == newest.resolver.number) => {
                Ok(take(&newest.values[position]))
            }
            _ => Ok(take(&(self.make)(&self.assets.url(path)?))),
        }
    }

    /// The assets whose URLs these are.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }
}

impl<V> Values<V> {
    fn make(assets: &Assets, make: fn(&Url) -> V) -> Self {
        let resolver = assets.current();
        let values = resolver.listed_urls().map(make).collect();
        Self { resolver, values }
    }
}

impl<V> fmt::Debug for Prebuilt<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prebuilt").field("assets", &self.assets).finish_non_exhaustive()
    }
}
