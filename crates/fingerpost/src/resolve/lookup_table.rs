//! A table of URLs that are computed in advance.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::url::{asset_path::AssetPath, url_options::AssetUrls};

/// The assets of one release that templates can refer to.
#[derive(Debug)]
pub(crate) struct LookupTable {
    /// Asset path → position. Separate from the assets, to be small enough for the CPU cache.
    positions: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
    /// Sorted by asset path.
    pub(crate) assets: Vec<Asset>,
    /// The names of the entries, sorted, with the positions of their assets.
    pub(crate) entries: Vec<(Box<str>, u32)>,
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
        Self { positions, assets, entries: Vec::new() }
    }

    /// Adds the entries of a bundler. An asset takes precedence over an entry with the same name.
    pub(crate) fn with_entries(mut self, entries: &BTreeMap<String, AssetPath>) -> Self {
        for (name, path) in entries {
            let Some(position) = self.positions.get(path.as_str()).copied() else { continue };
            if self.positions.try_insert(name.as_str().into(), position).is_ok() {
                self.entries.push((name.as_str().into(), position));
            }
        }
        self
    }

    /// Returns `true` for the name and for the asset path of an entry of a bundler.
    pub(crate) fn is_entry(&self, path: &str) -> bool {
        let position = self.position(path);
        self.entries.iter().any(|(_, entry)| Some(*entry as usize) == position)
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
