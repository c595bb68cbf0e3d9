//! Splits a template into text and code, and code into tokens. Takes linear time, and accepts any bytes.

use std::ops::Range;

use memchr::memmem::Finder;

use super::syntax::Syntax;

/// A part of a template.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Text that the template writes unchanged.
    Text(Range<usize>),
    /// An expression in variable delimiters, which writes its value.
    Variable(Vec<Token>),
    /// A statement in block delimiters, which writes nothing.
    Block(Vec<Token>),
}

/// A token. Positions have 32 bits, so that the tokens of a large template need little memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    start: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or a keyword.
    Name,
    /// A string, including its quotes.
    Text,
    /// A number, or an operator of two characters.
    Other,
    /// Any other character.
    Sign(u8),
}

impl Token {
    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) fn is(self, sign: u8) -> bool {
        self.kind == TokenKind::Sign(sign)
    }
}

/// The kinds of delimiters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Block,
    Variable,
    Comment,
}

/// Operators that must not be read as two signs: `||` is not a filter, and `==` is not a keyword argument.
const OPERATORS: [&[u8; 2]; 7] = [b"::", b"||", b"==", b"!=", b"<=", b">=", b"=>"];

/// The blocks whose content is text.
const RAW: [&str; 2] = ["raw", "verbatim"];

/// Iterates over the pieces of a template.
pub(crate) struct Pieces<'t> {
    text: &'t [u8],
    syntax: &'t Syntax,
    at: usize,
    /// The delimiter at `at`, if the last piece was the text before the delimiter.
    opening: Option<Opening>,
    /// `true` if the rest of the text has no end for a nested comment. Without this flag, each comment would search the
    /// rest again.
    comments_are_flat: bool,
    /// `true` if the rest of the text has no end for a string in single quotes, in double quotes or in backticks.
    unclosed: [bool; 3],
}

impl<'t> Pieces<'t> {
    pub(crate) fn new(text: &'t [u8], syntax: &'t Syntax) -> Self {
        Self { text, syntax, at: 0, opening: None, comments_are_flat: false, unclosed: [false; 3] }
    }

    fn rest(&self) -> &'t [u8] {
        &self.text[self.at..]
    }

    /// Returns the next opening delimiter and its position. If several delimiters start there, returns the longest.
    fn next_opening(&self) -> Option<(usize, Opening)> {
        let delimiters = [
            (&self.syntax.block[0], Opening::Block),
            (&self.syntax.variable[0], Opening::Variable),
            (&self.syntax.comment[0], Opening::Comment),
        ];
        let [a, b, c] = delimiters.map(|(delimiter, _)| delimiter.as_bytes()[0]);
        memchr::memchr3_iter(a, b, c, self.rest()).find_map(|at| {
            let at = self.at + at;
            let here = delimiters.iter().filter(|(start, _)| self.text[at..].starts_with(start.as_bytes()));
            here.max_by_key(|(start, _)| start.len()).map(|(_, opening)| (at, *opening))
        })
    }

    /// Skips the comment that starts here.
    fn skip_comment(&mut self) {
        let [start, end] = &self.syntax.comment;
        self.at += start.len();
        let nested = if self.comments_are_flat { None } else { self.end_of_nested_comment() };
        self.comments_are_flat |= nested.is_none();
        let flat = || Finder::new(end).find(self.rest()).map(|at| self.at + at + end.len());
        self.at = nested.or_else(flat).unwrap_or(self.text.len());
    }

    /// Returns the end of the comment, if all nested comments also end. Askama nests comments. In other engines,
    /// a comment that contains the start of a comment ends at the first end, and has no second end.
    fn end_of_nested_comment(&self) -> Option<usize> {
        let [start, end] = &self.syntax.comment;
        let (mut depth, mut at) = (1_usize, self.at);
        let first = |delimiter: &str| delimiter.as_bytes()[0];
        loop {
            at += memchr::memchr2(first(start), first(end), &self.text[at..])?;
            let rest = &self.text[at..];
            if rest.starts_with(end.as_bytes()) {
                (depth, at) = (depth - 1, at + end.len());
                if depth == 0 {
                    return Some(at);
                }
            } else if rest.starts_with(start.as_bytes()) {
                (depth, at) = (depth + 1, at + start.len());
            } else {
                at += 1;
            }
        }
    }

    /// Returns the position after the block tag `{% name %}` at `at`. Returns `None` if there is no such tag.
    fn tag_end(&self, at: usize, name: &str) -> Option<usize> {
        let [start, end] = &self.syntax.block;
        let rest = self.text[at..].strip_prefix(start.as_bytes())?;
        let rest = rest.strip_prefix(b"-").or_else(|| rest.strip_prefix(b"+")).unwrap_or(rest);
        let rest = rest.strip_prefix(b"~").unwrap_or(rest).trim_ascii_start();
        let rest = rest.strip_prefix(name.as_bytes())?.trim_ascii_start();
        let without_sign = matches!(rest.first(), Some(b'-' | b'+' | b'~')).then(|| &rest[1..]);
        let rest =
            rest.strip_prefix(end.as_bytes()).or_else(|| without_sign?.strip_prefix(end.as_bytes()))?;
        Some(self.text.len() - rest.len())
    }

    /// Skips the raw block that starts here, if there is one. Returns `true` if a block was skipped.
    fn skip_raw_block(&mut self) -> bool {
        let tag = |name: &&str| Some((self.tag_end(self.at, name)?, format!("end{name}")));
        let Some((body, end)) = RAW.iter().find_map(tag) else { return false };
        let starts = Finder::new(&self.syntax.block[0]);
        let ends = starts.find_iter(&self.text[body..]).find_map(|at| self.tag_end(body + at, &end));
        self.at = ends.unwrap_or(self.text.len());
        true
    }

    /// Returns the tokens between two delimiters. In brackets, a closing delimiter is part of the code: `{{ {1: {}} }}`.
    fn code(&mut self, [start, end]: &[String; 2]) -> Vec<Token> {
        self.at += start.len();
        let end = end.as_bytes();
        let mut tokens = Vec::new();
        let mut depth = 0_usize;
        loop {
            self.at = self.text.len() - self.rest().trim_ascii_start().len();
            let rest = self.rest();
            let Some(&first) = rest.first() else { return tokens };
            if depth == 0 {
                let signed = matches!(first, b'-' | b'+' | b'~') && rest[1..].starts_with(end);
                if signed || rest.starts_with(end) {
                    self.at += end.len() + usize::from(signed);
                    return tokens;
                }
            }
            match first {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            let (kind, length) = self.token(first);
            let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            tokens.push(Token { kind, start: position(self.at), end: position(self.at + length) });
            self.at += length;
        }
    }

    /// Returns the kind and the length of the token that starts here.
    fn token(&mut self, first: u8) -> (TokenKind, usize) {
        let rest = self.rest();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
        let word = rest.iter().take_while(|byte| is_word(byte)).count();
        if word > 0 {
            let kind = if first.is_ascii_digit() { TokenKind::Other } else { TokenKind::Name };
            return (kind, word);
        }
        if let Some(length) = self.string(first) {
            return (TokenKind::Text, length);
        }
        if OPERATORS.iter().any(|operator| rest.starts_with(*operator)) {
            return (TokenKind::Other, 2);
        }
        (TokenKind::Sign(first), 1)
    }

    /// Returns the length of the string that starts here. A quote without an end is a sign, such as in the Rust lifetime
    /// `'static`.
    fn string(&mut self, quote: u8) -> Option<usize> {
        let index = b"'\"`".iter().position(|start| *start == quote)?;
        if self.unclosed[index] {
            return None;
        }
        let rest = self.rest();
        let mut at = 1;
        loop {
            let Some(next) = memchr::memchr2(quote, b'\\', rest.get(at..).unwrap_or_default()) else {
                self.unclosed[index] = true;
                return None;
            };
            at += next;
            if rest[at] == quote {
                return Some(at + 1);
            }
            at += 2;
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            let Some(opening) = self.opening.take() else {
                let start = self.at;
                let next = self.next_opening();
                (self.at, self.opening) =
                    next.map_or((self.text.len(), None), |(at, opening)| (at, Some(opening)));
                match (start < self.at, self.opening) {
                    (true, _) => return Some(Piece::Text(start..self.at)),
                    (false, Some(_)) => continue,
                    (false, None) => return None,
                }
            };
            match opening {
                Opening::Comment => self.skip_comment(),
                Opening::Block if self.skip_raw_block() => {}
                Opening::Block => return Some(Piece::Block(self.code(&self.syntax.block))),
                Opening::Variable => return Some(Piece::Variable(self.code(&self.syntax.variable))),
            }
        }
    }
}
