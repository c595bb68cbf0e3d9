//! Quotes untrusted text for messages.

use std::{fmt::Display, path::Path};

const LONGEST: usize = 200;

/// Quotes untrusted text in backticks on one line. Escapes control characters, and cuts the text after 200 characters.
///
/// ```
/// assert_eq!(fingerpost::__private::quoted("a\u{1b}[31m.css"), r"`a\u{1b}[31m.css`");
/// ```
pub fn quoted(text: impl Display) -> String {
    quoted_up_to(LONGEST, &text.to_string())
}

/// Quotes the path of a file or directory, without a length limit.
pub(crate) fn quoted_path(path: impl AsRef<Path>) -> String {
    quoted_up_to(usize::MAX, &path.as_ref().display().to_string())
}

fn quoted_up_to(longest: usize, text: &str) -> String {
    let end = text.char_indices().nth(longest).map_or(text.len(), |(end, _)| end);
    let ellipsis = if end < text.len() { "…" } else { "" };
    format!("`{}{ellipsis}`", escape_controls(&text[..end]))
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
    for c in text.chars() {
        match c {
            c if c.is_control() => escaped.extend(c.escape_debug()),
            c if is_bidi_or_line_separator(c) => escaped.extend(c.escape_unicode()),
            c => escaped.push(c),
        }
    }
    escaped
}
