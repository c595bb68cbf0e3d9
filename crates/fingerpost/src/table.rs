//! Production: all names known beforehand, one look-up and nothing else.

use std::sync::Arc;

use hashbrown::HashMap;
use once_cell::sync::OnceCell;

use crate::{
    dev::Development,
    error::{Error, Missing, Problem},
    hash::integrity_of,
    manifest::{MANIFEST_NAME, Manifest},
    path::is_nameable,
    site::{Site, Urls},
    sources::{Sources, is_absent},
    store::Store,
};

/// The assets of one release.
#[derive(Debug)]
pub(crate) struct Table {
    /// Asset path → position. Kept apart from the assets so that it is small and stays in the processor's cache.
    positions: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
    /// Sorted by asset path.
    assets: Vec<Asset>,
    bytes: Bytes,
    /// Where names were looked for, as errors tell it.
    searched: Vec<String>,
}

/// Where the bytes of the assets are.
#[derive(Debug)]
enum Bytes {
    Collected(Arc<dyn Store>),
    /// Where they may still change.
    Sources(Box<Development>),
}

#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) path: Box<str>,
    pub(crate) urls: Urls,
    hashed: Box<str>,
    /// From the manifest, or made at the first call from the file.
    integrity: OnceCell<Arc<str>>,
}

impl Table {
    /// The strategy `Manifest`: every asset under its hashed path.
    pub(crate) fn from_manifest(site: &Site, manifest: &Manifest, store: Arc<dyn Store>) -> Self {
        let nameable = manifest.iter().filter(|(path, _)| is_nameable(path));
        let assets = nameable.map(|(path, entry)| {
            let integrity = entry.info.as_ref().and_then(|info| info.integrity.as_deref());
            Asset {
                path: path.as_str().into(),
                urls: site.urls(&entry.hashed, None),
                hashed: entry.hashed.as_str().into(),
                integrity: integrity
                    .map_or_else(OnceCell::new, |integrity| OnceCell::with_value(integrity.into())),
            }
        });
        Self::new(assets.collect(), vec![manifest_place(&*store)], Bytes::Collected(store))
    }

    /// The strategies without a build step: every file of the source dirs under its own name, listed now.
    pub(crate) fn from_sources(site: &Site, sources: Sources, version: Option<&str>) -> Self {
        let listing = sources.list();
        for problem in listing.problems {
            tracing::warn!("{problem}; it is left out");
        }
        let nameable = listing.files.iter().filter(|file| is_nameable(&file.path));
        let assets = nameable.map(|file| Asset {
            path: file.path.as_str().into(),
            urls: site.urls(&file.path, version),
            hashed: file.path.as_str().into(),
            integrity: OnceCell::new(),
        });
        Self::new(assets.collect(), sources.places(), Bytes::Sources(Box::new(Development::new(sources))))
    }

    fn new(assets: Vec<Asset>, searched: Vec<String>, bytes: Bytes) -> Self {
        let positions = (0..).zip(&assets).map(|(position, asset)| (asset.path.clone(), position)).collect();
        Self { positions, assets, bytes, searched }
    }

    pub(crate) fn position(&self, path: &str) -> Option<usize> {
        Some(*self.positions.get(path)? as usize)
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Asset> {
        Some(&self.assets[self.position(path)?])
    }

    /// All assets, sorted by asset path.
    pub(crate) fn assets(&self) -> &[Asset] {
        &self.assets
    }

    pub(crate) fn asset(&self, path: &str) -> Result<&Asset, Error> {
        self.get(path).ok_or_else(|| {
            let searched = self.searched.clone();
            Problem::NotFound(Missing { path: path.to_owned(), searched, ..Missing::default() }).into()
        })
    }

    pub(crate) fn integrity(&self, path: &str) -> Result<Arc<str>, Error> {
        let Asset { integrity, hashed, .. } = self.asset(path)?;
        let store = match &self.bytes {
            Bytes::Collected(store) => store,
            Bytes::Sources(development) => return development.integrity(path),
        };
        let compute = || match store.read(hashed) {
            Ok(bytes) => Ok(integrity_of(&bytes).into()),
            Err(err) => Err(Error::unreadable(format!("{}/{hashed}", store.place()), err)),
        };
        integrity.get_or_try_init(compute).cloned()
    }
}

/// Reads the manifest and compares it with the base URL it is to be used for.
pub(crate) fn read_manifest(site: &Site, store: &dyn Store) -> Result<Manifest, Error> {
    let place = manifest_place(store);
    let json = store.read(MANIFEST_NAME).map_err(|err| {
        if is_absent(&err) {
            let hint = ", or set FINGERPOST_MODE=dev to serve the source dirs";
            Problem::ManifestNotFound { place: place.clone(), hint }.into()
        } else {
            Error::unreadable(&place, err)
        }
    })?;
    let manifest = Manifest::parse(&json, &place)?;
    match manifest.base_path() {
        Some(made_for) if made_for != site.base.path() => Err(Error::manifest(
            place,
            format!(
                "was made for `{made_for}`, and the base URL here is `{}`; collect again with `--base-url {}`",
                site.base,
                site.base.path()
            ),
        )),
        _ => Ok(manifest),
    }
}

fn manifest_place(store: &dyn Store) -> String {
    std::path::Path::new(&store.place()).join(MANIFEST_NAME).display().to_string()
}
