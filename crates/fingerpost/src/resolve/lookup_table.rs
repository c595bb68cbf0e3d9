//! Production: all names known beforehand, one look-up and nothing else.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use hashbrown::HashMap;

use crate::{
    dev::Development,
    error::{Error, Missing, Problem},
    files::is_absent,
    manifest::{
        MANIFEST_NAME, Manifest,
        digest::Digest,
        store::{Store, Stored},
    },
    resolve::url_options::{AssetUrls, UrlOptions},
    sources::{
        Sources,
        baseline::{self, BaselineFile},
    },
    url::asset_path::{AssetPath, is_nameable},
};

/// The assets of one release.
#[derive(Debug)]
pub(crate) struct LookupTable {
    /// Asset path → position. Kept apart from the assets so that it is small and stays in the processor's cache.
    positions: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
    /// Sorted by asset path.
    assets: Vec<Asset>,
    backend: Backend,
    /// Where names were looked for, as errors tell it.
    searched: Vec<String>,
}

/// Where the bytes of the assets are.
#[derive(Debug)]
enum Backend {
    Store(Arc<dyn Store>),
    /// Where they may still change.
    Sources {
        development: Box<Development>,
        /// By the positions of the assets.
        baseline: Vec<BaselineFile>,
        /// What was listed earlier under the same URLs and is no more.
        removed: BaselineFiles,
    },
}

/// Files that were listed, by asset path.
type BaselineFiles = BTreeMap<Box<str>, BaselineFile>;

#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) path: Box<str>,
    pub(crate) urls: AssetUrls,
    hashed: Box<str>,
    /// From the manifest, or, where that has none, from the published file at the first call.
    digest: OnceLock<Digest>,
}

impl LookupTable {
    /// The strategy `Manifest`: every asset under its hashed path.
    pub(crate) fn from_manifest(options: &UrlOptions, manifest: &Manifest, store: Arc<dyn Store>) -> Self {
        let nameable = manifest.iter().filter(|(path, _)| is_nameable(path));
        let assets = nameable.map(|(path, entry)| Asset {
            path: path.as_str().into(),
            urls: options.urls(&entry.hashed, None),
            hashed: entry.hashed.as_str().into(),
            digest: entry.info.as_ref().map_or_else(OnceLock::new, |info| info.sha256.into()),
        });
        Self::new(assets.collect(), vec![manifest_place(&*store)], Backend::Store(store))
    }

    /// The strategies without a build step: every file of the source dirs under its own name, listed now, or by
    /// `earlier`, a table with the same URLs.
    pub(crate) fn from_sources(
        options: &UrlOptions,
        sources: Sources,
        version: Option<&str>,
        earlier: Option<&Self>,
    ) -> Result<Self, Error> {
        let mut earlier_files = earlier.map(Self::all_baseline_files).unwrap_or_default();
        let (mut assets, mut baseline) = (Vec::new(), Vec::new());
        for (path, listed) in baseline::list(&sources)? {
            baseline.push(match earlier_files.remove(&*path) {
                // Another source dir may have it now: then this stamp is not that file's.
                Some(earlier) => BaselineFile { file: listed.file, ..earlier },
                None => listed,
            });
            assets.push(Asset {
                urls: options.urls(&path, version),
                hashed: path.as_str().into(),
                path: path.as_str().into(),
                digest: OnceLock::new(),
            });
        }
        let searched = sources.dir_labels();
        let backend = Backend::Sources {
            development: Box::new(Development::new(sources)),
            baseline,
            removed: earlier_files,
        };
        Ok(Self::new(assets, searched, backend))
    }

    /// All files that were ever listed under these URLs.
    fn all_baseline_files(&self) -> BaselineFiles {
        let Backend::Sources { baseline, removed, .. } = &self.backend else { return BaselineFiles::new() };
        let paths = self.assets.iter().map(|asset| asset.path.clone());
        removed.clone().into_iter().chain(paths.zip(baseline.iter().cloned())).collect()
    }

    fn new(assets: Vec<Asset>, searched: Vec<String>, backend: Backend) -> Self {
        let positions = (0..).zip(&assets).map(|(position, asset)| (asset.path.clone(), position)).collect();
        Self { positions, assets, backend, searched }
    }

    #[inline]
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
        self.get(path).ok_or_else(|| self.not_found(path))
    }

    fn not_found(&self, path: &str) -> Error {
        let searched = self.searched.clone();
        Problem::NotFound(Missing { path: path.to_owned(), searched, ..Missing::default() }).into()
    }

    /// The file of an asset, if it was listed rather than published.
    pub(crate) fn baseline_file(&self, path: &str) -> Option<&BaselineFile> {
        match &self.backend {
            Backend::Store(_) => None,
            Backend::Sources { baseline, .. } => Some(&baseline[self.position(path)?]),
        }
    }

    /// Where an asset lies in the output dir, if it was published.
    pub(crate) fn hashed_path(&self, path: &str) -> Option<&str> {
        match &self.backend {
            Backend::Store(_) => Some(&self.get(path)?.hashed),
            Backend::Sources { .. } => None,
        }
    }

    /// Opens an asset in the source dirs as they are now.
    pub(crate) fn open_source(&self, path: &AssetPath) -> Result<(PathBuf, File), Error> {
        match &self.backend {
            Backend::Store(_) => Err(self.not_found(path)),
            Backend::Sources { development, .. } => development.open(path),
        }
    }

    /// The digest of the bytes that are served for an asset.
    pub(crate) fn digest(&self, options: &UrlOptions, path: &str) -> Result<Digest, Error> {
        let Asset { digest, hashed, .. } = self.asset(path)?;
        let store = match &self.backend {
            Backend::Store(store) => store,
            Backend::Sources { development, .. } => return development.digest(options, path),
        };
        if let Some(digest) = digest.get() {
            return Ok(*digest);
        }
        // Not inside the cell: the store is foreign code and may call back.
        let read = read_digest(&**store, hashed)
            .map_err(|err| Error::unreadable(Path::new(&store.place()).join(&**hashed), err))?;
        Ok(*digest.get_or_init(|| read))
    }
}

fn read_digest(store: &dyn Store, hashed: &str) -> io::Result<Digest> {
    match store.open(hashed)? {
        Stored::Bytes(bytes) => Ok(Digest::from_content(&bytes)),
        Stored::File(file) => Ok(Digest::from_reader(file)?.0),
    }
}

/// Reads the manifest and compares it with the base URL it is to be used for.
pub(crate) fn read_manifest(
    options: &UrlOptions,
    store: &dyn Store,
    advice: impl FnOnce() -> String,
) -> Result<Manifest, Error> {
    let place = manifest_place(store);
    let json = store.read(MANIFEST_NAME).map_err(|err| {
        if is_absent(&err) {
            Problem::ManifestNotFound { place: place.clone(), advice: advice() }.into()
        } else {
            Error::unreadable(&place, err)
        }
    })?;
    let manifest = Manifest::parse(&json, &place)?;
    match manifest.base_path() {
        Some(made_for) if made_for != options.base.path() => Err(Error::manifest(
            place,
            format!(
                "was made for `{made_for}`, and the base URL here is `{}`; collect again with `--base-url {}`",
                options.base,
                options.base.path()
            ),
        )),
        _ => Ok(manifest),
    }
}

fn manifest_place(store: &dyn Store) -> String {
    Path::new(&store.place()).join(MANIFEST_NAME).display().to_string()
}
