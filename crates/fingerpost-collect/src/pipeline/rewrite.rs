use fingerpost::manifest::ContentHash;

use crate::{output::buffer::Buffer, references::Edit};

/// Applies `edits`, sorted by position, to the bytes. Returns `None` if a position is invalid, for example because the cache
/// file was edited.
pub(crate) fn rewrite<'a>(
    bytes: &[u8],
    edits: impl Iterator<Item = (&'a Edit, ContentHash)>,
) -> Option<Buffer> {
    let mut rewritten = Buffer::with_capacity(bytes.len() + bytes.len() / 8);
    let mut copied = 0;
    for (edit, hash) in edits {
        rewritten.extend_from_slice(bytes.get(copied..edit.span.start)?);
        rewritten.extend_from_slice(edit.text(&hash).as_bytes());
        copied = edit.span.end;
    }
    rewritten.extend_from_slice(bytes.get(copied..)?);
    Some(rewritten)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::references::raw_reference::Syntax;

    #[test]
    fn invalid_edit_positions_return_none() {
        let hash = ContentHash::from_content(b"");
        let rewritten = |places: &[usize]| {
            let edit = |&place: &usize| Edit::new("a.b", place - 1, Syntax::Literal);
            let edits: Vec<_> = places.iter().map(edit).collect();
            rewrite(b"abc", edits.iter().map(|edit| (edit, hash))).map(|bytes| bytes.to_vec())
        };
        assert_eq!(rewritten(&[3]).unwrap(), format!("abc.{hash}").as_bytes());
        assert_eq!(rewritten(&[4]), None);
        assert_eq!(rewritten(&[2, 1]), None);
        let beyond = Edit::new("a%2e", 1, Syntax::Literal);
        assert!(rewrite(b"abc", [(&beyond, hash)].into_iter()).is_none());
    }
}
