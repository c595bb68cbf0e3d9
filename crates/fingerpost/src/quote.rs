//! Quotes untrusted text for messages.

use std::{
    fmt::{self, Display, Write},
    path::Path,
};

const LONGEST: usize = 200;

/// Quotes untrusted text in backticks on one line, with control characters escaped, cut after 200 characters.
///
/// ```
/// assert_eq!(fingerpost::__private::quoted("a\u{1b}[31m.css").to_string(), r"`a\u{1b}[31m.css`");
/// ```
pub fn quoted(text: impl Display) -> impl Display {
    Quoted { text: text.to_string(), longest: LONGEST }
}

/// Quotes the path of a file or directory, which is never cut.
pub(crate) fn quoted_path(path: impl AsRef<Path>) -> impl Display {
    Quoted { text: path.as_ref().display().to_string(), longest: usize::MAX }
}

/// Returns `true` for line separators and bidirectional control characters, which can make one text look like another.
///
/// ```
/// assert!(fingerpost::__private::is_bidi_or_line_separator('\u{202e}'));
/// assert!(!fingerpost::__private::is_bidi_or_line_separator('\n'));
/// ```
pub fn is_bidi_or_line_separator(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Escapes control characters, line separators and bidirectional control characters.
///
/// ```
/// assert_eq!(fingerpost::__private::escape_controls("a\u{1b}[2J"), r"a\u{1b}[2J");
/// ```
pub fn escape_controls(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    text.chars().try_for_each(|c| write_escaped(c, &mut escaped)).expect("writing to a string cannot fail");
    escaped
}

fn write_escaped(c: char, out: &mut impl Write) -> fmt::Result {
    match c {
        c if c.is_control() => write!(out, "{}", c.escape_debug()),
        c if is_bidi_or_line_separator(c) => write!(out, "{}", c.escape_unicode()),
        c => out.write_char(c),
    }
}

struct Quoted {
    text: String,
    longest: usize,
}

impl Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('`')?;
        for c in self.text.chars().take(self.longest) {
            write_escaped(c, f)?;
        }
        if self.text.chars().nth(self.longest).is_some() {
            f.write_char('…')?;
        }
        f.write_char('`')
    }
}
