//! Suggests settings that silence problems.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use fingerpost::__private::quoted;
use fingerpost_collect::Problem;

/// The maximum number of tables in the hint. For more files, the hint recommends a glob.
const MAX_TABLES: usize = 20;

/// Returns a hint with one table per file, because a table can be added to the end of any settings file.
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
    let mut hint = format!("to silence this, add to the end of {file}, or to the existing table:");
    for (table, rules) in tables.iter().take(MAX_TABLES) {
        hint += &format!("\n  [{table}]");
        rules.iter().for_each(|rule| hint.extend(["\n  ", rule]));
    }
    if more > 0 {
        hint += &format!("\n  and {more} more tables; a glob such as \"vendor/**\" covers many files");
    }
    (!tables.is_empty()).then_some(hint)
}
