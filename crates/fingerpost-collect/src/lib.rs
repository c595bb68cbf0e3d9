//! [rule]: crate::Rule
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
mod settings;
mod compression_settings;
mod compression;
mod duration;
mod report;
mod progress;
mod pipeline;
mod clean;
mod reference_report;
mod output;
mod source_info;
mod references;
mod diagnostics;

use std::time::Instant;

pub use clean::{clean, clean_with, config::CleanConfig, report::CleanReport};
pub use compression::Compression;
pub use config::CollectConfig;
pub use diagnostics::left_out::Shadowed;
pub use diagnostics::location::Location;
pub use diagnostics::problem::{Error, ErrorKind, Problem};
pub use diagnostics::rule::Rule;
pub use fingerpost::__private::Severity;
pub use progress::Progress;
pub use reference_report::{Reference, ReferenceKind, Uses, references};
pub use report::Report;

/// What the program shares with this crate. It may change in every release.
#[doc(hidden)]
pub mod __private {
    pub use crate::duration::parse_duration;
}

use fingerpost::sources::SourceFile;

use crate::{
    diagnostics::collector::Findings,
    pipeline::{
        analyze::Looked,
        asset::Asset,
        compress::Variants,
        link::Links,
        publish::{Files, Numbers, Publication, References},
        run_context::Run,
    },
};

/// Collects the files of the source dirs into the output dir, and publishes them if anything has changed.
///
/// Killed at any moment, it leaves the old manifest and every file that it names intact. A second run with nothing changed
/// writes nothing outside `.fingerpost/`. A published file that was changed or damaged is written again; see
/// [`CollectConfig::verify`]. A run waits for one that is under way; [`collect_with`] tells whom it waits for.
///
/// # Errors
///
/// Every problem of the run, not the first alone; then nothing is published.
pub fn collect(config: &CollectConfig) -> Result<Report, Error> {
    collect_with(config, &())
}

/// As [`collect`], and tells `progress` about it while it is under way.
///
/// # Errors
///
/// As for [`collect`].
pub fn collect_with(config: &CollectConfig, progress: &dyn Progress) -> Result<Report, Error> {
    references::with_deep_stacks(|| collect_here(config, progress))
}

fn collect_here(config: &CollectConfig, progress: &dyn Progress) -> Result<Report, Error> {
    let started = Instant::now();
    let run = Run::open(config.job()?, progress)?;
    let mut findings = Findings::default();
    match publish_all(run, &mut findings) {
        Ok((report, numbers)) => Ok(report.finish(numbers, findings, started.elapsed())),
        Err(err) => Err(err.with(findings.finish())),
    }
}

/// All steps of a run, in their order.
fn publish_all(mut run: Run<'_>, findings: &mut Findings) -> Result<(Report, Numbers), Error> {
    let files = pipeline::scan::scan(&run, findings);
    let components = run.components(findings);
    let (mut assets, references) = name_all(files, &run, findings)?;
    let notes = assets.iter().flat_map(|asset| &asset.page.notes);
    notes.for_each(|note| findings.take_note(note, &run.job.levels));
    pipeline::unrewritable::tell(&assets, &run, findings);
    let kept = pipeline::import_releases::take_over(&run, &assets, findings)?;
    pipeline::import_releases::verify(&run, &assets, &kept, findings)?;
    pipeline::conflicts::check(&run, &assets, &kept, findings);
    findings.check().inspect_err(|_| run.cache.save(&assets, &run.output.staging))?;
    let variants = Variants::make(&mut assets, &run, findings)?;
    pipeline::conflicts::check_variants(&run, &assets, findings);
    findings.check().inspect_err(|_| run.cache.save(&assets, &run.output.staging))?;

    let (manifest, ()) = rayon::join(
        || pipeline::publish::manifest(&run, &assets, components),
        || run.cache.save(&assets, &run.output.staging),
    );
    let report = Report::new(&run, &assets, &variants, &manifest);
    // What is known of the files takes more memory than their names, and the past is still to be read.
    let leaves_cache = assets.iter().any(|asset| asset.page.is_trusted);
    let files = Files::of(assets);
    run.cache.forget();
    let publication = Publication::plan(manifest, references, kept, &run, findings)?;
    let numbers = publication.numbers(&run.history);
    publication.write(files, variants, &run)?;
    // Where all sources are too young to be cached, the next run reads everything anyway.
    if leaves_cache {
        run.output.published.save(&run.output.staging);
    }
    Ok((report, numbers))
}

/// Reads all files, and names and stages them. They come sorted by path, and with what they refer to.
fn name_all(
    files: Vec<SourceFile>,
    run: &Run<'_>,
    findings: &mut Findings,
) -> Result<(Vec<Asset>, References), Error> {
    let looked = Looked::at_all(files, run, findings)?;
    let links = Links::follow(&looked, run, findings);
    let references = links.by_path(&looked.referring);
    let named = pipeline::assign_names::name_all(&looked.referring, &links, run, findings)?;
    let mut assets = looked.done;
    assets.extend(named);
    assets.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((assets, references))
}
