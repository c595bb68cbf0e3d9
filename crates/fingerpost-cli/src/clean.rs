use fingerpost::{__private::quoted, Settings};
use fingerpost_collect::{CleanReport, Error, ErrorKind, Progress, clean_with};
use indicatif::DecimalBytes;

use crate::{args::CleanArgs, exit::Exit, hints, plural::pluralize, printer::Printer};

pub(crate) fn run(
    args: &CleanArgs,
    settings: Settings,
    verbose: bool,
    printer: &Printer,
) -> Result<(), Exit> {
    let settings = args.apply_to(settings);
    if settings.out.is_none() {
        return Err(Exit::usage("clean", "no output dir is named here (--out) or in a settings file"));
    }
    let report = clean_with(&args.configure(settings), &CleanProgress(printer))
        .map_err(|err| report_failure(&err, args, printer))?;
    print_report(&report, verbose, printer);
    if args.run.json {
        printer.data(serde_json::to_string(&report).expect("a report is plain data"))?;
    }
    Ok(())
}

/// Tells of everything that went wrong.
fn report_failure(err: &Error, args: &CleanArgs, printer: &Printer) -> Exit {
    printer.warnings(err.warnings());
    printer.errors(err.problems());
    if err.kind() == ErrorKind::Locked {
        printer.hint(hints::WAIT_FOR_LOCK);
    }
    if args.run.json {
        // The run has failed already, whoever reads it or not.
        let _ = printer.data(serde_json::to_string(err).expect("problems are plain data"));
    }
    Exit::AlreadyReported
}

/// What a person wants to know, the sum of it last.
fn print_report(report: &CleanReport, verbose: bool, printer: &Printer) {
    if verbose {
        let verb = if report.dry_run { "would remove" } else { "removed" };
        report.files.iter().for_each(|file| printer.info(format_args!("{verb} {}", quoted(file))));
    }
    if let Some(number) = report.recorded {
        printer.info(recorded(number, report.dry_run));
    }
    report.warnings.iter().for_each(|warning| printer.warning(warning));
    printer.info(summary(report));
}

pub(crate) fn recorded(number: u64, dry_run: bool) -> String {
    let verb = if dry_run { "would record" } else { "recorded" };
    format!("{verb} the current manifest, which differs from the newest release, as release {number}")
}

fn summary(report: &CleanReport) -> String {
    let CleanReport { removed, kept, files, dry_run, seconds, .. } = report;
    let kept = pluralize(kept.len(), "release");
    if removed.is_empty() {
        return format!("nothing to remove, {kept} kept, {seconds:.2} s");
    }
    let (removed, files) = (pluralize(removed.len(), "release"), pluralize(files.len(), "file"));
    let (gone, free) = if *dry_run { ("to remove", "to free") } else { ("removed", "freed") };
    let bytes = DecimalBytes(report.bytes);
    format!("{removed} and {files} {gone}, {bytes} {free}, {kept} kept, {seconds:.2} s")
}

/// Tells whom the run waits for.
struct CleanProgress<'a>(&'a Printer);

impl Progress for CleanProgress<'_> {
    fn waiting(&self, message: &str) {
        self.0.info(message);
    }
}
