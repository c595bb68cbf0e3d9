use fingerpost::{__private::quoted, Settings};
use fingerpost_collect::{CleanConfig, CleanReport, Error, ErrorKind, Progress, clean_with};
use indicatif::DecimalBytes;

use crate::{args::CleanArgs, exit::Failure, hints, plural::counted, printer::Console};

pub(crate) fn run(
    args: &CleanArgs,
    settings: Settings,
    verbose: bool,
    console: &Console,
) -> Result<(), Failure> {
    let settings = args.put_before(settings);
    if settings.out.is_none() {
        return Err(Failure::usage("clean", "no output dir is named here (--out) or in a settings file"));
    }
    let config = CleanConfig::from_settings(settings).wait(!args.run.no_wait).dry_run(args.run.dry_run);
    let report = clean_with(&config, &Waiting(console)).map_err(|err| fail(&err, args, console))?;
    tell(&report, verbose, console);
    if args.run.json {
        console.data(serde_json::to_string(&report).expect("a report is plain data"))?;
    }
    Ok(())
}

/// Tells of everything that went wrong.
fn fail(err: &Error, args: &CleanArgs, console: &Console) -> Failure {
    console.warnings(err.warnings());
    console.errors(err.problems());
    if err.kind() == ErrorKind::Locked {
        console.hint(hints::TO_WAIT);
    }
    if args.run.json {
        // The run has failed already, whoever reads it or not.
        let _ = console.data(serde_json::to_string(err).expect("problems are plain data"));
    }
    Failure::Told
}

/// What a person wants to know, the sum of it last.
fn tell(report: &CleanReport, verbose: bool, console: &Console) {
    if verbose {
        let verb = if report.dry_run { "would remove" } else { "removed" };
        report.files.iter().for_each(|file| console.tell(format_args!("{verb} {}", quoted(file))));
    }
    if let Some(number) = report.recorded {
        console.tell(recorded(number, report.dry_run));
    }
    report.warnings.iter().for_each(|warning| console.warning(warning));
    console.tell(summary(report));
}

pub(crate) fn recorded(number: u64, dry_run: bool) -> String {
    let verb = if dry_run { "would record" } else { "recorded" };
    format!("{verb} the current manifest, which differs from the newest release, as release {number}")
}

fn summary(report: &CleanReport) -> String {
    let CleanReport { removed, kept, files, dry_run, seconds, .. } = report;
    let kept = counted(kept.len(), "release");
    if removed.is_empty() {
        return format!("nothing to remove, {kept} kept, {seconds:.2} s");
    }
    let (removed, files) = (counted(removed.len(), "release"), counted(files.len(), "file"));
    let (gone, free) = if *dry_run { ("to remove", "to free") } else { ("removed", "freed") };
    let bytes = DecimalBytes(report.bytes);
    format!("{removed} and {files} {gone}, {bytes} {free}, {kept} kept, {seconds:.2} s")
}

/// Tells whom the run waits for.
struct Waiting<'a>(&'a Console);

impl Progress for Waiting<'_> {
    fn waiting(&self, message: &str) {
        self.0.tell(message);
    }
}
