use std::collections::HashSet;

use fingerpost::{__private::quoted, Settings};
use fingerpost_check::CheckConfig;
use fingerpost_collect::{
    __private::earlier_bucket, Error, PackReport, Problem, Progress, Report, Shadowed, collect_with,
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    args::{Args, CollectArgs},
    bucket, check,
    diagnostics::one_line,
    exit::Exit,
    hints,
    plural::pluralize,
    printer::Printer,
    summaries::recorded,
    suppress,
    units::short_bytes,
};

pub(crate) fn run(args: &CollectArgs, all: &Args, printer: &Printer) -> Result<(), Exit> {
    let settings = all.settings().map_err(|err| report_failure(&err.into(), (args, all), &[], printer))?;
    let settings = args.site.apply_to(settings);
    if settings.sources.is_empty() && settings.bundles.is_empty() {
        return Err(Exit::no_source_dir("collect"));
    }
    if settings.out.is_none() {
        return Err(Exit::no_output_dir("collect"));
    }
    let base_url = settings.base_url.clone().unwrap_or_default();
    let checked = args.check.then(|| check_names(settings.clone(), (args, all), printer)).transpose()?;
    let mut config = args.configure(settings.clone()).base_url(base_url);
    // The temporary directory must exist until the end of the run.
    let downloaded = earlier_bucket(&config)
        .map(|url| bucket::download(url, &settings, args.run.json, printer))
        .transpose()?;
    if let Some(downloaded) = &downloaded {
        config = config.keep_from(downloaded.path());
    }
    let result = collect_with(&config, &CollectProgress::new(printer));
    let mut report = result
        .map_err(|err| report_failure(&err, (args, all), &hints::for_error(&err, &config, all), printer))?;
    report.warnings.splice(0..0, checked.into_iter().flat_map(|checked| checked.warnings));
    print_report(&report, all, printer);
    if args.run.json {
        printer.json(&report)?;
    }
    Ok(())
}

/// Checks the asset names in templates and Rust files.
fn check_names(
    settings: Settings,
    (args, all): (&CollectArgs, &Args),
    printer: &Printer,
) -> Result<fingerpost_check::Report, Exit> {
    let base_url = settings.base_url.clone().unwrap_or_default();
    let config = CheckConfig::from_settings(settings.clone()).base_url(base_url);
    let checked =
        check::with_references(config, settings).and_then(|config| fingerpost_check::check(&config));
    checked.map_err(|err| {
        let hint = suppress::hint(err.warnings().iter().chain(err.problems()), all.settings_file());
        report_failure(&err, (args, all), &Vec::from_iter(hint), printer)
    })
}

/// Prints the problems of a failed run, and the hints.
fn report_failure(
    err: &Error,
    (args, all): (&CollectArgs, &Args),
    hints: &[String],
    printer: &Printer,
) -> Exit {
    if all.verbose {
        print_details(err.ignored(), err.shadowed(), err.notes(), printer);
    }
    let files: HashSet<_> = err.problems().filter_map(|problem| Some(&problem.location()?.file)).collect();
    let problems = pluralize(err.problems().len(), "problem");
    let summary = match files.len() {
        0 if err.problems().len() == 1 => None,
        0 => Some(format!("{problems}; nothing was published")),
        files => Some(format!("{problems} in {}; nothing was published", pluralize(files, "file"))),
    };
    Exit::from_error(err, summary.as_deref(), hints, args.run.json, printer)
}

/// Prints the report, with the summary last.
fn print_report(report: &Report, args: &Args, printer: &Printer) {
    if args.verbose {
        print_details(&report.ignored, &report.shadowed, &report.notes, printer);
    }
    printer.warnings(&report.warnings);
    suppress::hint(&report.warnings, args.settings_file()).iter().for_each(|hint| printer.hint(hint));
    if !report.kept.is_empty() {
        let numbers: Vec<_> = report.kept.iter().map(u64::to_string).collect();
        printer.info(format_args!("copied release {}", numbers.join(", ")));
    }
    if let Some(PackReport { bytes, written, .. }) = &report.pack {
        let state = if *written { "written" } else { "unchanged" };
        printer.info(format_args!("pack of {} {state}", short_bytes(*bytes)));
    }
    if let Some(number) = report.recorded {
        printer.info(recorded(number, report.dry_run));
    }
    printer.info(summary(report));
}

/// Prints the details of `--verbose`.
fn print_details(ignored: &[String], shadowed: &[Shadowed], notes: &[Problem], printer: &Printer) {
    ignored.iter().for_each(|path| printer.info(format_args!("ignored {}", quoted(path))));
    for hidden in shadowed {
        let [file, hides] = [&hidden.file, &hidden.hides].map(quoted);
        printer.info(format_args!("ignored {hides}, hidden by {file}"));
    }
    notes.iter().for_each(|note| printer.note(one_line(note, &printer.terminal)));
}

fn summary(report: &Report) -> String {
    let Report { written, unchanged, compressed, verified, repaired, seconds, .. } = report;
    let by_mode = |done, planned| if report.dry_run { planned } else { done };
    let mut parts = vec![
        pluralize(report.files, "file"),
        short_bytes(report.bytes),
        format!("{written} {}", by_mode("written", "to write")),
        format!("{unchanged} unchanged"),
    ];
    let optional = [
        (compressed, by_mode("compressed", "to compress")),
        (verified, "verified"),
        (repaired, by_mode("repaired", "to repair")),
    ];
    let counted = optional.iter().filter(|(count, _)| **count > 0);
    parts.extend(counted.map(|(count, done)| format!("{count} {done}")));
    parts.push(match (report.release, report.adopted) {
        (Some(number), _) => format!("release {number} {}", by_mode("published", "to publish")),
        (None, Some(number)) => {
            format!("nothing new, release {number} {} current", by_mode("is", "would be"))
        }
        (None, None) => "nothing to publish".to_owned(),
    });
    parts.push(format!("{seconds:.2} s"));
    parts.join(", ")
}

/// Shows a progress bar on a terminal. Prints a message when the run has to wait for the lock.
struct CollectProgress<'a> {
    bar: ProgressBar,
    printer: &'a Printer,
}

impl<'a> CollectProgress<'a> {
    fn new(printer: &'a Printer) -> Self {
        let style = ProgressStyle::with_template("{bar:40} {pos} of {len} {msg}").expect("a valid template");
        let style = if printer.terminal.unicode { style } else { style.progress_chars("##-") };
        Self { bar: ProgressBar::no_length().with_style(style).with_message("files"), printer }
    }
}

impl Progress for CollectProgress<'_> {
    fn waiting(&self, message: &str) {
        self.printer.waiting(message);
    }

    fn found(&self, files: usize) {
        self.bar.set_length(files as u64);
    }

    fn collected(&self) {
        self.bar.inc(1);
    }

    fn compressing(&self, times: usize) {
        self.bar.set_message("compressed");
        self.bar.set_position(0);
        self.bar.set_length(times as u64);
    }

    fn compressed(&self) {
        self.bar.inc(1);
    }
}
