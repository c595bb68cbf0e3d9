//! Finds the references of each file. Files without references are named by their own bytes, and staged immediately.

use std::{cell::Cell, fs, ops::Range, sync::Arc};

use fingerpost::{
    __private::{FileStamp, Reading, quoted},
    sources::SourceFile,
};
use rayon::prelude::*;

use crate::{
    diagnostics::{Diagnostics, Error, ErrorKind, Location, Locator, Note, Problem},
    output::{
        content::{Content, LARGEST_IN_MEMORY},
        source_info::{Inputs, SourceInfo},
    },
    pipeline::{
        asset::{Asset, Source},
        run_context::Run,
    },
    references::{
        self,
        reference::{Language, ParseFailure, Reference, References, ScanError},
        resolve::Referrer,
        unrewritable::{Markup, Unrewritable},
    },
};

/// The analyzed source files.
#[derive(Default)]
pub(crate) struct Analyzed {
    /// Files without references and prehashed files, named and staged.
    pub(crate) done: Vec<Asset>,
    /// Files whose references will be rewritten. These files have no names yet. The bytes of the files are not retained, to
    /// save memory: a later step reads the files again.
    pub(crate) referring: Vec<Source>,
}

enum Analysis {
    Done(Box<Asset>),
    Referring(Source),
}

impl Analyzed {
    /// Analyzes all files, on all cores.
    pub(crate) fn analyze(
        files: Vec<SourceFile>,
        run: &Run<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Error> {
        run.progress.found(files.len());
        let mut analyzed = Self::default();
        let stamped: Vec<_> = files.into_par_iter().map(|file| (stamp(&file), file)).collect();
        let size = |(stamp, _): &(Option<FileStamp>, _)| stamp.map_or(0, |stamp| stamp.length());
        let work = |(stamp, file)| analyze_file(file, stamp, run);
        for analysis in diagnostics.take_by_size(stamped, size, true, work)? {
            match analysis {
                Analysis::Done(asset) => analyzed.done.push(*asset),
                Analysis::Referring(referring) => analyzed.referring.push(referring),
            }
        }
        Ok(analyzed)
    }
}

fn stamp(file: &SourceFile) -> Option<FileStamp> {
    fs::metadata(&file.file).ok().map(|metadata| FileStamp::from_metadata(&metadata))
}

fn analyze_file(file: SourceFile, stamp: Option<FileStamp>, run: &Run<'_>) -> Result<Analysis, Problem> {
    let (source_info, content) = match run.cache.source_info(&file, stamp) {
        Some(source_info) => (source_info, None),
        None => {
            let (source_info, content) = read(&file, run)?;
            (source_info, Some(content))
        }
    };
    if is_rewritten(&file, &source_info, run) {
        return Ok(Analysis::Referring(Source { file, source_info }));
    }
    let (content_id, from) = (source_info.content_id, file.file.clone());
    let loaded = Cell::new(content);
    let content = || loaded.take().map_or_else(|| Content::read_again(&from, content_id), Ok);
    let asset = Asset::stage(Source { file, source_info }, None, Inputs::default(), content, run)?;
    Ok(Analysis::Done(asset.into()))
}

/// Reads a file and finds its references.
fn read(file: &SourceFile, run: &Run<'_>) -> Result<(Arc<SourceInfo>, Content), Problem> {
    let is_parsed = Language::from_path(&file.path).is_some();
    let began = (run.options.writing.clock.now)();
    let reading = Content::read(&file.file, if is_parsed { u64::MAX } else { LARGEST_IN_MEMORY })?;
    let is_trusted = reading.is_trusted(began);
    let Reading { value: content, stamp, .. } = reading;
    let Names { references, notes, unrewritable } =
        names(file, content.bytes().unwrap_or_default(), run.options.base.path(), run.options.finds_bare)?;
    let source_info = SourceInfo {
        file: file.file.clone(),
        stamp,
        is_trusted,
        content_id: content.content_id(),
        references,
        notes,
        unrewritable: unrewritable.into_iter().map(|(_, unrewritable)| unrewritable).collect(),
        assigned_name: None,
    };
    Ok((Arc::new(source_info), content))
}

/// Returns `true` if the hashed paths of other assets may be written into the file.
fn is_rewritten(file: &SourceFile, source_info: &SourceInfo, run: &Run<'_>) -> bool {
    source_info.names_assets() && !run.options.prehashed.contains(&file.path)
}

/// The references in a file, and the notes about the file.
pub(crate) struct Names {
    pub(crate) references: Vec<Reference>,
    pub(crate) notes: Vec<Note>,
    /// References that cannot be rewritten, with their spans.
    pub(crate) unrewritable: Vec<(Range<usize>, Unrewritable)>,
}

/// Finds the references in the bytes of a file, with bare module specifiers only if `finds_bare`.
pub(crate) fn names(file: &SourceFile, bytes: &[u8], base: &str, finds_bare: bool) -> Result<Names, Problem> {
    let referrer = Referrer { base, path: &file.path, finds_bare };
    let References { list: references, unknown, parse_failure } = match Language::from_path(&file.path) {
        Some(language) => references::find(language, bytes, referrer)
            .map_err(|err| scan_error(file, bytes, language, err))?,
        None => References::default(),
    };
    let mut locator = Locator::new(&file.file, file.path.as_str(), bytes);
    let parse_failure = parse_failure.map(|ParseFailure { rule, message, span }| {
        let location = locator.locate(span);
        Note { location, message, rule: Some(rule) }
    });
    let unknown = unknown.into_iter().map(|span| unknown_import(locator.locate(span)));
    let notes = parse_failure.into_iter().chain(unknown).collect();
    let markup = Markup::from_path(&file.path);
    let unrewritable = markup.map_or_else(Vec::new, |markup| markup.names(bytes, referrer));
    Ok(Names { references, notes, unrewritable })
}

fn scan_error(file: &SourceFile, bytes: &[u8], language: Language, err: ScanError) -> Problem {
    let ScanError::TooDeep(at) = err else {
        let file = quoted(file.file.display());
        let message = format!("not enough memory to parse {file}; provide more memory, or ignore the file");
        return Problem::new(ErrorKind::OutOfMemory, message);
    };
    let reason = match language {
        Language::Css => {
            "blocks are nested more than 255 levels deep here, and browsers do not parse deeper blocks"
        }
        Language::JavaScript => "brackets, operators or statements are nested too deep here to be parsed",
    };
    let location = Locator::new(&file.file, file.path.as_str(), bytes).locate(at..at + 1);
    Problem::with_location(location, ErrorKind::TooDeep, format!("{reason}; correct or ignore the file"))
}

fn unknown_import(location: Location) -> Note {
    let message = "this import is computed at run time; it is left unchanged";
    Note { location, message: message.to_owned(), rule: None }
}
