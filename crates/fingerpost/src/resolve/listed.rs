//! The strategies without a build step: every file of the source dirs under its own name.

use hashbrown::{HashMap, hash_map::Entry};

use crate::{
    dev::file_cache::FileCache,
    error::{Error, Miss},
    manifest::digest::Digest,
    resolve::lookup_table::{Asset, LookupTable},
    sources::{
        Sources,
        baseline::{self, BaselineFile},
    },
    url::url_options::UrlOptions,
};

/// The files of the source dirs as they were listed.
#[derive(Debug)]
pub(crate) struct ListedSources {
    pub(crate) table: LookupTable,
    /// By asset path. Also those that were listed earlier under the same URLs and are no more.
    baseline: HashMap<Box<str>, BaselineFile, foldhash::fast::RandomState>,
    pub(crate) files: FileCache<Digest>,
}

impl ListedSources {
    /// Lists the source dirs. `earlier` has the same URLs, which stand for the files that it has listed.
    pub(crate) fn list(
        options: &UrlOptions,
        sources: Sources,
        version: Option<&str>,
        earlier: Option<&Self>,
    ) -> Result<Self, Error> {
        let mut baseline = earlier.map(|earlier| earlier.baseline.clone()).unwrap_or_default();
        let mut assets = Vec::new();
        for (path, listed) in baseline::list(&sources)? {
            match baseline.entry(path.as_str().into()) {
                // Another source dir may have it now: then this stamp is not that file's.
                Entry::Occupied(mut earlier) => earlier.get_mut().file = listed.file,
                Entry::Vacant(new) => drop(new.insert(listed)),
            }
            assets.push(Asset { urls: options.urls(&path, version), path: path.as_str().into() });
        }
        Ok(Self { table: LookupTable::new(assets), baseline, files: FileCache::new(sources) })
    }

    /// The file of an asset as it was when it was listed first under its URL.
    pub(crate) fn baseline_file(&self, path: &str) -> Option<&BaselineFile> {
        self.table.position(path).and_then(|_| self.baseline.get(path))
    }

    /// The digest of the file of an asset as it is now.
    pub(crate) fn digest(&self, path: &str) -> Result<Digest, Miss> {
        self.table.position(path).ok_or(Miss::NotFound(None))?;
        Ok(self.files.get(path, |digest| digest)?.value)
    }
}
