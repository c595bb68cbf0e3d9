use std::collections::HashSet;

use fingerpost::Settings;
use fingerpost_check::{CheckConfig, Error, Report, Rule, Severity, check};

use fingerpost_collect::{CollectConfig, references};

use crate::{
    args::{Args, CheckArgs},
    diagnostics::one_line,
    exit::Exit,
    plural::pluralize,
    printer::Printer,
    suppress,
};

pub(crate) fn run(args: &CheckArgs, all: &Args, printer: &Printer) -> Result<(), Exit> {
    let settings = all.settings().map_err(|err| report_failure(&err.into(), args, all, printer))?;
    let settings = args.apply_to(settings);
    if settings.source_dirs()?.is_empty() {
        return Err(Exit::no_source_to_check());
    }
    let mut config = args.configure(settings.clone());
    if args.unused && !config.reports_unused() {
        config = config.severity(Rule::Unused, Severity::Warn);
    }
    let report = with_references(config, settings)
        .and_then(|config| check(&config))
        .map_err(|err| report_failure(&err, args, all, printer))?;
    print_report(&report, all, printer);
    if args.json {
        printer.json(&report)?;
    }
    Ok(())
}

/// Adds the assets to which other assets refer, unless the rule `unused` is ignored.
pub(crate) fn with_references(config: CheckConfig, settings: Settings) -> Result<CheckConfig, Error> {
    if !config.reports_unused() {
        return Ok(config);
    }
    let base_url = settings.base_url.clone().unwrap_or_default();
    let collect = CollectConfig::from_settings(settings).base_url(base_url);
    let report = references(&collect)?;
    Ok(config.referenced(report.references.into_iter().map(|reference| reference.to)))
}

/// Prints the problems of a failed check, and the hints.
fn report_failure(err: &Error, args: &CheckArgs, all: &Args, printer: &Printer) -> Exit {
    if all.verbose {
        err.notes().iter().for_each(|note| printer.note(one_line(note, &printer.terminal)));
    }
    let files: HashSet<_> = err.problems().filter_map(|problem| Some(&problem.location()?.file)).collect();
    let problems = pluralize(err.problems().len(), "problem");
    let summary = (!files.is_empty()).then(|| format!("{problems} in {}", pluralize(files.len(), "file")));
    let hints: Vec<_> = suppress::hint(err.warnings().iter().chain(err.problems()), all.settings_file())
        .into_iter()
        .collect();
    Exit::from_error(err, summary.as_deref(), &hints, args.json, printer)
}

/// Prints the report, with the summary last.
fn print_report(report: &Report, all: &Args, printer: &Printer) {
    if all.verbose {
        report.notes.iter().for_each(|note| printer.note(one_line(note, &printer.terminal)));
    }
    printer.warnings(&report.warnings);
    suppress::hint(&report.warnings, all.settings_file()).iter().for_each(|hint| printer.hint(hint));
    let [files, names] =
        [(report.files, "file"), (report.names, "asset name")].map(|(count, noun)| pluralize(count, noun));
    printer.info(format_args!("{files}, {names}, {}", pluralize(report.warnings.len(), "warning")));
}
