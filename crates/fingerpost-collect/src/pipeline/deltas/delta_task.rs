//! The unit of work of a thread: one delta.

use std::path::PathBuf;

use fingerpost::{__private::delta_name, manifest::DeltaInfo};

use super::{
    earlier_versions::EarlierVersion,
    encode::{encode, memory_use},
    memory_limit::MemoryLimit,
};
use crate::{
    compression::Compression,
    diagnostics::Problem,
    output::{
        buffer::Buffer,
        content::{Content, ContentId},
        staging::Staged,
    },
    pipeline::{asset::Asset, run_context::Run},
};

/// An asset that needs deltas.
#[derive(Clone, Copy)]
pub(super) struct Target {
    /// The index of the asset.
    pub(super) asset: usize,
    pub(super) compression: Compression,
}

/// Makes the delta from one earlier version to one asset.
pub(super) struct DeltaTask {
    pub(super) target: Target,
    pub(super) from: EarlierVersion,
    /// The file of the earlier version.
    pub(super) file: PathBuf,
    /// `true` if a release contains the delta, but the file of the delta is missing or damaged.
    pub(super) is_repair: bool,
}

/// The outcome of a [`DeltaTask`].
pub(super) enum DeltaResult {
    Made {
        asset: usize,
        delta: DeltaInfo,
        staged: Option<Staged>,
    },
    /// The delta saves too little.
    NoGain,
    /// The earlier version is missing or damaged.
    WithoutVersion(PathBuf),
}

impl DeltaTask {
    pub(super) fn size(&self, assets: &[Asset]) -> u64 {
        memory_use(self.from.size, assets[self.target.asset].info.size)
    }

    pub(super) fn run(
        self,
        assets: &[Asset],
        memory: &MemoryLimit,
        run: &Run<'_>,
    ) -> Result<DeltaResult, Problem> {
        let made = memory.run(self.size(assets), || self.make(&assets[self.target.asset], run));
        run.progress.compressed();
        made
    }

    fn make(&self, asset: &Asset, run: &Run<'_>) -> Result<DeltaResult, Problem> {
        let from = ContentId { size: self.from.size, sha256: self.from.sha256 };
        let Ok(old) = from.read_again(&self.file, None) else {
            return Ok(DeltaResult::WithoutVersion(self.file.clone()));
        };
        let Some(file) = asset.file(run) else { return Ok(DeltaResult::NoGain) };
        let new = ContentId { size: asset.info.size, sha256: asset.info.sha256 }.read_again(&file, None)?;
        let encoded = encode(self.target.compression.level(), &old, &from.sha256, &new);
        let encoded = encoded.map_err(|err| Problem::output("encode a delta of", &file, &err))?;
        let Some(delta) = encoded.filter(|delta| self.is_repair || gains(delta.len() as u64, asset)) else {
            return Ok(DeltaResult::NoGain);
        };
        let content = Content::from(Buffer::from(delta));
        let name = delta_name(&asset.hashed, &from.sha256);
        let is_there = run.output.has_content(&name, content.size, &content.sha256);
        let staged = if is_there { None } else { run.output.stage(&name, &content, false)? };
        let delta = DeltaInfo::new(from.sha256, content.size, content.sha256);
        Ok(DeltaResult::Made { asset: self.target.asset, delta, staged })
    }
}

/// Returns `true` if a delta of this length has at most 0.8 times the length of the smallest other variant.
fn gains(size: u64, asset: &Asset) -> bool {
    let variants = asset.info.encodings.values().map(|variant| variant.size);
    let smallest = variants.fold(asset.info.size, u64::min);
    size * 10 <= smallest * 8
}
