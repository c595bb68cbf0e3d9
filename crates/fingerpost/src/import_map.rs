//! The settings of the import map: names for the modules of a site.

use std::collections::{BTreeMap, BTreeSet};

use globset::GlobMatcher;
use percent_encoding::percent_decode_str;

use crate::{
    diagnostics::problem::Problem,
    error::Error,
    import_names::check_imports,
    quote::quoted,
    settings::Settings,
    sources::ignore_rules::glob_matcher,
    suggest::{nearest, nearest_dirs},
};

/// The names of an import map with the asset paths of their modules, for `collect` and for the strategies.
#[derive(Debug, Clone, Default)]
pub struct ImportMap {
    /// Name → asset path. A name that ends in `/` is mapped to the path of a directory, which also ends in `/`.
    imports: BTreeMap<String, String>,
    /// The globs of modules that have a versioned URL in development.
    modules: Vec<GlobMatcher>,
}

impl ImportMap {
    /// Checks the names, paths and globs of the settings.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig), with the name or the glob.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let modules = settings.import_modules.iter().map(|glob| glob_matcher(glob));
        Ok(Self {
            imports: check_imports(settings.imports.clone())?,
            modules: modules.collect::<Result<_, _>>()?,
        })
    }

    /// Returns `true` if there are no names and no globs.
    pub fn is_empty(&self) -> bool {
        self.imports.is_empty() && self.modules.is_empty()
    }

    /// Returns the names with their paths, sorted by name.
    pub fn imports(&self) -> &BTreeMap<String, String> {
        &self.imports
    }

    /// Adds the names of a manifest. The paths of the manifest take precedence.
    pub(crate) fn extend(&mut self, imports: &BTreeMap<String, String>) {
        self.imports.extend(imports.clone());
    }

    /// Returns the asset path of a module specifier: the path of the name, or the path below the longest directory. The rest of
    /// the specifier after the name of the directory is a relative URL.
    ///
    /// HTML Standard, "resolve an imports match".
    pub fn target(&self, specifier: &str) -> Option<String> {
        if let Some(path) = self.imports.get(specifier) {
            return Some(path.clone());
        }
        let below = |(name, dir): (&String, &String)| {
            let rest = specifier.strip_prefix(name.as_str()).filter(|_| name.ends_with('/'))?;
            let rest = rest.split(['?', '#']).next().unwrap_or(rest);
            Some(format!("{dir}{}", percent_decode_str(rest).decode_utf8().unwrap_or(rest.into())))
        };
        self.imports.iter().rev().find_map(below)
    }

    /// Returns the asset path of a module specifier that the map maps to a hashed URL. Returns `None` for a specifier
    /// below a directory with a query, a fragment or an escape. Browsers resolve such a specifier to a URL without a
    /// hash.
    pub fn hashed_target(&self, specifier: &str) -> Option<String> {
        let is_plain = || !specifier.contains(['?', '#', '%']);
        self.target(specifier).filter(|_| self.imports.contains_key(specifier) || is_plain())
    }

    /// Returns the names of all directories with their paths.
    pub(crate) fn dirs(&self) -> impl Iterator<Item = (&str, &str)> {
        let imports = self.imports.iter().map(|(name, path)| (name.as_str(), path.as_str()));
        imports.filter(|(name, _)| name.ends_with('/'))
    }

    /// Returns the problems of the names whose assets are not in `paths`.
    pub fn problems<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Vec<Problem> {
        let paths: BTreeSet<_> = if self.imports.is_empty() { BTreeSet::new() } else { paths.collect() };
        let problem = |(name, target): (&String, &String)| {
            let is_dir = target.ends_with('/');
            let first = paths.range::<&str, _>(target.as_str()..).next();
            if first.is_some_and(|path| if is_dir { path.starts_with(target) } else { path == target }) {
                return None;
            }
            let (reason, near) = if is_dir {
                ("has no assets", nearest_dirs(target, paths.iter().copied()))
            } else {
                ("does not exist", nearest(target, paths.iter().copied()))
            };
            let advice = match &near[..] {
                [] => "correct `[importmap] imports`".to_owned(),
                near => format!("did you mean {}?", near.iter().map(quoted).collect::<Vec<_>>().join(" or ")),
            };
            let (name, target) = (quoted(name), quoted(target));
            Some(Problem::config(format!("import {name} is mapped to {target}, which {reason}; {advice}")))
        };
        self.imports.iter().filter_map(problem).collect()
    }

    /// Returns `true` if the modules of the map depend on the list of all assets.
    pub(crate) fn needs_list(&self) -> bool {
        !self.modules.is_empty() || self.dirs().next().is_some()
    }

    /// Returns `true` if the map of development contains the plain URL of the file. The map contains each file with a
    /// name, and each module that matches a glob or is in a directory of the map.
    pub fn has_module(&self, path: &str) -> bool {
        let is_match = || self.modules.iter().any(|glob| glob.is_match(path));
        let is_named = || self.imports.values().any(|target| target == path);
        is_named() || is_module(path) && (is_match() || self.dirs().any(|(_, dir)| path.starts_with(dir)))
    }
}

/// Returns `true` for the types of files that scripts import.
fn is_module(path: &str) -> bool {
    const EXTENSIONS: [&str; 5] = ["js", "mjs", "json", "css", "wasm"];
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|found| EXTENSIONS.iter().any(|known| found.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(imports: &[(&str, &str)]) -> Result<ImportMap, Error> {
        let mut settings = Settings::default();
        settings.imports = imports.iter().map(|(name, path)| ((*name).into(), (*path).into())).collect();
        ImportMap::new(&settings)
    }

    #[track_caller]
    fn refused(name: &str, path: &str) -> String {
        map(&[(name, path)]).unwrap_err().to_string()
    }

    #[test]
    fn specifier_has_the_path_of_its_name_or_of_the_longest_directory() {
        let map = map(&[
            ("lit", "/vendor/lit/index.js"),
            ("lit/", "vendor/lit/"),
            ("lit/more/", "more/"),
            ("lit/x.js", "x.js"),
        ]);
        let map = map.unwrap();
        for (specifier, path) in [
            ("lit", Some("vendor/lit/index.js")),
            ("lit/a/b.js", Some("vendor/lit/a/b.js")),
            ("lit/more/a.js", Some("more/a.js")),
            ("lit/x.js", Some("x.js")),
            ("lit/", Some("vendor/lit/")),
            ("li", None),
            ("lit2", None),
            ("", None),
        ] {
            assert_eq!(map.target(specifier).as_deref(), path, "{specifier}");
        }
    }

    #[test]
    fn unusable_names_and_paths_are_rejected() {
        assert_eq!(refused("", "a.js"), "import `` needs a name without NUL or line feed, such as `htmx`");
        assert_eq!(
            refused("a\nb", "a.js"),
            "import `a\\nb` needs a name without NUL or line feed, such as `htmx`"
        );
        for path in ["./a.js", "/static/a.js", "../a.js"] {
            assert_eq!(
                refused(path, "a.js"),
                format!(
                    "import `{path}` is a path; write a bare name such as `htmx`, or add the path to `modules`"
                )
            );
        }
        assert_eq!(
            refused("lit/", "vendor/lit"),
            "import `lit/` ends in `/`, so its path must too; write `vendor/lit/`"
        );
        assert_eq!(
            refused("lit", "vendor/lit/"),
            "import `lit` has the path of a directory; write `lit/`, or the path of a file"
        );
        assert_eq!(
            refused("x", "../x.js"),
            "import `x` cannot be mapped: path `../x.js` leaves the asset directory"
        );
        assert_eq!(refused("x", "x.js?y"), "import `x` has the path `x.js?y`; remove `?` and `#`");
        assert!(refused("x", "https://esm.sh/x").starts_with("import `x` cannot be mapped: path "));
        assert!(refused("x/", "/").starts_with("import `x/` cannot be mapped: path "));
    }
}
