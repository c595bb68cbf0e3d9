//! The files that a page loads for its entries.

use std::collections::HashSet;

use crate::{
    error::Error,
    resolve::{
        Resolver,
        collected::Collected,
        entry::{Entry, EntryKind, PageFile},
    },
};

/// The files that a page loads, each once.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) styles: Vec<PageFile>,
    /// The scripts that the entries import.
    pub(super) preloads: Vec<PageFile>,
    pub(super) scripts: Vec<PageFile>,
    /// The assets that the page loads because of their own entry. These assets get no preload.
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
        let collected = resolver.strategy.collected();
        entries.into_iter().for_each(|entry| plan.add(entry, collected));
        for files in [&mut plan.styles, &mut plan.scripts] {
            let mut seen = HashSet::new();
            files.retain(|file| seen.insert(file.clone()));
        }
        Ok(plan)
    }

    /// Adds the files of an entry. A style sheet may be added several times.
    fn add(&mut self, Entry { kind, file }: Entry, collected: Option<&Collected>) {
        if kind == EntryKind::Style {
            self.styles.push(file);
            return;
        }
        if let (Some(collected), Some(script)) = (collected, file.position()) {
            self.add_imports(script, collected);
        }
        self.scripts.push(file);
    }

    /// Adds the imports and style sheets of a script, depth first, each script after its own imports, which is the order of
    /// Vite. Not recursive, because a chain of imports may be long.
    fn add_imports(&mut self, script: u32, collected: &Collected) {
        // The scripts on the way, each with the number of its visited imports.
        let mut stack = Vec::new();
        if self.visited.insert(script) {
            stack.push((script, 0));
        }
        while let Some((script, visited)) = stack.last_mut() {
            let (script, links) = (*script, collected.links(*script));
            if let Some(&import) = links.and_then(|links| links.imports.get(*visited)) {
                *visited += 1;
                if self.visited.insert(import) {
                    stack.push((import, 0));
                }
                continue;
            }
            stack.pop();
            self.styles
                .extend(links.into_iter().flat_map(|links| &links.styles).copied().map(PageFile::Asset));
            if !self.entries.contains(&script) {
                self.preloads.push(PageFile::Asset(script));
            }
        }
    }
}
