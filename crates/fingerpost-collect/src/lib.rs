#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod asset;
mod cache;
mod clean;
mod compress;
mod config;
mod content;
mod digesting;
mod error;
mod findings;
mod graph;
mod history;
mod keep;
mod levels;
mod links;
mod location;
mod lock;
mod look;
mod names;
mod naming;
mod output;
mod page;
mod plain_names;
mod progress;
mod publish;
#[cfg_attr(not(feature = "js"), allow(dead_code, reason = "scripts need more than style sheets"))]
mod references;
mod report;
mod rewrite;
mod run;
mod scan;
mod uses;

use std::time::Instant;

pub use clean::{CleanConfig, CleanReport, clean, clean_with};
pub use config::CollectConfig;
pub use error::{Error, ErrorKind, Problem};
pub use fingerpost::{Compression, Level};
pub use levels::Rule;
pub use location::Location;
pub use progress::Progress;
pub use report::{Report, Shadowed};
pub use uses::{Reference, ReferenceKind, Uses, references};

use crate::{
    compress::Variants, findings::Findings, links::Links, look::Looked, publish::Publication, run::Run,
};

/// Collects the files of the source dirs into the output dir, and publishes them if anything has changed.
///
/// Killed at any moment, it leaves the old manifest and every file that it names intact. A second run with nothing changed
/// writes nothing outside `.fingerpost/`. A run waits for one that is under way; [`collect_with`] tells whom it waits for.
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
    let started = Instant::now();
    let run = Run::open(config.job()?, progress)?;
    let mut findings = Findings::default();

    let (files, left_out) = scan::scan(&run, &mut findings);
    let looked = Looked::at_all(files, &run, &mut findings)?;
    let links = Links::follow(&looked, &run, &mut findings);
    let references = links.by_path(&looked.referring);
    let named = naming::name_all(&looked.referring, &links, &run, &mut findings)?;
    let mut assets = looked.done;
    assets.extend(named);
    assets.sort_by(|a, b| a.path.cmp(&b.path));
    assets.iter().flat_map(|asset| &asset.page.notes).for_each(|note| findings.take_note(note));
    plain_names::tell(&assets, &run, &mut findings);
    let kept = keep::take_over(&run, &assets, &mut findings)?;
    names::check(&run, &assets, &kept, &mut findings);
    findings.check().inspect_err(|_| run.cache.save(&assets, &run.output))?;
    let variants = Variants::make(&mut assets, &run, &mut findings)?;
    names::check_variants(&run, &assets, &mut findings);
    findings.check().inspect_err(|_| run.cache.save(&assets, &run.output))?;

    let manifest = run.manifest(&assets);
    let publication = Publication::plan(manifest.clone(), references, kept, &run, &mut findings)?;
    let report = Report::new(&run, &assets, &variants, &manifest, &publication);
    // Long texts, both of them.
    let (records, ()) = rayon::join(|| publication.records(&run), || run.cache.save(&assets, &run.output));
    publication.write(assets, variants, records?, &run)?;
    Ok(report.finish(left_out, findings, started.elapsed()))
}
