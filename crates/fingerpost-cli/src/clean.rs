use fingerpost::{__private::quoted, Settings};
use fingerpost_collect::{CleanReport, clean_with};
use indicatif::DecimalBytes;

use crate::{args::CleanArgs, bucket, exit::Exit, hints, plural::pluralize, printer::Printer};

pub(crate) fn run(
    args: &CleanArgs,
    mut settings: Settings,
    verbose: bool,
    printer: &Printer,
) -> Result<(), Exit> {
    if let Some(url) = &args.at.at {
        return bucket::clean(url, args, &settings, verbose, printer);
    }
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
    let counts = [report.removed.len(), report.kept.len(), report.files.len()];
    printer.info(summary(counts, report.bytes, report.dry_run, report.seconds));
}

pub(crate) fn recorded(number: u64, dry_run: bool) -> String {
    let verb = if dry_run { "would record" } else { "recorded" };
    format!("{verb} the current manifest as release {number}, because it differs from the newest release")
}

/// Returns the summary for the numbers of removed releases, retained releases and removed files.
pub(crate) fn summary([removed, kept, files]: [usize; 3], bytes: u64, dry_run: bool, seconds: f64) -> String {
    let kept = pluralize(kept, "release");
    if removed == 0 {
        return format!("nothing to remove, {kept} kept, {seconds:.2} s");
    }
    let (removed, files) = (pluralize(removed, "release"), pluralize(files, "file"));
    let (gone, free) = if dry_run { ("to remove", "to free") } else { ("removed", "freed") };
    let bytes = DecimalBytes(bytes);
    format!("{removed} and {files} {gone}, {bytes} {free}, {kept} kept, {seconds:.2} s")
}
