use serde::{Deserialize, Serialize};

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
