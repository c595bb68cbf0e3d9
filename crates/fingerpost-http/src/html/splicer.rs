use std::{collections::VecDeque, mem, ops::Range};

use bytes::Bytes;

use super::HtmlEncoding;

/// Replaces attribute values in a document that is processed in chunks.
///
/// Setting an attribute through `lol_html` would serialize the whole tag again. Here `lol_html` only reports the positions
/// of the attributes and emits the unchanged document. `Splicer` inserts the new values at these positions.
#[derive(Debug)]
pub(super) struct Splicer {
    encoding: HtmlEncoding,
    /// The number of processed bytes of the document.
    position: usize,
    /// The positions of old values with the new values, in document order.
    edits: VecDeque<(Range<usize>, String)>,
    output: Vec<u8>,
}

impl Splicer {
    pub(super) fn new(encoding: HtmlEncoding) -> Self {
        Self { encoding, position: 0, edits: VecDeque::new(), output: Vec::new() }
    }

    /// Replaces the attribute value at `range`, which excludes the quotes. `value` must be escaped for both kinds of quotes.
    pub(super) fn replace(&mut self, range: Range<usize>, value: String) {
        self.edits.push_back((range, value));
    }

    /// Returns the output since the last call.
    pub(super) fn take_output(&mut self) -> Bytes {
        mem::take(&mut self.output).into()
    }

    /// Writes a chunk of the document to the output, with the edits in this chunk. `lol_html` emits each tag as a whole, after
    /// the handlers of the tag have run.
    pub(super) fn pass(&mut self, chunk: &[u8]) {
        let (start, mut done) = (self.position, 0);
        self.position += chunk.len();
        while let Some((range, value)) = self.edits.pop_front_if(|(range, _)| range.end <= self.position) {
            let (Some(from), Some(to)) = (range.start.checked_sub(start), range.end.checked_sub(start))
            else {
                continue;
            };
            let Some(before) = chunk.get(done..from) else { continue };
            self.output.extend_from_slice(before);
            let quote: &[u8] = if matches!(before.last(), Some(b'"' | b'\'')) { b"" } else { b"\"" };
            self.output.extend_from_slice(quote);
            self.output.extend_from_slice(&self.encoding.encode(&value));
            self.output.extend_from_slice(quote);
            done = to;
        }
        self.output.extend_from_slice(&chunk[done..]);
    }
}
