use fingerpost::{AssetPath, ContentHash, FileInfo, Manifest, SourceFile};

use crate::{
    content::Content,
    error::{Error, Problem},
    findings::Findings,
    output::Staged,
    run::Run,
};

/// One asset that is read, hashed, named and, where it was not there yet, staged.
pub(crate) struct Asset {
    pub(crate) path: AssetPath,
    pub(crate) hashed: String,
    pub(crate) info: FileInfo,
    /// Whether anything of it is new in the output dir.
    pub(crate) is_new: bool,
    pub(crate) staged: Option<Staged>,
    pub(crate) original: Option<Staged>,
}

impl Asset {
    /// Takes all files through all steps.
    pub(crate) fn stage_all(
        files: Vec<SourceFile>,
        run: &Run<'_>,
        findings: &mut Findings,
    ) -> Result<Vec<Self>, Error> {
        run.progress.found(files.len());
        findings.take_all(files, |file| {
            let asset = Self::stage(file, run);
            run.progress.collected();
            asset
        })
    }

    /// Takes one file through all steps in one go, so that memory holds one file for each core and no more.
    fn stage(file: SourceFile, run: &Run<'_>) -> Result<Self, Problem> {
        let content = Content::read(&file.file)?;
        let hashed = file.path.hashed(&ContentHash::from(&content.sha256));
        let write = !run.output.has(&hashed, content.size);
        let write_original = run.job.originals && !run.output.has_content(&file.path, &content);
        let stage = |name, wanted| if wanted { run.output.stage(name, &content) } else { Ok(None) };
        Ok(Self {
            info: info(&file.path, &content, run.history.manifest())?,
            is_new: write || write_original,
            staged: stage(&hashed, write)?,
            original: stage(&file.path, write_original)?,
            path: file.path,
            hashed,
        })
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
