use fingerpost::{__private::quoted, Settings};
use fingerpost_collect::{CleanReport, clean_with};
use indicatif::DecimalBytes;

use crate::{args::CleanArgs, exit::Exit, hints, plural::pluralize, printer::Printer};

pub(crate) fn run(
    args: &CleanArgs,
    mut settings: Settings,
    verbose: bool,
    printer: &Printer,
) -> Result<(), Exit> {
    settings.out = args.out.clone().or(settings.out);
    if settings.out.is_none() {
        return Err(Exit::no_output_dir("clean"));
    }
    let report = clean_with(&args.configure(settings), printer)
        .map_err(|err| Exit::from_error(&err, None, &hints::for_lock(&err), args.run.json, printer))?;
    print_report(&report, verbose, printer);
    if args.run.json {
        printer.json(&report)?;
    }
    Ok(())
}

/// Prints the report, with the summary last.
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
    format!("{verb} the current manifest as release {number}, because it differs from the newest release")
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
