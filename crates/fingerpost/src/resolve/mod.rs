//! The seam between a strategy and everybody who asks for a URL.

pub(crate) mod loader;
pub(crate) mod lookup_table;
pub(crate) mod missing;
pub(crate) mod prebuilt;
pub(crate) mod strategy;
pub(crate) mod token;
pub(crate) mod url_options;

use std::{
    collections::BTreeMap,
    fs::File,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use crate::{
    dev::Development,
    error::{Error, ErrorKind, Missing, Problem},
    manifest::digest::ContentHash,
    quote::quoted,
    resolve::{
        lookup_table::{Asset, LookupTable},
        missing::OnMissing,
        url_options::{AssetUrls, UrlOptions},
    },
    sources::baseline::BaselineFile,
    suggest::{LONGEST, nearest},
    url::{
        Url,
        asset_path::{AssetPath, TemplatePath},
    },
    version::AppVersion,
};

/// What asset paths stand for as long as one release is in force.
#[derive(Debug)]
pub(crate) struct Resolver {
    /// Counts up with every reload.
    pub(crate) number: u64,
    pub(crate) names: Names,
    pub(crate) version: AppVersion,
    /// The number of files of each component of the version.
    pub(crate) components: BTreeMap<String, usize>,
    /// Hashed at the first question: only a server asks.
    pub(crate) id: OnceLock<ContentHash>,
}

/// How a strategy finds an asset. Either way it gives an asset path its [`AssetUrls`]; what an author wrote behind the path is
/// added here, for all strategies alike.
#[derive(Debug)]
pub(crate) enum Names {
    /// In the source dirs, at every call.
    Live(Box<Development>),
    /// In a table that was made beforehand.
    Listed(LookupTable),
}

/// Which of its [`AssetUrls`] an asset is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Relative,
    Absolute,
}

impl Form {
    fn of(self, urls: &AssetUrls) -> &Url {
        match self {
            Self::Relative => &urls.url,
            Self::Absolute => &urls.absolute,
        }
    }
}

impl Resolver {
    pub(crate) fn url(&self, site: &UrlOptions, text: &str, form: Form) -> Result<Url, Error> {
        match &self.names {
            Names::Listed(table) if let Some(asset) = table.get(text) => Ok(form.of(&asset.urls).clone()),
            Names::Live(development)
                if let Some(url) = development.confirmed(text, |urls| form.of(urls).clone()) =>
            {
                Ok(url)
            }
            _ => self.written_url(site, text, form),
        }
    }

    /// As [`url`](Self::url), but nothing for what nobody knows, and no word about it.
    pub(crate) fn try_url(&self, site: &UrlOptions, text: &str) -> Result<Option<Url>, Error> {
        let Ok(written) = TemplatePath::parse(text) else { return Ok(None) };
        if written.is_directory() {
            return Ok(None);
        }
        let urls = match &self.names {
            Names::Listed(table) => table.get(written.path).map(|asset| asset.urls.clone()),
            Names::Live(development) => match development.urls(site, written.path) {
                Err(err) if err.kind() == ErrorKind::NotFound => None,
                urls => Some(urls?),
            },
        };
        Ok(urls.map(|urls| urls.url.with_suffix(&written)))
    }

    /// Which of the [`listed_urls`](Self::listed_urls) an asset's is.
    #[inline]
    pub(crate) fn position(&self, path: &str) -> Option<usize> {
        match &self.names {
            Names::Listed(table) => table.position(path),
            Names::Live(_) => None,
        }
    }

    /// All URLs, if they are known beforehand.
    pub(crate) fn listed_urls(&self) -> impl Iterator<Item = &Url> {
        let assets = if let Names::Listed(table) = &self.names { table.assets() } else { &[] };
        assets.iter().map(|asset| &asset.urls.url)
    }

    /// A hash of all that a page may take from here, if that is pinned.
    pub(crate) fn id(&self) -> Option<ContentHash> {
        let Names::Listed(table) = &self.names else { return None };
        let line = |asset: &Asset| format!("{}\0{}\n", asset.path, asset.urls.absolute);
        let all = || format!("{}\n", self.version) + &table.assets().iter().map(line).collect::<String>();
        Some(*self.id.get_or_init(|| ContentHash::from_content(all().as_bytes())))
    }

    /// The file of an asset, if it was listed beforehand.
    pub(crate) fn listed_file(&self, path: &str) -> Option<&BaselineFile> {
        match &self.names {
            Names::Live(_) => None,
            Names::Listed(table) => table.listed_file(path),
        }
    }

    /// Where an asset lies in the output dir.
    pub(crate) fn hashed_path(&self, path: &str) -> Option<&str> {
        match &self.names {
            Names::Live(_) => None,
            Names::Listed(table) => table.hashed_path(path),
        }
    }

    /// Opens an asset in the source dirs as they are now.
    pub(crate) fn open_source(&self, path: &AssetPath) -> Result<(PathBuf, File), Error> {
        match &self.names {
            Names::Live(development) => development.open(path),
            Names::Listed(table) => table.open_source(path),
        }
    }

    pub(crate) fn integrity(&self, site: &UrlOptions, text: &str) -> Result<Arc<str>, Error> {
        let path = TemplatePath::parse(text)?.path;
        let integrity = match &self.names {
            Names::Live(development) => development.integrity(path),
            Names::Listed(table) => table.integrity(path),
        };
        integrity.map_err(|err| self.explained(site, path, err))
    }

    /// All assets that a template can name, sorted.
    pub(crate) fn all(&self, site: &UrlOptions) -> Vec<(String, Url)> {
        match &self.names {
            Names::Listed(table) => {
                table.assets().iter().map(|asset| (asset.path.to_string(), asset.urls.url.clone())).collect()
            }
            Names::Live(development) => {
                let url = |path: String| match development.urls(site, &path) {
                    Ok(urls) => Some((path, urls.url)),
                    Err(err) => {
                        tracing::warn!("{err}; it is left out");
                        None
                    }
                };
                development.names().into_iter().filter_map(url).collect()
            }
        }
    }

    fn written_url(&self, site: &UrlOptions, text: &str, form: Form) -> Result<Url, Error> {
        let written = TemplatePath::parse(text)?;
        let urls = if written.is_directory() {
            site.urls(written.path, None)
        } else {
            match self.urls(site, written.path) {
                Err(err) if err.kind() == ErrorKind::NotFound => self.missing(site, written.path, err)?,
                urls => urls?,
            }
        };
        let url = form.of(&urls);
        Ok(if written.has_suffix() { url.with_suffix(&written) } else { url.clone() })
    }

    fn urls(&self, site: &UrlOptions, path: &str) -> Result<AssetUrls, Error> {
        match &self.names {
            Names::Live(development) => development.urls(site, path),
            Names::Listed(table) => Ok(table.asset(path)?.urls.clone()),
        }
    }

    fn missing(&self, site: &UrlOptions, path: &str, err: Error) -> Result<AssetUrls, Error> {
        match site.on_missing {
            OnMissing::Error => Err(self.explained(site, path, err)),
            OnMissing::Plain => {
                site.warnings.warn(path, || self.explained(site, path, err));
                Ok(site.urls(path, None))
            }
        }
    }

    /// Adds to a plain "not found" what may have been meant.
    fn explained(&self, site: &UrlOptions, path: &str, err: Error) -> Error {
        let Some(Missing { searched, reason: None, .. }) = err.missing() else {
            return err;
        };
        let (searched, base) = (searched.clone(), site.base.path());
        // Whoever writes the base URL by hand means what stands behind it.
        let meant =
            path.strip_prefix(base.trim_start_matches('/')).filter(|rest| !rest.is_empty()).unwrap_or(path);
        let (reason, nearest) = if meant != path && self.urls(site, meant).is_ok() {
            let reason = format!("the base URL `{base}` is put in front by itself; write {}", quoted(meant));
            (Some(reason), Vec::new())
        } else {
            (None, self.nearest(meant))
        };
        let path = path.to_owned();
        Problem::NotFound(Missing { path, searched, reason, nearest }).into()
    }

    fn nearest(&self, path: &str) -> Vec<String> {
        match &self.names {
            // Listing a directory is too much for a name that nobody has mistyped.
            _ if path.len() > LONGEST => Vec::new(),
            Names::Listed(table) => nearest(path, table.assets().iter().map(|asset| &*asset.path)),
            Names::Live(development) => nearest(path, development.names().iter().map(String::as_str)),
        }
    }
}
