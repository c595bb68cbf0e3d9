//! The commands for buckets of object stores.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::{Retention, quoted},
    Settings,
};
use fingerpost_collect::__private::{retention, wants_originals};
use fingerpost_store::{
    Bucket, CleanConfig, CleanReport, Error, ErrorKind, Progress, PublishConfig, PublishReport,
    PublishSettings, RollbackConfig, RollbackReport, clean_with, download_pack, publish_with, rollback_with,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tempfile::TempDir;

pub(crate) use fingerpost_store::BucketStore;

use crate::{
    args::{BucketArgs, CleanArgs, PublishArgs, RollbackArgs, RunArgs},
    exit::Exit,
    plural::pluralize,
    printer::Printer,
    summaries::{clean_summary, plain_names, published_again, recorded},
    terminal::escape_controls_per_line,
    units::short_bytes,
};

/// An error as JSON, in the format of the other commands.
#[derive(Serialize)]
struct Failure<'a> {
    errors: [Problem<'a>; 1],
    warnings: [(); 0],
}

#[derive(Serialize)]
struct Problem<'a> {
    kind: ErrorKind,
    message: &'a str,
}

pub(crate) fn publish(
    args: &PublishArgs,
    out: &Path,
    settings: &Settings,
    printer: &Printer,
) -> Result<(), Exit> {
    let table = PublishSettings::read(settings).map_err(|err| failed(&err, &args.run, printer))?;
    let Some(url) = args.to.clone().or_else(|| table.to.clone()) else {
        return Err(Exit::no_bucket("publish"));
    };
    let bucket = open_bucket(&url, table, &args.bucket, &args.run, printer)?;
    let config = PublishConfig::new(out, bucket.clone()).dry_run(args.run.dry_run);
    let report = publish_with(&config, &BucketProgress::new(printer))
        .map_err(|err| failed(&err, &args.run, printer))?;
    report.warnings.iter().for_each(|warning| printer.warning(warning));
    print_recorded(report.recorded, report.dry_run, printer);
    printer.info(publish_summary(&report));
    print_json(&report, &args.run, printer)
}

/// The releases of a bucket in a temporary directory, which is deleted when this value is dropped.
pub(crate) struct DownloadedReleases {
    dir: TempDir,
    is_empty: bool,
}

impl DownloadedReleases {
    /// Returns the path of a pack, or of an empty directory if the bucket is empty.
    pub(crate) fn path(&self) -> PathBuf {
        if self.is_empty { self.dir.path().to_owned() } else { pack_in(&self.dir) }
    }
}

fn pack_in(dir: &TempDir) -> PathBuf {
    dir.path().join("bucket.tar")
}

/// Downloads the releases of a bucket for `--keep-from`.
pub(crate) fn download(
    url: &str,
    settings: &Settings,
    json: bool,
    printer: &Printer,
) -> Result<DownloadedReleases, Exit> {
    let dir = tempfile::tempdir()
        .map_err(|err| Exit::failed(format_args!("cannot create a temporary directory: {err}")))?;
    let bucket = PublishSettings::read(settings).and_then(|table| table.open(url));
    let has_releases = bucket.and_then(|bucket| download_pack(&bucket, pack_in(&dir)));
    let is_empty = !has_releases.map_err(|err| report(&err, None, json, printer))?;
    Ok(DownloadedReleases { dir, is_empty })
}

/// Opens a bucket for reading.
pub(crate) fn open(
    url: &str,
    settings: &Settings,
    json: bool,
    printer: &Printer,
) -> Result<BucketStore, Exit> {
    let bucket = PublishSettings::read(settings).and_then(|table| table.open(url));
    Ok(BucketStore::new(&bucket.map_err(|err| report(&err, None, json, printer))?))
}

pub(crate) fn rollback(
    url: &str,
    args: &RollbackArgs,
    settings: &Settings,
    printer: &Printer,
) -> Result<(), Exit> {
    let table = PublishSettings::read(settings).map_err(|err| failed(&err, &args.run, printer))?;
    let bucket = open_bucket(url, table, &args.bucket, &args.run, printer)?;
    let mut config = RollbackConfig::new(bucket).dry_run(args.run.dry_run);
    if let Some(number) = args.number {
        config = config.release(number);
    }
    if let Some(yes) = wants_originals(&args.configure(settings.clone())) {
        config = config.originals(yes);
    }
    let report = rollback_with(&config, &BucketProgress::new(printer))
        .map_err(|err| failed(&err, &args.run, printer))?;
    report.warnings.iter().for_each(|warning| printer.warning(warning));
    print_recorded(report.recorded, report.dry_run, printer);
    if let (Some(replaced), false) = (report.replaced, report.dry_run) {
        let command = format!("fingerpost rollback --at {}", args.at.at.as_deref().unwrap_or_default());
        printer.hint(format_args!(
            "running servers use release {replaced} until their next poll or restart; to undo, run `{command}`"
        ));
    }
    printer.info(rollback_summary(&report));
    print_json(&report, &args.run, printer)
}

pub(crate) fn clean(
    url: &str,
    args: &CleanArgs,
    settings: &Settings,
    verbose: bool,
    printer: &Printer,
) -> Result<(), Exit> {
    let table = PublishSettings::read(settings).map_err(|err| failed(&err, &args.run, printer))?;
    let bucket = open_bucket(url, table, &args.bucket, &args.run, printer)?;
    let Retention { keep, age, .. } = retention(&args.configure(settings.clone()));
    let config = CleanConfig::new(bucket).keep(keep).older_than(age).dry_run(args.run.dry_run);
    let report =
        clean_with(&config, &BucketProgress::new(printer)).map_err(|err| failed(&err, &args.run, printer))?;
    if verbose {
        let verb = if report.dry_run { "would remove" } else { "removed" };
        report.files.iter().for_each(|file| printer.info(format_args!("{verb} {}", quoted(file))));
    }
    print_recorded(report.recorded, report.dry_run, printer);
    report.warnings.iter().for_each(|warning| printer.warning(warning));
    let CleanReport { ref removed, ref kept, ref files, bytes, dry_run, seconds, .. } = report;
    printer.info(clean_summary([removed.len(), kept.len(), files.len()], bytes, dry_run, seconds));
    print_json(&report, &args.run, printer)
}

/// Opens a bucket for writing. The flags take precedence over the table `[publish]`.
fn open_bucket(
    url: &str,
    mut table: PublishSettings,
    flags: &BucketArgs,
    run: &RunArgs,
    printer: &Printer,
) -> Result<Bucket, Exit> {
    table.single_writer |= flags.single_writer;
    table.time_limit = flags.time_limit.or(table.time_limit);
    table.lease = flags.lease.or(table.lease);
    let bucket = table.open(url).map_err(|err| failed(&err, run, printer))?;
    Ok(bucket.wait(!run.no_wait))
}

fn failed(err: &Error, run: &RunArgs, printer: &Printer) -> Exit {
    let is_avoidable = err.kind() == ErrorKind::Locked && run.no_wait;
    let hint = is_avoidable.then_some("omit `--no-wait` to wait for the other run");
    report(err, hint, run.json, printer)
}

fn report(err: &Error, hint: Option<&str>, json: bool, printer: &Printer) -> Exit {
    let (kind, message) = (err.kind(), err.to_string());
    printer.error(escape_controls_per_line(&message));
    hint.into_iter().for_each(|hint| printer.hint(hint));
    if json {
        // A closed stdout does not change the exit code 1.
        let _ = printer.json(&Failure { errors: [Problem { kind, message: &message }], warnings: [] });
    }
    Exit::AlreadyReported
}

fn print_recorded(number: Option<u64>, dry_run: bool, printer: &Printer) {
    number.into_iter().for_each(|number| printer.info(recorded(number, dry_run)));
}

fn print_json(report: &impl Serialize, run: &RunArgs, printer: &Printer) -> Result<(), Exit> {
    if run.json {
        printer.json(report)?;
    }
    Ok(())
}

fn publish_summary(report: &PublishReport) -> String {
    let &PublishReport { objects, uploaded, skipped, bytes, originals, dry_run, seconds, .. } = report;
    let by_mode = |done, planned| if dry_run { planned } else { done };
    let release = match report.release {
        Some(number) => format!("release {number} {}", by_mode("published", "to publish")),
        None => "nothing new to publish".to_owned(),
    };
    format!(
        "{}, {uploaded} {} ({}), {skipped} skipped{}, {release}, {seconds:.2} s",
        pluralize(objects, "object"),
        by_mode("uploaded", "to upload"),
        short_bytes(bytes),
        plain_names(originals, dry_run)
    )
}

fn rollback_summary(report: &RollbackReport) -> String {
    let &RollbackReport { release, restored, files, originals, dry_run, seconds, .. } = report;
    let release = published_again(restored, release, dry_run);
    let originals = plain_names(originals, dry_run);
    format!("{release}, {}{originals}, {seconds:.2} s", pluralize(files, "file"))
}

/// Shows a progress bar on a terminal. Prints a message if the run waits for the lock.
struct BucketProgress<'a> {
    bar: ProgressBar,
    printer: &'a Printer,
}

impl<'a> BucketProgress<'a> {
    fn new(printer: &'a Printer) -> Self {
        let template = "{bar:40} {pos} of {len} objects {msg}";
        let style = ProgressStyle::with_template(template).expect("a valid template");
        let style = if printer.terminal.unicode { style } else { style.progress_chars("##-") };
        Self { bar: ProgressBar::no_length().with_style(style), printer }
    }

    fn start(&self, objects: usize, message: impl Display) {
        self.bar.set_message(message.to_string());
        self.bar.set_length(objects as u64);
    }
}

impl Progress for BucketProgress<'_> {
    fn waiting(&self, message: &str) {
        self.printer.info(message);
    }

    fn uploading(&self, objects: usize, bytes: u64) {
        self.start(objects, format_args!("uploaded, {} in all", short_bytes(bytes)));
    }

    fn uploaded(&self, _bytes: u64) {
        self.bar.inc(1);
    }

    fn deleting(&self, objects: usize) {
        self.start(objects, "deleted");
    }

    fn deleted(&self, objects: usize) {
        self.bar.inc(objects as u64);
    }
}
