use fingerpost::ContentHash;

use crate::references::Edit;

/// The bytes with a hash in every reference. `edits` come in the order of their places; all else stays as it was.
pub(crate) fn rewrite<'a>(bytes: &[u8], edits: impl Iterator<Item = (&'a Edit, ContentHash)>) -> Vec<u8> {
    let mut rewritten = Vec::with_capacity(bytes.len() + bytes.len() / 8);
    let mut copied = 0;
    for (edit, hash) in edits {
        let span = edit.span();
        rewritten.extend_from_slice(&bytes[copied..span.start]);
        rewritten.extend_from_slice(edit.text(&hash).as_bytes());
        copied = span.end;
    }
    rewritten.extend_from_slice(&bytes[copied..]);
    rewritten
}
