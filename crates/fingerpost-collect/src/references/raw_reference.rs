use std::{borrow::Cow, ops::Range};

use serde::{Deserialize, Serialize};

use super::escapes;

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

impl Syntax {
    /// What a text means that is written so.
    pub(crate) fn decode(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Css => escapes::css(text),
            Self::JavaScript => escapes::javascript(text),
            Self::Literal => text.into(),
        }
    }
}
