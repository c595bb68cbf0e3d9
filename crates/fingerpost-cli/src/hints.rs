//! Hints for failed runs.

use std::collections::BTreeSet;

use fingerpost_collect::{CollectConfig, Error, ErrorKind, Problem, Rule, Severity};

use crate::{args::Args, suppress};

/// Returns a hint if the run failed because another run holds the lock.
pub(crate) fn for_lock(err: &Error) -> Vec<String> {
    let is_locked = err.problems().any(|problem| problem.kind() == ErrorKind::Locked);
    is_locked.then(|| "omit `--no-wait` to wait for the other run".to_owned()).into_iter().collect()
}

/// Returns the hints to print after the problems of `collect`.
pub(crate) fn for_error(err: &Error, config: &CollectConfig, args: &Args) -> Vec<String> {
    let mut hints = for_lock(err);
    if let Some(flags) = publish_with_warnings(err, config) {
        hints.push(format!("to publish anyway, with warnings, run with `{flags}`"));
    }
    hints.extend(suppress::hint(err.warnings().iter().chain(err.problems()), args.settings_file()));
    hints
}

/// Returns the flags that change all problems to warnings. `None` if flags cannot change all problems.
fn publish_with_warnings(err: &Error, config: &CollectConfig) -> Option<String> {
    let flag = |problem: &Problem| match problem.kind() {
        ErrorKind::Rule(rule) => severity_flag(rule),
        _ => None,
    };
    let flags: Option<BTreeSet<_>> = err.problems().map(flag).collect();
    // Severities for a glob override the flags.
    let mut exceptions = config.severity_overrides();
    if exceptions.any(|(_, rule, severity)| severity_flag(rule).is_some() && severity == Severity::Error) {
        return None;
    }
    let flags: Vec<_> = flags?.into_iter().map(|flag| format!("{flag} warn")).collect();
    Some(flags.join(" "))
}

/// Returns the flag that sets the severity of a rule.
fn severity_flag(rule: Rule) -> Option<&'static str> {
    match rule {
        Rule::Missing | Rule::MissingMap | Rule::LeavesBase => Some("--missing"),
        Rule::Shadowed => Some("--shadowed"),
        _ => None,
    }
}
