//! What leads from a run that failed to one that succeeds.

use std::collections::BTreeSet;

use fingerpost::{__private::Severity, Settings};
use fingerpost_collect::{Error, ErrorKind, Problem, Rule};

use crate::{args::Args, rerun, suppress};

/// For those who find the lock taken.
pub(crate) const WAIT_FOR_LOCK: &str = "leave `--no-wait` out to wait for it";

/// What is to be said after the problems.
pub(crate) fn for_error(err: &Error, settings: &Settings, args: &Args) -> Vec<String> {
    let mut hints = Vec::new();
    if err.problems().any(|problem| problem.kind() == ErrorKind::Locked) {
        hints.push(WAIT_FOR_LOCK.to_owned());
    }
    if let Some(command) = publish_with_warnings(err, settings) {
        hints.push(format!("to publish all the same, with warnings, run: {command}"));
    }
    hints.extend(suppress::hints(err.warnings().iter().chain(err.problems()), args.settings_file()));
    hints
}

/// The same command with levels that let these problems pass, if all of them break rules.
fn publish_with_warnings(err: &Error, settings: &Settings) -> Option<String> {
    let rules: Option<Vec<_>> = err.problems().map(broken_rule).collect();
    let rules = rules?;
    // What is said of some files goes before what is said of all.
    let exceptions = || settings.exceptions.values();
    let shadowed = exceptions().any(|levels| levels.shadowed == Some(Severity::Error));
    let references = exceptions()
        .flat_map(|levels| [levels.missing, levels.missing_map, levels.leaves_base])
        .any(|level| level == Some(Severity::Error));
    if shadowed || references {
        return None;
    }
    let flags: Option<BTreeSet<_>> = rules.into_iter().map(severity_flag).collect();
    rerun::command_with_flags(&flags?.into_iter().map(|flag| (flag, "warn")).collect::<Vec<_>>())
}

/// The flag that sets the level of a rule, if there is one.
fn severity_flag(rule: Rule) -> Option<&'static str> {
    match rule {
        Rule::Missing | Rule::MissingMap | Rule::LeavesBase => Some("--missing"),
        Rule::Shadowed => Some("--shadowed"),
        _ => None,
    }
}

fn broken_rule(problem: &Problem) -> Option<Rule> {
    match problem.kind() {
        ErrorKind::Rule(rule) => Some(rule),
        _ => None,
    }
}
