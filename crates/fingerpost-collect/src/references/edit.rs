use std::ops::Range;

use fingerpost::manifest::ContentHash;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::{raw_reference::Syntax, resolve::without_ignored};

/// The insertion of a hash into a reference: `.` and the hash, before the last dot of the written name. If the dot is part of
/// an escape, the whole name is replaced by its canonical spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edit {
    /// The replaced bytes. Empty for an insertion.
    pub(crate) span: Range<usize>,
    /// The text before `.` and the hash. Empty for an insertion.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    stem: String,
    /// The text after the hash. Empty for an insertion.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    extension: String,
}

/// The characters to percent-encode: all characters that may need an escape in CSS, in JavaScript strings or in URLs.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'~').remove(b'-').remove(b'/');

impl Edit {
    /// Returns the edit for the reference `written` at `start`. The result matches [`fingerpost::AssetPath::hashed`].
    pub(crate) fn new(written: &str, start: usize, syntax: Syntax) -> Self {
        let path = &written[..written.find(['?', '#']).unwrap_or(written.len())];
        let name_start = path.rfind('/').map_or(0, |slash| slash + 1);
        let name = &path[name_start..];
        // White space after an escape may belong to the escape.
        let name = if name.contains('\\') { name } else { name.trim_end_matches(|c| c <= ' ') };
        let at = |place: usize| start + name_start + place;
        let insert = |place| Self { span: place..place, stem: String::new(), extension: String::new() };
        let decoded = |text| {
            let url = without_ignored(&syntax.decode(text)).replace('\\', "/");
            percent_decode_str(&url).collect::<Vec<_>>()
        };
        let whole = decoded(name);
        let segment = whole.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        let Some(dot) = whole.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > segment) else {
            return insert(at(name.len()));
        };
        let literal = name.rfind('.').filter(|literal| !name[..*literal].ends_with('\\'));
        if let Some(literal) = literal.filter(|literal| decoded(&name[*literal..]) == whole[dot..]) {
            return insert(at(literal));
        }
        let encoded = |bytes: &[u8]| utf8_percent_encode(&String::from_utf8_lossy(bytes), NAME).to_string();
        Self { span: at(0)..at(name.len()), stem: encoded(&whole[..dot]), extension: encoded(&whole[dot..]) }
    }

    /// Returns the replacement of the span.
    pub(crate) fn text(&self, hash: &ContentHash) -> String {
        let Self { stem, extension, .. } = self;
        format!("{stem}.{hash}{extension}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn edited(written: &str, syntax: Syntax) -> String {
        let edit = Edit::new(written, 0, syntax);
        let mut text = written.to_owned();
        text.replace_range(edit.span.clone(), &edit.text(&ContentHash::from_content(b"")));
        text
    }

    #[test]
    fn hash_is_inserted_before_the_last_literal_dot() {
        let plain = |written| edited(written, Syntax::Literal);
        assert_eq!(plain("a.png"), "a.e3b0c44298fc.png");
        assert_eq!(plain("a.tar.gz"), "a.tar.e3b0c44298fc.gz");
        assert_eq!(plain("LICENSE"), "LICENSE.e3b0c44298fc");
        assert_eq!(plain(".nojekyll"), ".nojekyll.e3b0c44298fc");
        assert_eq!(plain("b%20c.png"), "b%20c.e3b0c44298fc.png");
        assert_eq!(plain("caf%C3%A9"), "caf%C3%A9.e3b0c44298fc");
        assert_eq!(plain("../x.y/LICENSE ?a.b#c.d"), "../x.y/LICENSE.e3b0c44298fc ?a.b#c.d");
        assert_eq!(plain("..\\x.y\\a.png\n"), "..\\x.y\\a.e3b0c44298fc.png\n");
        assert_eq!(edited("b\\ c.p\\6e g", Syntax::Css), "b\\ c.e3b0c44298fc.p\\6e g");
        assert_eq!(edited("noext\\62 ", Syntax::Css), "noext\\62 .e3b0c44298fc");
        assert_eq!(edited("../\\.nojekyll", Syntax::Css), "../\\.nojekyll.e3b0c44298fc");
    }

    #[test]
    fn name_with_an_escaped_dot_is_written_in_canonical_form() {
        assert_eq!(edited("x/b c%2epng?y", Syntax::Literal), "x/b%20c.e3b0c44298fc.png?y");
        assert_eq!(edited("b.c%2epng", Syntax::Literal), "b.c.e3b0c44298fc.png");
        assert_eq!(edited("b\\ c\\2epng", Syntax::Css), "b%20c.e3b0c44298fc.png");
        assert_eq!(edited("../i/b\\.png ", Syntax::Css), "../i/b.e3b0c44298fc.png");
        assert_eq!(edited("..\\5c i\\5c b\\2epng", Syntax::Css), "../i/b.e3b0c44298fc.png");
        assert_eq!(edited("m\\x2ejs", Syntax::JavaScript), "m.e3b0c44298fc.js");
        assert_eq!(edited("m.a\\u{2e}js", Syntax::JavaScript), "m.a.e3b0c44298fc.js");
    }
}
