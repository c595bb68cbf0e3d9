//! Files that name others where nothing can be rewritten.

use std::collections::HashMap;

use fingerpost::__private::quoted;

use crate::{
    diagnostics::{
        collector::Findings,
        problem::{ErrorKind, Problem},
    },
    pipeline::{asset::Asset, run_context::Run},
    references::unrewritable::Plain,
};

/// So many files are named in the warning.
const MOST: usize = 3;

/// Warns, in one sentence, of files whose names for others need those to be there under their plain names. With the
/// originals in place that is nobody's concern.
pub(crate) fn tell(assets: &[Asset], run: &Run<'_>, findings: &mut Findings) {
    let naming: Vec<_> = assets.iter().filter(|asset| !asset.page.plain.is_empty()).collect();
    if naming.is_empty() || run.job.originals {
        return;
    }
    let known = Known::of(assets.iter().map(|asset| asset.path.as_str()));
    let mut named = Vec::new();
    for Asset { path, page, .. } in naming {
        let is_there = |plain: &&Plain| known.get(plain).next().is_some();
        let Some(Plain::Asset(name) | Plain::File(name)) = page.plain.iter().find(is_there) else { continue };
        let message = format!("{} names {} where nothing can be rewritten", quoted(path), quoted(name));
        findings.note(Problem::new(ErrorKind::PlainName, message));
        named.push(quoted(path).to_string());
    }
    if !named.is_empty() {
        findings.warn(ErrorKind::PlainName, warning(&named));
    }
}

/// All assets by their paths and by their last segments.
pub(crate) struct Known<'a>(HashMap<&'a str, Vec<&'a str>>);

impl<'a> Known<'a> {
    pub(crate) fn of(paths: impl Iterator<Item = &'a str>) -> Self {
        let mut known: HashMap<_, Vec<_>> = HashMap::new();
        for path in paths {
            known.entry(path).or_default().push(path);
            if let Some((_, name)) = path.rsplit_once('/') {
                known.entry(name).or_default().push(path);
            }
        }
        Self(known)
    }

    /// The assets that may be meant.
    pub(crate) fn get(&self, plain: &Plain) -> impl Iterator<Item = &'a str> {
        let (wanted, is_path) = match plain {
            Plain::Asset(path) => (path, true),
            Plain::File(name) => (name, false),
        };
        let found = self.0.get(&**wanted).into_iter().flatten().copied();
        found.filter(move |path| !is_path || path == wanted)
    }
}

fn warning(named: &[String]) -> String {
    let examples = named[..named.len().min(MOST)].join(", ");
    let files = match named.len() {
        1 => format!("{examples} names other files"),
        count @ ..=MOST => format!("{count} files name others ({examples})"),
        count => format!("{count} files name others ({examples}, …)"),
    };
    format!(
        "{files} where nothing can be rewritten, so by plain names; if anything but `StaticFiles` serves the output \
         dir, collect with `--originals`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_files_are_named_at_most() {
        let named = ["`a`", "`b`", "`c`", "`d`"].map(str::to_owned);
        assert!(warning(&named[..1]).starts_with("`a` names other files where nothing"));
        assert!(warning(&named[..3]).starts_with("3 files name others (`a`, `b`, `c`) where nothing"));
        assert!(warning(&named).starts_with("4 files name others (`a`, `b`, `c`, …) where nothing"));
    }
}
