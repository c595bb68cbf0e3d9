//! The first look at a file: what it refers to. What refers to nothing is named by its own bytes, and done.

use std::{cell::Cell, fs, sync::Arc};

use fingerpost::{__private::Reading, sources::SourceFile};

use crate::{
    diagnostics::{
        collector::Findings,
        location::{Location, Places},
        note::Note,
        problem::{Error, ErrorKind, Problem},
        rule::Rule,
    },
    output::content::{Content, Seen},
    pipeline::{
        asset::{Asset, Source},
        run_context::Run,
    },
    references::{
        self,
        css::TooDeep,
        reference::{Language, NotParsed, Obstacle, References},
        resolve::Place,
        unrewritable::{Markup, Plain},
    },
    source_info::{Inputs, Page},
};

/// What has been seen of all files.
#[derive(Default)]
pub(crate) struct Looked {
    pub(crate) done: Vec<Asset>,
    /// Files that wait for the names of other assets. Their bytes are read again then, so that memory does not hold them all.
    pub(crate) referring: Vec<Source>,
}

enum Look {
    Done(Box<Asset>),
    Referring(Source),
}

impl Looked {
    /// Looks at all files, on all cores.
    pub(crate) fn at_all(
        files: Vec<SourceFile>,
        run: &Run<'_>,
        findings: &mut Findings,
    ) -> Result<Self, Error> {
        run.progress.found(files.len());
        let mut looked = Self::default();
        let size = |file: &SourceFile| fs::metadata(&file.file).map_or(0, |metadata| metadata.len());
        for look in findings.take_largest_first(files, size, |file| look_at(file, run))? {
            match look {
                Look::Done(asset) => looked.done.push(*asset),
                Look::Referring(referring) => looked.referring.push(referring),
            }
        }
        Ok(looked)
    }
}

fn look_at(file: SourceFile, run: &Run<'_>) -> Result<Look, Problem> {
    let (page, content) = match run.cache.page(&file) {
        Some(page) => (page, None),
        None => read(&file, run)?,
    };
    if page.names_assets() {
        return Ok(Look::Referring(Source { file, page }));
    }
    let (seen, from) = (page.seen, file.file.clone());
    let at_hand = Cell::new(content);
    let content = || at_hand.take().map_or_else(|| Content::read_again(&from, seen), Ok);
    let asset = Asset::stage(Source { file, page }, None, Inputs::default(), content, run)?;
    Ok(Look::Done(asset.into()))
}

/// Reads a file, and finds out all that can be found out about it alone.
fn read(file: &SourceFile, run: &Run<'_>) -> Result<(Arc<Page>, Option<Content>), Problem> {
    let place = Place { base: run.job.base.path(), path: &file.path };
    let Some(language) = Language::of(&file.path) else {
        let reading = Content::read(&file.file)?;
        let plain = reading.value.bytes().map_or_else(Vec::new, |bytes| plain_names(bytes, place));
        let page = Page { plain, ..page(file, &reading, reading.value.seen()) };
        return Ok((Arc::new(page), Some(reading.value)));
    };
    let reading = Seen::read(&file.file)?;
    let (seen, bytes) = (reading.value.0, &reading.value.1);
    let References { list, unknown, not_parsed } =
        references::find(language, bytes, place).map_err(|depth| too_deep(file, bytes, &depth))?;
    let mut places = Places::new(&file.file, &file.path, bytes);
    let has_given_up = not_parsed.as_ref().is_some_and(|why| why.obstacle == Obstacle::GivenUp);
    let not_parsed = not_parsed.map(|why| unread(&mut places, &why));
    let unknown = unknown.into_iter().map(|span| unknown_import(places.locate(span)));
    let notes = not_parsed.into_iter().chain(unknown).collect();
    let plain = plain_names(bytes, place);
    let page = page(file, &reading, seen);
    // The next run may have more memory.
    let is_trusted = page.is_trusted && !has_given_up;
    let page = Page { is_trusted, references: list, notes, plain, ..page };
    let content = (!page.names_assets()).then(|| Content::of(seen, reading.value.1));
    Ok((Arc::new(page), content))
}

/// What the file keeps naming by plain names.
fn plain_names(bytes: &[u8], place: Place<'_>) -> Vec<Plain> {
    let names = Markup::of(place.path).map(|markup| markup.names(bytes, place));
    names.into_iter().flatten().map(|(_, plain)| plain).collect()
}

fn page<T>(file: &SourceFile, reading: &Reading<T>, seen: Seen) -> Page {
    let Reading { stamp, is_trusted, .. } = *reading;
    let file = file.file.clone();
    let (references, notes, plain) = (Vec::new(), Vec::new(), Vec::new());
    Page { file, stamp, is_trusted, seen, references, notes, plain, named: None }
}

pub(crate) fn too_deep(file: &SourceFile, bytes: &[u8], &TooDeep(at): &TooDeep) -> Problem {
    let location = Location::new(&file.file, &file.path, bytes, at..at + 1);
    let message = "more than 255 blocks are open here; no browser reads that, so correct or ignore the file";
    Problem::at(location, ErrorKind::TooDeep, message)
}

fn unknown_import(location: Location) -> Note {
    let message = "what is imported here only the browser will know, so it keeps the name that it has";
    Note { location, message: message.to_owned(), rule: None }
}

pub(crate) fn unread(places: &mut Places<'_>, why: &NotParsed) -> Note {
    let (what, rule) = match why.obstacle {
        Obstacle::NoParser => {
            ("this may be a reference to another file, and cannot be rewritten", Rule::Unsupported)
        }
        Obstacle::GivenUp => ("this cannot be parsed, so no reference in it is rewritten", Rule::Syntax),
        Obstacle::NotAModule => ("this is no module, so no import in it is rewritten", Rule::Syntax),
    };
    let message = format!("{what}: {}", why.reason);
    let location = places.locate(why.span.clone());
    Note { location, message, rule: why.may_refer.then_some(rule) }
}
