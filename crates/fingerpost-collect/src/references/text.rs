use std::borrow::Cow;

/// What a byte that is not UTF-8 is read as. No name of a file has it, and no syntax a use for it.
const SUBSTITUTE: u8 = 0x1a;

/// A file as text for a parser: every byte keeps its place, a byte order mark as well, which CSS takes for a name of one
/// letter and JavaScript for white space.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(substituted(bytes)),
    }
}

fn substituted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::from(SUBSTITUTE)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_keeps_its_place() {
        assert_eq!(text(b"/* caf\xe9 \xff\xc3 */a"), "/* caf\u{1a} \u{1a}\u{1a} */a");
        assert_eq!(text(b"\xef\xbb\xbfa"), "\u{feff}a");
    }
}
