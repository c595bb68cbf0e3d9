//! Finds references without writing an output directory.

use fingerpost::{
    __private::{ImportMap, Severity},
    BaseUrl,
    sources::{SourceFile, Sources},
};
use rayon::prelude::*;
use serde::Serialize;

use crate::{
    collect_config::CollectConfig,
    diagnostics::{Error, Location, Locator, Note, Problem, both},
    output::content::Content,
    pipeline::{
        analyze::{Names, names},
        unrewritable_warnings::KnownNames,
    },
    references::{Language, Markup, ReferenceKind, Target, Unrewritable},
};

/// The references of all source files, as returned by [`references`].
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReferenceReport {
    /// All references, sorted by location.
    pub references: Vec<Reference>,
    /// Problems with files that cannot be read or parsed. Such files may have more references. Scripts that break the rule
    /// `syntax` or `unsupported` are included, unless the rule is ignored.
    pub problems: Vec<Problem>,
}

/// A reference from one file to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reference {
    /// The location of the reference in the referring file.
    pub location: Location,
    /// The target: an asset path, or a URL path if the reference leaves the base URL.
    pub to: String,
    /// `true` if the target exists.
    pub exists: bool,
    /// The reason why the target is ignored. `None` if the target is not an ignored file.
    pub left_out: Option<String>,
    /// The kind of reference.
    pub kind: ReferenceKind,
}

/// Finds the references in all files of the source directories. Writes nothing, and needs no output directory.
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # std::fs::write(site.path().join("a.css"), "@import 'b.css'")?;
/// # std::fs::write(site.path().join("b.css"), "body{}")?;
/// use fingerpost_collect::{CollectConfig, ReferenceKind, references};
///
/// let uses = references(&CollectConfig::default().source(site.path()))?;
/// let [reference] = &uses.references[..] else { panic!("one reference") };
/// assert_eq!((&*reference.location.asset, &*reference.to), ("a.css", "b.css"));
/// assert_eq!((reference.exists, reference.kind), (true, ReferenceKind::Url));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Fails for invalid settings, and for a source directory that cannot be opened. Files that cannot be read are in
/// [`ReferenceReport::problems`].
pub fn references(config: &CollectConfig) -> Result<ReferenceReport, Error> {
    let (((sources, base), severities), import_map) = both(config.sources(), config.import_map())?;
    let listing = sources.list();
    let known = KnownNames::from_paths(listing.files.iter().map(|file| file.path.as_str()));
    let all: Vec<_> = listing
        .files
        .par_iter()
        .map(|file| references_in(file, &base, &known, &sources, &import_map))
        .collect();
    let mut uses = ReferenceReport::default();
    uses.problems.extend(listing.problems.into_iter().map(Problem::from));
    for named in all {
        match named {
            Ok((named, notes)) => {
                uses.references.extend(named);
                let is_reported = |note: &&Note| {
                    note.rule
                        .is_some_and(|rule| severities.get(rule, &note.location.asset) != Severity::Ignore)
                };
                uses.problems.extend(notes.iter().filter(is_reported).map(Problem::from));
            }
            Err(problem) => uses.problems.push(problem),
        }
    }
    Ok(uses)
}

/// Returns the references of a file, and notes about imports and scripts that cannot be analyzed.
fn references_in(
    file: &SourceFile,
    base: &BaseUrl,
    known: &KnownNames<'_>,
    sources: &Sources,
    import_map: &ImportMap,
) -> Result<(Vec<Reference>, Vec<Note>), Problem> {
    if Language::from_path(&file.path).is_none() && Markup::from_path(&file.path).is_none() {
        return Ok((Vec::new(), Vec::new()));
    }
    let content = Content::read(&file.file, u64::MAX)?.value;
    let bytes = content.bytes().unwrap_or_default();
    let Names { references, notes, unrewritable } = names(file, bytes, base.path(), !import_map.is_empty())?;
    let named = references.into_iter().filter_map(|reference| match reference.target {
        Target::Asset(to) | Target::LeavesBase(to) | Target::EncodedSlash(to) => {
            Some((reference.span, to, reference.kind))
        }
        Target::Bare(name) => Some((reference.span, import_map.target(&name)?, reference.kind)),
        Target::OutsideBase(_) => None,
    });
    let plain = unrewritable.iter().flat_map(|(span, plain)| {
        known.get(plain).map(|to| (span.clone(), to.to_owned(), ReferenceKind::PlainName))
    });
    let mut named: Vec<_> = named.chain(plain).collect();
    named.sort_by_key(|(span, ..)| span.start);
    let mut locator = Locator::new(&file.file, file.path.as_str(), bytes);
    let reference = |(span, to, kind)| {
        let exists = known.get(&Unrewritable::Asset(String::clone(&to))).next().is_some();
        let left_out = if exists { None } else { sources.find_ignored(&to) };
        let left_out = left_out.map(|(_, reason)| reason.into_owned());
        Reference { location: locator.locate(span), exists, left_out, to, kind }
    };
    Ok((named.into_iter().map(reference).collect(), notes))
}
