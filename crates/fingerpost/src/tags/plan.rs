//! The files that a page loads for its entries.

use std::{cell::Cell, mem::take};

use crate::{
    error::Error,
    resolve::{
        Resolver,
        collected::Collected,
        entry::{Entry, EntryKind, PageFile},
    },
    tags::marks::{ENTRY, LISTED, Marks, VISITED},
};

/// The files that a page loads, each once.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) styles: Vec<PageFile>,
    /// The scripts that the entries import.
    pub(super) preloads: Vec<PageFile>,
    pub(super) scripts: Vec<PageFile>,
    entries: Vec<Entry>,
    marks: Marks,
    /// The scripts whose imports are being visited, each with the number of its visited imports.
    stack: Vec<(u32, usize)>,
}

thread_local! {
    /// The plan of the last call on this thread. The next call reuses its memory.
    static REUSED: Cell<Option<Box<Plan>>> = const { Cell::new(None) };
}

impl Plan {
    /// Passes the plan for these entries to `use_plan`.
    pub(super) fn with<E: AsRef<str>, R>(
        resolver: &Resolver,
        entries: impl IntoIterator<Item = E>,
        use_plan: impl FnOnce(&Self) -> Result<R, Error>,
    ) -> Result<R, Error> {
        // The plan is taken and not borrowed, because a store is user code, and may call this function. `try_with` fails
        // only while the thread exits.
        let mut plan = REUSED.try_with(Cell::take).ok().flatten().unwrap_or_default();
        let result = plan.fill(resolver, entries).and_then(|()| use_plan(&plan));
        plan.clear();
        let _ = REUSED.try_with(|reused| reused.set(Some(plan)));
        result
    }

    fn clear(&mut self) {
        self.entries.clear();
        [&mut self.styles, &mut self.preloads, &mut self.scripts].into_iter().for_each(Vec::clear);
    }

    fn fill<E: AsRef<str>>(
        &mut self,
        resolver: &Resolver,
        entries: impl IntoIterator<Item = E>,
    ) -> Result<(), Error> {
        for text in entries {
            self.entries.push(resolver.entry(text.as_ref())?);
        }
        let collected = resolver.strategy.collected();
        self.marks.reset(collected.map_or(0, Collected::len));
        for position in self.entries.iter().filter_map(|entry| entry.file.position()) {
            self.marks.add(position, ENTRY);
        }
        let mut entries = take(&mut self.entries);
        entries.drain(..).for_each(|entry| self.add(entry, collected));
        self.entries = entries;
        Ok(())
    }

    /// Adds the files of an entry.
    fn add(&mut self, Entry { kind, file }: Entry, collected: Option<&Collected>) {
        if kind == EntryKind::Script {
            if let (Some(collected), Some(script)) = (collected, file.position()) {
                self.add_imports(script, collected);
            }
        }
        let files = if kind == EntryKind::Style { &mut self.styles } else { &mut self.scripts };
        let is_new = match file {
            PageFile::Asset(position) => self.marks.add(position, LISTED),
            PageFile::Other { .. } => !files.contains(&file),
        };
        files.extend(is_new.then_some(file));
    }

    /// Adds the imports and style sheets of a script, depth first, each script after its own imports, which is the order of
    /// Vite. Not recursive, because a chain of imports may be long.
    fn add_imports(&mut self, script: u32, collected: &Collected) {
        if self.marks.add(script, VISITED) {
            self.stack.push((script, 0));
        }
        while let Some((script, visited)) = self.stack.last_mut() {
            let (script, links) = (*script, collected.links(*script));
            if let Some(&import) = links.and_then(|links| links.imports.get(*visited)) {
                *visited += 1;
                if self.marks.add(import, VISITED) {
                    self.stack.push((import, 0));
                }
                continue;
            }
            self.stack.pop();
            let styles = links.into_iter().flat_map(|links| &links.styles).copied();
            self.styles.extend(styles.filter(|style| self.marks.add(*style, LISTED)).map(PageFile::Asset));
            if !self.marks.has(script, ENTRY) {
                self.preloads.push(PageFile::Asset(script));
            }
        }
    }
}
