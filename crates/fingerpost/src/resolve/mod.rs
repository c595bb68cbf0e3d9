//! Resolving asset paths to URLs.

pub(crate) mod active_strategy;
pub(crate) mod tag_cache;
pub(crate) mod import_map_element;
pub(crate) mod entry_kind;
pub(crate) mod links;
pub(crate) mod collected;
pub(crate) mod entry;
pub(crate) mod listed;
pub(crate) mod import_map;
pub(crate) mod loader;
pub(crate) mod lookup_table;
pub(crate) mod missing;
pub(crate) mod prebuilt;
pub(crate) mod strategy;
pub(crate) mod path_token;

use std::{
    collections::BTreeMap,
    fs::File,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use crate::{
    error::{Error, Miss},
    import_map::ImportMap,
    manifest::digest::ContentHash,
    quote::quoted,
    resolve::{
        active_strategy::ActiveStrategy,
        import_map_element::ImportMapElement,
        lookup_table::Asset,
        missing::{MissingWarnings, not_found},
        tag_cache::TagCache,
    },
    suggest::{MAX_PATH_LENGTH, nearest},
    url::{
        Url,
        asset_path::{AssetPath, TemplatePath},
        url_options::{AssetUrls, UrlOptions},
    },
    version::AppVersion,
};

/// Resolves asset paths in one release. Handles the parts that all strategies share: the author's query and fragment, and
/// errors.
#[derive(Debug)]
pub(crate) struct Resolver {
    /// Incremented at every reload.
    pub(crate) generation: u64,
    pub(crate) strategy: ActiveStrategy,
    pub(crate) version: AppVersion,
    /// The number of files of each component of the version.
    pub(crate) components: BTreeMap<String, usize>,
    pub(crate) import_map: ImportMap,
    /// Made at the first call. Empty in development, because the map changes with the files.
    import_map_element: OnceLock<Arc<ImportMapElement>>,
    options: Arc<UrlOptions>,
    /// `None` if unknown assets are errors.
    missing_warnings: Option<Arc<MissingWarnings>>,
    pub(crate) tag_cache: TagCache,
    /// Computed at the first call, because only servers need the value.
    release_id: OnceLock<ContentHash>,
}

impl Resolver {
    /// Passes one of the two URLs of an asset to `take`.
    #[inline]
    pub(crate) fn url<R>(
        &self,
        text: &str,
        select: fn(&AssetUrls) -> &Url,
        mut take: impl FnMut(&Url) -> R,
    ) -> Result<R, Error> {
        match self.strategy.known_urls(text, |urls| take(select(urls))) {
            Some(taken) => Ok(taken),
            None => self.parsed_url(text, select).map(|url| take(&url)),
        }
    }

    /// Returns one of the two URLs of a path with a suffix or a leading slash, or of an unknown path.
    #[cold]
    fn parsed_url(&self, text: &str, select: fn(&AssetUrls) -> &Url) -> Result<Url, Error> {
        let template_path = TemplatePath::parse(text)?;
        let not_found = |miss| self.error_with_suggestions(template_path.path, miss, |_| true);
        let urls = self.template_urls(&template_path, not_found)?;
        let url = select(&urls);
        Ok(if template_path.has_suffix() { url.with_suffix(&template_path) } else { url.clone() })
    }

    /// Returns the URLs of a path in a template, without the author's query and fragment.
    fn template_urls(
        &self,
        &TemplatePath { path, .. }: &TemplatePath<'_>,
        error: impl FnOnce(Miss) -> Error,
    ) -> Result<AssetUrls, Error> {
        if path.is_empty() || path.ends_with('/') {
            return Ok(self.options.urls(path, None));
        }
        match (self.strategy.urls(path), &self.missing_warnings) {
            (Ok(urls), _) => Ok(urls),
            (Err(miss @ Miss::NotFound(_)), Some(warnings)) => {
                warnings.warn(path, || error(miss));
                Ok(self.options.urls(path, None))
            }
            (Err(miss), _) => Err(error(miss)),
        }
    }

    /// Returns the absolute URL of an asset. Warns about the first URL without a host.
    pub(crate) fn absolute_url(&self, text: &str) -> Result<Url, Error> {
        let url = self.url(text, |urls| &urls.absolute, Url::clone)?;
        self.options.warn_without_origin(text);
        Ok(url)
    }

    /// Returns the URL as [`url`](Self::url) does, but `None` for an unknown asset, without a warning.
    pub(crate) fn try_url(&self, text: &str) -> Result<Option<Url>, Error> {
        let Ok(template_path) = TemplatePath::parse(text) else { return Ok(None) };
        if template_path.is_directory() {
            return Ok(None);
        }
        match self.strategy.urls(template_path.path) {
            Ok(urls) => Ok(Some(urls.url.with_suffix(&template_path))),
            Err(Miss::NotFound(_)) => Ok(None),
            Err(Miss::Failed(err)) => Err(err),
        }
    }

    pub(crate) fn integrity(&self, text: &str) -> Result<String, Error> {
        let path = TemplatePath::parse(text)?.path;
        let digest = self.strategy.digest(path);
        let not_found = |miss| self.error_with_suggestions(path, miss, |_| true);
        digest.map(|digest| digest.integrity()).map_err(not_found)
    }

    /// Returns `true` if the pages of this release contain an import map.
    pub(crate) fn has_import_map(&self) -> bool {
        !self.import_map.is_empty()
    }

    /// Opens the current file of an asset in the source directories.
    pub(crate) fn open_source(&self, path: &AssetPath) -> Result<(PathBuf, File), Error> {
        self.strategy.open_source(path).map_err(|miss| self.error(path, miss, &[]))
    }

    /// Returns a hash of the app version, all URLs and the names of the import map, or `None` in development.
    pub(crate) fn release_id(&self) -> Option<ContentHash> {
        let table = self.strategy.table()?;
        let line = |asset: &Asset| format!("{}\0{}\n", asset.path, asset.urls.absolute);
        let import = |(name, path): (&String, &String)| format!("importmap\0{name}\0{path}\n");
        let entry = |(name, position): &(Box<str>, u32)| format!("{name}\0{position}\n");
        let list = || {
            let imports = self.import_map.imports().iter().map(import);
            let lines = table.assets.iter().map(line).chain(table.entries.iter().map(entry)).chain(imports);
            format!("{}\n", self.version) + &lines.collect::<String>()
        };
        Some(*self.release_id.get_or_init(|| ContentHash::from_content(list().as_bytes())))
    }

    /// Returns all assets that templates can refer to, sorted.
    pub(crate) fn list(&self) -> Vec<(String, Url)> {
        let url = |path: String| match self.strategy.urls(&path) {
            Ok(urls) => Some((path, urls.url)),
            Err(miss) => {
                tracing::warn!("{}; the asset is left out", self.error(&path, miss, &[]));
                None
            }
        };
        self.strategy.names().into_iter().filter_map(url).collect()
    }

    /// Returns the error for a missing file, with similar names among the names that `may_be_suggested` accepts.
    fn error_with_suggestions(&self, path: &str, miss: Miss, may_be_suggested: fn(&str) -> bool) -> Error {
        let Miss::NotFound(None) = miss else { return self.error(path, miss, &[]) };
        let base = self.options.base.path();
        // The path may start with the base URL by mistake.
        let after_base = path.strip_prefix(base.trim_start_matches('/')).filter(|rest| !rest.is_empty());
        if let Some(intended) = after_base.filter(|intended| self.strategy.urls(intended).is_ok()) {
            let reason = format!("the base URL `{base}` is added automatically; write {}", quoted(intended));
            return self.error(path, Miss::NotFound(Some(reason)), &[]);
        }
        let path_below = after_base.unwrap_or(path);
        // Listing directories is too expensive for a path that gets no suggestions.
        let names = if path_below.len() > MAX_PATH_LENGTH { Vec::new() } else { self.strategy.names() };
        let entries = self.strategy.entries();
        let entries: Vec<_> =
            entries.iter().filter(|(_, file)| may_be_suggested(file)).map(|(name, _)| &**name).collect();
        let names = names.iter().map(String::as_str).filter(|name| may_be_suggested(name));
        let near = nearest(path_below, names.chain(entries.iter().copied()));
        self.error(path, miss, &near)
    }

    fn error(&self, path: &str, miss: Miss, nearest: &[String]) -> Error {
        match miss {
            Miss::NotFound(reason) => not_found(path, &self.strategy.searched(), reason, nearest),
            Miss::Failed(err) => err,
        }
    }
}
