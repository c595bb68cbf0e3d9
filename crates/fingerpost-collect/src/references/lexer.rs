//! Takes a script apart just as far as its depth asks for: brackets, and what is no code.

/// A piece of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lexeme {
    Opening,
    Closing,
    /// The end of a block or an object.
    ClosingBrace,
    /// Ends a statement, or an item of a list: `;`, `,`, and the end of a line that is a whole statement.
    Divider,
    /// A word that goes on with what seems to have ended: `else`, `while`, `in`.
    Continuation,
    /// A name, a number, a string, a regular expression.
    Operand,
    Operator,
}

/// Reads a script from its start to its end. Whether a slash divides or begins a regular expression is guessed from what
/// stands before it, which is right in all code that is not made to mislead: nothing that must not fail may follow from it.
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Whether an operand comes next: then a slash begins a regular expression, and a line end ends nothing.
    wants_operand: bool,
    /// Whether a line has ended since the last lexeme.
    at_line_start: bool,
    /// Whether the last lexeme was a word such as `if`.
    is_head: bool,
    /// What is open, the innermost last.
    open: Vec<Open>,
    /// Where the last comment begins.
    last_comment: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Bracket,
    /// `(` behind `if`, `while`, `for` or `with`: behind its end comes a statement.
    Head,
    /// `${` in a template.
    Substitution,
}

/// Words behind which an operand or a statement comes.
const PREFIXES: [&[u8]; 20] = [
    b"await",
    b"case",
    b"class",
    b"default",
    b"delete",
    b"do",
    b"else",
    b"export",
    b"extends",
    b"function",
    b"in",
    b"instanceof",
    b"new",
    b"of",
    b"return",
    b"throw",
    b"try",
    b"typeof",
    b"void",
    b"yield",
];

const CONTINUATIONS: [&[u8]; 7] = [b"catch", b"else", b"finally", b"in", b"instanceof", b"of", b"while"];

const HEADS: [&[u8]; 4] = [b"for", b"if", b"while", b"with"];

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        Self {
            bytes,
            at: 0,
            wants_operand: true,
            at_line_start: false,
            is_head: false,
            open: Vec::new(),
            last_comment: None,
        }
    }

    /// Whether a comment begins at this place, and none behind it.
    pub(crate) fn ends_with_comment_at(mut self, at: usize) -> bool {
        self.by_ref().for_each(drop);
        self.last_comment == Some(at)
    }

    fn rest(&self) -> &'a [u8] {
        // A backslash at the end leads beyond it.
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Moves past the next `end`, or to the end of the text.
    fn skip_past(&mut self, end: &[u8]) {
        self.at =
            memchr::memmem::find(self.rest(), end).map_or(self.bytes.len(), |at| self.at + at + end.len());
    }

    /// Moves past white space and comments.
    fn skip_blank(&mut self) {
        loop {
            let line_end = line_end(self.rest());
            match self.rest() {
                _ if line_end > 0 => {
                    self.at += line_end;
                    self.at_line_start = true;
                }
                [b'/', b'/', ..] => {
                    self.last_comment = Some(self.at);
                    self.skip_line();
                }
                [b'/', b'*', ..] => {
                    self.last_comment = Some(self.at);
                    self.at += 2;
                    self.skip_past(b"*/");
                }
                [b' ' | b'\t' | 0xb | 0xc, ..] => self.at += 1,
                _ => return,
            }
        }
    }

    /// Moves to the end of the line.
    fn skip_line(&mut self) {
        while let Some(at) = memchr::memchr3(b'\n', b'\r', SEPARATOR[0], self.rest()) {
            self.at += at;
            if line_end(self.rest()) > 0 {
                return;
            }
            self.at += 1;
        }
        self.at = self.bytes.len();
    }

    /// Moves past a string or regular expression. Neither goes on in the next line, but for a string behind a backslash.
    fn skip_quoted(&mut self, quote: u8) {
        let is_string = quote != b'/';
        let mut in_class = false;
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' if is_string => {
                    self.at += line_end(self.bytes.get(self.at + 1..).unwrap_or_default()).max(1)
                }
                b'\\' if line_end(&self.bytes[self.at + 1..]) == 0 => self.at += 1,
                b'\n' | b'\r' => return,
                _ if !is_string && line_end(self.rest()) > 0 => return,
                b'[' if !is_string => in_class = true,
                b']' if !is_string => in_class = false,
                _ => {}
            }
            self.at += 1;
            if byte == quote && !in_class {
                return;
            }
        }
    }

    /// Moves to the end of a template, or into its next substitution.
    fn template(&mut self) -> Lexeme {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'`' => {
                    self.wants_operand = false;
                    return Lexeme::Operand;
                }
                b'$' if self.rest().first() == Some(&b'{') => {
                    self.at += 1;
                    self.wants_operand = true;
                    self.open.push(Open::Substitution);
                    return Lexeme::Opening;
                }
                _ => {}
            }
        }
        Lexeme::Operand
    }

    fn word(&mut self) -> Lexeme {
        let rest = self.rest();
        let length =
            (0..rest.len()).take_while(|&at| is_word(rest[at]) && line_end(&rest[at..]) == 0).count();
        let word = &rest[..length];
        let is_member = self.at > 0 && matches!(self.bytes[self.at - 1], b'.' | b'#');
        self.at += length;
        self.wants_operand = !is_member && PREFIXES.contains(&word);
        self.is_head = !is_member && HEADS.contains(&word);
        if !is_member && CONTINUATIONS.contains(&word) { Lexeme::Continuation } else { Lexeme::Operand }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Lexeme;

    fn next(&mut self) -> Option<Lexeme> {
        self.skip_blank();
        let byte = *self.rest().first()?;
        let new_line = std::mem::take(&mut self.at_line_start);
        if new_line && !self.wants_operand && begins_statement(self.rest()) {
            self.wants_operand = true;
            return Some(Lexeme::Divider);
        }
        if is_word(byte) {
            return Some(self.word());
        }
        let is_head = std::mem::take(&mut self.is_head);
        let (wants_operand, lexeme) = match byte {
            b'"' | b'\'' => {
                self.skip_quoted(byte);
                (false, Lexeme::Operand)
            }
            b'/' if self.wants_operand => {
                self.skip_quoted(byte);
                (false, Lexeme::Operand)
            }
            b'`' => {
                self.at += 1;
                return Some(self.template());
            }
            b'(' | b'[' | b'{' => {
                self.at += 1;
                self.open.push(if is_head && byte == b'(' { Open::Head } else { Open::Bracket });
                (true, Lexeme::Opening)
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                let opened = self.open.pop();
                if opened == Some(Open::Substitution) && byte == b'}' {
                    let lexeme = self.template();
                    // The template goes on; its next substitution opens what this one closes.
                    if lexeme == Lexeme::Opening {
                        return Some(Lexeme::Operator);
                    }
                    return Some(Lexeme::Closing);
                }
                // Behind a block comes a statement, behind an object an operator: a slash there is rare.
                let is_brace = byte == b'}';
                let lexeme = if is_brace { Lexeme::ClosingBrace } else { Lexeme::Closing };
                (opened == Some(Open::Head) || is_brace, lexeme)
            }
            b';' | b',' => {
                self.at += 1;
                (true, Lexeme::Divider)
            }
            _ => {
                self.at += 1;
                (byte != b'.' && !(byte == b'+' || byte == b'-') | self.wants_operand, Lexeme::Operator)
            }
        };
        self.wants_operand = wants_operand;
        Some(lexeme)
    }
}

/// How U+2028 and U+2029 begin.
const SEPARATOR: [u8; 2] = [0xe2, 0x80];

/// How long the line end is that stands here, if one does.
fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        [first, second, 0xa8 | 0xa9, ..] if [*first, *second] == SEPARATOR => 3,
        _ => 0,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

/// Whether what begins a line can begin a statement, and cannot go on with the one before.
fn begins_statement(rest: &[u8]) -> bool {
    let word = &rest[..rest.iter().take_while(|byte| is_word(**byte)).count()];
    match rest {
        _ if !word.is_empty() => !CONTINUATIONS.contains(&word),
        [b'"' | b'\'' | b'{' | b'}', ..] => true,
        _ => false,
    }
}
