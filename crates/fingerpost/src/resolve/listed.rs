//! The strategies without a build step: all files of the source directories, without hashed names.

use std::sync::Arc;

use hashbrown::{HashMap, hash_map::Entry};

use crate::{
    bundle::Bundle,
    dev::file_cache::FileCache,
    error::{Error, Miss},
    manifest::digest::Digest,
    resolve::lookup_table::{Asset, LookupTable},
    sources::baseline::{self, BaselineFile},
    url::url_options::UrlOptions,
};

/// The listed files of the source directories.
#[derive(Debug)]
pub(crate) struct ListedSources {
    pub(crate) table: LookupTable,
    /// By asset path. Includes files that were listed earlier under the same URLs and no longer exist.
    baseline: HashMap<Box<str>, BaselineFile, foldhash::fast::RandomState>,
    pub(crate) files: FileCache<Digest>,
    pub(crate) bundle: Arc<Bundle>,
}

impl ListedSources {
    /// Lists the source directories. `earlier` is a list with the same URLs. The stamps in `earlier` are retained.
    pub(crate) fn list(
        options: &UrlOptions,
        files: FileCache<Digest>,
        version: Option<&str>,
        bundle: Bundle,
        earlier: Option<&Self>,
    ) -> Result<Self, Error> {
        let mut baseline = earlier.map(|earlier| earlier.baseline.clone()).unwrap_or_default();
        let mut assets = Vec::new();
        for (path, listed) in baseline::list(&files.sources)? {
            match baseline.entry(path.as_str().into()) {
                // The file may now be in another source directory. The earlier stamp then does not match the file.
                Entry::Occupied(mut earlier) => earlier.get_mut().file = listed.file,
                Entry::Vacant(new) => drop(new.insert(listed)),
            }
            // Other bundled files import a prehashed file without a version.
            let version = version.filter(|_| !bundle.files.contains_key(&path));
            assets.push(Asset { urls: options.urls(&path, version), path: path.as_str().into() });
        }
        Ok(Self {
            table: LookupTable::new(assets).with_entries(&bundle.entries),
            baseline,
            files,
            bundle: bundle.into(),
        })
    }

    /// Returns the path of an asset's file at the latest listing, and the stamp of the file at the first listing of the
    /// URL.
    pub(crate) fn baseline_file(&self, path: &str) -> Option<&BaselineFile> {
        self.baseline.get(self.path_of(path)?)
    }

    /// Returns the digest of the current file of an asset.
    pub(crate) fn digest(&self, path: &str) -> Result<Digest, Miss> {
        let path = self.path_of(path).ok_or(Miss::NotFound(None))?;
        Ok(self.files.get(path, |digest| digest)?.value)
    }

    /// Returns the asset path of an asset or an entry.
    fn path_of(&self, path: &str) -> Option<&str> {
        Some(&self.table.assets[self.table.position(path)?].path)
    }
}
