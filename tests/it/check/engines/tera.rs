use std::collections::BTreeSet;

use super::{Engine, NAME};

/// The kinds of items that a valid template may use without a definition.
const KINDS: [&str; 5] = ["filter `", "test `", "function `", "component `", "template `"];

pub(crate) struct Tera;

impl Engine for Tera {
    /// Tera has no public syntax tree. For unknown functions and filters, Tera returns an error with their positions.
    fn names(&self, template: &str) -> Option<BTreeSet<usize>> {
        let mut tera = tera::Tera::default();
        let Err(err) = tera.add_raw_template("template", template) else { return Some(BTreeSet::new()) };
        let report = err.to_string();
        let mut names = BTreeSet::new();
        for part in report.split("\n\n") {
            let mut lines = part.lines();
            let kind = lines.next()?.strip_prefix("error: Unknown ")?;
            // All other errors are syntax errors.
            if !KINDS.iter().any(|known| kind.starts_with(known)) {
                return None;
            }
            let place = lines.next()?.trim_start().strip_prefix("--> template:")?;
            let (line, column) = place.split_once(':')?;
            let offset = offset(template, line.parse().ok()?, column.parse().ok()?);
            if kind.starts_with("function `static") {
                names.extend(template[offset..].find(NAME).map(|at| offset + at));
            } else if kind.starts_with("filter `static") {
                names.extend(template[..offset].rfind(NAME));
            }
        }
        Some(names)
    }

    fn expressions(&self) -> &'static [[&'static str; 2]] {
        &[
            ["{{ static(path='", "') }}"],
            ["{{ \"", "\" | static }}"],
            ["{{- static_url(absolute=true, path=`", "`) -}}"],
            ["{% set a = '", "'|static %}"],
        ]
    }

    fn prefixes(&self) -> &'static [[&'static str; 2]] {
        &[["static(path='", "') ~ "], ["static(path=\"", "\") and "]]
    }
}

/// Returns the byte offset of a line and a column. Lines and columns count from 1, and columns count characters.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = if line == 1 { 0 } else { text.match_indices('\n').nth(line - 2).expect("a line").0 + 1 };
    text[start..].char_indices().nth(column - 1).map_or(text.len(), |(at, _)| start + at)
}
