use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use fingerpost::AssetPath;
use serde::{Deserialize, Serialize};

/// A place in a source file, for people: with the line that it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Location {
    /// The file.
    pub file: PathBuf,
    /// Its asset path.
    pub asset: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The line, or what stands around the place if the line is long.
    pub excerpt: String,
    /// The bytes of the excerpt that are meant.
    pub span: Range<usize>,
}

/// How much of a long line is shown before and behind the place, in characters.
const AROUND: usize = 60;

impl Location {
    /// Where `span` of a file's bytes is.
    pub(crate) fn new(file: &Path, asset: &AssetPath, bytes: &[u8], span: Range<usize>) -> Self {
        let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r' | 0xc);
        let before = &bytes[..span.start];
        let start = before.iter().rposition(is_break).map_or(0, |at| at + 1);
        let length = bytes[span.start..].iter().position(is_break);
        let end = length.map_or(bytes.len(), |length| span.start + length);
        let [head, meant, tail] = [
            &bytes[start..span.start],
            &bytes[span.start..span.end.min(end)],
            &bytes[span.end.min(end)..end],
        ]
        .map(printable);
        let column = head.chars().count() + 1;
        let (head, tail) = (last_of(&head), first_of(&tail));
        Self {
            file: file.to_owned(),
            asset: asset.to_string(),
            line: 1 + line_breaks(before),
            column,
            span: head.len()..head.len() + meant.len(),
            excerpt: [head, meant, tail].concat(),
        }
    }
}

fn line_breaks(bytes: &[u8]) -> usize {
    let pairs = bytes.windows(2).filter(|pair| *pair == b"\r\n").count();
    bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r' | 0xc)).count() - pairs
}

/// Control characters would move the cursor of whoever reads it.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn last_of(text: &str) -> String {
    match text.char_indices().rev().nth(AROUND - 1) {
        Some((at, _)) if at > 0 => format!("…{}", &text[at..]),
        _ => text.to_owned(),
    }
}

fn first_of(text: &str) -> String {
    match text.char_indices().nth(AROUND) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn place(text: &str, meant: &str) -> (usize, usize, String) {
        let start = text.find(meant).unwrap();
        let asset = AssetPath::parse("a.css").unwrap();
        let location = Location::new(Path::new("a.css"), &asset, text.as_bytes(), start..start + meant.len());
        assert_eq!(&location.excerpt[location.span.clone()], meant);
        (location.line, location.column, location.excerpt)
    }

    #[test]
    fn lines_and_columns_are_counted_as_editors_do() {
        assert_eq!(place("a\nb\r\n\té x", "x"), (3, 4, " é x".to_owned()));
        assert_eq!(place("x", "x"), (1, 1, "x".to_owned()));
        assert_eq!(place("a\r\rx\n", "x"), (3, 1, "x".to_owned()));
    }

    #[test]
    fn of_a_long_line_only_the_neighborhood_is_shown() {
        let line = format!("{}x{}", "a".repeat(1000), "b".repeat(1000));
        let shown = format!("…{}x{}…", "a".repeat(60), "b".repeat(60));
        assert_eq!(place(&line, "x"), (1, 1001, shown));
    }
}
