//! The manifest of Vite 5 to 8, `.vite/manifest.json`.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use super::{Bundle, chunks::without_extension, settings::ViteSettings};
use crate::{
    error::Error,
    manifest::json::UniqueMap,
    quote::quoted,
    url::asset_path::{AssetPath, is_nameable},
};

/// The path of the manifest in the output of Vite.
pub(super) const MANIFEST: &str = ".vite/manifest.json";

/// The name of the only style sheet of a build without `build.cssCodeSplit`.
const ONLY_STYLE: &str = "style.css";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
struct Chunk {
    file: Option<String>,
    name: Option<String>,
    is_entry: bool,
    imports: Vec<String>,
    css: Vec<String>,
    assets: Vec<String>,
}

/// Parses the manifest of Vite. `place` is the path of the manifest.
///
/// # Errors
///
/// [`ErrorKind::InvalidManifest`](crate::ErrorKind::InvalidManifest) for malformed JSON, and for a file name that is not a
/// path in the output of Vite.
pub(super) fn parse(json: &[u8], place: &Path, settings: &ViteSettings) -> Result<Bundle, Error> {
    let advice = "run `vite build` again";
    let refuse = |reason: &str| Error::manifest(place, format_args!("{reason}; {advice}"));
    let chunks: UniqueMap<Chunk> =
        serde_json::from_slice(json).map_err(|err| refuse(&format!("cannot be read: {err}")))?;
    ChunkTable { chunks: chunks.0, settings }.bundle().map_err(|reason| refuse(&reason))
}

struct ChunkTable<'a> {
    chunks: BTreeMap<String, Chunk>,
    settings: &'a ViteSettings,
}

impl ChunkTable<'_> {
    fn bundle(&self) -> Result<Bundle, String> {
        let mut bundle = Bundle::default();
        for (name, chunk) in &self.chunks {
            let file = self.file_of(name)?;
            let styles = self.paths(name, &chunk.css)?;
            let imports = chunk.imports.iter().map(|import| self.file_of(import));
            let imports = imports.collect::<Result<Vec<_>, _>>()?;
            for other in styles.iter().cloned().chain(self.paths(name, &chunk.assets)?) {
                bundle.files.entry(other).or_default();
            }
            let is_source = is_source(name, chunk);
            if let Some(name) = chunk.name.as_deref().or(is_source.then(|| without_extension(name))) {
                [&file].into_iter().chain(&styles).for_each(|file| bundle.set_chunk(file, name));
            }
            if is_source && *name != *file {
                bundle.entries.insert(name.clone(), file.clone());
            }
            let described = bundle.files.entry(file).or_default();
            if described.imports.is_empty() && described.styles.is_empty() {
                (described.imports, described.styles) = (imports, styles);
            }
        }
        self.add_only_style(&mut bundle)?;
        Ok(bundle)
    }

    /// Adds the style sheet of a build without `build.cssCodeSplit` to every entry, as Vite does in its own HTML.
    fn add_only_style(&self, bundle: &mut Bundle) -> Result<(), String> {
        let is_split = self.chunks.values().any(|chunk| !chunk.css.is_empty());
        if is_split || self.chunks.get(ONLY_STYLE).is_none_or(|chunk| chunk.is_entry) {
            return Ok(());
        }
        let style = self.file_of(ONLY_STYLE)?;
        for (name, _) in self.chunks.iter().filter(|(_, chunk)| chunk.is_entry) {
            bundle.files.entry(self.file_of(name)?).or_default().styles.push(style.clone());
        }
        Ok(())
    }

    /// Returns the asset path of the file of a chunk.
    fn file_of(&self, name: &str) -> Result<AssetPath, String> {
        let chunk = self
            .chunks
            .get(name)
            .ok_or_else(|| format!("has no chunk {}, which another chunk imports", quoted(name)))?;
        let file = chunk.file.as_ref().ok_or_else(|| format!("has no `file` for {}", quoted(name)))?;
        self.path(name, file)
    }

    fn paths(&self, name: &str, files: &[String]) -> Result<Vec<AssetPath>, String> {
        files.iter().map(|file| self.path(name, file)).collect()
    }

    fn path(&self, name: &str, file: &str) -> Result<AssetPath, String> {
        // The file is checked without the prefix, because `vite/https:` would be a valid path.
        let path = AssetPath::parse(file).and_then(|file| self.settings.asset_path(&file));
        path.map_err(|err| format!("has an invalid file name for {}: {err}", quoted(name)))
    }
}

/// Returns `true` if templates can refer to the name of a chunk. The name of a chunk without a source file is `_`, followed
/// by the name of its file.
fn is_source(name: &str, chunk: &Chunk) -> bool {
    let file = chunk.file.as_deref().and_then(|file| file.rsplit('/').next());
    let is_generated = name.strip_prefix('_').is_some_and(|rest| Some(rest) == file);
    !is_generated && is_nameable(name) && AssetPath::parse(name).is_ok()
}
