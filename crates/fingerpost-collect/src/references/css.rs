//! Finds references in style sheets, by tokens (CSS Syntax Level 3).

use std::{ops::Range, sync::LazyLock};

use cssparser::{Parser, Token};
use regex::bytes::Regex;

use super::{
    raw_reference::{Kind, RawReference, Syntax},
    reference::{Scan, ScanError},
    source_map,
};

/// The maximum nesting of brackets. Browsers do not read deeper style sheets.
const DEEPEST: usize = 255;

/// Matches in every style sheet with a reference. A backslash matches, because any of the names may be written with
/// escapes.
static MAY_REFER: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?-u)(?i:url\(|src\(|image-set\(|@import)|\\|sourceMappingURL=";
    Regex::new(pattern).expect("pattern is valid")
});

/// Returns `false` if a style sheet cannot contain a reference.
pub(crate) fn may_refer(text: &str) -> bool {
    MAY_REFER.is_match(text.as_bytes())
}

pub(crate) fn scan(text: &str) -> Result<Scan, ScanError> {
    let mut scanner = Scanner { text, open: Vec::new(), expects: Expects::Nothing, found: Vec::new() };
    let mut at = 0;
    while at < text.len() {
        at = scanner.read_flat(at)?;
    }
    Ok(Scan { written: scanner.found, ..Scan::default() })
}

struct Scanner<'a> {
    text: &'a str,
    open: Vec<Open>,
    expects: Expects,
    found: Vec<RawReference>,
}

/// An open bracket or function.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    /// `(` and functions without references.
    Parenthesis,
    /// `url(` and `src(`: the first string is a reference.
    Url,
    /// Every string is a reference.
    ImageSet,
    Square,
    Curly,
}

/// The meaning of the next string or URL.
#[derive(Clone, Copy, PartialEq)]
enum Expects {
    Nothing,
    /// A string is a reference: after `@import`, `url(` and `src(`.
    Reference,
    /// Nothing is a reference: after `@namespace`, up to the end of the statement at this depth.
    NamespaceAt(usize),
}

impl Scanner<'_> {
    /// Reads from `from` up to the next opening token, and returns the position after it.
    ///
    /// The parser would skip the block that follows, or recurse for each level. A new parser that starts after the opening
    /// token does neither.
    fn read_flat(&mut self, from: usize) -> Result<usize, ScanError> {
        let mut parser = Parser::new(&self.text[from..]);
        loop {
            let start = from + parser.position().byte_index();
            let Ok(token) = parser.next_including_whitespace_and_comments().cloned() else {
                return Ok(self.text.len());
            };
            let end = from + parser.position().byte_index();
            let depth = self.open.len();
            self.token(&token, start..end);
            if self.open.len() > depth {
                return if depth < DEEPEST { Ok(end) } else { Err(ScanError::StyleSheetTooDeep(start)) };
            }
        }
    }

    fn token(&mut self, token: &Token<'_>, span: Range<usize>) {
        match token {
            Token::WhiteSpace(_) => return,
            Token::Comment(comment) => {
                self.found.extend(source_map::in_comment(comment, span.start + 2));
                return;
            }
            Token::QuotedString(_) if self.expects_string() => self.reference(self.inside_quotes(span)),
            Token::UnquotedUrl(_) if !self.in_namespace() => self.reference(self.inside_url(span)),
            _ => {}
        }
        if !self.in_namespace() {
            self.expects = Expects::Nothing;
        }
        match token {
            Token::Function(name) => self.open(function(name)),
            Token::ParenthesisBlock => self.open(Open::Parenthesis),
            Token::SquareBracketBlock => self.open(Open::Square),
            Token::CurlyBracketBlock => {
                self.end_statement();
                self.open(Open::Curly);
            }
            Token::CloseParenthesis => {
                self.close(&[Open::Parenthesis, Open::Url, Open::ImageSet]);
            }
            Token::CloseSquareBracket => self.close(&[Open::Square]),
            Token::CloseCurlyBracket => self.close(&[Open::Curly]),
            Token::Semicolon => self.end_statement(),
            Token::AtKeyword(name) if name.eq_ignore_ascii_case("import") => {
                self.expects = Expects::Reference
            }
            Token::AtKeyword(name) if name.eq_ignore_ascii_case("namespace") => {
                self.expects = Expects::NamespaceAt(self.open.len());
            }
            _ => {}
        }
    }

    fn expects_string(&self) -> bool {
        let in_image_set = self.open.last() == Some(&Open::ImageSet) && !self.in_namespace();
        in_image_set || self.expects == Expects::Reference
    }

    fn in_namespace(&self) -> bool {
        matches!(self.expects, Expects::NamespaceAt(_))
    }

    fn reference(&mut self, span: Range<usize>) {
        self.found.push(RawReference { span, kind: Kind::Url, syntax: Syntax::Css });
    }

    fn open(&mut self, open: Open) {
        self.open.push(open);
        if open == Open::Url && !self.in_namespace() {
            self.expects = Expects::Reference;
        }
    }

    /// Closes the innermost bracket. A closing bracket without an opening bracket of the same kind is skipped, as in
    /// browsers.
    fn close(&mut self, kinds: &[Open]) {
        if self.open.last().is_some_and(|open| kinds.contains(open)) {
            self.open.pop();
        }
        if matches!(self.expects, Expects::NamespaceAt(depth) if self.open.len() < depth) {
            self.expects = Expects::Nothing;
        }
    }

    fn end_statement(&mut self) {
        if self.expects == Expects::NamespaceAt(self.open.len()) {
            self.expects = Expects::Nothing;
        }
    }

    /// The closing quote may be missing at the end of the file.
    fn inside_quotes(&self, token: Range<usize>) -> Range<usize> {
        let start = token.start + 1;
        let quote = self.text.as_bytes()[token.start];
        start..start + unescaped(&self.text[start..token.end], |byte| byte == quote)
    }

    fn inside_url(&self, token: Range<usize>) -> Range<usize> {
        let written = &self.text[token.clone()];
        let inside = written.find('(').map_or(written.len(), |at| at + 1);
        let content = written[inside..].trim_start_matches(is_css_space);
        let start = token.end - content.len();
        start..start + unescaped(content, |byte| byte == b')' || is_css_space(byte.into()))
    }
}

fn function(name: &str) -> Open {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("url") || is("src") {
        Open::Url
    } else if is("image-set") || is("-webkit-image-set") {
        Open::ImageSet
    } else {
        Open::Parenthesis
    }
}

fn is_css_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

/// Returns the length of `text` up to the first unescaped byte for which `is_end` is true. White space after a hex escape
/// belongs to the escape.
fn unescaped(text: &str, is_end: impl Fn(u8) -> bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() && !is_end(bytes[at]) {
        at += if bytes[at] == b'\\' { escape_length(&bytes[at..]) } else { 1 };
    }
    at.min(bytes.len())
}

fn escape_length(bytes: &[u8]) -> usize {
    let digits = bytes[1..].iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
    match (digits, &bytes[1 + digits..]) {
        (0, _) => 2,
        (_, [b'\r', b'\n', ..]) => 3 + digits,
        (_, [b' ' | b'\t' | b'\n' | b'\r' | 0xc, ..]) => 2 + digits,
        _ => 1 + digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn references(css: &str) -> Vec<&str> {
        let found = scan(css).unwrap().written;
        assert!(found.is_empty() || may_refer(css), "`may_refer` is false for {css:?}");
        found.into_iter().map(|written| &css[written.span]).collect()
    }

    #[test]
    fn urls_are_found_in_every_valid_syntax() {
        for css in [
            "a{b:url(x.png)}",
            "a{b:url( x.png )}",
            "a{b:url(\t\r\n\u{c}x.png\n)}",
            "a{b:URL('x.png')}",
            "a{b:url( \"x.png\" )}",
            "a{b:u\\72l(x.png)}",
            "a{b:\\75 \\52 \\06c(x.png)}",
            "a{--b:url(x.png)}",
            "a{b:src(\"x.png\")}",
            "a{b:image(url(x.png), skyblue)}",
            "@import \"x.png\";",
            "@import'x.png'",
            "@IMporT/* c */ uRL(x.png) layer(y) screen;",
            "@import /**/ \"x.png\" layer(x) supports(a: b);",
            "@\\69mport \"x.png\";",
            "a{b:-webkit-image-set(url(x.png) 1x)}",
            "a{b:image-set(\"x.png\" type(\"image/avif\"))}",
            "@media x{@supports (a:b){a{b:url(x.png",
            "@import \"x.png",
        ] {
            assert_eq!(references(css), ["x.png"], "{css:?}");
        }
    }

    #[test]
    fn comments_strings_and_namespaces_are_not_references() {
        for css in [
            "/* url(x.png) @import 'x' */",
            "a{content:\"url(x.png)\"}",
            "a[href='url(x.png)']{}",
            "@namespace url(http://www.w3.org/1999/xhtml);",
            "@namespace svg 'x.png';@NAMESPACE url(\"x\");",
            "a{b:url(x y.png)}",
            "a{b:url(/**/\"x.png\")}",
            "a{b:url(x\"y.png)}",
            "a{b:type('x.png')}",
            "a{b:curl(x.png)}",
            "@import;\"x.png\"",
            "a{b:\"x.png\";c:image-set(type(\"x.png\"))}",
            "a{filter:Alpha(src='x.png')}",
        ] {
            assert_eq!(references(css), [""; 0], "{css:?}");
        }
    }

    #[test]
    fn references_are_found_in_source_order() {
        assert_eq!(references("@namespace url(n);a{b:url(x) url(\"y\") url()}"), ["x", "y", ""]);
        assert_eq!(references("image-set('a' 1x, url(b) 2x, type('c'), 'd' 3x)"), ["a", "b", "d"]);
        assert_eq!(references("}])a{b:url(x)}])}c{d:url(y)"), ["x", "y"]);
    }

    #[test]
    fn span_covers_exactly_the_written_text() {
        assert_eq!(references("a{b:url(b\\ c.png )}"), ["b\\ c.png"]);
        assert_eq!(references("a{b:url(x\\)y)}"), ["x\\)y"]);
        assert_eq!(references("a{b:url(x\\29  )}"), ["x\\29 "]);
        assert_eq!(references("a{b:url('x\\'y')}"), ["x\\'y"]);
    }

    #[test]
    fn source_map_comments_are_found() {
        assert_eq!(references("a{}\r\n/*# sourceMappingURL=f.css.map */\r\n"), ["f.css.map"]);
        assert_eq!(references("a{}/*@\tsourceMappingURL=f.css.map*/"), ["f.css.map"]);
        assert_eq!(references("a{}/*# sOuRcEMaPpInGURL=f.css.map */"), [""; 0]);
        assert_eq!(references("a{b:'/*# sourceMappingURL=f.css.map */'}"), [""; 0]);
    }

    #[test]
    fn more_than_255_nested_brackets_are_an_error() {
        let nested = |depth| format!("{}url(x)", "(".repeat(depth));
        assert_eq!(references(&nested(255)), ["x"]);
        assert_eq!(scan(&nested(256)), Err(ScanError::StyleSheetTooDeep(255)));
        assert_eq!(scan(&"{".repeat(1_000_000)), Err(ScanError::StyleSheetTooDeep(255)));
    }
}
