//! A table of URLs that are computed in advance.

use hashbrown::HashMap;

use crate::url::url_options::AssetUrls;

/// The assets of one release that templates can refer to.
#[derive(Debug)]
pub(crate) struct LookupTable {
    /// Asset path → position. Separate from the assets, to be small enough for the CPU cache.
    positions: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
    /// Sorted by asset path.
    pub(crate) assets: Vec<Asset>,
}

#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) path: Box<str>,
    pub(crate) urls: AssetUrls,
}

impl LookupTable {
    /// Creates a table of assets that are sorted by path.
    pub(crate) fn new(assets: Vec<Asset>) -> Self {
        let positions = (0..).zip(&assets).map(|(position, asset)| (asset.path.clone(), position)).collect();
        Self { positions, assets }
    }

    #[inline]
    pub(crate) fn position(&self, path: &str) -> Option<usize> {
        Some(*self.positions.get(path)? as usize)
    }

    #[inline]
    pub(crate) fn urls(&self, path: &str) -> Option<&AssetUrls> {
        Some(&self.assets[self.position(path)?].urls)
    }
}
