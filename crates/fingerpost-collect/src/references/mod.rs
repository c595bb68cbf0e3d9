//! Which other files a file refers to, and where.

#[cfg(feature = "js")]
mod calls;
mod css;
mod edit;
mod escapes;
mod glance;
#[cfg(feature = "js")]
mod js;
mod kind;
mod lexer;
#[cfg(feature = "js")]
mod nesting;
mod plain;
mod resolve;
#[cfg_attr(not(feature = "js"), allow(dead_code, reason = "the parser of scripts finds comments"))]
mod source_map;
#[cfg(all(test, feature = "js"))]
mod spellings;
#[cfg(feature = "js")]
mod stack;
mod text;
mod written;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub(crate) use self::{
    css::TooDeep,
    edit::Edit,
    kind::Kind,
    plain::{Markup, Plain, target},
    resolve::{Place, Target},
    written::{Syntax, Written},
};
use self::{
    resolve::resolve,
    text::{is_utf_16, text},
};

/// A place in a file that names another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reference {
    /// What the author wrote, without quotes.
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) target: Target,
    pub(crate) edit: Edit,
}

/// What is known of a file after one look.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct References {
    pub(crate) list: Vec<Reference>,
    /// Imports of what only the browser will know: `import(x)`.
    pub(crate) unknown: Vec<Range<usize>>,
    pub(crate) not_parsed: Option<NotParsed>,
}

/// Why a file could not be parsed, so that no reference but source maps was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotParsed {
    pub(crate) obstacle: Obstacle,
    pub(crate) reason: String,
    /// The place of the fault.
    pub(crate) span: Range<usize>,
    /// `true` if something in the file looks like a reference.
    pub(crate) may_refer: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "js"), allow(dead_code, reason = "only the parser of scripts finds faults"))]
pub(crate) enum Obstacle {
    /// This build has no parser of scripts.
    #[cfg_attr(feature = "js", allow(dead_code, reason = "this build has one"))]
    NoParser,
    /// The file is no valid module.
    NotAModule,
    /// A browser may be able to read the file, and another run with more memory as well.
    GivenUp,
}

/// What a parser has found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Scan {
    written: Vec<Written>,
    unknown: Vec<Range<usize>>,
    not_parsed: Option<NotParsed>,
}

#[cfg(feature = "js")]
impl Scan {
    fn of(written: Written) -> Self {
        Self { written: vec![written], ..Self::default() }
    }
}

/// The languages that references are looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Css,
    JavaScript,
}

impl Language {
    /// What a file is written in, by its extension.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        let is = |known: &str| extension.eq_ignore_ascii_case(known);
        match extension {
            _ if is("css") => Some(Self::Css),
            _ if is("js") || is("mjs") || is("cjs") => Some(Self::JavaScript),
            _ => None,
        }
    }
}

/// Finds the references of a file that is served at `place`. Linear in the length of the file.
pub(crate) fn find(language: Language, bytes: &[u8], place: Place<'_>) -> Result<References, TooDeep> {
    if is_utf_16(bytes) {
        let reason = "it is UTF-16, so save it as UTF-8".to_owned();
        let (obstacle, may_refer) = (Obstacle::GivenUp, true);
        let not_parsed = Some(NotParsed { obstacle, reason, span: 0..0, may_refer });
        return Ok(References { not_parsed, ..References::default() });
    }
    let text = text(bytes);
    let Scan { written, unknown, not_parsed } = scan(language, &text)?;
    let list = written.iter().filter_map(|written| reference(written, &text, bytes, place)).collect();
    Ok(References { list, unknown, not_parsed })
}

fn scan(language: Language, text: &str) -> Result<Scan, TooDeep> {
    match language {
        Language::Css if css::may_refer(text) => css::scan(text),
        Language::Css => Ok(Scan::default()),
        Language::JavaScript => Ok(scan_script(text)),
    }
}

#[cfg(feature = "js")]
use js::scan as scan_script;
#[cfg(feature = "js")]
pub(crate) use stack::with_deep_stacks;

/// Without a parser the usual ones are deep enough.
#[cfg(not(feature = "js"))]
pub(crate) fn with_deep_stacks<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    work()
}

/// Without a parser, only the source map at the end of the file can be told from a string.
#[cfg(not(feature = "js"))]
fn scan_script(text: &str) -> Scan {
    let not_parsed = glance::glance(text).suspect.map(|at| NotParsed {
        obstacle: Obstacle::NoParser,
        reason: "this build lacks the feature `js` of `fingerpost-collect`; turn it on".to_owned(),
        span: at..at,
        may_refer: true,
    });
    Scan { written: source_map::at_the_end(text).into_iter().collect(), not_parsed, ..Scan::default() }
}

fn reference(written: &Written, text: &str, bytes: &[u8], place: Place<'_>) -> Option<Reference> {
    let mut units = written.units(text, bytes);
    let resolved = resolve(&mut units, written.kind, place)?;
    let edit = Edit::of(resolved.name)?;
    Some(Reference { span: written.span.clone(), kind: written.kind, target: resolved.target, edit })
}
