use std::collections::{BTreeMap, BTreeSet};

use fingerpost::{
    __private::{
        Bundle, ENTRY_DEFINITION, ImportMap, Problem, TemplatePath, differs_in_case, is_entry_path, nearest,
        quoted,
    },
    sources::{SourceDir, Sources},
};

/// The maximum number of missing names with a suggestion. Each search compares all names.
const MAX_SUGGESTIONS: usize = 200;

/// The assets of the source directories, and the entries of bundlers.
pub(crate) struct KnownAssets {
    paths: BTreeSet<String>,
    bundle: Bundle,
    sources: Sources,
    /// The nearest name of each missing name, so that the search runs once for a name in many templates.
    nearest: BTreeMap<String, Option<String>>,
}

/// The reason why a name has no asset.
pub(crate) struct Missing {
    pub(crate) message: String,
    pub(crate) advice: Option<String>,
    pub(crate) searched: Vec<String>,
}

impl KnownAssets {
    /// Lists the assets. Also returns the problems of the source directories, such as unreadable directories.
    pub(crate) fn new(sources: Sources, bundle: Bundle) -> (Self, Vec<Problem>) {
        let listing = sources.list();
        let paths = listing.files.into_iter().map(|file| file.path.into()).collect();
        let problems = listing.problems.into_iter().map(Problem::from).collect();
        (Self { paths, bundle, sources, nearest: BTreeMap::new() }, problems)
    }

    /// Returns the problems of an import map: names whose assets do not exist.
    pub(crate) fn check_import_map(&self, imports: &ImportMap) -> Vec<Problem> {
        imports.problems(self.paths.iter().map(String::as_str))
    }

    /// Returns the assets that are neither in `used` nor files of a bundler. Templates name only the entries of a bundler.
    pub(crate) fn unused<'a>(&'a self, used: &'a BTreeSet<String>) -> impl Iterator<Item = &'a String> {
        let is_bundled = |path: &str| self.bundle.files.contains_key(path);
        self.paths.difference(used).filter(move |path| !is_bundled(path))
    }

    /// Returns the asset path in a name such as `/img/sprite.svg?x=1#icon`. Returns `None` for a directory. With
    /// `is_entry`, the asset must be an entry.
    ///
    /// # Errors
    ///
    /// Returns the reason if the name is invalid, or the asset is missing.
    pub(crate) fn find(&mut self, name: &str, is_entry: bool) -> Result<Option<String>, Missing> {
        let parsed = TemplatePath::parse(name);
        let parsed =
            parsed.map_err(|err| Missing { message: err.to_string(), advice: None, searched: Vec::new() })?;
        match parsed.path {
            _ if parsed.is_directory() => Ok(None),
            path if self.paths.contains(path) && (!is_entry || is_entry_path(path)) => {
                Ok(Some(path.to_owned()))
            }
            path => match self.bundle.entries.get(path) {
                Some(target) => Ok(Some(target.to_string())),
                None if self.paths.contains(path) => {
                    let message = format!("asset {} is not an entry: {ENTRY_DEFINITION}", quoted(path));
                    Err(Missing { message, advice: None, searched: Vec::new() })
                }
                None => Err(self.missing(path)),
            },
        }
    }

    /// Returns `true` if [`find`](Self::find) finds the name. Does not search for similar names.
    pub(crate) fn contains(&self, name: &str) -> bool {
        TemplatePath::parse(name).is_ok_and(|parsed| {
            let is_known = self.paths.contains(parsed.path) || self.bundle.entries.contains_key(parsed.path);
            is_known && !parsed.is_directory()
        })
    }

    fn missing(&mut self, path: &str) -> Missing {
        if let Some((file, reason)) = self.sources.find_ignored(path) {
            return Missing {
                message: format!("asset {} is ignored", quoted(path)),
                advice: Some(format!("{} exists, but {reason}", quoted(file.display()))),
                searched: Vec::new(),
            };
        }
        Missing {
            message: format!("asset {} does not exist", quoted(path)),
            advice: self.nearest(path).map(|name| {
                let case = if differs_in_case(path, &name) { ", which differs in case" } else { "" };
                format!("did you mean {}{case}?", quoted(name))
            }),
            searched: self.sources.dirs().iter().map(label).collect(),
        }
    }

    fn nearest(&mut self, path: &str) -> Option<String> {
        if let Some(known) = self.nearest.get(path) {
            return known.clone();
        }
        if self.nearest.len() == MAX_SUGGESTIONS {
            return None;
        }
        let name = {
            let names = self.paths.iter().chain(self.bundle.entries.keys()).map(String::as_str);
            nearest(path, names).into_iter().next()
        };
        self.nearest.entry(path.to_owned()).or_insert(name).clone()
    }
}

/// Returns a source directory in the notation of the settings: `prefix=dir`.
fn label(source: &SourceDir) -> String {
    let dir = source.dir().display();
    source.prefix().map_or_else(|| dir.to_string(), |prefix| format!("{prefix}={dir}"))
}
