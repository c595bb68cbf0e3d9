use std::borrow::Cow;

/// Replaces each byte that is not valid UTF-8. Browsers use U+FFFD, which has three bytes in UTF-8 and would change the
/// offsets. In CSS, both characters can be part of a name.
const SUBSTITUTE: char = '_';

/// Returns the text of a file for a parser, with unchanged byte offsets. A byte order mark is retained for this reason: the
/// CSS parser reads the mark as part of a name, and the JavaScript parser reads it as white space.
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
