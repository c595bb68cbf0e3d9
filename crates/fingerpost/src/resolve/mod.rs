//! The seam between a strategy and everybody who asks for a URL.

pub(crate) mod loader;
pub(crate) mod lookup_table;
pub(crate) mod missing;
pub(crate) mod prebuilt;
pub(crate) mod strategy;
pub(crate) mod path_token;
pub(crate) mod url_options;

use std::{collections::BTreeMap, fs::File, path::PathBuf, sync::OnceLock};

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
    suggest::{MAX_PATH_LENGTH, nearest},
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
    pub(crate) generation: u64,
    pub(crate) lookup: Lookup,
    pub(crate) version: AppVersion,
    /// The number of files of each component of the version.
    pub(crate) components: BTreeMap<String, usize>,
    /// Hashed at the first question: only a server asks.
    pub(crate) release_id: OnceLock<ContentHash>,
}

/// How a strategy finds an asset. Either way it gives an asset path its [`AssetUrls`]; what an author wrote behind the path is
/// added here, for all strategies alike.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// In the source dirs, at every call.
    Development(Box<Development>),
    /// In a table that was made beforehand.
    Table(LookupTable),
}

/// Which of its [`AssetUrls`] an asset is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum UrlForm {
    Relative,
    Absolute,
}

impl UrlForm {
    fn select(self, urls: &AssetUrls) -> &Url {
        match self {
            Self::Relative => &urls.url,
            Self::Absolute => &urls.absolute,
        }
    }
}

impl Resolver {
    pub(crate) fn url(&self, options: &UrlOptions, text: &str, url_form: UrlForm) -> Result<Url, Error> {
        match &self.lookup {
            Lookup::Table(table) if let Some(asset) = table.get(text) => {
                Ok(url_form.select(&asset.urls).clone())
            }
            Lookup::Development(development)
                if let Some(url) = development.confirmed(text, |urls| url_form.select(urls).clone()) =>
            {
                Ok(url)
            }
            _ => self.template_url(options, text, url_form),
        }
    }

    /// As [`url`](Self::url), but nothing for what nobody knows, and no word about it.
    pub(crate) fn try_url(&self, options: &UrlOptions, text: &str) -> Result<Option<Url>, Error> {
        let Ok(template_path) = TemplatePath::parse(text) else { return Ok(None) };
        if template_path.is_directory() {
            return Ok(None);
        }
        let urls = match &self.lookup {
            Lookup::Table(table) => table.get(template_path.path).map(|asset| asset.urls.clone()),
            Lookup::Development(development) => match development.urls(options, template_path.path) {
                Err(err) if err.kind() == ErrorKind::NotFound => None,
                urls => Some(urls?),
            },
        };
        Ok(urls.map(|urls| urls.url.with_suffix(&template_path)))
    }

    /// Which of the [`urls_by_position`](Self::urls_by_position) an asset's is.
    #[inline]
    pub(crate) fn position(&self, path: &str) -> Option<usize> {
        match &self.lookup {
            Lookup::Table(table) => table.position(path),
            Lookup::Development(_) => None,
        }
    }

    /// All URLs, if they are known beforehand.
    pub(crate) fn urls_by_position(&self) -> impl Iterator<Item = &Url> {
        let assets = if let Lookup::Table(table) = &self.lookup { table.assets() } else { &[] };
        assets.iter().map(|asset| &asset.urls.url)
    }

    /// A hash of all that a page may take from here, if that is pinned.
    pub(crate) fn release_id(&self) -> Option<ContentHash> {
        let Lookup::Table(table) = &self.lookup else { return None };
        let line = |asset: &Asset| format!("{}\0{}\n", asset.path, asset.urls.absolute);
        let list = || format!("{}\n", self.version) + &table.assets().iter().map(line).collect::<String>();
        Some(*self.release_id.get_or_init(|| ContentHash::from_content(list().as_bytes())))
    }

    /// The file of an asset, if it was listed beforehand.
    pub(crate) fn baseline_file(&self, path: &str) -> Option<&BaselineFile> {
        match &self.lookup {
            Lookup::Development(_) => None,
            Lookup::Table(table) => table.baseline_file(path),
        }
    }

    /// Where an asset lies in the output dir.
    pub(crate) fn hashed_path(&self, path: &str) -> Option<&str> {
        match &self.lookup {
            Lookup::Development(_) => None,
            Lookup::Table(table) => table.hashed_path(path),
        }
    }

    /// Opens an asset in the source dirs as they are now.
    pub(crate) fn open_source(&self, path: &AssetPath) -> Result<(PathBuf, File), Error> {
        match &self.lookup {
            Lookup::Development(development) => development.open(path),
            Lookup::Table(table) => table.open_source(path),
        }
    }

    pub(crate) fn integrity(&self, options: &UrlOptions, text: &str) -> Result<String, Error> {
        let path = TemplatePath::parse(text)?.path;
        let digest = match &self.lookup {
            Lookup::Development(development) => development.digest(options, path),
            Lookup::Table(table) => table.digest(options, path),
        };
        digest.map(|digest| digest.integrity()).map_err(|err| self.with_suggestions(options, path, err))
    }

    /// All assets that a template can name, sorted.
    pub(crate) fn list(&self, options: &UrlOptions) -> Vec<(String, Url)> {
        match &self.lookup {
            Lookup::Table(table) => {
                table.assets().iter().map(|asset| (asset.path.to_string(), asset.urls.url.clone())).collect()
            }
            Lookup::Development(development) => {
                let url = |path: String| match development.urls(options, &path) {
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

    fn template_url(&self, options: &UrlOptions, text: &str, url_form: UrlForm) -> Result<Url, Error> {
        let template_path = TemplatePath::parse(text)?;
        let urls = if template_path.is_directory() {
            options.urls(template_path.path, None)
        } else {
            match self.urls(options, template_path.path) {
                Err(err) if err.kind() == ErrorKind::NotFound => {
                    self.urls_of_missing(options, template_path.path, err)?
                }
                urls => urls?,
            }
        };
        let url = url_form.select(&urls);
        Ok(if template_path.has_suffix() { url.with_suffix(&template_path) } else { url.clone() })
    }

    fn urls(&self, options: &UrlOptions, path: &str) -> Result<AssetUrls, Error> {
        match &self.lookup {
            Lookup::Development(development) => development.urls(options, path),
            Lookup::Table(table) => Ok(table.asset(path)?.urls.clone()),
        }
    }

    fn urls_of_missing(&self, options: &UrlOptions, path: &str, err: Error) -> Result<AssetUrls, Error> {
        match options.on_missing {
            OnMissing::Error => Err(self.with_suggestions(options, path, err)),
            OnMissing::Plain => {
                options.missing_warnings.warn(path, || self.with_suggestions(options, path, err));
                Ok(options.urls(path, None))
            }
        }
    }

    /// Adds to a plain "not found" what may have been meant.
    fn with_suggestions(&self, options: &UrlOptions, path: &str, err: Error) -> Error {
        let Some(Missing { searched, reason: None, .. }) = err.missing() else {
            return err;
        };
        let (searched, base) = (searched.clone(), options.base.path());
        // Whoever writes the base URL by hand means what stands behind it.
        let intended =
            path.strip_prefix(base.trim_start_matches('/')).filter(|rest| !rest.is_empty()).unwrap_or(path);
        let (reason, nearest) = if intended != path && self.urls(options, intended).is_ok() {
            let reason =
                format!("the base URL `{base}` is put in front by itself; write {}", quoted(intended));
            (Some(reason), Vec::new())
        } else {
            (None, self.nearest(intended))
        };
        let path = path.to_owned();
        Problem::NotFound(Missing { path, searched, reason, nearest }).into()
    }

    fn nearest(&self, path: &str) -> Vec<String> {
        match &self.lookup {
            // Listing a directory is too much for a name that nobody has mistyped.
            _ if path.len() > MAX_PATH_LENGTH => Vec::new(),
            Lookup::Table(table) => nearest(path, table.assets().iter().map(|asset| &*asset.path)),
            Lookup::Development(development) => nearest(path, development.names().iter().map(String::as_str)),
        }
    }
}
