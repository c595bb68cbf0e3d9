use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    decode::NOT_UTF_8,
    escapes::{self, Unit},
};

/// What a reference is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A URL in CSS, or in `new URL(…, import.meta.url)`.
    Url,
    /// A module specifier: bare ones go through an import map and are nobody's files.
    Module,
    /// A source map, which nobody but a debugger asks for.
    SourceMap,
}

/// A place in a file where an author wrote what may be a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawReference {
    /// The bytes between the quotes or parentheses, or behind the `=` of a source map comment.
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) syntax: Syntax,
}

/// How the text of a reference is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// With the escapes of CSS.
    Css,
    /// With the escapes of a JavaScript string.
    #[cfg_attr(not(feature = "js"), allow(dead_code, reason = "only the parser of scripts finds strings"))]
    JavaScript,
    /// As it stands.
    Literal,
}

impl RawReference {
    /// What is meant, byte by byte, and where each byte is written; `text` is what a parser read of the file's `bytes`.
    pub(crate) fn units(&self, text: &str, bytes: &[u8]) -> Vec<Unit> {
        let written = &text[self.span.clone()];
        let mut units = match self.syntax {
            Syntax::Css => escapes::css(written, self.span.start),
            Syntax::JavaScript => escapes::javascript(written, self.span.start),
            Syntax::Literal => escapes::plain(written, self.span.start),
        };
        if text.as_bytes()[self.span.clone()] != bytes[self.span.clone()] {
            for unit in units.iter_mut().filter(|unit| text.as_bytes()[unit.start] != bytes[unit.start]) {
                unit.byte = NOT_UTF_8;
            }
        }
        units
    }
}
