//! The unit of work of a thread: one content and one encoding.

use std::{collections::HashMap, path::Path};

use fingerpost::{
    __private::{quoted, variant_name},
    manifest::{Digest, Encoding, EncodingInfo},
};

use super::encode::encode;
use crate::{
    compression::Compression,
    diagnostics::{ErrorKind, Problem},
    output::{
        buffer::Buffer,
        content::{Content, LARGEST_IN_MEMORY, WriteError},
        staging::Staged,
    },
    pipeline::{asset::Asset, run_context::Run},
};

/// Compresses one content for all assets with this content.
pub(super) struct CompressionTask {
    pub(super) sha256: Digest,
    pub(super) compression: Compression,
    pub(super) assets: Vec<usize>,
    /// The variant of an earlier run.
    pub(super) expected: Option<EncodingInfo>,
    pub(super) size: u64,
}

pub(super) struct CompressionResult {
    pub(super) task: CompressionTask,
    pub(super) variant: Option<EncodingInfo>,
    pub(super) origin: VariantOrigin,
    pub(super) hashed: Vec<Staged>,
    pub(super) plain: Vec<Staged>,
}

/// The origin of a variant.
#[derive(PartialEq, Eq)]
pub(super) enum VariantOrigin {
    Compressed,
    /// Read from the earlier output directory.
    Reused,
    /// Copied from the current manifest, because a dry run does not write the file to compress.
    Assumed,
}

impl CompressionTask {
    /// Joins the tasks for the same content and encoding.
    pub(super) fn join(tasks: Vec<Self>) -> Vec<Self> {
        let (mut joined, mut places) = (Vec::<Self>::new(), HashMap::new());
        for task in tasks {
            let place = *places.entry((task.sha256, task.compression)).or_insert(joined.len());
            match joined.get_mut(place) {
                Some(same) => same.assets.extend(task.assets),
                None => joined.push(task),
            }
        }
        joined
    }

    /// Creates the variant, and stages the variant under each name that the output directory lacks.
    pub(super) fn run(self, assets: &[Asset], run: &Run<'_>) -> Result<CompressionResult, Problem> {
        let first = &assets[self.assets[0]];
        let (variant, origin) = match (self.reuse_existing(first, run), first.file(run)) {
            (Some(variant), _) => (variant, VariantOrigin::Reused),
            (None, Some(file)) => (self.compress(&file)?, VariantOrigin::Compressed),
            (None, None) => {
                let (variant, origin) =
                    (published(first, self.compression.encoding(), run), VariantOrigin::Assumed);
                let (hashed, plain) = (Vec::new(), Vec::new());
                return Ok(CompressionResult { task: self, variant, origin, hashed, plain });
            }
        };
        run.progress.compressed();
        let (mut hashed, mut plain) = (Vec::new(), Vec::new());
        let gains = variant.size * 100 <= self.size * 95;
        for asset in self.assets.iter().map(|&number| &assets[number]).filter(|_| gains) {
            hashed.extend(self.stage(&asset.hashed, &variant, false, run)?);
            if run.options.originals && !asset.is_prehashed() {
                plain.extend(self.stage(&asset.path, &variant, true, run)?);
            }
        }
        let variant = gains.then(|| EncodingInfo::new(variant.size, variant.sha256));
        Ok(CompressionResult { task: self, variant, origin, hashed, plain })
    }

    /// Reads the expected variant from the earlier output directory.
    fn reuse_existing(&self, asset: &Asset, run: &Run<'_>) -> Option<Content> {
        let (expected, dir) = (self.expected?, run.options.keep_from.as_ref()?);
        let file = dir.join(variant_name(&asset.hashed, self.compression.encoding()));
        let found = Content::read(&file, LARGEST_IN_MEMORY).ok()?.value;
        ((found.size, found.sha256) == (expected.size, expected.sha256)).then_some(found)
    }

    fn compress(&self, file: &Path) -> Result<Content, Problem> {
        let content = Content::in_file(file, self.size, self.sha256);
        encode(self.compression, &content).map(|bytes| Content::from(Buffer::from(bytes))).map_err(|err| {
            let file = quoted(file.display());
            let message = match err {
                WriteError::Output(err) => format!("cannot compress {file}: {err}"),
                WriteError::Input(_) => {
                    format!("the content of {file} does not match the hash in its name; remove the file and run the command again")
                }
            };
            Problem::new(ErrorKind::Output, message)
        })
    }

    fn stage(
        &self,
        file: &str,
        variant: &Content,
        is_original: bool,
        run: &Run<'_>,
    ) -> Result<Option<Staged>, Problem> {
        let name = variant_name(file, self.compression.encoding());
        if run.output.has_content(&name, variant.size, &variant.sha256) {
            return Ok(None);
        }
        run.output.stage(&name, variant, is_original)
    }
}

/// Returns the variant in the current manifest, if the asset has not changed.
pub(super) fn published(asset: &Asset, encoding: Encoding, run: &Run<'_>) -> Option<EncodingInfo> {
    let info = asset.current_info(run).filter(|info| info.sha256 == asset.info.sha256)?;
    info.encodings.get(encoding.as_str()).copied()
}

/// Returns `true` if the output directory has a variant under all names of the variant.
///
/// If the current manifest contains the variant, a file with other bytes is recorded as damaged. Otherwise, the file may be
/// a variant with another level.
pub(super) fn is_published(asset: &Asset, encoding: Encoding, variant: EncodingInfo, run: &Run<'_>) -> bool {
    let EncodingInfo { size, sha256, .. } = variant;
    let [hashed, plain] = [&*asset.hashed, &*asset.path].map(|file| variant_name(file, encoding));
    let is_there = if published(asset, encoding, run) == Some(variant) {
        run.output.has(&hashed, size, &sha256)
    } else {
        run.output.has_content(&hashed, size, &sha256)
    };
    is_there && (!run.options.originals || run.output.has_content(&plain, size, &sha256))
}
