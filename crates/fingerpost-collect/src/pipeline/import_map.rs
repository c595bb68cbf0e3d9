//! The import map of the manifest.

use fingerpost::__private::ImportMap;

use crate::pipeline::asset::Asset;

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
