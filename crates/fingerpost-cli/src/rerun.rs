//! The command line as it was typed, to be given back with a flag more.

use std::{env, ffi::OsString};

/// The command that began this program, with `flags` and their values in place of what it said of them; nothing, if it cannot
/// be typed.
pub(crate) fn command_with_flags(flags: &[(&str, &str)]) -> Option<String> {
    let args: Option<Vec<_>> = env::args_os().map(|arg| OsString::into_string(arg).ok()).collect();
    replace_flags(&args?, flags)
}

fn replace_flags(args: &[String], flags: &[(&str, &str)]) -> Option<String> {
    if args.iter().any(|word| word.contains(char::is_control)) {
        return None;
    }
    let rest = args.iter().position(|word| word == "--").unwrap_or(args.len());
    let mut words = Vec::new();
    let mut before = args[..rest].iter();
    while let Some(word) = before.next() {
        let joined = |flag: &str| word.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='));
        if flags.iter().any(|(flag, _)| flag == word) {
            before.next();
        } else if !flags.iter().any(|(flag, _)| joined(flag)) {
            words.push(word.as_str());
        }
    }
    words.extend(flags.iter().flat_map(|(flag, value)| [*flag, *value]));
    words.extend(args[rest..].iter().map(String::as_str));
    let words: Vec<_> = words.into_iter().map(shell_quote).collect();
    Some(words.join(" "))
}

/// A word as a shell takes it for one.
fn shell_quote(word: &str) -> String {
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
    fn with_missing(command: &str) -> Option<String> {
        let args: Vec<_> = command.split('|').map(str::to_owned).collect();
        replace_flags(&args, &[("--missing", "warn")])
    }

    #[test]
    fn flag_is_added_or_replaced_in_the_command() {
        for (command, expected) in [
            ("fingerpost|collect|static", "fingerpost collect static --missing warn"),
            ("fingerpost|collect|--missing|error|static", "fingerpost collect static --missing warn"),
            ("fingerpost|collect|--missing=error", "fingerpost collect --missing warn"),
            ("fingerpost|collect|--|--missing", "fingerpost collect --missing warn -- --missing"),
        ] {
            assert_eq!(with_missing(command).as_deref(), Some(expected));
        }
    }

    #[cfg(unix)]
    #[test]
    fn arguments_are_quoted_for_the_shell() {
        let typed = with_missing("fingerpost|collect|my files|it's|*.psd|").unwrap();
        assert_eq!(typed, r"fingerpost collect 'my files' 'it'\''s' '*.psd' '' --missing warn");
        assert_eq!(with_missing("fingerpost|a\u{1b}"), None);
    }
}
