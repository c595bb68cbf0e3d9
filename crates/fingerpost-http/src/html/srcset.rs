use std::{iter, ops::Range};

/// Returns the positions of the URLs in a `srcset`.
///
/// HTML Standard, "parse a srcset attribute": a URL ends at whitespace, and may contain commas except at its end. A
/// comma in parentheses does not end the descriptors.
pub(super) fn urls(srcset: &str) -> impl Iterator<Item = Range<usize>> {
    let mut position = 0;
    iter::from_fn(move || {
        let is_between = |c: char| c == ',' || c.is_ascii_whitespace();
        let start = srcset.len() - srcset[position..].trim_start_matches(is_between).len();
        if start == srcset.len() {
            return None;
        }
        let length = srcset[start..].find(|c: char| c.is_ascii_whitespace()).unwrap_or(srcset.len() - start);
        let end = start + length;
        let url = srcset[start..end].trim_end_matches(',');
        position = if url.len() < length { end } else { end + descriptors(&srcset[end..]) };
        Some(start..start + url.len())
    })
}

/// Returns the length of the descriptors of a URL, including the comma that ends them.
fn descriptors(text: &str) -> usize {
    let mut in_parentheses = false;
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => in_parentheses = true,
            b')' => in_parentheses = false,
            b',' if !in_parentheses => return position + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srcset_urls_are_split_as_in_browsers() {
        for (srcset, expected) in [
            ("", &[][..]),
            (" , ,", &[]),
            ("a.png", &["a.png"]),
            ("a.png, b.png", &["a.png", "b.png"]),
            ("a.png 1x,b.png 2x", &["a.png", "b.png"]),
            ("a.png,b.png 2x", &["a.png,b.png"]),
            ("a.png,, b.png", &["a.png", "b.png"]),
            (",a.png ,b.png", &["a.png", "b.png"]),
            ("\n a.png\t100w , \u{c}b.png 2x ", &["a.png", "b.png"]),
            ("data:image/png,a,b 1x, c.png 2x", &["data:image/png,a,b", "c.png"]),
            ("a.png type(x, y) 1x, b.png", &["a.png", "b.png"]),
            ("a.png (x, b.png 1x", &["a.png"]),
            ("a.png ((x), y), b.png", &["a.png", "y)", "b.png"]),
            ("ä.png 1x, ⊗.png", &["ä.png", "⊗.png"]),
        ] {
            assert_eq!(urls(srcset).map(|range| &srcset[range]).collect::<Vec<_>>(), expected, "{srcset:?}");
        }
    }
}
