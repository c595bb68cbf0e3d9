use std::{
    mem,
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use lol_html::{Selector, html_content::ContentType};
use parking_lot::Mutex;

use super::{
    HtmlEncoding,
    rewriting::{MAX_MEMORY, Rewriting, on, selector},
};

static HEAD: LazyLock<Selector> = LazyLock::new(|| selector("head"));
static MISPLACED_HEAD: LazyLock<Selector> = LazyLock::new(|| selector("template head, svg head, math head"));

/// The size of the first parsed part, in bytes. Each following part is twice as large. Most pages arrive in one chunk, and only
/// the bytes up to the `<head>` must be parsed.
const FIRST_PART: usize = 256;

/// Inserts markup as the first child of the first `<head>` of a document that arrives in chunks.
///
/// A `<head>` inside of `<template>`, `<svg>`, `<math>`, a comment, or the text of elements such as `script`, `style` and
/// `textarea` is ignored. A document without `<head>` is unchanged. All other bytes are preserved, even in a body that is
/// not UTF-8 or is truncated.
///
/// Output is returned as early as possible: only an incomplete tag is buffered. Parsing ends with the insertion. All later
/// bytes are returned immediately. If the parser needs more than 16 MiB before the insertion, the document is unchanged.
///
/// ```
/// use bytes::Bytes;
/// use fingerpost_http::{HeadInserter, HtmlEncoding};
///
/// let mut inserter = HeadInserter::new("<script src=/x.js></script>", HtmlEncoding::default());
/// assert_eq!(inserter.write(Bytes::from("<!DOCTYPE html><he")), "<!DOCTYPE html>");
/// assert_eq!(inserter.write(Bytes::from("ad><title>")), "<head><script src=/x.js></script><title>");
/// assert_eq!(inserter.write(Bytes::from("<head>")), "<head>");
/// assert_eq!(inserter.end(), "");
/// ```
#[derive(Debug)]
pub struct HeadInserter {
    rewriting: Rewriting,
    progress: Arc<Mutex<Progress>>,
}

#[derive(Debug, Default)]
struct Progress {
    /// The output since the last call.
    output: Vec<u8>,
    /// `true` if the current element is a `<head>` inside `<template>`, `<svg>` or `<math>`.
    is_misplaced: bool,
    is_inserted: bool,
}

impl HeadInserter {
    /// Creates an inserter of `markup`. `markup` must be ASCII, which has the same bytes in every supported encoding.
    pub fn new(markup: impl Into<String>, encoding: HtmlEncoding) -> Self {
        Self::with_memory(markup.into(), encoding, MAX_MEMORY)
    }

    pub(super) fn with_memory(markup: String, encoding: HtmlEncoding, max_memory: usize) -> Self {
        let progress = Arc::new(Mutex::new(Progress::default()));
        let [misplaced, found, passed] = [(); 3].map(|()| Arc::clone(&progress));
        let on_misplaced = on(&MISPLACED_HEAD, move |_| {
            misplaced.lock().is_misplaced = true;
            Ok(())
        });
        let on_head = on(&HEAD, move |head| {
            let mut progress = found.lock();
            if !mem::take(&mut progress.is_misplaced) && !mem::replace(&mut progress.is_inserted, true) {
                // `Element::prepend` would serialize `<head/>` again.
                head.start_tag().after(&markup, ContentType::Html);
            }
            Ok(())
        });
        let pass = move |chunk: &[u8]| passed.lock().output.extend_from_slice(chunk);
        Self { rewriting: Rewriting::new(encoding, max_memory, [on_misplaced, on_head], pass), progress }
    }

    /// Processes the next chunk, and returns the new output. After the insertion, returns the chunk without a copy.
    pub fn write(&mut self, chunk: Bytes) -> Bytes {
        let (mut rest, mut size) = (&chunk[..], FIRST_PART);
        while !rest.is_empty() {
            let (part, after) = rest.split_at(size.min(rest.len()));
            if !self.rewriting.write(part) {
                break;
            }
            (rest, size) = (after, size * 2);
            if self.progress.lock().is_inserted {
                self.rewriting.end();
            }
        }
        if rest.len() == chunk.len() {
            return chunk;
        }
        let mut output = self.take_output();
        output.extend_from_slice(rest);
        output.into()
    }

    /// Returns the rest of the output.
    pub fn end(mut self) -> Bytes {
        self.rewriting.end();
        self.take_output().into()
    }

    fn take_output(&self) -> Vec<u8> {
        mem::take(&mut self.progress.lock().output)
    }
}
