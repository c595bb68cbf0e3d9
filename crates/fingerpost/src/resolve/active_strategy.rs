use std::{fs::File, path::PathBuf, sync::Arc};

use crate::{
    bundle::{Bundle, dev_server::DevServer},
    dev::Development,
    error::Miss,
    manifest::digest::Digest,
    resolve::{collected::Collected, listed::ListedSources, lookup_table::LookupTable},
    url::{Url, asset_path::AssetPath, url_options::AssetUrls},
};

/// The active strategy, with its data.
#[derive(Debug)]
pub(crate) enum ActiveStrategy {
    /// The source directories, read at every call.
    Development(Box<Development>),
    /// `VersionQuery` and `PathToken`: the listed files of the source directories.
    Listed(Box<ListedSources>),
    /// `Manifest`: the files that `collect` wrote.
    Collected(Collected),
}

impl ActiveStrategy {
    /// Returns the table of all URLs, or `None` if URLs are computed at every call.
    #[inline]
    pub(crate) fn table(&self) -> Option<&LookupTable> {
        match self {
            Self::Development(_) => None,
            Self::Listed(listed) => Some(&listed.table),
            Self::Collected(collected) => Some(&collected.table),
        }
    }

    /// Returns `true` if files never change under their URLs.
    pub(crate) fn is_collected(&self) -> bool {
        self.collected().is_some()
    }

    /// Returns the files of the manifest, for the strategy `Manifest`.
    pub(crate) fn collected(&self) -> Option<&Collected> {
        match self {
            Self::Collected(collected) => Some(collected),
            _ => None,
        }
    }

    /// Applies `take` to the URLs of an asset, if the URLs are available without a system call.
    #[inline]
    pub(crate) fn known_urls<R>(&self, path: &str, take: impl FnOnce(&AssetUrls) -> R) -> Option<R> {
        match self {
            Self::Development(development) => development.confirmed(path, |file| take(&file.urls)),
            _ => self.table()?.urls(path).map(take),
        }
    }

    pub(crate) fn urls(&self, path: &str) -> Result<AssetUrls, Miss> {
        match self {
            Self::Development(development) => development.urls(path),
            _ => self.known_urls(path, AssetUrls::clone).ok_or(Miss::NotFound(None)),
        }
    }

    /// Returns the digest of the bytes that are served for an asset.
    pub(crate) fn digest(&self, path: &str) -> Result<Digest, Miss> {
        match self {
            Self::Development(development) => Ok(development.file(path)?.digest),
            Self::Listed(listed) => listed.digest(path),
            Self::Collected(collected) => collected.digest(path),
        }
    }

    /// Opens the current file of an asset in the source directories.
    pub(crate) fn open_source(&self, path: &AssetPath) -> Result<(PathBuf, File), Miss> {
        match self {
            Self::Development(development) => development.files.open(path),
            Self::Listed(listed) => listed.files.open(path),
            Self::Collected(_) => Err(Miss::NotFound(None)),
        }
    }

    /// Returns the asset paths that templates can refer to, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::Development(development) => development.files.names(),
            _ => {
                let assets = self.table().into_iter().flat_map(|table| &table.assets);
                assets.map(|asset| asset.path.to_string()).collect()
            }
        }
    }

    /// Returns the bundled asset with this asset path or name, and the bundle. Returns `None` for collected assets.
    pub(crate) fn bundled(&self, path: &str) -> Option<(Arc<Bundle>, AssetPath)> {
        let bundle = match self {
            Self::Development(development) => development.bundles.last(),
            Self::Listed(listed) => Arc::clone(&listed.bundle),
            Self::Collected(_) => return None,
        };
        let file = bundle.files.get_key_value(path).map(|(asset, _)| asset);
        let asset = file.or_else(|| bundle.entries.get(path))?.clone();
        Some((bundle, asset))
    }

    /// Returns the URL of a source file that the development server of Vite serves.
    pub(crate) fn dev_server_url(&self, path: &str) -> Option<Url> {
        let Self::Development(development) = self else { return None };
        let urls = development.dev_server.as_ref()?.urls(path)?;
        matches!(development.file(path), Err(Miss::NotFound(_))).then_some(urls.url)
    }

    /// Returns the development server of Vite, in development.
    pub(crate) fn dev_server(&self) -> Option<&DevServer> {
        let Self::Development(development) = self else { return None };
        development.dev_server.as_ref()
    }

    /// Returns the names of the entries, sorted, with their asset paths.
    pub(crate) fn entries(&self) -> Vec<(String, String)> {
        let Some(table) = self.table() else { return self.entries_in_development() };
        let path = |position: u32| table.assets[position as usize].path.to_string();
        table.entries.iter().map(|(name, position)| (name.to_string(), path(*position))).collect()
    }

    fn entries_in_development(&self) -> Vec<(String, String)> {
        let Self::Development(development) = self else { return Vec::new() };
        let bundle = development.bundles.last();
        bundle.entries.iter().map(|(name, path)| (name.clone(), path.to_string())).collect()
    }

    /// Returns the locations that are searched for assets, in the form that error messages use.
    pub(crate) fn searched(&self) -> Vec<String> {
        match self {
            Self::Development(development) => development.searched(),
            Self::Listed(listed) => listed.files.sources.dir_labels(),
            Self::Collected(collected) => vec![collected.place()],
        }
    }
}
