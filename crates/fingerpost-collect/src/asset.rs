use std::path::PathBuf;

use fingerpost::{AssetPath, ContentHash, FileInfo, Manifest};

use crate::{content::Content, error::Problem, output::Staged, run::Run};

/// One asset that is read, hashed, named and, where it was not there yet, staged.
pub(crate) struct Asset {
    pub(crate) path: AssetPath,
    pub(crate) hash: ContentHash,
    pub(crate) hashed: String,
    pub(crate) info: FileInfo,
    /// Whether anything of it is new in the output dir.
    pub(crate) is_new: bool,
    pub(crate) staged: Option<Staged>,
    pub(crate) original: Option<Staged>,
}

impl Asset {
    /// Names a file by its own bytes.
    pub(crate) fn of_its_own_name(
        path: AssetPath,
        content: &Content,
        run: &Run<'_>,
    ) -> Result<Self, Problem> {
        Self::stage(path, ContentHash::from(&content.sha256), content, run)
    }

    /// Stages what is not there yet.
    pub(crate) fn stage(
        path: AssetPath,
        hash: ContentHash,
        content: &Content,
        run: &Run<'_>,
    ) -> Result<Self, Problem> {
        let hashed = path.hashed(&hash);
        let write = !run.output.has(&hashed, content.size);
        let write_original =
            run.job.originals && !run.output.has_content(&path, content.size, &content.sha256);
        let stage = |name, wanted| if wanted { run.output.stage(name, content) } else { Ok(None) };
        let asset = Self {
            info: info(&path, content, run.history.manifest())?,
            is_new: write || write_original,
            staged: stage(&hashed, write)?,
            original: stage(&path, write_original)?,
            path,
            hash,
            hashed,
        };
        run.progress.collected();
        Ok(asset)
    }

    /// Where its bytes are now. A dry run has not made what is not there.
    pub(crate) fn file(&self, run: &Run<'_>) -> Option<PathBuf> {
        let staged = self.staged.as_ref().map(|staged| staged.file().to_owned());
        staged
            .or_else(|| run.output.has(&self.hashed, self.info.size).then(|| run.job.out.join(&self.hashed)))
    }
}

/// A hash that was published for the same bytes need not be computed again.
fn info(path: &AssetPath, content: &Content, published: Option<&Manifest>) -> Result<FileInfo, Problem> {
    let info = FileInfo::new(content.size, content.sha256);
    if !has_integrity(path) {
        return Ok(info);
    }
    let known = published.and_then(|manifest| manifest.get(path)?.info.as_ref());
    let known =
        known.filter(|known| known.sha256 == content.sha256).and_then(|known| known.integrity.clone());
    Ok(info.with_integrity(known.map_or_else(|| content.integrity(), Ok)?))
}

/// Browsers check the integrity of scripts and style sheets, and of nothing else.
fn has_integrity(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["css", "js", "mjs", "cjs"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
