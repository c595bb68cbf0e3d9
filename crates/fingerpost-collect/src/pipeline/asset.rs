use std::{path::PathBuf, sync::Arc};

use fingerpost::{
    AssetPath,
    manifest::{ContentHash, FileInfo, Manifest},
    sources::SourceFile,
};

use crate::{
    diagnostics::Problem,
    output::{
        cache::CacheEntry,
        content::{Content, ContentId},
        source_info::{AssignedName, Inputs, SourceInfo},
        staging::Staged,
    },
    pipeline::run_context::Run,
};

/// A named asset. The file is staged, unless the output directory has the file.
pub(crate) struct Asset {
    pub(crate) path: AssetPath,
    pub(crate) source_info: Arc<SourceInfo>,
    /// The inputs of the name and the bytes, except the bytes of the source file.
    pub(crate) from: Inputs,
    pub(crate) hash: ContentHash,
    pub(crate) hashed: String,
    pub(crate) info: FileInfo,
    /// `true` if the file or the original was not in the output directory.
    pub(crate) is_new: bool,
    pub(crate) staged: Option<Staged>,
    pub(crate) original: Option<Staged>,
}

#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) file: SourceFile,
    pub(crate) source_info: Arc<SourceInfo>,
}

impl Asset {
    /// Names a file. Stages the file, unless the output directory has a file with this name and content.
    ///
    /// `hash` defaults to the hash of `content`, the served bytes. `content` is called only if the bytes are needed.
    pub(crate) fn stage(
        source: Source,
        hash: Option<ContentHash>,
        from: Inputs,
        content: impl Fn() -> Result<Content, Problem>,
        run: &Run<'_>,
    ) -> Result<Self, Problem> {
        let Source { file, source_info } = source;
        let mut loaded = None;
        let (hash, content_id) = match source_info.named_from(&from) {
            Some(named) => named,
            None => {
                let content = loaded.insert(content()?);
                (hash.unwrap_or_else(|| ContentHash::from(&content.sha256)), content.content_id())
            }
        };
        let info = FileInfo::new(content_id.size, content_id.sha256);
        let is_prehashed = run.options.prehashed.contains(&file.path);
        let hashed = if is_prehashed { file.path.to_string() } else { file.path.hashed(&hash) };
        let write = !run.output.has(&hashed, info.size, &info.sha256);
        let write_original = run.options.originals
            && !is_prehashed
            && !run.output.has_content(&file.path, info.size, &info.sha256);
        if (write || write_original) && loaded.is_none() {
            loaded = Some(content()?);
        }
        let stage = |name, wanted, is_original| match &loaded {
            Some(content) if wanted => run.output.stage(name, content, is_original),
            _ => Ok(None),
        };
        let (staged, original) = (stage(&hashed, write, false)?, stage(&file.path, write_original, true)?);
        run.progress.collected();
        let is_new = write || write_original;
        Ok(Self { path: file.path, source_info, from, hash, hashed, info, is_new, staged, original })
    }

    /// Returns the asset with this path. `assets` are sorted by path.
    pub(crate) fn find<'a>(assets: &'a [Self], path: &str) -> Option<&'a Self> {
        let number = assets.binary_search_by(|asset| (*asset.path).cmp(path)).ok()?;
        Some(&assets[number])
    }

    /// Returns `true` if the asset belongs to a cycle and is named by the hash of its group.
    pub(crate) fn is_in_group(&self) -> bool {
        self.from.group.is_some()
    }

    /// Returns `true` if another tool named the file by its content. The hashed path is then the asset path.
    pub(crate) fn is_prehashed(&self) -> bool {
        *self.hashed == *self.path
    }

    /// Returns the file information of the asset path in the current manifest.
    pub(crate) fn current_info<'a>(&self, run: &'a Run<'_>) -> Option<&'a FileInfo> {
        run.history.manifest()?.get(&self.path)?.info.as_ref()
    }

    /// Returns the file information of the asset path in the current manifest, if the entry has the same hashed path and the
    /// same bytes.
    pub(crate) fn unchanged_info<'a>(&self, run: &'a Run<'_>) -> Option<&'a FileInfo> {
        self.info_in(run.history.manifest()?)
    }

    /// Returns the file information of the asset path in a manifest, if the entry has the same hashed path and the same
    /// bytes.
    pub(crate) fn info_in<'a>(&self, manifest: &'a Manifest) -> Option<&'a FileInfo> {
        let entry = manifest.get(&self.path).filter(|entry| entry.hashed == self.hashed)?;
        entry.info.as_ref().filter(|info| info.sha256 == self.info.sha256)
    }

    /// Returns the staged or published file. `None` in a dry run if the asset is not published.
    pub(crate) fn file(&self, run: &Run<'_>) -> Option<PathBuf> {
        let staged = self.staged.as_ref().map(|staged| run.output.staging.path_of(staged));
        let is_there = || run.output.has(&self.hashed, self.info.size, &self.info.sha256);
        staged.or_else(|| is_there().then(|| run.options.out.join(&self.hashed)))
    }

    /// Returns the data that the next run reuses. Variants are cached separately.
    pub(crate) fn cache_entry(&self) -> CacheEntry<'_> {
        let content_id = ContentId { size: self.info.size, sha256: self.info.sha256 };
        let is_rewritten = self.from != Inputs::default();
        let assigned_name =
            is_rewritten.then_some(AssignedName { from: self.from, hash: self.hash, content_id });
        CacheEntry { path: &self.path, source_info: &self.source_info, assigned_name }
    }
}
