use std::borrow::Cow;

/// The replacement of a byte that is not UTF-8. Like U+FFFD, the replacement in browsers, `_` can be part of a name.
const SUBSTITUTE: char = '_';

/// Decodes a file for a parser. Byte offsets do not change. A byte order mark is retained: the mark is part of a name in
/// CSS, and white space in JavaScript.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(substituted(bytes)),
    }
}

/// Returns `true` if a file begins with the byte order mark of UTF-16. Browsers decode such files as UTF-16.
pub(crate) fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

fn substituted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| SUBSTITUTE));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_preserves_byte_offsets() {
        assert_eq!(text(b"/* caf\xe9 \xff\xc3 */a"), "/* caf_ __ */a");
        assert_eq!(text(b"\xef\xbb\xbfa"), "\u{feff}a");
    }
}
