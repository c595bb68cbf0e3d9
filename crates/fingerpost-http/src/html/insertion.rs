use std::{
    fmt, mem,
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use lol_html::{OutputSink, Selector, html_content::ContentType};
use parking_lot::Mutex;

use super::{
    HtmlEncoding,
    rewriting::{MAX_MEMORY, Rewriting, on, selector, settings},
};

static HEAD: LazyLock<Selector> = LazyLock::new(|| selector("head"));
static MISPLACED_HEAD: LazyLock<Selector> = LazyLock::new(|| selector("template head, svg head, math head"));

/// How much is read at first, then twice as much. A page comes as a whole more often than not, and its `<head>` stands at its
/// beginning.
const AT_FIRST: usize = 256;

/// Puts markup into a document that comes in pieces, as the first child of its first `<head>`.
///
/// A `<head>` inside of `<template>`, `<svg>` or `<math>` does not count, nor does one in a comment or in the text of
/// elements such as `script`, `style` and `textarea`. A document without one stays as it is. Every other byte stays what it
/// was, also in a body that is no UTF-8, or breaks off.
///
/// Gives out what it can as soon as it can: only an incomplete tag is held back, and after the `<head>` nothing, nor is
/// anything read any more. What takes more than 16 MiB before that passes as it is.
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
pub struct HeadInserter {
    rewriting: Rewriting<Output>,
    progress: Arc<Mutex<Progress>>,
}

#[derive(Debug, Default)]
struct Progress {
    /// What has passed since it was asked last.
    output: Vec<u8>,
    /// The present element is a `<head>` where none belongs.
    is_misplaced: bool,
    is_inserted: bool,
}

/// The end of `lol_html` that the document comes out of.
struct Output(Arc<Mutex<Progress>>);

impl OutputSink for Output {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        self.0.lock().output.extend_from_slice(chunk);
    }
}

impl HeadInserter {
    /// Inserts `markup`, which should be ASCII, so that it is the same in every encoding.
    pub fn new(markup: impl Into<String>, encoding: HtmlEncoding) -> Self {
        Self::with_memory(markup.into(), encoding, MAX_MEMORY)
    }

    pub(super) fn with_memory(markup: String, encoding: HtmlEncoding, max_memory: usize) -> Self {
        let progress = Arc::new(Mutex::new(Progress::default()));
        let (misplaced, found) = (Arc::clone(&progress), Arc::clone(&progress));
        // The handlers of one element are called in this order.
        let on_misplaced = on(&MISPLACED_HEAD, move |_| {
            misplaced.lock().is_misplaced = true;
            Ok(())
        });
        let on_head = on(&HEAD, move |head| {
            let mut progress = found.lock();
            if !mem::take(&mut progress.is_misplaced) && !mem::replace(&mut progress.is_inserted, true) {
                // `Element::prepend` would write `<head/>` anew.
                head.start_tag().after(&markup, ContentType::Html);
            }
            Ok(())
        });
        let settings = settings(encoding, max_memory)
            .append_element_content_handler(on_misplaced)
            .append_element_content_handler(on_head);
        Self { rewriting: Rewriting::new(settings, Output(Arc::clone(&progress))), progress }
    }

    /// Takes the next piece and gives out all that is certain by now. Copies nothing once the markup is in.
    pub fn write(&mut self, chunk: Bytes) -> Bytes {
        let (mut rest, mut at_once) = (&chunk[..], AT_FIRST);
        while !rest.is_empty() {
            let (part, after) = rest.split_at(at_once.min(rest.len()));
            if !self.rewriting.write(part) {
                break;
            }
            (rest, at_once) = (after, at_once * 2);
            if self.is_inserted() {
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

    /// Gives out what was held back.
    pub fn end(mut self) -> Bytes {
        self.rewriting.end();
        self.take_output().into()
    }

    fn is_inserted(&self) -> bool {
        self.progress.lock().is_inserted
    }

    fn take_output(&self) -> Vec<u8> {
        mem::take(&mut self.progress.lock().output)
    }
}

impl fmt::Debug for HeadInserter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeadInserter").finish_non_exhaustive()
    }
}
