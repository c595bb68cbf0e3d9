//! Finds the template functions and filters that take asset names.

use std::collections::BTreeMap;

use super::lexer::{Token, TokenKind};
use crate::mention::Mention;

/// The arguments of a template function that are asset names.
#[derive(Debug, Clone, Copy)]
enum Helper {
    /// The first argument, or the argument `path`.
    One,
    /// All arguments without a keyword, and the argument `entries`. An argument may be a list.
    All,
    /// The first argument, which is a list.
    List,
}

const HELPERS: [(&str, Helper); 5] = [
    ("static", Helper::One),
    ("static_url", Helper::One),
    ("static_integrity", Helper::One),
    ("static_tags", Helper::All),
    ("static_tags_with_nonce", Helper::List),
];

/// Names after which the next name is not called: `macro static(path)` defines a macro, and `is static` is a test.
const NOT_A_CALL: [&[u8]; 4] = [b"macro", b"component", b"is", b"block"];

/// The maximum nesting of brackets and conditions in one argument.
const MAX_DEPTH: usize = 16;

/// The functions of one template.
pub(crate) struct Calls<'t> {
    text: &'t [u8],
    /// Other names of functions: `{% set asset = static %}`.
    aliases: BTreeMap<&'t [u8], Helper>,
}

impl<'t> Calls<'t> {
    pub(crate) fn new(text: &'t [u8]) -> Self {
        Self { text, aliases: BTreeMap::new() }
    }

    /// Adds the mentions in the code between two delimiters.
    pub(crate) fn find(&mut self, tokens: &[Token], mentions: &mut Vec<Mention>) {
        let code = Code { text: self.text, tokens, brackets: brackets(tokens) };
        for at in 0..tokens.len() {
            // The last name of a path is the function.
            let is_last = code.word(at + 1) != b"::";
            let Some(helper) = self.helper(&code, at).filter(|_| is_last) else { continue };
            let start = code.path_start(at);
            if start > 0 && tokens[start - 1].is(b'|') {
                code.add(&code.subject(start - 1), mentions);
            } else if code.is(at + 1, b'(') {
                if code.is_call(start) {
                    code.add_arguments(helper, at + 1, mentions);
                }
            } else if let Some(alias) = code.alias(at) {
                self.aliases.insert(alias, helper);
            }
        }
    }

    fn helper(&self, code: &Code<'t, '_>, at: usize) -> Option<Helper> {
        if code.tokens[at].kind != TokenKind::Name {
            return None;
        }
        let name = code.word(at);
        let known = HELPERS.iter().find(|(helper, _)| helper.as_bytes() == name);
        known.map(|(_, helper)| *helper).or_else(|| self.aliases.get(name).copied())
    }
}

/// The tokens between two delimiters. All ranges are ranges of tokens.
struct Code<'t, 'c> {
    text: &'t [u8],
    tokens: &'c [Token],
    /// For each bracket, the position of the other bracket. Skipping brackets makes the time linear for nested calls.
    brackets: Vec<u32>,
}

/// A part of the code.
type Part = std::ops::Range<usize>;

impl<'t> Code<'t, '_> {
    fn word(&self, at: usize) -> &'t [u8] {
        self.tokens.get(at).map_or(&[], |token| &self.text[token.range()])
    }

    fn is(&self, at: usize, sign: u8) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(sign))
    }

    fn is_name(&self, at: usize, name: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Name)
            && self.word(at) == name.as_bytes()
    }

    /// Returns the position after a token, or after the closing bracket of an opening bracket.
    fn after(&self, at: usize) -> usize {
        at.max(self.brackets[at] as usize) + 1
    }

    /// Returns the first token of a part for which a condition holds. Skips brackets.
    fn find(&self, part: Part, is_found: impl Fn(usize) -> bool) -> Option<usize> {
        let mut at = part.start;
        while at < part.end {
            if is_found(at) {
                return Some(at);
            }
            at = self.after(at);
        }
        None
    }

    /// Returns the parts between commas.
    fn split(&self, mut part: Part) -> Vec<Part> {
        let mut parts = Vec::new();
        while let Some(comma) = self.find(part.clone(), |at| self.is(at, b',')) {
            parts.push(part.start..comma);
            part.start = comma + 1;
        }
        parts.extend((!part.is_empty()).then_some(part));
        parts
    }

    /// Returns the start of the path that ends at `at`: `fingerpost_askama::filters::static`.
    fn path_start(&self, mut at: usize) -> usize {
        while at >= 2 && self.word(at - 1) == b"::" && self.tokens[at - 2].kind == TokenKind::Name {
            at -= 2;
        }
        at
    }

    /// Returns `false` for a definition, a test, and a method of another object than `self`.
    fn is_call(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return true };
        match self.tokens[before].kind {
            TokenKind::Name => !NOT_A_CALL.contains(&self.word(before)),
            TokenKind::Sign(b'.') => before > 0 && self.is_name(before - 1, "self"),
            _ => true,
        }
    }

    /// Returns the other name that `{% set name = static %}` gives to the function at `at`.
    fn alias(&self, at: usize) -> Option<&'t [u8]> {
        let start = at.checked_sub(3)?;
        let is_set = self.is_name(start, "set") && self.is(start + 2, b'=') && at + 1 == self.tokens.len();
        is_set.then(|| self.word(start + 1))
    }

    /// Returns the operand of the filter sign at `pipe`: one token, or brackets.
    fn subject(&self, pipe: usize) -> Part {
        let Some(last) = pipe.checked_sub(1) else { return 0..0 };
        let start = if self.is(last, b')') { self.brackets[last] as usize } else { last };
        // Brackets after a name are the arguments of a function.
        let is_call = start < last && start > 0 && self.tokens[start - 1].kind == TokenKind::Name;
        if is_call { last..pipe } else { start..pipe }
    }

    fn add_arguments(&self, helper: Helper, bracket: usize, mentions: &mut Vec<Mention>) {
        let end = (self.after(bracket) - 1).min(self.tokens.len());
        let arguments = self.split(bracket + 1..end);
        let named = |name: &str| {
            arguments
                .iter()
                .find(|part| self.keyword(part) == Some(name.as_bytes()))
                .map(|part| part.start + 2..part.end)
        };
        let added = mentions.len();
        let positional = arguments.iter().filter(|part| self.keyword(part).is_none()).cloned();
        match helper {
            Helper::One => {
                let argument = positional.clone().next().or_else(|| named("path"));
                argument.iter().for_each(|part| self.add(part, mentions));
            }
            Helper::All => positional.chain(named("entries")).for_each(|part| self.add_list(part, mentions)),
            Helper::List => positional.take(1).for_each(|part| self.add_list(part, mentions)),
        }
        if !matches!(helper, Helper::One) {
            let entries: Vec<_> = mentions.drain(added..).map(Mention::into_entry).collect();
            mentions.extend(entries);
        }
    }

    /// Returns the keyword of an argument: `path` for `path='a.css'`.
    fn keyword(&self, part: &Part) -> Option<&'t [u8]> {
        let is_keyword =
            self.tokens.get(part.start)?.kind == TokenKind::Name && self.is(part.start + 1, b'=');
        (is_keyword && part.len() > 2).then(|| self.word(part.start))
    }

    /// Adds the items of a list, or one value.
    fn add_list(&self, part: Part, mentions: &mut Vec<Mention>) {
        let start = if self.is(part.start, b'&') { part.start + 1 } else { part.start };
        if start < part.end && self.is(start, b'[') && self.after(start) == part.end {
            let items = self.split(start + 1..part.end - 1);
            items.iter().for_each(|item| self.add(item, mentions));
        } else {
            self.add(&part, mentions);
        }
    }

    /// Adds the possible asset names of an expression.
    fn add(&self, part: &Part, mentions: &mut Vec<Mention>) {
        let mut literals = Vec::new();
        let is_literal = self.literals(part.clone(), MAX_DEPTH, &mut literals);
        mentions.extend(literals);
        if let (false, Some(last)) = (is_literal || part.is_empty(), part.end.checked_sub(1)) {
            let span = self.tokens[part.start].range().start..self.tokens[last].range().end;
            mentions.push(Mention::dynamic(span));
        }
    }

    /// Adds the values of an expression that are literals. Returns `false` if the expression may have another value.
    fn literals(&self, mut part: Part, depth: usize, literals: &mut Vec<Mention>) -> bool {
        while self.is(part.start, b'(') && self.after(part.start) == part.end {
            part = part.start + 1..part.end - 1;
        }
        if part.len() == 1 {
            return self.string(part.start).map(|mention| literals.push(mention)).is_some();
        }
        // 'a.css' if dark else 'b.css'
        let condition = self.find(part.clone(), |at| self.is_name(at, "if")).filter(|_| depth > 0);
        let Some(condition) = condition else { return false };
        let other = self.find(condition + 1..part.end, |at| self.is_name(at, "else"));
        let value = self.literals(part.start..condition, depth - 1, literals);
        value & other.is_none_or(|other| self.literals(other + 1..part.end, depth - 1, literals))
    }

    /// Returns the string at `at`. Returns `None` for another token, and for a string with an escape sequence that
    /// depends on the engine.
    fn string(&self, at: usize) -> Option<Mention> {
        let token = self.tokens.get(at).filter(|token| token.kind == TokenKind::Text)?;
        let span = token.range().start + 1..token.range().end - 1;
        let mut name = Vec::with_capacity(span.len());
        let mut bytes = self.text[span.clone()].iter();
        while let Some(&byte) = bytes.next() {
            name.push(match byte {
                b'\\' => *bytes.next().filter(|escaped| b"\\/'\"".contains(escaped))?,
                byte => byte,
            });
        }
        Some(Mention::literal(String::from_utf8(name).ok()?, span))
    }
}

/// Returns the position of the matching bracket for each bracket, and the position of the token itself for every other
/// token. A bracket without a matching bracket ends after the last token.
fn brackets(tokens: &[Token]) -> Vec<u32> {
    let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut brackets: Vec<_> = (0..tokens.len()).map(position).collect();
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Sign(b'(' | b'[' | b'{') => open.push(at),
            TokenKind::Sign(b')' | b']' | b'}') => {
                if let Some(start) = open.pop() {
                    (brackets[start], brackets[at]) = (position(at), position(start));
                }
            }
            _ => {}
        }
    }
    for start in open {
        brackets[start] = position(tokens.len());
    }
    brackets
}
