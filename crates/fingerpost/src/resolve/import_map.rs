//! The import map of one release.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

use crate::{
    error::{Error, ErrorKind, Miss},
    quote::quoted,
    resolve::{Resolver, import_map_element::ImportMapElement},
    suggest::{nearest_dirs, suggestion},
    url::Url,
};

/// The content of `<script type="importmap">`.
#[derive(Default, Serialize)]
struct Json {
    imports: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    integrity: BTreeMap<String, String>,
}

impl Resolver {
    /// Returns the element of the import map, or `None` without an import map.
    pub(crate) fn import_map_element(&self) -> Result<Option<Arc<ImportMapElement>>, Error> {
        if self.import_map.is_empty() {
            return Ok(None);
        }
        if let Some(element) = self.import_map_element.get() {
            return Ok(Some(Arc::clone(element)));
        }
        let made = Arc::new(ImportMapElement::new(&self.import_map_json()?));
        let is_final = self.strategy.table().is_some();
        Ok(Some(if is_final { Arc::clone(self.import_map_element.get_or_init(|| made)) } else { made }))
    }

    /// Returns the import map in JSON that is safe in a `<script>` element.
    fn import_map_json(&self) -> Result<String, Error> {
        let (settings, mut map) = (&self.import_map, Json::default());
        let names = if settings.needs_list() { self.strategy.names() } else { Vec::new() };
        for (name, path) in settings.imports() {
            self.add_import(name, path, &names, &mut map)
                .map_err(|err| Error::new(err.kind(), format_args!("import {}: {err}", quoted(name))))?;
        }
        if !self.strategy.is_collected() {
            let modules = names.iter().filter(|path| settings.has_module(path));
            modules.into_iter().try_for_each(|path| self.add_module(path, &mut map))?;
        }
        let json = serde_json::to_string(&map).expect("strings are valid JSON");
        // Neither `</script>` nor `<!--` may occur in the element.
        Ok(json.replace('<', "\\u003c"))
    }

    /// Adds a name of the settings.
    fn add_import(&self, name: &str, path: &str, names: &[String], map: &mut Json) -> Result<(), Error> {
        if path.ends_with('/') && !names.iter().any(|file| file.starts_with(path)) {
            let missing = || self.missing_dir(path, names);
            self.missing_warnings.as_ref().ok_or_else(missing)?.warn(path, missing);
        }
        let url = self.url(path, |urls| &urls.url, Url::clone)?;
        // With `OnMissing::Plain`, an unknown asset has its plain URL.
        if self.strategy.urls(path).is_ok() {
            let integrity = self.page_integrity(path)?;
            map.integrity.extend(integrity.map(|integrity| (url.to_string(), integrity)));
            self.add_plain_urls(path, &url, map);
        }
        map.imports.insert(name.to_owned(), url.to_string());
        Ok(())
    }

    /// Adds the plain URL of a module of the source directories, and the names of the module below directories of the map.
    fn add_module(&self, path: &str, map: &mut Json) -> Result<(), Error> {
        let url = match self.strategy.urls(path) {
            Ok(urls) => urls.url,
            // The file was removed after the listing.
            Err(Miss::NotFound(_)) => return Ok(()),
            Err(Miss::Failed(err)) => return Err(err),
        };
        let below = |(name, dir): (&str, &str)| Some(format!("{name}{}", path.strip_prefix(dir)?));
        let names = self.import_map.dirs().filter_map(below);
        // Another name of the map may be more specific than the directory.
        let own = names.filter(|name| self.import_map.target(name).as_deref() == Some(path));
        map.imports.extend(own.map(|name| (name, url.to_string())));
        self.add_plain_urls(path, &url, map);
        Ok(())
    }

    /// Maps the URLs without a version to `url`, so that the module has one URL. Relative imports resolve to URLs
    /// without a version.
    fn add_plain_urls(&self, path: &str, url: &Url, map: &mut Json) {
        if self.strategy.is_collected() {
            return;
        }
        let plain = self.options.urls(path, None).url;
        for key in [self.options.base.resolved_by_browsers(path), plain.to_string()] {
            if key != url.as_str() {
                map.imports.insert(key, url.to_string());
            }
        }
    }

    fn missing_dir(&self, dir: &str, names: &[String]) -> Error {
        let advice = suggestion(dir, &nearest_dirs(dir, names.iter().map(String::as_str)));
        let places = self.strategy.searched();
        let places: Vec<_> = places.iter().map(quoted).collect();
        let message =
            format_args!("directory {} has no assets in {}{advice}", quoted(dir), places.join(", "));
        Error::new(ErrorKind::NotFound, message)
    }
}
