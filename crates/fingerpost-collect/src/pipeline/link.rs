//! Which file each reference leads to, and what is wrong with those that lead nowhere.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    fs, iter,
};

use fingerpost::{
    __private::{Severity, differs_in_case, nearest, quoted},
    AssetPath,
    manifest::ContentHash,
    sources::SourceDir,
};

use crate::{
    diagnostics::{
        collector::Diagnostics,
        location::Places,
        problem::{ErrorKind, Problem},
        rule::Rule,
    },
    output::source_info::SourceInfo,
    pipeline::{analyze::Analyzed, asset::Source, run_context::Run},
    references::{
        edit::Edit,
        raw_reference::Kind,
        reference::Reference,
        resolve::{Place, Target, resolve},
    },
};

/// A reference that leads to a file.
pub(crate) struct Link<'a> {
    pub(crate) edit: &'a Edit,
    pub(crate) to: LinkTarget,
    path: &'a str,
}

/// Where a link leads to.
#[derive(Clone, Copy)]
pub(crate) enum LinkTarget {
    /// A file that has its name.
    AssignedName(ContentHash),
    /// A file that waits for others, by its number.
    Waiting(usize),
}

/// All links of all files that refer to others.
pub(crate) struct Links<'a>(Vec<Vec<Link<'a>>>);

impl<'a> Links<'a> {
    /// Follows every reference.
    pub(crate) fn follow(analyzed: &'a Analyzed, run: &Run<'_>, diagnostics: &mut Diagnostics) -> Self {
        let targets = Targets::new(analyzed);
        let links = |source: &'a Source| {
            source.source_info.references.iter().filter_map(|reference| targets.link(reference)).collect()
        };
        let links = analyzed.referring.iter().map(links).collect();
        let done = analyzed.done.iter().map(|asset| (&asset.path, &*asset.source_info));
        let referring = analyzed.referring.iter().map(|source| (&source.file.path, &*source.source_info));
        let mut pages: Vec<_> =
            done.chain(referring).filter(|(_, source_info)| !source_info.references.is_empty()).collect();
        pages.sort_by_key(|(path, _)| *path);
        pages.into_iter().for_each(|(path, source_info)| targets.report(path, source_info, run, diagnostics));
        Self(links)
    }

    /// What a file refers to.
    pub(crate) fn links_of(&self, waiting: usize) -> &[Link<'a>] {
        &self.0[waiting]
    }

    /// Asset path → the asset paths it refers to, sorted, each once. Files that refer to nothing are left out.
    pub(crate) fn by_path(&self, referring: &[Source]) -> BTreeMap<String, Vec<String>> {
        let paths = |links: &[Link<'_>]| {
            let mut paths: Vec<_> = links.iter().map(|link| link.path.to_owned()).collect();
            paths.sort_unstable();
            paths.dedup();
            paths
        };
        let all = referring.iter().zip(&self.0).filter(|(_, links)| !links.is_empty());
        all.map(|(referring, links)| (referring.file.path.to_string(), paths(links))).collect()
    }

    /// Which of the waiting files each of them refers to.
    pub(crate) fn between_waiting(&self) -> Vec<Vec<usize>> {
        let waiting = |link: &Link<'_>| match link.to {
            LinkTarget::Waiting(number) => Some(number),
            LinkTarget::AssignedName(_) => None,
        };
        self.0.iter().map(|links| links.iter().filter_map(waiting).collect()).collect()
    }
}

/// So many missing files get a suggestion. Each costs a comparison with all names, and where more are missing, a whole
/// directory is, or the base URL is wrong, which nobody finds out from similar names.
const MOST_SUGGESTIONS: usize = 50;

/// All files that a reference can lead to.
struct Targets<'a> {
    files: HashMap<&'a str, LinkTarget>,
    /// The nearest names to those that are not there: a comparison with all, which many references to one may share.
    near: RefCell<HashMap<String, Vec<String>>>,
}

impl<'a> Targets<'a> {
    fn new(analyzed: &'a Analyzed) -> Self {
        let named =
            analyzed.done.iter().map(|asset| (asset.path.as_str(), LinkTarget::AssignedName(asset.hash)));
        let waiting = analyzed.referring.iter().enumerate();
        let waiting =
            waiting.map(|(number, source)| (source.file.path.as_str(), LinkTarget::Waiting(number)));
        Self { files: named.chain(waiting).collect(), near: RefCell::default() }
    }

    fn link(&self, reference: &'a Reference) -> Option<Link<'a>> {
        let Target::Asset(path) = &reference.target else { return None };
        Some(Link { edit: &reference.edit, to: *self.files.get(&**path)?, path })
    }

    fn is_broken(&self, reference: &Reference) -> bool {
        match &reference.target {
            Target::Asset(path) => !self.files.contains_key(&**path),
            // Another application may serve it.
            Target::OutsideBase(path) => self.files.contains_key(&**path),
            Target::Nowhere(_) | Target::LeavesBase(_) => true,
        }
    }

    /// Reads a file with broken references once more to show their places, unless they are ignored.
    fn report(
        &self,
        path: &AssetPath,
        source_info: &SourceInfo,
        run: &Run<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        let level = |reference: &Reference| run.options.severities.get(rule(reference), path);
        let is_told =
            |reference: &&Reference| self.is_broken(reference) && level(reference) != Severity::Ignore;
        let told: Vec<_> = source_info.references.iter().filter(is_told).collect();
        if told.is_empty() {
            return;
        }
        let bytes = fs::read(&source_info.file).unwrap_or_default();
        let mut places = Places::new(&source_info.file, path, &bytes);
        let (own, place) = (path, Place { base: run.options.base.path(), path });
        for reference in told {
            let (rule, level) = (rule(reference), level(reference));
            let Some(written) = bytes.get(reference.span.clone()) else { continue };
            let written = String::from_utf8_lossy(written);
            let location = places.locate(reference.span.clone());
            let (message, advice, searched) = match &reference.target {
                Target::Asset(path) | Target::Nowhere(path) => match run.options.sources.find_ignored(path) {
                    Some((left_out, reason)) => (
                        format!("{} points to {}, which is ignored", quoted(&written), quoted(path)),
                        Some(format!("{} is there, but {reason}", quoted(left_out.display()))),
                        Vec::new(),
                    ),
                    None => (
                        format!("{} points to {}, which does not exist", quoted(&written), quoted(path)),
                        self.advice(path, reference.kind, own),
                        run.options.sources.dirs().iter().map(dir_in_settings).collect(),
                    ),
                },
                Target::LeavesBase(url) => {
                    let meant = self.with_fewer_steps_up(&written, reference.kind, place);
                    (
                        format!("{} leaves the base URL: it leads to {}", quoted(&written), quoted(url)),
                        meant.or_else(|| Some(format!("write {} if that is meant", quoted(url)))),
                        Vec::new(),
                    )
                }
                Target::OutsideBase(path) => {
                    let (written, base) = (written.trim_start_matches('/'), place.base);
                    let [outside, below] = [format!("/{written}"), format!("{base}{written}")].map(quoted);
                    (
                        format!(
                            "{outside} is not below the base URL {}, so it does not lead to the asset {}",
                            quoted(base),
                            quoted(path)
                        ),
                        Some(format!("write {below} or a relative reference")),
                        Vec::new(),
                    )
                }
            };
            let problem = Problem::with_location(location, ErrorKind::Rule(rule), message);
            diagnostics.add_with_severity(level, problem.with_advice(advice, searched));
        }
    }

    /// The advice for a reference with too many `../`: the longest one with fewer that leads to a file.
    fn with_fewer_steps_up(&self, written: &str, kind: Kind, place: Place<'_>) -> Option<String> {
        let shorter = iter::successors(written.strip_prefix("../"), |shorter| shorter.strip_prefix("../"));
        let leads_to_a_file = |shorter: &&str| match resolve(shorter, Kind::Url, place) {
            Some(Target::Asset(path)) => self.files.contains_key(path.as_str()),
            _ => false,
        };
        let meant = shorter.into_iter().find(leads_to_a_file)?;
        // Without it, a module specifier would be bare.
        let start = if kind == Kind::Module && !meant.starts_with("../") { "./" } else { "" };
        Some(format!("did you mean {}?", quoted(format!("{start}{meant}"))))
    }

    /// What was probably meant by a reference in the file `own`: the same with an extension, or a similar name.
    fn advice(&self, path: &str, kind: Kind, own: &str) -> Option<String> {
        const ENDINGS: [&str; 5] = [".js", ".mjs", ".css", "/index.js", "/index.mjs"];
        let longer = ENDINGS.iter().map(|ending| format!("{path}{ending}"));
        let with_ending = longer.into_iter().find(|longer| self.files.contains_key(longer.as_str()));
        if let Some(longer) = with_ending {
            return Some(format!(
                "{} exists; browsers do not add endings, so write the whole name",
                quoted(longer)
            ));
        }
        let mut known = self.near.borrow_mut();
        if known.len() == MOST_SUGGESTIONS && !known.contains_key(path) {
            return None;
        }
        let near = known.entry(path.to_owned()).or_insert_with(|| nearest(path, self.files.keys().copied()));
        let may_be_meant =
            |name: &&String| *name != own && (kind != Kind::SourceMap || name.ends_with(".map"));
        let meant = near.iter().find(may_be_meant)?;
        let case = if differs_in_case(path, meant) { ", which differs in case" } else { "" };
        Some(format!("did you mean {}{case}?", quoted(meant)))
    }
}

/// A source dir as it is written in settings.
fn dir_in_settings(source: &SourceDir) -> String {
    let dir = source.dir().display();
    source.prefix().map_or_else(|| dir.to_string(), |prefix| format!("{prefix}={dir}"))
}

fn rule(reference: &Reference) -> Rule {
    match (&reference.target, reference.kind) {
        (Target::LeavesBase(_), _) => Rule::LeavesBase,
        (Target::OutsideBase(_), _) => Rule::OutsideBase,
        (_, Kind::SourceMap) => Rule::MissingMap,
        (Target::Asset(_) | Target::Nowhere(_), _) => Rule::Missing,
    }
}
