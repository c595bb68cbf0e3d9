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

/// The tables that a line can go to, each with the part of the line that the table makes superfluous.
const TABLES: [(&str, &str); 2] = [("[collect.rules]", "collect.rules."), ("[collect]", "collect.")];

/// The place for a line in a settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Position {
    /// Before the first table.
    BeforeTables,
    /// In the table with this header, which cannot be added to from elsewhere.
    Below(&'static str),
    /// Beside the rule or table that the file has for the same glob.
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
        Position::BeforeTables => "before any `[table]`".to_owned(),
        Position::Below(header) => format!("below `{header}`"),
        Position::BesideSameGlob => "where it has rules for the same files".to_owned(),
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
    if is_valid_toml(format!("{line}\n{settings}")) {
        return (Position::BeforeTables, line);
    }
    let in_tables =
        TABLES.into_iter().filter_map(|(header, prefix)| Some((header, line.strip_prefix(prefix)?)));
    let mut fitting =
        in_tables.filter(|(header, rest)| below(header, rest, settings).is_some_and(is_valid_toml));
    fitting.next().map_or((Position::BesideSameGlob, line), |(header, rest)| (Position::Below(header), rest))
}

/// The settings with a line added below the header of a table, if there is one.
fn below(header: &str, added: &str, settings: &str) -> Option<String> {
    let is_header = |line: &str| line.replace([' ', '\t'], "").starts_with(header);
    let mut lines: Vec<_> = settings.lines().collect();
    let position = lines.iter().position(|line| is_header(line))?;
    lines.insert(position + 1, added);
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"collect.rules."a.css".missing = "ignore""#;
    const IN_COLLECT: &str = r#"rules."a.css".missing = "ignore""#;
    const IN_RULES: &str = r#""a.css".missing = "ignore""#;

    #[test]
    fn suggested_line_is_placed_where_the_settings_file_stays_valid() {
        for settings in [
            "",
            "out = 'x'\n[clean]\nkeep = 1",
            "[collect.rules.'b.css']\nmissing = 'warn'",
            "collect.rules.'b.css'.missing = 'warn'",
            "collect.rules.'a.css'.leaves-base = 'warn'",
            "collect.fsync = true",
        ] {
            assert_eq!(position(LINE, settings), (Position::BeforeTables, LINE), "{settings}");
        }
        let collect = (Position::Below("[collect]"), IN_COLLECT);
        for settings in [
            "[collect]",
            "out = 'x'\n [ collect ] # all\nfsync = true\n[clean]",
            "[collect]\nrules.'b.css'.missing = 'warn'",
            "[collect]\nrules.missing = 'warn'\n[collect.rules.'b.css']\nmissing = 'warn'",
            "[collect]\n[collect.rules.'b.css']\nmissing = 'warn'",
        ] {
            assert_eq!(position(LINE, settings), collect, "{settings}");
        }
        for settings in [
            "[collect.rules]",
            "out = 'x'\n [ collect.rules ] # all\n'b.css'.missing = 'warn'\n[clean]",
            "[collect]\nfsync = true\n[collect.rules]\nmissing = 'warn'\n[collect.rules.'b.css']\nmissing = 'warn'",
        ] {
            assert_eq!(
                position(LINE, settings),
                (Position::Below("[collect.rules]"), IN_RULES),
                "{settings}"
            );
        }
        for settings in [
            "collect = {}",
            "collect.rules = {}",
            "[collect]\nrules = {}",
            "collect.rules.'a.css'.missing = 'warn'",
            "collect.rules.'a.css' = { leaves-base = 'warn' }",
            "[collect.rules]\n'a.css'.missing = 'warn'",
            "[collect.rules.'a.css']\nleaves-base = 'warn'",
        ] {
            assert_eq!(position(LINE, settings), (Position::BesideSameGlob, LINE), "{settings}");
        }
    }

    #[test]
    fn number_of_suggested_lines_is_limited() {
        let lines: Vec<_> = (0..MAX_LINES + 2).map(|_| LINE).collect();
        let hint = |count| hint(Position::BeforeTables, &lines[..count], "`f`").lines().count();
        assert_eq!(
            [1, MAX_LINES, MAX_LINES + 1, MAX_LINES + 2].map(hint),
            [2, MAX_LINES + 1, MAX_LINES + 2, MAX_LINES + 2]
        );
    }
}
