//! The properties of the terminal on stderr.

use std::{env, path::PathBuf};

use console::Term;
use fingerpost::__private::escape_controls;

pub(crate) struct Terminal {
    /// `true` if the terminal can show characters beyond ASCII.
    pub(crate) unicode: bool,
    /// The width. `None` if stderr is not a terminal.
    pub(crate) columns: Option<usize>,
    /// Paths below this directory are printed as relative paths.
    pub(crate) current_dir: Option<PathBuf>,
}

impl Terminal {
    pub(crate) fn stderr() -> Self {
        let terminal = Term::stderr();
        let columns = terminal.size_checked().map(|(_, columns)| columns.into());
        let unicode = terminal.is_term() && (cfg!(windows) || is_utf8_locale(|name| env::var(name).ok()));
        Self { unicode, columns, current_dir: env::current_dir().ok() }
    }
}

/// Returns the width of stdout, or `None` if stdout is not a terminal.
pub(crate) fn stdout_columns() -> Option<usize> {
    Term::stdout().size_checked().map(|(_, columns)| columns.into())
}

/// Returns `true` if the locale uses UTF-8. POSIX, "Internationalization Variables": the first variable that is set and not
/// empty is used.
fn is_utf8_locale(variable: impl Fn(&str) -> Option<String>) -> bool {
    let mut values = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
    let locale = values.find(|locale| !locale.is_empty()).unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Escapes like [`escape_controls`], but retains line ends and tabs, for messages with excerpts of a settings file.
pub(crate) fn escape_controls_per_line(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(escape_controls).collect::<Vec<_>>().join("\t");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_support_is_detected_from_the_locale() {
        let is_utf8 = |variables: &[(&str, &str)]| {
            is_utf8_locale(|name| {
                variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(is_utf8(&[("LANG", "de_DE.UTF-8")]));
        assert!(is_utf8(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")]));
        assert!(!is_utf8(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]));
        assert!(!is_utf8(&[]));
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escape_controls("a\u{1b}[2J\u{9b}\u{202e}é"), "a\\u{1b}[2J\\u{9b}\\u{202e}é");
        assert_eq!(escape_controls("a\tb\nc"), "a\\tb\\nc");
        assert_eq!(escape_controls_per_line("a\tb\r\nc\u{1b}"), "a\tb\nc\\u{1b}");
    }
}
