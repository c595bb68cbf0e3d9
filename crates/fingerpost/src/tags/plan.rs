//! The files that a page loads for its entries.

use std::collections::HashSet;

use crate::{
    bundle::BundledFile,
    error::Error,
    imports_first::visit_imports_first,
    resolve::{
        Resolver,
        collected::Collected,
        entry::{Entry, EntryOrigin, PageFile},
        entry_kind::EntryKind,
    },
};

/// The files that a page loads, each once.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) styles: Vec<PageFile>,
    /// The scripts that the entries import.
    pub(super) preloads: Vec<PageFile>,
    pub(super) scripts: Vec<PageFile>,
    /// `true` if an entry is a source file of a bundler.
    pub(super) has_bundled: bool,
    /// `true` if the development server of Vite serves an entry.
    pub(super) needs_dev_server: bool,
    /// The assets that are entries. These assets get no preload.
    entries: HashSet<u32>,
    /// The scripts whose imports have been visited, or are being visited.
    visited: HashSet<u32>,
}

impl Plan {
    pub(super) fn new<E: AsRef<str>>(
        resolver: &Resolver,
        entries: impl IntoIterator<Item = E>,
    ) -> Result<Self, Error> {
        let entries = entries.into_iter().map(|entry| resolver.entry(entry.as_ref()));
        let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
        let positions = entries.iter().filter_map(|entry| entry.file.position()).collect();
        let mut plan = Self { entries: positions, ..Self::default() };
        entries.into_iter().for_each(|entry| plan.add(entry, resolver));
        for files in [&mut plan.styles, &mut plan.preloads, &mut plan.scripts] {
            let mut seen = HashSet::new();
            files.retain(|file| seen.insert(file.clone()));
        }
        // Only files without a position can be in both lists.
        let Self { preloads, scripts, .. } = &mut plan;
        preloads.retain(|file| file.position().is_some() || !scripts.contains(file));
        Ok(plan)
    }

    /// Adds the files of an entry. A style sheet may be added several times.
    fn add(&mut self, Entry { kind, file, origin }: Entry, resolver: &Resolver) {
        self.has_bundled |= !matches!(origin, EntryOrigin::Asset);
        self.needs_dev_server |= matches!(origin, EntryOrigin::DevServer);
        if kind == EntryKind::Style {
            self.styles.push(file);
            return;
        }
        if let (Some(collected), Some(script)) = (resolver.strategy.collected(), file.position()) {
            self.add_imports(script, collected);
        }
        if let EntryOrigin::Bundle(bundle, script) = origin {
            self.add_bundled(bundle.needed_by(&script), resolver);
        }
        self.scripts.push(file);
    }

    /// Adds the files that a script of a bundler needs, without a manifest of `collect`. A file may be added several times.
    fn add_bundled(&mut self, BundledFile { imports, styles, .. }: BundledFile, resolver: &Resolver) {
        let file = |path| PageFile::Other { url: resolver.bundled_url(&path), position: None };
        self.preloads.extend(imports.into_iter().map(file));
        self.styles.extend(styles.into_iter().map(file));
    }

    /// Adds the imports and style sheets of a script.
    fn add_imports(&mut self, script: u32, collected: &Collected) {
        let import = |script, index: usize| collected.links(script)?.imports.get(index).copied();
        let Self { styles, preloads, entries, visited, .. } = self;
        visit_imports_first(script, visited, import, |script| {
            let links = collected.links(script).into_iter();
            styles.extend(links.flat_map(|links| &links.styles).copied().map(PageFile::Asset));
            if !entries.contains(&script) {
                preloads.push(PageFile::Asset(script));
            }
        });
    }
}
