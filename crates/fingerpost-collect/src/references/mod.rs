//! Finds the references of a file.

pub(crate) mod css;
#[cfg(feature = "js")]
mod js;
#[cfg(feature = "js")]
mod calls;
mod source_map;
pub(crate) mod unrewritable;
mod prefilter;
#[cfg(feature = "js")]
mod depth;
pub(crate) mod reference;
pub(crate) mod edit;
pub(crate) mod resolve;
pub(crate) mod raw_reference;
mod escapes;
mod decode;
#[cfg(all(test, feature = "js"))]
mod tests;

pub use self::raw_reference::ReferenceKind;
use self::{
    decode::{is_utf_16, text},
    raw_reference::RawReference,
    reference::{ParseFailure, References, Scan, ScanError},
};
pub(crate) use self::{
    edit::Edit,
    raw_reference::Kind,
    reference::{Language, Reference},
    resolve::{Referrer, Target, resolve, resolves_to_asset_url},
    unrewritable::{Markup, Unrewritable},
};

/// Finds the references of the file with the URL `referrer`. The time is linear in the length of the file.
pub(crate) fn find(
    language: Language,
    bytes: &[u8],
    referrer: Referrer<'_>,
) -> Result<References, ScanError> {
    if is_utf_16(bytes) {
        let parse_failure = Some(ParseFailure::not_parsed("the file is UTF-16; save it as UTF-8"));
        return Ok(References { parse_failure, ..References::default() });
    }
    let text = text(bytes);
    let Scan { written, unknown, parse_failure } = match language {
        Language::Css => css::scan(&text)?,
        Language::JavaScript => scan_script(&text, referrer.finds_bare)?,
    };
    let list = written.iter().filter_map(|written| reference(written, &text, bytes, referrer)).collect();
    Ok(References { list, unknown, parse_failure })
}

#[cfg(feature = "js")]
use js::scan as scan_script;
/// Without a parser, only the source map is found.
#[cfg(not(feature = "js"))]
fn scan_script(text: &str, _finds_bare: bool) -> Result<Scan, ScanError> {
    // Bare specifiers are never rewritten, so a build without the feature `js` ignores bare specifiers.
    let parse_failure = prefilter::prefilter(text, false).suspect.map(|at| ParseFailure {
        rule: crate::diagnostics::Rule::Unsupported,
        message:
            "this may be a reference to another file, but this build cannot rewrite references in scripts; \
                  enable the feature `js` of `fingerpost-collect`"
                .to_owned(),
        span: at..at,
    });
    Ok(Scan { written: source_map::in_script(text).into_iter().collect(), parse_failure, ..Scan::default() })
}

fn reference(raw: &RawReference, text: &str, bytes: &[u8], referrer: Referrer<'_>) -> Option<Reference> {
    let RawReference { span, kind, syntax, is_static_import } = raw.clone();
    let written = String::from_utf8_lossy(&bytes[span.clone()]);
    let decoded = syntax.decode(&written);
    let target = resolve(&decoded, kind, referrer)?;
    let imports_asset_url =
        is_static_import && (matches!(target, Target::Bare(_)) || resolves_to_asset_url(&decoded));
    let edit = Edit::new(&text[span.clone()], span.start, syntax);
    Some(Reference { span, kind, target, edit, imports_asset_url })
}
