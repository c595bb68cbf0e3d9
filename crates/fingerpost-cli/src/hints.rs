//! What leads from a run that failed to one that succeeds.

use std::collections::BTreeSet;

use fingerpost_collect::{CollectConfig, Error, ErrorKind, Problem, Rule, Severity};

use crate::{args::Args, suppress};

/// For those who find the lock taken.
pub(crate) const WAIT_FOR_LOCK: &str = "leave `--no-wait` out to wait for it";

/// What is to be said after the problems.
pub(crate) fn for_error(err: &Error, config: &CollectConfig, args: &Args) -> Vec<String> {
    let mut hints = Vec::new();
    if err.problems().any(|problem| problem.kind() == ErrorKind::Locked) {
        hints.push(WAIT_FOR_LOCK.to_owned());
    }
    if let Some(flags) = publish_with_warnings(err, config) {
        hints.push(format!("to publish all the same, with warnings, run it with `{flags}`"));
    }
    hints.extend(suppress::hint(err.warnings().iter().chain(err.problems()), args.settings_file()));
    hints
}

/// The flags with levels that let these problems pass, if all of them break rules.
fn publish_with_warnings(err: &Error, config: &CollectConfig) -> Option<String> {
    let flag = |problem: &Problem| match problem.kind() {
        ErrorKind::Rule(rule) => severity_flag(rule),
        _ => None,
    };
    let flags: Option<BTreeSet<_>> = err.problems().map(flag).collect();
    // What is said of some files goes before what is said of all.
    let mut exceptions = config.severity_overrides();
    if exceptions.any(|(_, rule, severity)| severity_flag(rule).is_some() && severity == Severity::Error) {
        return None;
    }
    let flags: Vec<_> = flags?.into_iter().map(|flag| format!("{flag} warn")).collect();
    Some(flags.join(" "))
}

/// The flag that sets the level of a rule, if there is one.
fn severity_flag(rule: Rule) -> Option<&'static str> {
    match rule {
        Rule::Missing | Rule::MissingMap | Rule::LeavesBase => Some("--missing"),
        Rule::Shadowed => Some("--shadowed"),
        _ => None,
    }
}
