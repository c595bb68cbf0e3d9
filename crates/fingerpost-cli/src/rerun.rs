//! The command line as it was typed, to be given back with a flag more.

use std::{env, ffi::OsString};

/// The command that began this program, with `flags` and their values in place of what it said of them; nothing, if it cannot
/// be typed.
pub(crate) fn with_flags(flags: &[(&str, &str)]) -> Option<String> {
    let said: Option<Vec<_>> = env::args_os().map(|arg| OsString::into_string(arg).ok()).collect();
    rewritten(&said?, flags)
}

fn rewritten(said: &[String], flags: &[(&str, &str)]) -> Option<String> {
    if said.iter().any(|word| word.contains(char::is_control)) {
        return None;
    }
    let rest = said.iter().position(|word| word == "--").unwrap_or(said.len());
    let mut words = Vec::new();
    let mut before = said[..rest].iter();
    while let Some(word) = before.next() {
        let joined = |flag: &str| word.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='));
        if flags.iter().any(|(flag, _)| flag == word) {
            before.next();
        } else if !flags.iter().any(|(flag, _)| joined(flag)) {
            words.push(word.as_str());
        }
    }
    words.extend(flags.iter().flat_map(|(flag, value)| [*flag, *value]));
    words.extend(said[rest..].iter().map(String::as_str));
    let words: Vec<_> = words.into_iter().map(typed).collect();
    Some(words.join(" "))
}

/// A word as a shell takes it for one.
fn typed(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+".contains(c) || (cfg!(windows) && c == '\\');
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if cfg!(windows) {
        return format!("\"{}\"", word.replace('"', "\\\""));
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn with_missing(said: &str) -> Option<String> {
        let said: Vec<_> = said.split('|').map(str::to_owned).collect();
        rewritten(&said, &[("--missing", "warn")])
    }

    #[test]
    fn a_flag_is_added_or_replaced() {
        for (said, expected) in [
            ("fingerpost|collect|static", "fingerpost collect static --missing warn"),
            ("fingerpost|collect|--missing|error|static", "fingerpost collect static --missing warn"),
            ("fingerpost|collect|--missing=error", "fingerpost collect --missing warn"),
            ("fingerpost|collect|--|--missing", "fingerpost collect --missing warn -- --missing"),
        ] {
            assert_eq!(with_missing(said).as_deref(), Some(expected));
        }
    }

    #[cfg(unix)]
    #[test]
    fn words_are_quoted_as_a_shell_needs_it() {
        let typed = with_missing("fingerpost|collect|my files|it's|*.psd|").unwrap();
        assert_eq!(typed, r"fingerpost collect 'my files' 'it'\''s' '*.psd' '' --missing warn");
        assert_eq!(with_missing("fingerpost|a\u{1b}"), None);
    }
}
