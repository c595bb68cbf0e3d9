//! Resolves entries: the scripts and style sheets that a page loads directly.

use std::sync::Arc;

use crate::{
    bundle::Bundle,
    error::{Error, ErrorKind, Miss},
    quote::quoted,
    resolve::{
        Resolver,
        entry_kind::{DEFINITION, EntryKind},
        missing::list_of_entries,
    },
    suggest::{nearest, suggestion},
    url::{
        Url,
        asset_path::{AssetPath, TemplatePath},
    },
};

/// An entry of a page.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: EntryKind,
    pub(crate) file: PageFile,
    pub(crate) origin: EntryOrigin,
}

/// The origin of an entry, which determines the order of its tags and the graph of its imports.
#[derive(Debug)]
pub(crate) enum EntryOrigin {
    Asset,
    /// A bundler's source file that the manifest of `collect` lists.
    Collected,
    /// An asset in the manifest of a bundler, without `collect`.
    Bundle(Arc<Bundle>, AssetPath),
    /// A source file on the development server of Vite.
    DevServer,
}

/// A file that a page loads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum PageFile {
    /// The asset at this position of the manifest.
    Asset(u32),
    /// A file whose URL is not in the manifest, because the URL has a query or a fragment, or because there is no manifest.
    /// `position` is the position of the asset, if a manifest lists the asset.
    Other { url: Url, position: Option<u32> },
}

impl PageFile {
    pub(crate) fn position(&self) -> Option<u32> {
        match *self {
            Self::Asset(position) => Some(position),
            Self::Other { position, .. } => position,
        }
    }
}

impl Resolver {
    /// Returns the position of an asset that a manifest lists.
    #[inline]
    pub(crate) fn known_position(&self, path: &str) -> Option<u32> {
        self.strategy.collected()?.table.position(path).map(|position| position as u32)
    }

    /// Returns the entry with this name in a template.
    pub(crate) fn entry(&self, text: &str) -> Result<Entry, Error> {
        let collected = self.strategy.collected();
        if let Some((position, hashed)) = collected.and_then(|collected| collected.find(text)) {
            let kind = EntryKind::from_path(hashed).ok_or_else(|| self.not_an_entry(text))?;
            return Ok(Entry { kind, file: PageFile::Asset(position), origin: self.origin(text) });
        }
        let template_path = TemplatePath::parse(text)?;
        let path = template_path.path;
        if let Some(url) = self.strategy.dev_server_url(path) {
            let kind = EntryKind::from_source(path).ok_or_else(|| self.not_an_entry(path))?;
            let file = PageFile::Other { url: url.with_suffix(&template_path), position: None };
            return Ok(Entry { kind, file, origin: EntryOrigin::DevServer });
        }
        let url = self.template_urls(&template_path, |miss| self.entry_not_found(path, miss))?.url;
        let kind = EntryKind::from_path(&url).ok_or_else(|| self.not_an_entry(path))?;
        let position = self.known_position(path);
        let file = match position {
            Some(position) if !template_path.has_suffix() => PageFile::Asset(position),
            _ => PageFile::Other { url: url.with_suffix(&template_path), position },
        };
        Ok(Entry { kind, file, origin: self.origin(path) })
    }

    fn origin(&self, path: &str) -> EntryOrigin {
        match self.strategy.bundled(path) {
            Some((bundle, asset)) => EntryOrigin::Bundle(bundle, asset),
            None if self.strategy.collected().is_some_and(|collected| collected.table.is_entry(path)) => {
                EntryOrigin::Collected
            }
            None => EntryOrigin::Asset,
        }
    }

    /// Returns the URL of a prehashed file of a bundler.
    pub(crate) fn bundled_url(&self, path: &AssetPath) -> Url {
        self.options.urls(path, None).url
    }

    /// Returns the URL of a file, and its [integrity value](Self::page_integrity).
    pub(crate) fn page_resource(&self, file: &PageFile) -> Result<(Url, Option<String>), Error> {
        let asset =
            |position: u32| &self.strategy.table().expect("a table has positions").assets[position as usize];
        let integrity =
            file.position().map(|position| self.page_integrity(&asset(position).path)).transpose()?;
        let url = match file {
            PageFile::Asset(position) => asset(*position).urls.url.clone(),
            PageFile::Other { url, .. } => url.clone(),
        };
        Ok((url, integrity.flatten()))
    }

    /// Returns the integrity value that all tags and the import map of a page contain for an asset. Returns `None` if
    /// the bytes may change under the URL: in development, and for strategies without a build step. A browser would
    /// block a file that was edited after the page was rendered.
    pub(crate) fn page_integrity(&self, path: &str) -> Result<Option<String>, Error> {
        self.strategy.collected().map(|_| self.integrity(path)).transpose()
    }

    fn entry_not_found(&self, path: &str, miss: Miss) -> Error {
        let err = self.error_with_suggestions(path, miss, |name| EntryKind::from_path(name).is_some());
        match err.kind() {
            ErrorKind::NotFound => {
                Error::new(ErrorKind::NotFound, format_args!("{err}; {DEFINITION}{}", self.bundled_entries()))
            }
            _ => err,
        }
    }

    /// Lists the scripts and style sheets of bundlers, for messages.
    fn bundled_entries(&self) -> String {
        let entries = self.strategy.entries();
        let entries = entries.iter().filter(|(_, file)| EntryKind::from_path(file).is_some());
        let names: Vec<_> = entries.map(|(name, _)| &**name).collect();
        list_of_entries(&names).map_or_else(String::new, |list| format!("; {list}"))
    }

    fn not_an_entry(&self, path: &str) -> Error {
        let names = self.strategy.names();
        let entries = names.iter().map(String::as_str).filter(|name| EntryKind::from_path(name).is_some());
        let suggestion = suggestion(path, &nearest(path, entries));
        let message = format_args!("asset {} is not an entry: {DEFINITION}{suggestion}", quoted(path));
        Error::new(ErrorKind::NotAnEntry, message)
    }
}
