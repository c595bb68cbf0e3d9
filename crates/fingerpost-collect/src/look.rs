//! The first look at a file: what it refers to. What refers to nothing is named by its own bytes, and done.

use fingerpost::SourceFile;

use crate::{
    asset::Asset,
    content::{Content, Seen},
    error::{Error, ErrorKind, Problem},
    findings::Findings,
    location::{Location, Places},
    plain_names::Naming,
    references::{self, Language, Markup, Place, Reference, References, TooDeep},
    run::Run,
};

/// What has been seen of all files.
#[derive(Default)]
pub(crate) struct Looked {
    pub(crate) done: Vec<Asset>,
    pub(crate) referring: Vec<Referring>,
    pub(crate) naming: Vec<Naming>,
    /// What nobody has to do anything about.
    pub(crate) notes: Vec<Problem>,
}

/// A file that waits for the names of others. Its bytes are read again then, so that memory does not hold them all.
pub(crate) struct Referring {
    pub(crate) file: SourceFile,
    pub(crate) seen: Seen,
    pub(crate) references: Vec<Reference>,
}

enum Look {
    Done(Asset),
    Referring(Referring),
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
        for (look, naming, notes) in findings.take_all(files, |file| look_at(file, run))? {
            match look {
                Look::Done(asset) => looked.done.push(asset),
                Look::Referring(referring) => looked.referring.push(referring),
            }
            looked.naming.extend(naming);
            looked.notes.extend(notes);
        }
        Ok(looked)
    }
}

type Seeing = (Look, Option<Naming>, Vec<Problem>);

fn look_at(file: SourceFile, run: &Run<'_>) -> Result<Seeing, Problem> {
    let Some(language) = Language::of(&file.path) else {
        let content = Content::read(&file.file)?;
        let naming = content.bytes().and_then(|bytes| naming(&file, bytes, run));
        return Ok((Look::Done(Asset::of_its_own_name(file.path, &content, run)?), naming, Vec::new()));
    };
    let (seen, bytes) = Seen::read(&file.file)?;
    let naming = naming(&file, &bytes, run);
    let place = Place { base: run.job.base.path(), path: &file.path };
    let References { list, unknown, not_parsed } =
        references::find(language, &bytes, place).map_err(|depth| too_deep(&file, &bytes, &depth))?;
    let mut places = Places::new(&file.file, &file.path, &bytes);
    let not_parsed = not_parsed.map(|reason| not_a_module(places.locate(0..0), &reason));
    let unknown = unknown.into_iter().map(|span| unknown_import(places.locate(span)));
    let notes = not_parsed.into_iter().chain(unknown).collect();
    let look = if list.is_empty() {
        Look::Done(Asset::of_its_own_name(file.path, &Content::of(seen, bytes), run)?)
    } else {
        Look::Referring(Referring { file, seen, references: list })
    };
    Ok((look, naming, notes))
}

/// What the file keeps naming by plain names. With the originals in place that is nobody's concern.
fn naming(file: &SourceFile, bytes: &[u8], run: &Run<'_>) -> Option<Naming> {
    let markup = Markup::of(&file.path).filter(|_| !run.job.originals)?;
    let names = markup.names(bytes, Place { base: run.job.base.path(), path: &file.path });
    let names: Vec<_> = names.into_iter().map(|(_, plain)| plain).collect();
    (!names.is_empty()).then(|| Naming { path: file.path.clone(), names })
}

pub(crate) fn too_deep(file: &SourceFile, bytes: &[u8], &TooDeep(at): &TooDeep) -> Problem {
    let location = Location::new(&file.file, &file.path, bytes, at..at + 1);
    let message = "more than 255 blocks are open here; no browser reads that, so correct or ignore the file";
    Problem::at(location, ErrorKind::TooDeep, message)
}

fn unknown_import(location: Location) -> Problem {
    let message = "what is imported here only the browser will know, so it keeps the name that it has";
    Problem::at(location, ErrorKind::Unknown, message)
}

fn not_a_module(location: Location, reason: &str) -> Problem {
    let message = format!("this is no module, so no import in it is rewritten: {reason}");
    Problem::at(location, ErrorKind::Unknown, message)
}
