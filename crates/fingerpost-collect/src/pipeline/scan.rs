use std::collections::HashMap;

use fingerpost::{
    __private::quoted,
    sources::{Listing, SourceFile},
};

use crate::{
    diagnostics::{Diagnostics, ErrorKind, Problem, Rule, Shadowed},
    pipeline::run_context::Run,
};

/// Reports the problems of a listing, and returns the files.
pub(crate) fn scan(listing: Listing, run: &Run<'_>, diagnostics: &mut Diagnostics) -> Vec<SourceFile> {
    let Listing { files, shadowed, ignored, problems, .. } = listing;
    problems.into_iter().for_each(|problem| diagnostics.add(Problem::from(problem)));
    if files.is_empty() {
        diagnostics.warn(ErrorKind::Source, "the source directories contain no assets");
    }
    warn_of_names_that_differ_by_case(&files, diagnostics);
    let shadowed: Vec<_> = shadowed.iter().filter_map(|hidden| shadow(&files, hidden)).collect();
    for Shadowed { path, file, hides, .. } in &shadowed {
        let message = format!("{} is hidden by {}; remove one of them", quoted(hides), quoted(file));
        let level = run.options.severities.get(Rule::Shadowed, path);
        diagnostics.add_with_severity(level, Problem::new(ErrorKind::Rule(Rule::Shadowed), message));
    }
    let ignored = ignored.iter().map(|path| path.display().to_string()).collect();
    (diagnostics.remarks.shadowed, diagnostics.remarks.ignored) = (shadowed, ignored);
    files
}

fn shadow(files: &[SourceFile], hidden: &SourceFile) -> Option<Shadowed> {
    let taken = files.binary_search_by(|file| file.path.cmp(&hidden.path)).ok()?;
    Some(Shadowed::new(&hidden.path, &files[taken].file, &hidden.file))
}

/// Warns about asset paths that differ only in case. A case-insensitive file system can store only one of these files.
fn warn_of_names_that_differ_by_case(files: &[SourceFile], diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for SourceFile { path, .. } in files {
        if let Some(other) = seen.insert(path.to_lowercase(), path) {
            let (other, path) = (quoted(other), quoted(path));
            let message = format!(
                "assets {other} and {path} differ only in case; some file systems can store only one of these files"
            );
            diagnostics.warn(ErrorKind::Source, message);
        }
    }
}
