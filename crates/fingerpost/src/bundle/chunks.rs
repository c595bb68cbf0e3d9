//! Identifies the files of a bundler in later builds, by the names of their chunks.

use std::collections::HashMap;

use super::Bundle;
use crate::{manifest::chunk::around_chunk_hash, url::asset_path::AssetPath};

impl Bundle {
    /// Sets the chunk of a file, unless the file name does not start with the name of the chunk. `name` may contain
    /// directories. If a file has several names, the longest name is used.
    pub(super) fn set_chunk(&mut self, file: &AssetPath, name: &str) {
        let name = name.rsplit('/').next().unwrap_or(name);
        if around_chunk_hash(file, name).is_none() {
            return;
        }
        let chunk = &mut self.files.entry(file.clone()).or_default().chunk;
        if chunk.as_ref().is_none_or(|other| other.len() < name.len()) {
            *chunk = Some(name.to_owned());
        }
    }

    /// Removes the chunk names that several files with the same directory and extension share.
    pub(super) fn remove_ambiguous_chunks(&mut self) {
        let mut paths = HashMap::<_, Vec<_>>::new();
        for (path, file) in &self.files {
            if let Some(key) = file.chunk.as_ref().and_then(|chunk| around_chunk_hash(path, chunk)) {
                paths.entry(key).or_default().push(path.clone());
            }
        }
        let ambiguous: Vec<_> = paths.into_values().filter(|paths| paths.len() > 1).flatten().collect();
        for path in ambiguous {
            self.files.entry(path).or_default().chunk = None;
        }
    }
}

/// Returns the file name without the extension: `src/main` of `src/main.ts`.
pub(super) fn without_extension(name: &str) -> &str {
    let start = name.rfind('/').map_or(0, |slash| slash + 1);
    name[start..].rfind('.').map_or(name, |dot| &name[..start + dot])
}
