//! Warns about references that `collect` cannot rewrite.

use std::collections::HashMap;

use fingerpost::__private::quoted;

use crate::{
    diagnostics::{Diagnostics, ErrorKind, Problem},
    pipeline::{asset::Asset, run_context::Run},
    references::Unrewritable,
};

/// The maximum number of files that the warning lists.
const MOST: usize = 3;

/// Adds one warning for all files with references that cannot be rewritten. With `--originals`, these references work.
pub(crate) fn warn_about_unrewritable(assets: &[Asset], run: &Run<'_>, diagnostics: &mut Diagnostics) {
    let referring: Vec<_> =
        assets.iter().filter(|asset| !asset.source_info.unrewritable.is_empty()).collect();
    if referring.is_empty() || run.options.originals {
        return;
    }
    // Prehashed files are published under their plain names.
    let renamed = assets.iter().filter(|asset| !asset.is_prehashed());
    let known = KnownNames::from_paths(renamed.map(|asset| asset.path.as_str()));
    let mut named = Vec::new();
    for Asset { path, source_info, .. } in referring {
        let is_there = |plain: &&Unrewritable| known.get(plain).next().is_some();
        let Some(Unrewritable::Asset(name) | Unrewritable::File(name)) =
            source_info.unrewritable.iter().find(is_there)
        else {
            continue;
        };
        let message =
            format!("{} has a reference to {} that cannot be rewritten", quoted(path), quoted(name));
        diagnostics.remarks.notes.push(Problem::new(ErrorKind::PlainName, message));
        named.push(quoted(path).to_string());
    }
    if !named.is_empty() {
        diagnostics.warn(ErrorKind::PlainName, warning(&named));
    }
}

/// All assets, by path and by last segment.
pub(crate) struct KnownNames<'a>(HashMap<&'a str, Vec<&'a str>>);

impl<'a> KnownNames<'a> {
    pub(crate) fn from_paths(paths: impl Iterator<Item = &'a str>) -> Self {
        let mut known: HashMap<_, Vec<_>> = HashMap::new();
        for path in paths {
            known.entry(path).or_default().push(path);
            if let Some((_, name)) = path.rsplit_once('/') {
                known.entry(name).or_default().push(path);
            }
        }
        Self(known)
    }

    /// Returns the assets that a plain name may refer to.
    pub(crate) fn get(&self, plain: &Unrewritable) -> impl Iterator<Item = &'a str> {
        let (Unrewritable::Asset(wanted) | Unrewritable::File(wanted)) = plain;
        let is_path = matches!(plain, Unrewritable::Asset(_));
        let found = self.0.get(&**wanted).into_iter().flatten().copied();
        found.filter(move |path| !is_path || path == wanted)
    }
}

fn warning(named: &[String]) -> String {
    let examples = named[..named.len().min(MOST)].join(", ");
    let files = match named.len() {
        1 => format!("{examples} has references that cannot be rewritten"),
        count @ ..=MOST => format!("{count} files have references that cannot be rewritten ({examples})"),
        count => format!("{count} files have references that cannot be rewritten ({examples}, …)"),
    };
    format!(
        "{files}; publish the plain names with `--originals`, unless `StaticFiles` serves the output directory"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warning_lists_at_most_three_files() {
        let named = ["`a`", "`b`", "`c`", "`d`"].map(str::to_owned);
        assert!(warning(&named[..1]).starts_with("`a` has references that cannot be rewritten; "));
        assert!(
            warning(&named[..3])
                .starts_with("3 files have references that cannot be rewritten (`a`, `b`, `c`); ")
        );
        assert!(
            warning(&named)
                .starts_with("4 files have references that cannot be rewritten (`a`, `b`, `c`, …); ")
        );
    }
}
