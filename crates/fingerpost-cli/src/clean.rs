use fingerpost::{__private::quoted, Settings};
use fingerpost_collect::{CleanReport, clean_with};

use crate::{
    args::CleanArgs,
    bucket,
    exit::Exit,
    hints,
    printer::Printer,
    summaries::{clean_summary, recorded},
};

pub(crate) fn run(
    args: &CleanArgs,
    mut settings: Settings,
    verbose: bool,
    printer: &Printer,
) -> Result<(), Exit> {
    if let Some(url) = &args.at.at {
        return bucket::clean(url, args, &settings, verbose, printer);
    }
    if args.bucket.is_set() {
        return Err(Exit::only_for_buckets("clean"));
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
    printer.info(clean_summary(counts, report.bytes, report.dry_run, report.seconds));
}
