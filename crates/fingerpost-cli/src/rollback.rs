use fingerpost::Settings;
use fingerpost_collect::{Error, ErrorKind, RollbackReport, rollback_with};

use crate::{
    args::RollbackArgs,
    bucket,
    exit::Exit,
    hints,
    plural::pluralize,
    printer::Printer,
    summaries::{plain_names, published_again, recorded},
};

pub(crate) fn run(args: &RollbackArgs, settings: Settings, printer: &Printer) -> Result<(), Exit> {
    if let Some(url) = &args.at.at {
        return bucket::rollback(url, args, &settings, printer);
    }
    if args.bucket.is_set() {
        return Err(Exit::only_for_buckets("rollback"));
    }
    let settings = args.apply_to(settings);
    if settings.out.is_none() {
        return Err(Exit::no_output_dir("rollback"));
    }
    let report = rollback_with(&args.configure(settings), printer).map_err(|err| {
        let (summary, hints) = (failed_summary(&err), hints(&err));
        Exit::from_error(&err, summary.as_deref(), &hints, args.run.json, printer)
    })?;
    print_report(&report, printer);
    if args.run.json {
        printer.json(&report)?;
    }
    Ok(())
}

fn failed_summary(err: &Error) -> Option<String> {
    let count = err.problems().len();
    (count > 1).then(|| format!("{}; nothing was published", pluralize(count, "problem")))
}

fn hints(err: &Error) -> Vec<String> {
    let mut hints = hints::for_lock(err);
    if err.problems().any(|problem| problem.kind() == ErrorKind::File) {
        hints.push(
            "restore the files from a backup or an earlier image, or publish another release".to_owned(),
        );
    }
    hints
}

/// Prints the report, with the summary last.
fn print_report(report: &RollbackReport, printer: &Printer) {
    printer.warnings(&report.warnings);
    if let Some(number) = report.recorded {
        printer.info(recorded(number, report.dry_run));
    }
    if let (Some(replaced), false) = (report.replaced, report.dry_run) {
        printer.hint(format_args!(
            "running servers use release {replaced} until a restart or reload; to undo, run `fingerpost rollback`"
        ));
    }
    printer.info(summary(report));
}

fn summary(report: &RollbackReport) -> String {
    let &RollbackReport { release, restored, files, originals, dry_run, seconds, .. } = report;
    let release = published_again(restored, release, dry_run);
    let originals = plain_names(originals, dry_run);
    format!("{release}, {}{originals}, {seconds:.2} s", pluralize(files, "file"))
}
