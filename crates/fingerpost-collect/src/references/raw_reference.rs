use std::{borrow::Cow, ops::Range};

use serde::{Deserialize, Serialize};

use super::escapes;

/// How a file names another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReferenceKind {
    /// By a URL in CSS, or `new URL(…, import.meta.url)`.
    Url,
    /// By `import`, `export … from` or `import.meta.resolve`: the file is a module that runs once for each URL it has.
    Module,
    /// By a source map comment.
    SourceMap,
    /// Where `collect` cannot rewrite it, so that it has to be there under its plain name: in SVG, HTML, web app manifests
    /// (`.webmanifest`), playlists (`.m3u8`) and `browserconfig.xml`, and in `new Worker("…")`, which is relative to a page that is not known: every asset of that name may be meant.
    PlainName,
}

/// How a parser tells what a reference is for.
pub(crate) type Kind = ReferenceKind;

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
