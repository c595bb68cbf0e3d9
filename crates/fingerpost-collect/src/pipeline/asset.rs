use std::{path::PathBuf, sync::Arc};

use fingerpost::{
    AssetPath,
    manifest::{ContentHash, FileInfo},
    sources::SourceFile,
};

use crate::{
    diagnostics::problem::Problem,
    output::{
        cache::CacheEntry,
        content::Content,
        source_info::{AssignedName, Inputs, SourceInfo},
        staging::Staged,
    },
    pipeline::run_context::Run,
};

/// One asset that has its name and, where it was not there yet, is staged.
pub(crate) struct Asset {
    pub(crate) path: AssetPath,
    pub(crate) source_info: Arc<SourceInfo>,
    /// What its name and bytes were made from, besides those of its author.
    pub(crate) from: Inputs,
    pub(crate) hash: ContentHash,
    pub(crate) hashed: String,
    pub(crate) info: FileInfo,
    /// Whether anything of it is new in the output dir.
    pub(crate) is_new: bool,
    pub(crate) staged: Option<Staged>,
    pub(crate) original: Option<Staged>,
}

/// A source file and what is known of it.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) file: SourceFile,
    pub(crate) source_info: Arc<SourceInfo>,
}

impl Asset {
    /// Names a file, by its bytes unless `hash` is its name, and stages what is not there yet.
    ///
    /// `content` is what is served; it is not asked for if all that matters is known.
    pub(crate) fn stage(
        source: Source,
        hash: Option<ContentHash>,
        from: Inputs,
        content: impl Fn() -> Result<Content, Problem>,
        run: &Run<'_>,
    ) -> Result<Self, Problem> {
        let Source { file, source_info } = source;
        let mut loaded = None;
        let (hash, info) = match source_info.named_from(&from) {
            Some(named) => (named.hash, named.info.clone()),
            None => {
                let content = loaded.insert(content()?);
                let hash = hash.unwrap_or_else(|| ContentHash::from(&content.sha256));
                (hash, FileInfo::new(content.size, content.sha256))
            }
        };
        let hashed = file.path.hashed(&hash);
        let write = !run.output.has(&hashed, info.size, &info.sha256);
        let write_original =
            run.options.originals && !run.output.has_content(&file.path, info.size, &info.sha256);
        if (write || write_original) && loaded.is_none() {
            loaded = Some(content()?);
        }
        let stage = |name, wanted| match &loaded {
            Some(content) if wanted => run.output.stage(name, content),
            _ => Ok(None),
        };
        let (staged, original) = (stage(&hashed, write)?, stage(&file.path, write_original)?);
        run.progress.collected();
        let is_new = write || write_original;
        Ok(Self { path: file.path, source_info, from, hash, hashed, info, is_new, staged, original })
    }

    /// Whether it has its name from a group of files that refer to each other, and not from its bytes.
    pub(crate) fn is_in_group(&self) -> bool {
        self.from.group.is_some()
    }

    /// What the manifest in force says of an asset.
    pub(crate) fn info_in_force<'a>(&self, run: &'a Run<'_>) -> Option<&'a FileInfo> {
        run.history.manifest()?.get(&self.path)?.info.as_ref()
    }

    /// Where its bytes are now. A dry run has not made what is not there.
    pub(crate) fn file(&self, run: &Run<'_>) -> Option<PathBuf> {
        let staged = self.staged.as_ref().map(|staged| staged.file().to_owned());
        let is_there = || run.output.has(&self.hashed, self.info.size, &self.info.sha256);
        staged.or_else(|| is_there().then(|| run.options.out.join(&self.hashed)))
    }

    /// What the next run need not find out again: all but the variants, which are remembered elsewhere.
    pub(crate) fn cache_entry(&self) -> CacheEntry<'_> {
        let info = FileInfo::new(self.info.size, self.info.sha256);
        let assigned_name = AssignedName { from: self.from, hash: self.hash, info };
        CacheEntry { path: &self.path, source_info: &self.source_info, assigned_name }
    }
}
