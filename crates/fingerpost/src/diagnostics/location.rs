use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::quote::is_bidi_or_line_separator;

/// A position in a source file, with an excerpt of its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Location {
    /// The file.
    pub file: PathBuf,
    /// The asset path of the file. Empty for templates and Rust files, which are not assets.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub asset: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The line. A long line is shortened to the text around the position.
    pub excerpt: String,
    /// The byte range of the located text in the excerpt.
    pub span: Range<usize>,
}

/// The maximum length of the excerpt before and after the located text, in characters.
const AROUND: usize = 60;

/// The maximum length of the located text in the excerpt, in characters.
const LONGEST: usize = 120;

/// Computes the locations of byte ranges in one file. Ranges in ascending order need only one pass over the bytes.
#[derive(Debug)]
pub struct Locator<'a> {
    file: &'a Path,
    asset: &'a str,
    bytes: &'a [u8],
    /// The number of bytes before the position that `line`, `line_start` and `column` describe.
    read: usize,
    line: usize,
    line_start: usize,
    column: usize,
}

impl<'a> Locator<'a> {
    /// Starts at the first byte of a file.
    pub fn new(file: &'a Path, asset: &'a str, bytes: &'a [u8]) -> Self {
        // Editors do not count the byte order mark as a column.
        let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self { file, asset, bytes, read: start, line: 1, line_start: start, column: 1 }
    }

    /// Returns the location of `span`.
    pub fn locate(&mut self, span: Range<usize>) -> Location {
        if span.start < self.read {
            *self = Self::new(self.file, self.asset, self.bytes);
        }
        self.read_to(span.start);
        let [head, located, tail] = self.cut(&span);
        Location {
            file: self.file.to_owned(),
            asset: self.asset.to_owned(),
            line: self.line,
            column: self.column,
            span: head.len()..head.len() + located.len(),
            excerpt: [head, located, tail].concat(),
        }
    }

    /// Returns the bytes of `span`.
    pub fn bytes(&self, span: &Range<usize>) -> &'a [u8] {
        &self.bytes[span.clone()]
    }

    fn read_to(&mut self, end: usize) {
        let end = end.max(self.read);
        let breaks = line_breaks(self.bytes, self.read..end);
        if let Some(last) = breaks.clone().last() {
            self.line += breaks.count();
            (self.line_start, self.column) = (last + 1, 1);
        }
        let passed = &self.bytes[self.read.max(self.line_start)..end];
        self.column += String::from_utf8_lossy(passed).chars().count();
        self.read = end;
    }

    /// Returns the excerpt before `span`, the text of `span`, and the excerpt after `span`. Reads only the excerpt of a long
    /// line.
    fn cut(&self, span: &Range<usize>) -> [String; 3] {
        let bytes = self.bytes;
        let some = |characters: usize| 4 * (characters + 2);
        let from = span.start.saturating_sub(some(AROUND)).max(self.line_start).min(span.start);
        let is_inside = |at: &usize| from > self.line_start && bytes[*at] & 0xc0 == 0x80;
        let from = from + (from..span.start).take_while(is_inside).count();
        let head = last_of(&printable(&bytes[from..span.start]), from > self.line_start);

        let to = bytes.len().min(span.start + some(LONGEST)).min(span.end.max(span.start));
        let end = line_end(bytes, span.start..to);
        let located = first_of(&printable(&bytes[span.start..end.unwrap_or(to)]), LONGEST);
        if end.is_some() || to < span.end {
            return [head, located, String::new()];
        }
        let end = bytes.len().min(to + some(AROUND));
        let end = line_end(bytes, to..end).unwrap_or(end);
        [head, located, first_of(&printable(&bytes[to..end]), AROUND)]
    }
}

fn line_end(bytes: &[u8], part: Range<usize>) -> Option<usize> {
    memchr::memchr3(b'\n', b'\r', 0xc, &bytes[part.clone()]).map(|at| part.start + at)
}

/// Returns the positions of line ends. The position of a CR LF is the position of the LF. A form feed ends a line, as in CSS.
fn line_breaks(bytes: &[u8], part: Range<usize>) -> impl Iterator<Item = usize> + Clone {
    let ends = memchr::memchr3_iter(b'\n', b'\r', 0xc, &bytes[part.clone()]).map(move |at| part.start + at);
    ends.filter(|&at| !bytes[at..].starts_with(b"\r\n"))
}

/// Replaces control characters, which move the cursor of a terminal, and bidirectional marks, which reorder the line.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let printable = text.chars().map(|c| match c {
        c if c.is_control() => ' ',
        c if is_bidi_or_line_separator(c) => '\u{fffd}',
        c => c,
    });
    printable.collect()
}

fn last_of(text: &str, is_cut: bool) -> String {
    match text.char_indices().rev().nth(AROUND - 1) {
        Some((at, _)) if at > 0 || is_cut => format!("…{}", &text[at..]),
        _ => text.to_owned(),
    }
}

fn first_of(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(asset: &str, bytes: &[u8], span: Range<usize>) -> Location {
        Locator::new(Path::new("a.css"), asset, bytes).locate(span)
    }

    #[track_caller]
    fn place(text: &str, located: &str) -> (usize, usize, String) {
        let start = text.find(located).unwrap();
        let location = locate("a.css", text.as_bytes(), start..start + located.len());
        assert_eq!(&location.excerpt[location.span.clone()], located);
        (location.line, location.column, location.excerpt)
    }

    #[test]
    fn lines_and_columns_are_counted_as_in_editors() {
        assert_eq!(place("a\nb\r\n\té x", "x"), (3, 4, " é x".to_owned()));
        assert_eq!(place("x", "x"), (1, 1, "x".to_owned()));
        assert_eq!(place("a\r\rx\n", "x"), (3, 1, "x".to_owned()));
    }

    #[test]
    fn excerpt_of_a_long_line_shows_only_the_surroundings() {
        let line = format!("{}x{}", "a".repeat(1000), "b".repeat(1000));
        let shown = format!("…{}x{}…", "a".repeat(60), "b".repeat(60));
        assert_eq!(place(&line, "x"), (1, 1001, shown));
    }

    #[test]
    fn long_spans_are_truncated_in_the_excerpt() {
        let line = format!("url({})", "é".repeat(1000));
        let location = locate("a.css", line.as_bytes(), 4..2004);
        assert_eq!(location.excerpt, format!("url({}…", "é".repeat(120)));
        assert_eq!(location.span, 4..location.excerpt.len());
    }

    #[test]
    fn byte_order_mark_is_not_counted_as_a_column() {
        assert_eq!(place("\u{feff}x", "x"), (1, 1, "x".to_owned()));
        assert_eq!(place("\u{feff}\u{feff}x", "x"), (1, 2, "\u{feff}x".to_owned()));
    }

    #[test]
    fn invalid_utf_8_and_control_characters_are_replaced_in_the_excerpt() {
        let text = b"a\n\xff\t\x1b[2J\xc3\xa9\xe2\x80\xae x y";
        let location = locate("a.css", text, 14..15);
        assert_eq!((location.line, location.column), (2, 10));
        assert_eq!(location.excerpt, "\u{fffd}  [2Jé\u{fffd} x y");
        assert_eq!(&location.excerpt[location.span], "x");
    }

    #[test]
    fn positions_can_be_located_in_any_order() {
        let text = "a b\r\nc d\re f\ng h".as_bytes();
        let mut locator = Locator::new(Path::new("a.css"), "a.css", text);
        for at in [0, 2, 3, 4, 5, 7, 9, 11, 13, 15, 0, 15, 7] {
            assert_eq!(locator.locate(at..at + 1), locate("a.css", text, at..at + 1));
        }
        assert_eq!((locator.line, locator.column), (2, 3));
    }
}
