//! Which lines of the settings file silence problems, and where in it they go.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::Path,
};

use fingerpost::__private::quoted;
use fingerpost_collect::Problem;

/// So many lines are shown. Whoever needs more is better off with a glob.
const MAX_LINES: usize = 20;

/// Where a line goes in a settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Position {
    /// Before the first table.
    BeforeTables,
    /// In the table `[rules]`, which cannot be added to from elsewhere.
    InRulesTable,
    /// Where the file has a rule, or a table, for the same glob.
    BesideSameGlob,
}

/// One hint for each place in the settings file that lines have to go to, each line once.
pub(crate) fn hints<'p>(
    problems: impl IntoIterator<Item = &'p Problem>,
    settings_file: &Path,
) -> Vec<String> {
    // A file that is not there has no tables.
    let settings = fs::read_to_string(settings_file).unwrap_or_default();
    let (mut seen, mut lines_by_position) = (HashSet::new(), BTreeMap::<_, Vec<_>>::new());
    let lines = problems.into_iter().filter_map(Problem::silence);
    for line in lines.filter(|line| seen.insert(*line)) {
        let (position, line) = position(line, &settings);
        lines_by_position.entry(position).or_default().push(line);
    }
    let file = quoted(settings_file.display()).to_string();
    lines_by_position.into_iter().map(|(position, lines)| hint(position, &lines, &file)).collect()
}

fn hint(position: Position, lines: &[&str], file: &str) -> String {
    let position = match position {
        Position::BeforeTables => "before any `[table]`",
        Position::InRulesTable => "below `[rules]`",
        Position::BesideSameGlob => "where it has rules for the same files",
    };
    let mut hint = format!("to silence this, write into {file}, {position}:");
    lines.iter().take(MAX_LINES).for_each(|line| hint.extend(["\n  ", line]));
    if let Some(more @ 1..) = lines.len().checked_sub(MAX_LINES) {
        hint += &format!(
            "\n  and {more} more such lines, or one for a glob that matches many, such as \"vendor/**\""
        );
    }
    hint
}

/// The place where a line can stand, and what stands of it there.
fn position<'l>(line: &'l str, settings: &str) -> (Position, &'l str) {
    let is_valid_toml = |text: String| text.parse::<toml::Table>().is_ok();
    let in_rules = line.strip_prefix("rules.").unwrap_or(line);
    if is_valid_toml(format!("{line}\n{settings}")) {
        (Position::BeforeTables, line)
    } else if insert_into_rules(in_rules, settings).is_some_and(is_valid_toml) {
        (Position::InRulesTable, in_rules)
    } else {
        (Position::BesideSameGlob, line)
    }
}

/// The settings with a line more behind the one that begins the table `[rules]`, if there is one.
fn insert_into_rules(added: &str, settings: &str) -> Option<String> {
    let is_rules_header = |line: &str| line.replace([' ', '\t'], "").starts_with("[rules]");
    let mut lines: Vec<_> = settings.lines().collect();
    let header = lines.iter().position(|line| is_rules_header(line))?;
    lines.insert(header + 1, added);
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"rules."a.css".missing = "ignore""#;
    const IN_RULES: &str = r#""a.css".missing = "ignore""#;

    #[test]
    fn a_line_goes_where_the_file_can_be_read_with_it() {
        for settings in [
            "",
            "out = 'x'\n[clean]\nkeep = 1",
            "[rules.'b.css']\nmissing = 'warn'",
            "rules.'b.css'.missing = 'warn'",
            "rules.'a.css'.leaves-base = 'warn'",
        ] {
            assert_eq!(position(LINE, settings), (Position::BeforeTables, LINE), "{settings}");
        }
        for settings in ["[rules]", "out = 'x'\n [ rules ] # all\n'b.css'.missing = 'warn'\n[clean]"] {
            assert_eq!(position(LINE, settings), (Position::InRulesTable, IN_RULES), "{settings}");
        }
        for settings in [
            "rules = {}",
            "rules.'a.css'.missing = 'warn'",
            "rules.'a.css' = { leaves-base = 'warn' }",
            "[rules]\n'a.css'.missing = 'warn'",
            "[rules.'a.css']\nleaves-base = 'warn'",
        ] {
            assert_eq!(position(LINE, settings), (Position::BesideSameGlob, LINE), "{settings}");
        }
    }

    #[test]
    fn of_many_lines_some_are_shown() {
        let lines: Vec<_> = (0..MAX_LINES + 2).map(|_| LINE).collect();
        let hint = |count| hint(Position::BeforeTables, &lines[..count], "`f`").lines().count();
        assert_eq!(
            [1, MAX_LINES, MAX_LINES + 1, MAX_LINES + 2].map(hint),
            [2, MAX_LINES + 1, MAX_LINES + 2, MAX_LINES + 2]
        );
    }
}
