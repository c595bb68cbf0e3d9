//! URLs that are known beforehand: one look-up and nothing else.

use hashbrown::HashMap;

use crate::url::{Url, url_options::AssetUrls};

/// The assets of one release that a template can name.
#[derive(Debug)]
pub(crate) struct LookupTable {
    /// Asset path → position. Kept apart from the assets so that it is small and stays in the processor's cache.
    positions: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
    /// Sorted by asset path.
    assets: Vec<Asset>,
}

#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) path: Box<str>,
    pub(crate) urls: AssetUrls,
}

impl LookupTable {
    /// Takes the assets in the order of their paths.
    pub(crate) fn new(assets: Vec<Asset>) -> Self {
        let positions = (0..).zip(&assets).map(|(position, asset)| (asset.path.clone(), position)).collect();
        Self { positions, assets }
    }

    #[inline]
    pub(crate) fn position(&self, path: &str) -> Option<usize> {
        Some(*self.positions.get(path)? as usize)
    }

    pub(crate) fn urls(&self, path: &str) -> Option<&AssetUrls> {
        Some(&self.assets[self.position(path)?].urls)
    }

    /// All assets, sorted by asset path.
    pub(crate) fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// All URLs by the positions of the assets.
    pub(crate) fn all_urls(&self) -> impl Iterator<Item = &Url> {
        self.assets.iter().map(|asset| &asset.urls.url)
    }
}
