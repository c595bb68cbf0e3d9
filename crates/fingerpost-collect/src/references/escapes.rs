//! Decodes the escapes in the text of a reference.

use std::{borrow::Cow, iter::Peekable, str::Chars};

/// Decodes CSS escapes (CSS Syntax Level 3, §4.3.7): up to six hex digits and one white space, or any other character except
/// a line break. Replaces NUL with U+FFFD (§3.3).
pub(crate) fn css(text: &str) -> Cow<'_, str> {
    let decoded = unescape(text, |chars| match chars.next()? {
        '\n' | '\u{c}' => None,
        '\r' => {
            chars.next_if_eq(&'\n');
            None
        }
        first if first.is_ascii_hexdigit() => {
            let code = hex(chars, first.to_digit(16).unwrap_or(0), 5);
            if chars.next_if_eq(&'\r').is_some() {
                chars.next_if_eq(&'\n');
            } else {
                chars.next_if(|c| matches!(c, ' ' | '\t' | '\n' | '\u{c}'));
            }
            Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
        }
        other => Some(other),
    });
    if decoded.contains('\0') { decoded.replace('\0', "\u{fffd}").into() } else { decoded }
}

/// Decodes the escapes of a JavaScript string in strict mode, as in modules (ECMA-262, §12.9.4).
pub(crate) fn javascript(text: &str) -> Cow<'_, str> {
    unescape(text, |chars| match chars.next()? {
        '\n' | '\u{2028}' | '\u{2029}' => None,
        '\r' => {
            chars.next_if_eq(&'\n');
            None
        }
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\u{b}'),
        '0' => Some('\0'),
        'x' => char::from_u32(hex(chars, 0, 2)),
        'u' => Some(utf16_escape(chars)),
        other => Some(other),
    })
}

/// Reads the text after `\u`: `{…}`, or four digits, which may be followed by the `\u` and four digits of a low surrogate.
fn utf16_escape(chars: &mut Peekable<Chars<'_>>) -> char {
    if chars.next_if_eq(&'{').is_some() {
        let code = hex(chars, 0, usize::MAX);
        chars.next_if_eq(&'}');
        return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    let first = hex(chars, 0, 4) as u16;
    let mut ahead = chars.clone();
    let is_followed = (ahead.next(), ahead.next()) == (Some('\\'), Some('u'));
    let second = is_followed.then(|| hex(&mut ahead, 0, 4) as u16);
    let decoded = char::decode_utf16([first].into_iter().chain(second)).next();
    let decoded = decoded.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER);
    if decoded.len_utf16() == 2 {
        *chars = ahead;
    }
    decoded
}

/// Reads at most `most` hex digits and appends them to `value`.
fn hex(chars: &mut Peekable<Chars<'_>>, mut value: u32, most: usize) -> u32 {
    for _ in 0..most {
        let Some(digit) = chars.next_if(char::is_ascii_hexdigit) else { break };
        value = value.saturating_mul(16).saturating_add(digit.to_digit(16).unwrap_or(0));
    }
    value
}

/// Decodes each escape with `escape`, which starts after the backslash. `escape` returns `None` for a line continuation.
fn unescape(text: &str, escape: impl Fn(&mut Peekable<Chars<'_>>) -> Option<char>) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut decoded = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(written) = chars.next() {
        decoded.extend(if written == '\\' { escape(&mut chars) } else { Some(written) });
    }
    decoded.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn css_escapes_are_decoded_as_in_browsers() {
        for (written, expected) in [
            ("b\\ c.png", "b c.png"),
            ("\\61 b", "ab"),
            ("\\000061b", "ab"),
            ("\\61\r\nb", "ab"),
            ("\\0 \\d800 x", "\u{fffd}\u{fffd}x"),
            ("\0x\\\0", "\u{fffd}x\u{fffd}"),
            ("a\\\nb\\\r\nc", "abc"),
            ("a\\é\\", "aé"),
        ] {
            assert_eq!(css(written), expected, "{written:?}");
        }
    }

    #[test]
    fn javascript_escapes_are_decoded_as_in_browsers() {
        for (written, expected) in [
            ("\\x2e/m.js", "./m.js"),
            ("\\u002e/\\u{6d}.js", "./m.js"),
            ("\\ud83d\\ude00.js", "😀.js"),
            ("\\ud83d.js", "\u{fffd}.js"),
            ("\\u{ffffffffff}", "\u{fffd}"),
            ("a\\\nb\\\r\nc\\/", "abc/"),
        ] {
            assert_eq!(javascript(written), expected, "{written:?}");
        }
    }
}
