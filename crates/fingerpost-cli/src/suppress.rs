//! Which tables of the settings file silence problems.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use fingerpost::__private::quoted;
use fingerpost_collect::Problem;

/// So many tables are shown. Whoever needs more is better off with a glob.
const MAX_TABLES: usize = 20;

/// A hint with one table for each file. At the end of a settings file it is valid whatever stands before it, unless that has
/// the table already.
pub(crate) fn hint<'p>(
    problems: impl IntoIterator<Item = &'p Problem>,
    settings_file: &Path,
) -> Option<String> {
    let lines = problems.into_iter().filter_map(Problem::silence);
    let mut tables = BTreeMap::<_, BTreeSet<_>>::new();
    for (table, rule) in lines.filter_map(|line| line.rsplit_once('.')) {
        tables.entry(table).or_default().insert(rule);
    }
    let more = tables.len().saturating_sub(MAX_TABLES);
    let file = quoted(settings_file.display());
    let mut hint = format!("to silence this, add to the end of {file}, or to the same table in it:");
    for (table, rules) in tables.iter().take(MAX_TABLES) {
        hint += &format!("\n  [{table}]");
        rules.iter().for_each(|rule| hint.extend(["\n  ", rule]));
    }
    if more > 0 {
        hint += &format!("\n  and {more} more such tables, or one for many files, such as \"vendor/**\"");
    }
    (!tables.is_empty()).then_some(hint)
}
