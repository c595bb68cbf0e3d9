use fingerpost::{Settings, quoted};
use fingerpost_collect::{CollectConfig, Error, ErrorKind, Problem, Progress, Report, Rule, collect_with};
use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};

use crate::{args::CollectArgs, console::Console, failure::Failure};

pub(crate) fn run(
    args: &CollectArgs,
    settings: Settings,
    verbose: bool,
    console: &Console,
) -> Result<(), Failure> {
    let settings = args.put_before(settings);
    if settings.sources.is_empty() {
        return Err(Failure::usage("collect", "no source dir is named here or in a settings file"));
    }
    if settings.out.is_none() {
        return Err(Failure::usage("collect", "no output dir is named here (--out) or in a settings file"));
    }
    let base_url = settings.base_url.clone().unwrap_or_default();
    let config =
        CollectConfig::from_settings(settings).base_url(base_url).wait(!args.no_wait).dry_run(args.dry_run);
    let report = collect_with(&config, &Bar::new(console))?;
    tell(&report, verbose, console);
    if args.json {
        console.data(serde_json::to_string(&report).expect("a report is plain data"))?;
    }
    Ok(())
}

/// What a person wants to know, the sum of it last.
fn tell(report: &Report, verbose: bool, console: &Console) {
    if verbose {
        report.ignored.iter().for_each(|path| console.tell(format_args!("ignored {}", quoted(path))));
        for hidden in &report.shadowed {
            let [file, hides] = [&hidden.file, &hidden.hides].map(quoted);
            console.tell(format_args!("ignored {hides}, which {file} hides"));
        }
    }
    report.warnings.iter().for_each(|warning| console.warning(warning));
    if !report.kept.is_empty() {
        let numbers: Vec<_> = report.kept.iter().map(u64::to_string).collect();
        console.tell(format_args!("took over release {}", numbers.join(", ")));
    }
    console.tell(summary(report));
}

fn summary(report: &Report) -> String {
    let Report { files, written, unchanged, seconds, dry_run, .. } = report;
    let (bytes, noun) = (DecimalBytes(report.bytes), if *files == 1 { "file" } else { "files" });
    let (written_is, published) =
        if *dry_run { ("to write", "to publish") } else { ("written", "published") };
    let compressed = match (report.compressed, dry_run) {
        (0, _) => String::new(),
        (times, false) => format!(", {times} compressed"),
        (times, true) => format!(", {times} to compress"),
    };
    let release = match report.release {
        Some(number) => format!("release {number} {published}"),
        None => "nothing to publish".to_owned(),
    };
    format!(
        "{files} {noun}, {bytes}, {written} {written_is}, {unchanged} unchanged{compressed}, {release}, {seconds:.2} s"
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

impl From<Error> for Failure {
    fn from(err: Error) -> Self {
        let mut hints: Vec<_> = err.problems().filter_map(hint).collect();
        hints.dedup();
        Self::Failed { problems: err.problems().map(Problem::to_string).collect(), hints }
    }
}

fn hint(problem: &Problem) -> Option<&'static str> {
    match problem.kind() {
        ErrorKind::Locked => Some("leave `--no-wait` out to wait for it"),
        ErrorKind::Rule(Rule::Shadowed) => {
            Some("`--shadowed ignore` allows a file that an earlier source dir hides")
        }
        _ => None,
    }
}
