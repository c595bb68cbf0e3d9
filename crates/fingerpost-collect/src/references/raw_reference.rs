use std::{borrow::Cow, ops::Range};

use serde::{Deserialize, Serialize};

use super::escapes;

/// The kind of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReferenceKind {
    /// A URL in CSS, or in `new URL(…, import.meta.url)`.
    Url,
    /// The specifier of `import`, `export … from` or `import.meta.resolve`. Browsers run a module once per URL.
    Module,
    /// A source map comment.
    SourceMap,
    /// A name that `collect` cannot rewrite. The target has to exist under its plain name.
    ///
    /// `collect` finds plain names in SVG, HTML, web app manifests (`.webmanifest`), playlists (`.m3u8`),
    /// `browserconfig.xml` and calls such as `new Worker("…")`. URLs in calls are relative to an unknown page, so every
    /// asset with the same file name is a candidate.
    PlainName,
}

/// The short name of [`ReferenceKind`] in this crate.
pub(crate) type Kind = ReferenceKind;

/// A possible reference, before it is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawReference {
    /// The span between the quotes or parentheses, or after the `=` of a source map comment.
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) syntax: Syntax,
    /// `true` for the specifier of `import` and `export … from`, but not of `import()`.
    pub(crate) is_static_import: bool,
}

/// The escapes in the text of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    Css,
    /// The escapes of a JavaScript string.
    #[cfg_attr(not(feature = "js"), allow(dead_code, reason = "only the parser of scripts finds strings"))]
    JavaScript,
    /// No escapes.
    Literal,
}

impl Syntax {
    /// Decodes the escapes.
    pub(crate) fn decode(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Css => escapes::css(text),
            Self::JavaScript => escapes::javascript(text),
            Self::Literal => text.into(),
        }
    }
}
