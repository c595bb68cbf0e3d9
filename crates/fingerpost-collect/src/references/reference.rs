use std::ops::{Not, Range};

use serde::{Deserialize, Serialize};

use super::{
    edit::Edit,
    raw_reference::{Kind, RawReference},
    resolve::Target,
};
use crate::diagnostics::Rule;

/// A reference from one file to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reference {
    /// The span of the reference, without quotes.
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) target: Target,
    pub(crate) edit: Edit,
    /// `true` for a static import of a bare specifier, or of the exact URL of an asset in templates. For browsers, a module
    /// with another URL, such as `./a.js?x`, is another module.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub(crate) imports_asset_url: bool,
}

/// The references of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct References {
    pub(crate) list: Vec<Reference>,
    /// Imports with a computed specifier, such as `import(x)`.
    pub(crate) unknown: Vec<Range<usize>>,
    pub(crate) parse_failure: Option<ParseFailure>,
}

/// The reason why a file could not be parsed. In such a file, only the source map comment is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParseFailure {
    /// The rule that the file breaks.
    pub(crate) rule: Rule,
    pub(crate) message: String,
    /// The span of the syntax error.
    pub(crate) span: Range<usize>,
}

impl ParseFailure {
    /// Creates the failure for a file that browsers may be able to parse.
    pub(super) fn not_parsed(reason: &str) -> Self {
        let message = format!("script cannot be parsed; its references are not rewritten: {reason}");
        Self { rule: Rule::Syntax, message, span: 0..0 }
    }
}

/// The reason why a file cannot be scanned. The run fails, because otherwise a file could be published in which only some
/// references are rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "js"), allow(dead_code, reason = "only the parser of scripts needs a stack"))]
pub(crate) enum ScanError {
    /// The file is nested too deeply at this byte.
    TooDeep(usize),
    OutOfMemory,
}

/// The result of a parser.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    pub(super) written: Vec<RawReference>,
    pub(super) unknown: Vec<Range<usize>>,
    pub(super) parse_failure: Option<ParseFailure>,
}

#[cfg(feature = "js")]
impl Scan {
    pub(super) fn from_failure(parse_failure: ParseFailure) -> Self {
        Self { parse_failure: Some(parse_failure), ..Self::default() }
    }
}

/// The languages in which references are found and rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Css,
    JavaScript,
}

impl Language {
    /// Returns the language of a file by its extension.
    pub(crate) fn from_path(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        match &*extension.to_ascii_lowercase() {
            "css" => Some(Self::Css),
            "js" | "mjs" | "cjs" => Some(Self::JavaScript),
            _ => None,
        }
    }
}
