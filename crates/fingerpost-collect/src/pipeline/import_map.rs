//! The import map of the manifest.

use std::collections::BTreeSet;

use fingerpost::{
    __private::{ImportMap, nearest, quoted},
    sources::SourceFile,
};

use crate::{
    diagnostics::{Diagnostics, Problem},
    pipeline::{asset::Asset, run_context::Run},
};

/// Reports the names of the import map whose assets do not exist.
pub(crate) fn check_import_map(files: &[SourceFile], run: &Run<'_>, diagnostics: &mut Diagnostics) {
    let paths = || files.iter().map(|file| file.path.as_str());
    for (name, target) in run.options.import_map.imports() {
        let missing = match target.strip_suffix('/') {
            Some(dir) if !paths().any(|path| path.starts_with(target.as_str())) => {
                let dirs: BTreeSet<_> = paths().filter_map(|path| Some(path.rsplit_once('/')?.0)).collect();
                let near = nearest(dir, dirs.into_iter()).into_iter().map(|dir| format!("{dir}/"));
                ("has no assets", near.collect())
            }
            None if files.binary_search_by(|file| file.path.as_str().cmp(target)).is_err() => {
                ("does not exist", nearest(target, paths()))
            }
            _ => continue,
        };
        diagnostics.add(unknown_target(name, target, missing));
    }
}

fn unknown_target(name: &str, target: &str, (reason, near): (&str, Vec<String>)) -> Problem {
    let advice = match &near[..] {
        [] => "correct `[importmap] imports`".to_owned(),
        near => format!("did you mean {}?", near.iter().map(quoted).collect::<Vec<_>>().join(" or ")),
    };
    let (name, target) = (quoted(name), quoted(target));
    Problem::config(format!("import {name} is mapped to {target}, which {reason}; {advice}"))
}

/// Returns the names and targets of the import map in the manifest: the names in the settings, and imported specifiers in
/// directories of the map. `assets` are sorted by path.
pub(crate) fn entries<'a>(
    import_map: &'a ImportMap,
    assets: &'a [Asset],
) -> impl Iterator<Item = (String, String)> + 'a {
    let specifiers = assets.iter().flat_map(|asset| asset.source_info.bare_specifiers());
    let in_dirs = specifiers.filter_map(move |specifier| {
        let path = import_map.hashed_target(specifier).filter(|path| Asset::find(assets, path).is_some())?;
        Some((specifier.to_owned(), path))
    });
    import_map.imports().clone().into_iter().chain(in_dirs)
}
