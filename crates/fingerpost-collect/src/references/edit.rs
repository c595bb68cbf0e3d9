use std::ops::Range;

use fingerpost::manifest::ContentHash;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::escapes::Unit;

/// How a hash gets into a reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Edit {
    /// `.` and the hash, before this byte.
    Insert(usize),
    /// The whole last segment is written anew, because its dot is a piece of an escape.
    Replace {
        /// What is replaced.
        span: Range<usize>,
        /// The name up to its extension, in canonical spelling.
        stem: String,
        /// The extension with its dot.
        extension: String,
    },
}

/// What stands for itself in CSS with and without quotes, in a JavaScript string, and in a URL.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'~').remove(b'-');

impl Edit {
    /// The edit for a last segment as it is written; `None` for none. It follows [`fingerpost::AssetPath::hashed`].
    pub(crate) fn from_name(name: &[Unit]) -> Option<Self> {
        let (first, last) = (name.first()?, name.last()?);
        let name = percent_decoded(name);
        let dot = name.iter().rposition(|unit| unit.byte == b'.').filter(|dot| *dot > 0);
        let Some(dot) = dot else { return Some(Self::Insert(last.end)) };
        let Unit { start, end, .. } = name[dot];
        if end - start == 1 {
            return Some(Self::Insert(start));
        }
        let spelt = |units: &[Unit]| {
            let bytes: Vec<u8> = units.iter().map(|unit| unit.byte).collect();
            utf8_percent_encode(&String::from_utf8_lossy(&bytes), NAME).to_string()
        };
        let (stem, extension) = name.split_at(dot);
        Some(Self::Replace { span: first.start..last.end, stem: spelt(stem), extension: spelt(extension) })
    }

    /// Which bytes it replaces.
    pub(crate) fn span(&self) -> Range<usize> {
        match self {
            Self::Insert(at) => *at..*at,
            Self::Replace { span, .. } => span.clone(),
        }
    }

    /// What it writes there.
    pub(crate) fn text(&self, hash: &ContentHash) -> String {
        match self {
            Self::Insert(_) => format!(".{hash}"),
            Self::Replace { stem, extension, .. } => format!("{stem}.{hash}{extension}"),
        }
    }
}

/// Each byte of a name with all that spells it.
fn percent_decoded(units: &[Unit]) -> Vec<Unit> {
    let digit = |unit: &Unit| char::from(unit.byte).to_digit(16);
    let mut decoded = Vec::with_capacity(units.len());
    let mut rest = units;
    while let [unit, tail @ ..] = rest {
        rest = match (unit.byte, tail) {
            (b'%', [high, low, tail @ ..]) if digit(high).is_some() && digit(low).is_some() => {
                let byte = digit(high).zip(digit(low)).map_or(b'%', |(high, low)| (high * 16 + low) as u8);
                decoded.push(Unit { byte, start: unit.start, end: low.end });
                tail
            }
            _ => {
                decoded.push(*unit);
                tail
            }
        };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::references::escapes;

    #[track_caller]
    fn edited(written: &str, units: fn(&str, usize) -> Vec<Unit>) -> String {
        let edit = Edit::from_name(&units(written, 0)).unwrap();
        let mut text = written.to_owned();
        text.replace_range(edit.span(), &edit.text(&ContentHash::from_content(b"")));
        text
    }

    #[test]
    fn hash_is_inserted_before_the_last_literal_dot() {
        let plain = |written| edited(written, escapes::plain);
        assert_eq!(plain("a.png"), "a.e3b0c44298fc.png");
        assert_eq!(plain("a.tar.gz"), "a.tar.e3b0c44298fc.gz");
        assert_eq!(plain("LICENSE"), "LICENSE.e3b0c44298fc");
        assert_eq!(plain(".nojekyll"), ".nojekyll.e3b0c44298fc");
        assert_eq!(plain("b%20c.png"), "b%20c.e3b0c44298fc.png");
        assert_eq!(plain("caf%C3%A9"), "caf%C3%A9.e3b0c44298fc");
        assert_eq!(edited("b\\ c.p\\6e g", escapes::css), "b\\ c.e3b0c44298fc.p\\6e g");
        assert_eq!(edited("noext\\62 ", escapes::css), "noext\\62 .e3b0c44298fc");
    }

    #[test]
    fn name_with_an_escaped_dot_is_written_in_canonical_form() {
        assert_eq!(edited("b c%2epng", escapes::plain), "b%20c.e3b0c44298fc.png");
        assert_eq!(edited("b\\ c\\2epng", escapes::css), "b%20c.e3b0c44298fc.png");
        assert_eq!(edited("m\\x2ejs", escapes::javascript), "m.e3b0c44298fc.js");
    }
}
