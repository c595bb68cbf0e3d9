//! [rule]: crate::Rule
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod collect_config;
mod settings_tables;
mod compression_settings;
mod compression;
mod prehashed;
mod report;
mod progress;
mod pipeline;
mod clean;
mod releases;
mod rollback;
mod reference_report;
mod output;
mod references;
mod diagnostics;
mod pack;
mod build_script;

use std::time::Instant;

pub use build_script::build_script;
pub use clean::{clean, clean_config::CleanConfig, clean_with, report::CleanReport};
pub use collect_config::CollectConfig;
pub use compression::Compression;
pub use fingerpost::__private::{Error, ErrorKind, Location, Problem, Rule, Severity, Shadowed};
pub use pack::PackReport;
pub use progress::Progress;
pub use reference_report::{Reference, ReferenceReport, references};
pub use references::ReferenceKind;
pub use releases::{ReleaseChanges, ReleaseList, ReleaseSummary, releases};
pub use report::Report;
pub use rollback::{report::RollbackReport, rollback, rollback_config::RollbackConfig, rollback_with};

/// Items for the other crates of this workspace. These items may change in every release.
#[doc(hidden)]
pub mod __private {
    use fingerpost::{__private::Retention, Settings};

    use crate::{CleanConfig, CollectConfig, RollbackConfig, diagnostics::Error, settings_tables::Tables};

    /// Checks the tables `[collect]` and `[clean]`, for commands that use neither table.
    ///
    /// # Errors
    ///
    /// Returns all problems of the tables.
    pub fn check_tables(settings: &Settings) -> Result<(), Error> {
        Tables::read(settings).check()
    }

    /// Returns the value of [`CollectConfig::keep_from`] if the value is the URL of a bucket.
    pub fn earlier_bucket(config: &CollectConfig) -> Option<&str> {
        config.earlier_bucket()
    }

    /// Returns the value of [`RollbackConfig::originals`], or `Some(true)` if `[collect] originals` is `true`. Otherwise,
    /// returns `None`.
    pub fn wants_originals(config: &RollbackConfig) -> Option<bool> {
        config.wants_originals()
    }

    /// Returns the retention settings of `clean`: a number of releases and an age.
    pub fn retention(config: &CleanConfig) -> Retention {
        config.retention()
    }
}

use fingerpost::{
    DirStore,
    sources::{Listing, SourceFile},
};

use crate::{
    diagnostics::Diagnostics,
    pack::write_pack,
    pipeline::{
        analyze::Analyzed,
        asset::Asset,
        assign_names::assign_names,
        bundled::{check_base, check_bundle, scripts_and_styles},
        compress::Variants,
        conflicts::{check_names, check_variants},
        deltas::Deltas,
        import_releases::{import_releases, verify_releases},
        link::Links,
        publish::{Publication, ReferenceMap, StagedFiles, make_manifest},
        run_context::Run,
        scan::scan,
        unrewritable_warnings::warn_about_unrewritable,
    },
};

/// Collects the files of the source directories into the output directory, and publishes a release if anything has changed.
///
/// A killed run leaves the previous manifest and all of its files intact. A second run without changes writes nothing
/// outside `.fingerpost/`. Published files that were changed or damaged are written again; see [`CollectConfig::verify`]. By
/// default, a run waits while another run holds the lock; [`collect_with`] reports the other run.
///
/// # Errors
///
/// Returns all problems of the run. If there are problems, nothing is published.
///
/// ```
/// use fingerpost_collect::{CollectConfig, ErrorKind, collect};
///
/// let err = collect(&CollectConfig::new("dist/static")).unwrap_err();
/// assert_eq!(err.kind(), ErrorKind::Config);
/// assert_eq!(err.problems().len(), 1);
/// assert!(err.to_string().starts_with("no source directory is set; "));
/// ```
pub fn collect(config: &CollectConfig) -> Result<Report, Error> {
    collect_with(config, &())
}

/// Collects like [`collect`], and reports to `progress`.
///
/// # Errors
///
/// Same as [`collect`].
pub fn collect_with(config: &CollectConfig, progress: &dyn Progress) -> Result<Report, Error> {
    let started = Instant::now();
    let options = config.options()?;
    start_threads()?;
    let store = DirStore::new(&options.out);
    let (run, listing) = Run::open(options, &store, progress)?;
    let mut diagnostics = Diagnostics::default();
    run.output.record_change(&mut diagnostics);
    match publish_all(run, listing, &mut diagnostics) {
        Ok(report) => Ok(report.finish(diagnostics.remarks, started.elapsed())),
        Err(err) => Err(err.with(diagnostics.remarks)),
    }
}

/// Starts the threads before the run takes the lock. Otherwise, a lack of memory for the threads would make rayon panic in
/// the middle of the run.
fn start_threads() -> Result<(), Problem> {
    let is_started = rayon::current_thread_index().is_some();
    let started = if is_started { Ok(()) } else { rayon::ThreadPoolBuilder::new().build_global() };
    // An error without a source means that the threads are already running.
    match started.err().as_ref().and_then(std::error::Error::source) {
        Some(cause) => {
            let message = format!("not enough memory to start threads: {cause}");
            Err(Problem::new(ErrorKind::OutOfMemory, message))
        }
        None => Ok(()),
    }
}

/// The steps of a run.
fn publish_all(mut run: Run<'_>, listing: Listing, diagnostics: &mut Diagnostics) -> Result<Report, Error> {
    let files = scan(listing, &run, diagnostics);
    check_bundle(&files, &run, diagnostics);
    let paths = files.iter().map(|file| file.path.as_str());
    run.options.import_map.problems(paths).into_iter().for_each(|problem| diagnostics.add(problem));
    let built = scripts_and_styles(&files, &run);
    let components = run.components(diagnostics);
    let (mut assets, references) = analyze_and_name(files, &run, diagnostics)?;
    let notes = assets.iter().flat_map(|asset| &asset.source_info.notes);
    notes.for_each(|note| diagnostics.take_note(note, &run.options.severities));
    check_base(&built, &assets, &run, diagnostics);
    warn_about_unrewritable(&assets, &run, diagnostics);
    let imported = import_releases(&run, &assets, diagnostics)?;
    verify_releases(&run, &assets, &imported, diagnostics)?;
    check_names(&run, &assets, &imported, diagnostics);
    diagnostics.check().inspect_err(|_| save_cache(&run, &assets))?;
    let variants = Variants::make(&mut assets, &run, diagnostics)?;
    let deltas = Deltas::make(&mut assets, &imported, &run, diagnostics)?;
    check_variants(&run, &assets, diagnostics);
    diagnostics.check().inspect_err(|_| save_cache(&run, &assets))?;

    let (manifest, ()) =
        rayon::join(|| make_manifest(&run, &assets, components), || save_cache(&run, &assets));
    let report = Report::new(&run, &assets, variants.compressed + deltas.encoded, &manifest);
    // Drops the analysis and the cache before the earlier releases are read, to lower the peak memory use.
    let leaves_cache = assets.iter().any(|asset| asset.source_info.is_trusted);
    let files = StagedFiles::from_assets(assets);
    run.cache.clear();
    let publication = Publication::plan(manifest, references, imported, &run, diagnostics)?;
    let mut report = report.with_releases(&publication.releases, &run.history.numbers);
    publication.write(files, variants, deltas, &run, diagnostics)?;
    // If no source file is old enough to be cached, the next run reads all files again.
    if leaves_cache {
        run.output.published.save(&run.output.staging);
    }
    if let Some(pack) = run.options.pack.as_deref().filter(|_| !run.options.writing.dry_run) {
        report.pack = Some(write_pack(pack, &run.options.out, diagnostics)?);
    }
    Ok(report)
}

/// Reads, names and stages all files. Returns the assets, sorted by path, and their references.
fn analyze_and_name(
    files: Vec<SourceFile>,
    run: &Run<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<(Vec<Asset>, ReferenceMap), Error> {
    let analyzed = Analyzed::analyze(files, run, diagnostics)?;
    let links = Links::resolve(&analyzed, run, diagnostics);
    let references = links.by_path(&analyzed.referring);
    let named = assign_names(&analyzed.referring, &links, run, diagnostics)?;
    let mut assets = analyzed.done;
    assets.extend(named);
    assets.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((assets, references))
}

/// Saves the analysis of the source files for the next run.
fn save_cache(run: &Run<'_>, assets: &[Asset]) {
    run.cache.save(assets.iter().map(Asset::cache_entry), &run.output.staging);
}
