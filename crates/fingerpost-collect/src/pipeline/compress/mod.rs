//! Compressed variants of the collected files.

mod encode;
mod compression_task;
mod compression_cache;

use fingerpost::{__private::variant_name, manifest::Encoding};
use rayon::prelude::*;

use self::{
    compression_cache::CompressionCache,
    compression_task::{CompressionTask, VariantOrigin},
};
use crate::{
    diagnostics::{Diagnostics, Error, Problem},
    output::staging::Staged,
    pipeline::{asset::Asset, run_context::Run},
};

/// The variants of one run.
#[derive(Default)]
pub(crate) struct Variants {
    /// The new variants of hashed files.
    pub(crate) hashed: Vec<Staged>,
    /// The new variants of originals.
    pub(crate) plain: Vec<Staged>,
    /// The number of compressions, one per file and encoding. In a dry run, the number that a real run would have.
    pub(crate) compressed: usize,
    /// Stale variants of originals, to be removed.
    leftovers: Vec<String>,
    /// The cache. `None` if compression is off, so that the cache file is unchanged.
    known: Option<CompressionCache>,
}

impl Variants {
    /// Creates the missing variants, and adds all variants to their assets.
    pub(crate) fn make(
        assets: &mut [Asset],
        run: &Run<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Error> {
        let mut variants = Self::default();
        if !run.options.compress.is_empty() {
            let mut known = CompressionCache::read(&run.options.out);
            run.options.keep_from.iter().for_each(|dir| known.add(CompressionCache::read(dir)));
            variants.make_missing(assets, &mut known, run, diagnostics)?;
            let published = run.history.manifest().into_iter().flatten();
            let published = published.filter_map(|(_, entry)| Some(entry.info.as_ref()?.sha256));
            known.retain(assets.iter().map(|asset| asset.info.sha256).chain(published));
            variants.known = Some(known);
        }
        variants.leftovers = leftovers(assets, run);
        Ok(variants)
    }

    fn make_missing(
        &mut self,
        assets: &mut [Asset],
        known: &mut CompressionCache,
        run: &Run<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Error> {
        let missing = assets.par_iter_mut().enumerate();
        let missing = missing.flat_map_iter(|(number, asset)| reuse_cached(number, asset, known, run));
        let tasks = CompressionTask::join(missing.collect());
        if tasks.is_empty() {
            return Ok(());
        }
        run.progress.compressing(tasks.len());
        let work = |task: CompressionTask| task.run(assets, run);
        for done in diagnostics.take_by_size(tasks, |task| task.size, false, work)? {
            for &number in &done.task.assets {
                let name = done.task.compression.encoding().to_string();
                assets[number].info.encodings.extend(done.variant.map(|variant| (name, variant)));
            }
            self.compressed += usize::from(done.origin != VariantOrigin::Reused);
            if done.origin != VariantOrigin::Assumed {
                known.insert(&done.task.sha256, done.task.compression, done.variant);
            }
            self.hashed.extend(done.hashed);
            self.plain.extend(done.plain);
        }
        Ok(())
    }

    /// Removes the cache file if this run makes the cache file stale. Must be called before anything is published.
    pub(crate) fn remove_stale_cache(&mut self, run: &Run<'_>) -> Result<(), Problem> {
        self.known.as_mut().map_or(Ok(()), |known| known.remove_if_stale(&run.output))
    }

    /// Removes the stale variants of originals. A server would send a stale variant instead of the original.
    pub(crate) fn remove_leftovers(&self, run: &Run<'_>) -> Result<(), Problem> {
        self.leftovers.iter().try_for_each(|name| run.output.remove(name))
    }

    /// Saves the cache. Must be called after all variants are published.
    pub(crate) fn save_cache(&mut self, run: &Run<'_>) -> Result<(), Problem> {
        self.known.as_mut().map_or(Ok(()), |known| known.save(&run.output.staging))
    }
}

/// Adds the existing variants to an asset, and returns the tasks for the missing variants.
fn reuse_cached(
    number: usize,
    asset: &mut Asset,
    known: &CompressionCache,
    run: &Run<'_>,
) -> Vec<CompressionTask> {
    let (mut missing, sha256, size) = (Vec::new(), asset.info.sha256, asset.info.size);
    for &compression in run.options.compress.for_asset(&asset.path, size) {
        let encoding = compression.encoding();
        // Variants of any level are accepted, because the bytes under a published name never change.
        let published = compression_task::published(asset, encoding, run).map(Some);
        match published.or_else(|| known.get(&sha256, compression)) {
            Some(None) => {}
            Some(Some(variant)) if compression_task::is_published(asset, encoding, variant, run) => {
                asset.info.encodings.insert(encoding.to_string(), variant);
            }
            known => {
                let (assets, expected) = (vec![number], known.flatten());
                missing.push(CompressionTask { sha256, compression, assets, expected, size });
            }
        }
    }
    missing
}

/// Returns the stale variants of originals, except files whose bytes differ from the published variant. Files with other
/// bytes may belong to the user.
fn leftovers(assets: &[Asset], run: &Run<'_>) -> Vec<String> {
    if !run.options.originals {
        return Vec::new();
    }
    let of_asset = |asset: &Asset| {
        let current = asset.current_info(run).filter(|_| !asset.is_prehashed());
        let encodings = current.into_iter().flat_map(|info| &info.encodings);
        let gone = encodings.filter(|(name, _)| !asset.info.encodings.contains_key(*name));
        let names = gone.filter_map(|(name, variant)| {
            let plain = variant_name(&asset.path, Encoding::from_name(name)?);
            (Asset::find(assets, &plain).is_none()
                && run.output.has_content(&plain, variant.size, &variant.sha256))
            .then_some(plain)
        });
        names.collect::<Vec<_>>()
    };
    assets.par_iter().flat_map_iter(of_asset).collect()
}
