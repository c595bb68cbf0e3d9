//! The graph of static imports.

use crate::{
    manifest::FileInfo,
    resolve::{entry_kind::EntryKind, lookup_table::LookupTable},
};

/// The imports and style sheets of a script, by position.
#[derive(Debug)]
pub(crate) struct Links {
    /// The scripts that the script imports. Preloads of other modules, such as JSON, would need another type.
    pub(crate) imports: Box<[u32]>,
    pub(crate) styles: Box<[u32]>,
}

impl Links {
    /// Returns the links of a file, or `None` for a file without imports and style sheets. Assets that the manifest
    /// does not contain are left out.
    pub(crate) fn new(info: &FileInfo, table: &LookupTable) -> Option<Box<Self>> {
        if info.imports.is_empty() && info.styles.is_empty() {
            return None;
        }
        let position = |path: &str| table.position(path).and_then(|position| u32::try_from(position).ok());
        let scripts =
            info.imports.iter().filter(|path| EntryKind::from_path(path) == Some(EntryKind::Script));
        let imports = scripts.filter_map(|path| position(path)).collect();
        let styles = info.styles.iter().filter_map(|path| position(path)).collect();
        Some(Box::new(Self { imports, styles }))
    }
}
