//! What the text of a reference means, with every byte's place, so that an edit hits just what the author wrote.

use std::{iter::Peekable, str::CharIndices};

/// One byte of what is meant, and which bytes of the file spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) byte: u8,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Text without escapes.
pub(crate) fn plain(text: &str, offset: usize) -> Vec<Unit> {
    let unit = |(at, byte)| Unit { byte, start: offset + at, end: offset + at + 1 };
    text.bytes().enumerate().map(unit).collect()
}

/// CSS Syntax Level 3, §4.3.7: up to six hex digits and one white space, or any other character but a line break. A NUL is
/// read as another character (§3.3).
pub(crate) fn css(text: &str, offset: usize) -> Vec<Unit> {
    let units = unescape(text, offset, |chars| match chars.next()? {
        (_, '\n' | '\u{c}') => None,
        (_, '\r') => {
            chars.next_if(|(_, c)| *c == '\n');
            None
        }
        (_, first) if first.is_ascii_hexdigit() => {
            let code = hex(chars, first.to_digit(16).unwrap_or(0), 5);
            if chars.next_if(|(_, c)| *c == '\r').is_some() {
                chars.next_if(|(_, c)| *c == '\n');
            } else {
                chars.next_if(|(_, c)| matches!(c, ' ' | '\t' | '\n' | '\u{c}'));
            }
            Some(char::from_u32(code).filter(|c| *c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER))
        }
        (_, other) => Some(other),
    });
    if units.iter().any(|unit| unit.byte == 0) { without_nul(&units) } else { units }
}

/// Each NUL as the character that it is read as, all of whose bytes have the place of the one that is written.
fn without_nul(units: &[Unit]) -> Vec<Unit> {
    let meant = |unit: &Unit| if unit.byte == 0 { "\u{fffd}".into() } else { vec![unit.byte] };
    let of = |unit: &Unit| meant(unit).into_iter().map(|byte| Unit { byte, ..*unit }).collect::<Vec<_>>();
    units.iter().flat_map(of).collect()
}

/// ECMA-262, §12.9.4, the escapes of a string in strict code, which modules are.
pub(crate) fn javascript(text: &str, offset: usize) -> Vec<Unit> {
    unescape(text, offset, |chars| match chars.next()?.1 {
        '\n' | '\u{2028}' | '\u{2029}' => None,
        '\r' => {
            chars.next_if(|(_, c)| *c == '\n');
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

/// What stands behind `\u`: `{…}`, or four digits, and again `\u` and four for the second half of a pair.
fn utf16_escape(chars: &mut Peekable<CharIndices<'_>>) -> char {
    if chars.next_if(|(_, c)| *c == '{').is_some() {
        let code = hex(chars, 0, usize::MAX);
        chars.next_if(|(_, c)| *c == '}');
        return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    let first = hex(chars, 0, 4) as u16;
    let mut ahead = chars.clone();
    let is_escape =
        ahead.next().is_some_and(|(_, c)| c == '\\') && ahead.next().is_some_and(|(_, c)| c == 'u');
    if is_escape {
        let pair = [first, hex(&mut ahead, 0, 4) as u16];
        if let Some(Ok(whole)) = char::decode_utf16(pair).next()
            && whole.len_utf16() == 2
        {
            *chars = ahead;
            return whole;
        }
    }
    char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Reads at most `most` more hex digits behind `value`.
fn hex(chars: &mut Peekable<CharIndices<'_>>, mut value: u32, most: usize) -> u32 {
    for _ in 0..most {
        let Some((_, digit)) = chars.next_if(|(_, c)| c.is_ascii_hexdigit()) else { break };
        value = value.saturating_mul(16).saturating_add(digit.to_digit(16).unwrap_or(0));
    }
    value
}

/// Takes each escape apart with `escape`, which stands behind the backslash; `None` is a continued line.
fn unescape(
    text: &str,
    offset: usize,
    escape: impl Fn(&mut Peekable<CharIndices<'_>>) -> Option<char>,
) -> Vec<Unit> {
    if !text.contains('\\') {
        return plain(text, offset);
    }
    let mut units = Vec::with_capacity(text.len());
    let mut chars = text.char_indices().peekable();
    while let Some((start, written)) = chars.next() {
        let meant = if written == '\\' { escape(&mut chars) } else { Some(written) };
        let end = chars.peek().map_or(text.len(), |(at, _)| *at);
        let Some(meant) = meant else { continue };
        let is_escape = written == '\\';
        for (nth, byte) in meant.encode_utf8(&mut [0; 4]).bytes().enumerate() {
            let (start, end) = if is_escape { (start, end) } else { (start + nth, start + nth + 1) };
            units.push(Unit { byte, start: offset + start, end: offset + end });
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn meant(units: &[Unit]) -> String {
        String::from_utf8(units.iter().map(|unit| unit.byte).collect()).unwrap()
    }

    #[test]
    fn css_escapes_are_decoded_as_in_browsers() {
        for (written, expected) in [
            ("b\\ c.png", "b c.png"),
            ("\\61 b", "ab"),
            ("\\000061b", "ab"),
            ("\\61\r\nb", "ab"),
            ("\\0 \\d800 x", "\u{fffd}\u{fffd}x"),
            ("a\\\nb\\\r\nc", "abc"),
            ("a\\é\\", "aé"),
        ] {
            assert_eq!(meant(&css(written, 0)), expected, "{written:?}");
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
            assert_eq!(meant(&javascript(written, 0)), expected, "{written:?}");
        }
    }

    #[test]
    fn decoded_bytes_keep_their_source_range() {
        let units = css("é\\2e x", 10);
        let places: Vec<_> = units.iter().map(|unit| (unit.byte, unit.start..unit.end)).collect();
        assert_eq!(places, [(0xc3, 10..11), (0xa9, 11..12), (b'.', 12..16), (b'x', 16..17)]);
    }

    #[test]
    fn nul_is_decoded_as_replacement_character_and_keeps_its_source_range() {
        for (written, nul, x) in [("\0x", 0..1, 1..2), ("\\\0x", 0..2, 2..3)] {
            let units = css(written, 0);
            assert_eq!(meant(&units), "\u{fffd}x", "{written:?}");
            let places: Vec<_> = units.iter().map(|unit| unit.start..unit.end).collect();
            assert_eq!(places, [nul.clone(), nul.clone(), nul, x], "{written:?}");
        }
    }
}
