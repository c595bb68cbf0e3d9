//! Resolves references to files, and reports broken references.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs, iter,
};

use fingerpost::{
    __private::{ImportMap, Severity, differs_in_case, nearest, quoted},
    AssetPath,
    manifest::ContentHash,
    sources::SourceDir,
};

use crate::{
    diagnostics::{Diagnostics, ErrorKind, Locator, Problem, Rule},
    output::source_info::SourceInfo,
    pipeline::{
        analyze::Analyzed,
        asset::{Asset, Source},
        run_context::Run,
    },
    references::{Edit, Kind, Reference, Referrer, Target, resolve},
};

/// A reference to an existing file.
pub(crate) struct Link<'a> {
    pub(crate) edit: &'a Edit,
    pub(crate) to: LinkTarget,
    path: &'a str,
}

#[derive(Clone, Copy)]
pub(crate) enum LinkTarget {
    /// A named file.
    AssignedName(ContentHash),
    /// A prehashed file. References to a prehashed file need no change.
    Prehashed,
    /// The index of a file that is not named yet.
    Waiting(usize),
}

/// The links of the files with references.
pub(crate) struct Links<'a> {
    /// The links of each file that will be rewritten.
    waiting: Vec<Vec<Link<'a>>>,
    /// The links of each prehashed file.
    prehashed: Vec<(&'a str, Vec<Link<'a>>)>,
}

impl<'a> Links<'a> {
    /// Resolves every reference, and reports broken references.
    pub(crate) fn resolve(analyzed: &'a Analyzed, run: &Run<'_>, diagnostics: &mut Diagnostics) -> Self {
        let mut targets = Targets::new(analyzed);
        let links = |source_info: &'a SourceInfo| -> Vec<_> {
            source_info.references.iter().filter_map(|reference| targets.link(reference)).collect()
        };
        let waiting = analyzed.referring.iter().map(|source| links(&source.source_info)).collect();
        let prehashed = analyzed.done.iter().filter(|asset| asset.is_prehashed());
        let prehashed = prehashed.map(|asset| (&*asset.path, links(&asset.source_info))).collect();
        let done = analyzed.done.iter().map(|asset| (&asset.path, &*asset.source_info));
        let referring = analyzed.referring.iter().map(|source| (&source.file.path, &*source.source_info));
        let mut pages: Vec<_> =
            done.chain(referring).filter(|(_, source_info)| !source_info.references.is_empty()).collect();
        pages.sort_by_key(|(path, _)| *path);
        pages.into_iter().for_each(|(path, source_info)| targets.report(path, source_info, run, diagnostics));
        Self { waiting, prehashed }
    }

    pub(crate) fn links_of(&self, waiting: usize) -> &[Link<'a>] {
        &self.waiting[waiting]
    }

    /// Returns the targets of each file with links, by asset path. The targets are sorted and unique.
    pub(crate) fn by_path(&self, referring: &[Source]) -> BTreeMap<String, Vec<String>> {
        let rewritten = referring.iter().map(|source| &*source.file.path).zip(&self.waiting);
        let all = rewritten.chain(self.prehashed.iter().map(|(path, links)| (*path, links)));
        let of_file = |(path, links): (&str, &Vec<Link<'_>>)| {
            let paths: BTreeSet<_> = links.iter().map(|link| link.path.to_owned()).collect();
            (path.to_owned(), paths.into_iter().collect())
        };
        all.filter(|(_, links)| !links.is_empty()).map(of_file).collect()
    }

    /// Returns the indices of the unnamed files that each unnamed file refers to.
    pub(crate) fn between_waiting(&self) -> Vec<Vec<usize>> {
        let waiting = |link: &Link<'_>| match link.to {
            LinkTarget::Waiting(number) => Some(number),
            LinkTarget::AssignedName(_) | LinkTarget::Prehashed => None,
        };
        self.waiting.iter().map(|links| links.iter().filter_map(waiting).collect()).collect()
    }
}

/// The maximum number of missing files that get a suggestion. Each suggestion costs a comparison with all names. If more
/// files are missing, the cause is usually a missing directory or a wrong base URL, and similar names do not help.
const MOST_SUGGESTIONS: usize = 50;

/// All files, by asset path.
struct Targets<'a> {
    files: HashMap<&'a str, LinkTarget>,
    /// The similar names for each missing path. Cached, because many references may have the same missing path.
    near: HashMap<String, Vec<String>>,
}

impl<'a> Targets<'a> {
    fn new(analyzed: &'a Analyzed) -> Self {
        let target = |asset: &Asset| match asset.is_prehashed() {
            true => LinkTarget::Prehashed,
            false => LinkTarget::AssignedName(asset.hash),
        };
        let named = analyzed.done.iter().map(|asset| (asset.path.as_str(), target(asset)));
        let waiting = analyzed.referring.iter().enumerate();
        let waiting =
            waiting.map(|(number, source)| (source.file.path.as_str(), LinkTarget::Waiting(number)));
        Self { files: named.chain(waiting).collect(), near: HashMap::new() }
    }

    fn link(&self, reference: &'a Reference) -> Option<Link<'a>> {
        let Target::Asset(path) = &reference.target else { return None };
        Some(Link { edit: &reference.edit, to: *self.files.get(&**path)?, path })
    }

    fn is_broken(&self, reference: &Reference, import_map: &ImportMap) -> bool {
        match (&reference.target, &*reference.target.mapped(import_map)) {
            // A name in the import map whose asset does not exist is reported once, as an error in the settings.
            (Target::Bare(name), _) if import_map.imports().contains_key(name) => false,
            (_, Target::Asset(path)) => !self.files.contains_key(&**path),
            // If no asset has this path, another application may serve the URL.
            (_, Target::OutsideBase(path)) => self.files.contains_key(&**path),
            (_, Target::EncodedSlash(_) | Target::LeavesBase(_) | Target::Bare(_)) => true,
        }
    }

    /// Reports the broken references of a file, unless the severity is `Ignore`. Reads the file again to compute the
    /// locations.
    fn report(
        &mut self,
        path: &AssetPath,
        source_info: &SourceInfo,
        run: &Run<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        let import_map = &run.options.import_map;
        let level = |reference: &Reference| run.options.severities.get(rule(reference), path);
        let is_reported = |reference: &&Reference| {
            self.is_broken(reference, import_map) && level(reference) != Severity::Ignore
        };
        let reported: Vec<_> = source_info.references.iter().filter(is_reported).collect();
        if reported.is_empty() {
            return;
        }
        let bytes = fs::read(&source_info.file).unwrap_or_default();
        let mut locator = Locator::new(&source_info.file, path.as_str(), &bytes);
        let (own, referrer) = (path, Referrer { base: run.options.base.path(), path, finds_bare: false });
        for reference in reported {
            let (rule, level) = (rule(reference), level(reference));
            let Some(written) = bytes.get(reference.span.clone()) else { continue };
            let written = String::from_utf8_lossy(written);
            let location = locator.locate(reference.span.clone());
            let mut searched = Vec::new();
            let (message, advice) = match &*reference.target.mapped(import_map) {
                Target::Asset(path) | Target::EncodedSlash(path) => {
                    let points = format!("{} points to {}", quoted(&written), quoted(path));
                    if let Some((left_out, reason)) = run.options.sources.find_ignored(path) {
                        let advice = format!("{} exists, but {reason}", quoted(left_out.display()));
                        (format!("{points}, which is ignored"), Some(advice))
                    } else {
                        searched.extend(run.options.sources.dirs().iter().map(dir_in_settings));
                        let advice = self.advice(path, reference.kind, own);
                        (format!("{points}, which does not exist"), advice)
                    }
                }
                Target::Bare(name) => (
                    format!("{} is not in the import map", quoted(&written)),
                    Some(self.advice_for_bare(name, import_map, referrer)),
                ),
                Target::LeavesBase(url) => {
                    let (written_url, url) = (quoted(&written), quoted(url));
                    let suggested = self.with_fewer_parent_segments(&written, reference.kind, referrer);
                    let advice = suggested.or_else(|| Some(format!("write {url} if you mean that URL")));
                    (format!("{written_url} leaves the base URL: it resolves to {url}"), advice)
                }
                Target::OutsideBase(path) => {
                    let written = written.trim_start_matches('/');
                    let [outside, below] =
                        [format!("/{written}"), format!("{}{written}", referrer.base)].map(quoted);
                    let (base, asset) = (quoted(referrer.base), quoted(path));
                    let message = format!(
                        "{outside} is not below the base URL {base}, so it is not a reference to the asset {asset}"
                    );
                    (message, Some(format!("write {below} or a relative reference")))
                }
            };
            let problem = Problem::with_location(location, ErrorKind::Rule(rule), message);
            diagnostics.add_with_severity(level, problem.with_advice(advice, searched));
        }
    }

    /// Returns the advice for a reference with too many `../`. Removes `../` from the start until the reference resolves to a
    /// file.
    fn with_fewer_parent_segments(
        &self,
        written: &str,
        kind: Kind,
        referrer: Referrer<'_>,
    ) -> Option<String> {
        let shorter = iter::successors(written.strip_prefix("../"), |shorter| shorter.strip_prefix("../"));
        let is_file = |shorter: &&str| {
            let target = resolve(shorter, Kind::Url, referrer);
            matches!(target, Some(Target::Asset(path)) if self.files.contains_key(path.as_str()))
        };
        let suggested = shorter.into_iter().find(is_file)?;
        // Without `./`, a module specifier would be bare.
        let start = if kind == Kind::Module && !suggested.starts_with("../") { "./" } else { "" };
        Some(format!("did you mean {}?", quoted(format!("{start}{suggested}"))))
    }

    /// Returns the advice for a bare specifier: a file of this name, a similar name in the import map, or the setting to
    /// change.
    fn advice_for_bare(&self, name: &str, import_map: &ImportMap, referrer: Referrer<'_>) -> String {
        let relative = format!("./{name}");
        match resolve(&relative, Kind::Url, referrer) {
            Some(Target::Asset(path)) if self.files.contains_key(path.as_str()) => {
                return format!("did you mean {}?", quoted(relative));
            }
            _ => {}
        }
        match nearest(name, import_map.imports().keys().map(String::as_str)).first() {
            Some(near) => format!("did you mean {}?", quoted(near)),
            None => format!("add {} to `[importmap] imports`", quoted(name)),
        }
    }

    /// Returns the advice for a missing file that `own` refers to: the same path with an extension, or a similar name.
    fn advice(&mut self, path: &str, kind: Kind, own: &str) -> Option<String> {
        const SUFFIXES: [&str; 5] = [".js", ".mjs", ".css", "/index.js", "/index.mjs"];
        let longer = SUFFIXES.iter().map(|suffix| format!("{path}{suffix}"));
        let with_suffix = longer.into_iter().find(|longer| self.files.contains_key(longer.as_str()));
        if let Some(longer) = with_suffix {
            return Some(format!(
                "{} exists; browsers do not complete paths, so write the full path",
                quoted(longer)
            ));
        }
        if self.near.len() == MOST_SUGGESTIONS && !self.near.contains_key(path) {
            return None;
        }
        let near =
            self.near.entry(path.to_owned()).or_insert_with(|| nearest(path, self.files.keys().copied()));
        let may_be_suggested =
            |name: &&String| *name != own && (kind != Kind::SourceMap || name.ends_with(".map"));
        let suggested = near.iter().find(may_be_suggested)?;
        let case = if differs_in_case(path, suggested) { ", which differs in case" } else { "" };
        Some(format!("did you mean {}{case}?", quoted(suggested)))
    }
}

/// Returns a source directory as it is written in settings.
fn dir_in_settings(source: &SourceDir) -> String {
    let dir = source.dir().display();
    source.prefix().map_or_else(|| dir.to_string(), |prefix| format!("{prefix}={dir}"))
}

fn rule(reference: &Reference) -> Rule {
    match (&reference.target, reference.kind) {
        (Target::LeavesBase(_), _) => Rule::LeavesBase,
        (Target::OutsideBase(_), _) => Rule::OutsideBase,
        (Target::Bare(_), _) => Rule::Bare,
        (_, Kind::SourceMap) => Rule::MissingMap,
        (Target::Asset(_) | Target::EncodedSlash(_), _) => Rule::Missing,
    }
}
