use std::collections::HashSet;

use fingerpost::__private::quoted;
use fingerpost_collect::{CollectConfig, Error, Problem, Progress, Report, Shadowed, collect_with};
use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};

use crate::{
    args::{Args, CollectArgs},
    clean::recorded,
    diagnostics::in_one_line,
    exit::Failure,
    hints,
    plural::counted,
    printer::Console,
    suppress,
};

pub(crate) fn run(args: &CollectArgs, all: &Args, console: &Console) -> Result<(), Failure> {
    let settings = match all.settings() {
        Ok(settings) => args.put_before(settings),
        Err(err) => return Err(fail(&err.into(), (args, all), &[], console)),
    };
    if settings.sources.is_empty() {
        return Err(Failure::usage("collect", "no source dir is named here or in a settings file"));
    }
    if settings.out.is_none() {
        return Err(Failure::usage("collect", "no output dir is named here (--out) or in a settings file"));
    }
    let base_url = settings.base_url.clone().unwrap_or_default();
    let config = CollectConfig::from_settings(settings.clone())
        .base_url(base_url)
        .wait(!args.run.no_wait)
        .verify(args.verify)
        .dry_run(args.run.dry_run);
    let result = collect_with(&config, &Bar::new(console));
    let report =
        result.map_err(|err| fail(&err, (args, all), &hints::after(&err, &settings, all), console))?;
    tell(&report, all, console);
    if args.run.json {
        console.data(serde_json::to_string(&report).expect("a report is plain data"))?;
    }
    Ok(())
}

/// Tells of everything that went wrong.
fn fail(err: &Error, (args, all): (&CollectArgs, &Args), hints: &[String], console: &Console) -> Failure {
    if all.verbose {
        tell_besides(err.ignored(), err.shadowed(), err.notes(), console);
    }
    console.warnings(err.warnings());
    console.errors(err.problems());
    let files: HashSet<_> = err.problems().filter_map(|problem| Some(&problem.location()?.file)).collect();
    if !files.is_empty() || err.problems().len() > 1 {
        console.tell(failed_summary(err.problems().len(), files.len()));
    }
    hints.iter().for_each(|hint| console.hint(hint));
    if args.run.json {
        // The run has failed already, whoever reads it or not.
        let _ = console.data(serde_json::to_string(err).expect("problems are plain data"));
    }
    Failure::Told
}

fn failed_summary(problems: usize, files: usize) -> String {
    let problems = counted(problems, "problem");
    match files {
        0 => format!("{problems}; nothing was published"),
        files => format!("{problems} in {}; nothing was published", counted(files, "file")),
    }
}

/// What a person wants to know, the sum of it last.
fn tell(report: &Report, args: &Args, console: &Console) {
    if args.verbose {
        tell_besides(&report.ignored, &report.shadowed, &report.notes, console);
    }
    console.warnings(&report.warnings);
    suppress::hints(&report.warnings, args.settings_file()).iter().for_each(|hint| console.hint(hint));
    if !report.kept.is_empty() {
        let numbers: Vec<_> = report.kept.iter().map(u64::to_string).collect();
        console.tell(format_args!("took over release {}", numbers.join(", ")));
    }
    if let Some(number) = report.recorded {
        console.tell(recorded(number, report.dry_run));
    }
    console.tell(summary(report));
}

/// What only those want to know who ask.
fn tell_besides(ignored: &[String], shadowed: &[Shadowed], notes: &[Problem], console: &Console) {
    ignored.iter().for_each(|path| console.tell(format_args!("ignored {}", quoted(path))));
    for hidden in shadowed {
        let [file, hides] = [&hidden.file, &hidden.hides].map(quoted);
        console.tell(format_args!("ignored {hides}, which {file} hides"));
    }
    notes.iter().for_each(|note| console.note(in_one_line(note, &console.screen)));
}

fn summary(report: &Report) -> String {
    let Report { files, written, unchanged, seconds, dry_run, .. } = report;
    let (bytes, files) = (DecimalBytes(report.bytes), counted(*files, "file"));
    let (written_is, published) =
        if *dry_run { ("to write", "to publish") } else { ("written", "published") };
    let compressed = match (report.compressed, dry_run) {
        (0, _) => String::new(),
        (times, false) => format!(", {times} compressed"),
        (times, true) => format!(", {times} to compress"),
    };
    let verified = match report.verified {
        0 => String::new(),
        files => format!(", {files} verified"),
    };
    let repaired = match (report.repaired, dry_run) {
        (0, _) => String::new(),
        (files, false) => format!(", {files} repaired"),
        (files, true) => format!(", {files} to repair"),
    };
    let release = match (report.release, report.adopted) {
        (Some(number), _) => format!("release {number} {published}"),
        (None, Some(number)) if *dry_run => format!("nothing new, release {number} would be in force"),
        (None, Some(number)) => format!("nothing new, release {number} is in force"),
        (None, None) => "nothing to publish".to_owned(),
    };
    format!(
        "{files}, {bytes}, {written} {written_is}, {unchanged} unchanged{compressed}{verified}{repaired}, {release}, {seconds:.2} s"
    )
}

/// Shows how far the run is, on a terminal; elsewhere only whom it waits for.
struct Bar<'a> {
    bar: ProgressBar,
    console: &'a Console,
}

impl<'a> Bar<'a> {
    fn new(console: &'a Console) -> Self {
        let style = ProgressStyle::with_template("{bar:40} {pos} of {len} {msg}").expect("a valid template");
        let style = if console.screen.unicode { style } else { style.progress_chars("##-") };
        Self { bar: ProgressBar::no_length().with_style(style).with_message("files"), console }
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar<'_> {
    fn waiting(&self, message: &str) {
        self.console.tell(message);
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
