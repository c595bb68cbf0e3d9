//! Finds the attribute values of an HTML page that start with the base URL.

use std::ops::Range;

use memchr::{memchr, memmem};

use crate::mention::{Mention, What};

/// Attributes that contain a list of URLs.
const LISTS: [&[u8]; 2] = [b"srcset", b"imagesrcset"];

/// Elements whose content is text (HTML Standard, raw text and escapable raw text).
const TEXT_ELEMENTS: [&[u8]; 4] = [b"script", b"style", b"textarea", b"title"];

/// Reads the text of a template between its expressions.
pub(crate) struct Attributes<'t> {
    text: &'t [u8],
    base: &'t [u8],
    state: State<'t>,
    /// The element of the current tag.
    element: &'t [u8],
    /// A URL that the last block cut off. The URL is whole if the value ends after the block.
    cut_off: Option<CutOff<'t>>,
}

/// A URL at the end of a part of the text.
#[derive(Debug, Clone, Copy)]
struct CutOff<'t> {
    mention: usize,
    name: &'t [u8],
    quote: Option<u8>,
}

/// The position in an HTML document (HTML Standard §13.2.5, reduced to tags, attributes and comments).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State<'t> {
    Text,
    Comment,
    /// In an element whose content is text, such as `<script>`, up to the end tag.
    Element(&'t [u8]),
    /// In a tag, between attributes.
    Tag,
    /// After an attribute name.
    Name(&'t [u8]),
    /// After the `=` of an attribute.
    Equals(&'t [u8]),
    /// Before the first character of a value, after its quote.
    Start(&'t [u8], Option<u8>),
    /// In a value, up to the quote, or up to a space if there is no quote.
    Value(Option<u8>),
}

impl<'t> Attributes<'t> {
    pub(crate) fn new(text: &'t [u8], base: &'t str) -> Self {
        Self { text, base: base.as_bytes(), state: State::Text, element: b"", cut_off: None }
    }

    /// Records an expression, which writes unknown text.
    pub(crate) fn skip_expression(&mut self) {
        self.cut_off = None;
        match self.state {
            State::Equals(_) => self.state = State::Value(None),
            State::Start(_, quote) => self.state = State::Value(quote),
            State::Name(_) => self.state = State::Tag,
            _ => {}
        }
    }

    /// Records a block such as `{% else %}`, which writes no text.
    pub(crate) fn skip_block(&mut self, keyword: &[u8], mentions: &mut [Mention]) {
        if let (Some(CutOff { name, quote, .. }), b"else" | b"elif" | b"elseif") = (self.cut_off, keyword) {
            self.complete(mentions);
            self.state = State::Start(name, quote);
        }
    }

    /// Completes the URL that a block has cut off.
    fn complete(&mut self, mentions: &mut [Mention]) {
        let Some(CutOff { mention, .. }) = self.cut_off.take() else { return };
        let Mention { span, what } = &mut mentions[mention];
        let path = String::from_utf8_lossy(&self.text[span.clone()][self.base.len()..]).into_owned();
        *what = What::Url { path: Some(path) };
    }

    /// Reads a part of the text.
    pub(crate) fn read(&mut self, part: Range<usize>, mentions: &mut Vec<Mention>) {
        if let Some(CutOff { quote, .. }) = self.cut_off {
            match value_end(&self.text[part.clone()], quote) {
                0 => self.complete(mentions),
                _ => self.cut_off = None,
            }
        }
        let mut at = part.start;
        while at < part.end {
            let rest = &self.text[at..part.end];
            at += match self.state {
                State::Text => self.text_length(rest),
                State::Comment => self.skip_past(rest, b"-->"),
                State::Element(name) => self.skip_element(rest, name),
                State::Tag => self.tag_length(rest),
                State::Name(name) => self.name_length(rest, name),
                State::Equals(name) => self.start_value(rest, name),
                State::Start(name, quote) => self.report_value(rest, (name, quote), at, mentions),
                State::Value(quote) => {
                    let end = value_end(rest, quote);
                    self.state = if end < rest.len() { State::Tag } else { self.state };
                    end + usize::from(end < rest.len() && quote.is_some())
                }
            };
        }
    }

    /// Reads up to the next tag or comment. Returns the number of bytes that were read.
    fn text_length(&mut self, rest: &'t [u8]) -> usize {
        let Some(start) = memchr(b'<', rest) else { return rest.len() };
        let tag = &rest[start + 1..];
        if tag.starts_with(b"!--") {
            self.state = State::Comment;
            return start + 4;
        }
        let name = tag.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
        if name > 0 {
            (self.state, self.element) = (State::Tag, &tag[..name]);
        }
        start + 1 + name
    }

    fn skip_past(&mut self, rest: &[u8], end: &[u8]) -> usize {
        match memmem::find(rest, end) {
            Some(at) => {
                self.state = State::Text;
                at + end.len()
            }
            None => rest.len(),
        }
    }

    fn skip_element(&mut self, rest: &[u8], name: &[u8]) -> usize {
        let is_end = |at: &usize| {
            let tag = rest[*at..].strip_prefix(b"</").unwrap_or_default();
            tag.len() >= name.len() && tag[..name.len()].eq_ignore_ascii_case(name)
        };
        match memchr::memchr_iter(b'<', rest).find(is_end) {
            Some(at) => {
                self.state = State::Text;
                at + 2
            }
            None => rest.len(),
        }
    }

    /// Reads a space, the end of the tag, or an attribute name. Returns the number of bytes that were read.
    fn tag_length(&mut self, rest: &'t [u8]) -> usize {
        let name = rest.iter().take_while(|byte| is_name(**byte)).count();
        if name > 0 {
            self.state = State::Name(&rest[..name]);
            return name;
        }
        if rest[0] == b'>' {
            let name = TEXT_ELEMENTS.into_iter().find(|name| name.eq_ignore_ascii_case(self.element));
            self.state = name.map_or(State::Text, State::Element);
        }
        1
    }

    /// Reads the `=` after an attribute name. Returns the number of bytes that were read.
    fn name_length(&mut self, rest: &[u8], name: &'t [u8]) -> usize {
        let spaces = rest.len() - rest.trim_ascii_start().len();
        match rest.get(spaces) {
            None => {}
            Some(b'=') => {
                self.state = State::Equals(name);
                return spaces + 1;
            }
            Some(_) => self.state = State::Tag,
        }
        spaces
    }

    /// Reads the quote of a value. Returns the number of bytes that were read.
    fn start_value(&mut self, rest: &[u8], name: &'t [u8]) -> usize {
        let spaces = rest.len() - rest.trim_ascii_start().len();
        let Some(first) = rest.get(spaces) else { return spaces };
        let quote = Some(*first).filter(|first| matches!(first, b'"' | b'\''));
        self.state = State::Start(name, quote);
        spaces + usize::from(quote.is_some())
    }

    /// Reports the URLs of a value. Returns 0, because the value has not been skipped yet.
    fn report_value(
        &mut self,
        rest: &[u8],
        (name, quote): (&'t [u8], Option<u8>),
        at: usize,
        mentions: &mut Vec<Mention>,
    ) -> usize {
        self.state = State::Value(quote);
        let (end, known) = (value_end(rest, quote), mentions.len());
        let (value, is_whole) = (at..at + end, end < rest.len());
        if LISTS.iter().any(|list| list.eq_ignore_ascii_case(name)) {
            self.add_list(value, is_whole, mentions);
        } else {
            self.add(value, is_whole, mentions);
        }
        let is_cut_off = mentions.len() > known
            && matches!(mentions.last(), Some(Mention { what: What::Url { path: None }, .. }));
        self.cut_off = is_cut_off.then(|| CutOff { mention: mentions.len() - 1, name, quote });
        0
    }

    /// Adds the URLs of a `srcset`: `a.png 1x, b.png 2x`.
    fn add_list(&self, value: Range<usize>, is_whole: bool, mentions: &mut Vec<Mention>) {
        let mut start = value.start;
        for item in self.text[value.clone()].split(|byte| *byte == b',') {
            let url = item.trim_ascii_start();
            let url_start = start + (item.len() - url.len());
            let length = url.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
            let is_last = start + item.len() == value.end && length == url.len();
            self.add(url_start..url_start + length, is_whole || !is_last, mentions);
            start += item.len() + 1;
        }
    }

    /// Adds a URL that starts with the base URL.
    fn add(&self, value: Range<usize>, is_whole: bool, mentions: &mut Vec<Mention>) {
        let text = &self.text[value.clone()];
        let spaces = text.len() - text.trim_ascii_start().len();
        let url = text.trim_ascii();
        let Some(path) = url.strip_prefix(self.base) else { return };
        // With the base URL `/`, `//host/` is a URL of another host.
        if self.base == b"/" && path.starts_with(b"/") {
            return;
        }
        let path = is_whole.then(|| String::from_utf8_lossy(path).into_owned());
        let start = value.start + spaces;
        mentions.push(Mention { span: start..start + url.len(), what: What::Url { path } });
    }
}

fn is_name(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !matches!(byte, b'>' | b'/' | b'=' | b'"' | b'\'')
}

/// Returns the length of a value up to the end of the value, or the whole length if the value has no end here.
fn value_end(rest: &[u8], quote: Option<u8>) -> usize {
    let end = match quote {
        Some(quote) => memchr(quote, rest),
        None => rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>'),
    };
    end.unwrap_or(rest.len())
}
