//! Finds references in style sheets, by tokens (CSS Syntax Level 3).

use std::{ops::Range, sync::LazyLock};

use cssparser::{ParseError, Parser, Token};
use regex::bytes::Regex;

use super::{
    raw_reference::{Kind, RawReference, Syntax},
    reference::{Scan, ScanError},
    source_map,
};

/// The maximum nesting of brackets. Browsers do not parse deeper nesting.
const DEEPEST: u8 = 255;

/// Matches every style sheet that has a reference. A backslash matches, because the names may be written with escapes.
static MAY_REFER: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?-u)(?i:url\(|src\(|image-set\(|@import)|\\|sourceMappingURL=";
    Regex::new(pattern).expect("pattern is valid")
});

pub(crate) fn scan(text: &str) -> Result<Scan, ScanError> {
    if !MAY_REFER.is_match(text.as_bytes()) {
        return Ok(Scan::default());
    }
    let mut scanner = Scanner { text, found: Vec::new(), too_deep: None };
    let mut parser = Parser::new(text);
    parser.set_nested_block_limit(DEEPEST);
    scanner.read(&mut parser, Block::Plain);
    match scanner.too_deep {
        Some(at) => Err(ScanError::TooDeep(at)),
        None => Ok(Scan { written: scanner.found, ..Scan::default() }),
    }
}

struct Scanner<'a> {
    text: &'a str,
    found: Vec<RawReference>,
    /// The first bracket beyond the limit.
    too_deep: Option<usize>,
}

/// The meaning of the strings and URLs in brackets.
#[derive(Clone, Copy, PartialEq)]
enum Block {
    /// URLs and the strings after `@import` are references.
    Plain,
    /// The arguments of `url(` and `src(`: the first string is also a reference.
    Url,
    /// The arguments of `image-set(`: every string is also a reference.
    ImageSet,
    /// A part of `@namespace`: nothing is a reference.
    Namespace,
}

impl Scanner<'_> {
    /// Finds the references up to the end of a block. Recurses for each level.
    fn read(&mut self, parser: &mut Parser<'_>, block: Block) {
        let mut expects_string = block == Block::Url;
        // `@namespace` ends with a semicolon or a block in braces.
        let mut in_namespace = block == Block::Namespace;
        loop {
            let start = parser.position().byte_index();
            let Ok(token) = parser.next_including_whitespace_and_comments().cloned() else { return };
            let span = start..parser.position().byte_index();
            match &token {
                Token::WhiteSpace(_) => continue,
                Token::Comment(comment) => {
                    self.found.extend(source_map::in_comment(comment, start + 2));
                    continue;
                }
                Token::QuotedString(_) if !in_namespace && (expects_string || block == Block::ImageSet) => {
                    self.reference(self.inside_quotes(span));
                }
                Token::UnquotedUrl(_) if !in_namespace => self.reference(self.inside_url(span)),
                Token::Semicolon | Token::CurlyBracketBlock => in_namespace = block == Block::Namespace,
                _ => {}
            }
            let is_at = |name| matches!(&token, Token::AtKeyword(found) if found.eq_ignore_ascii_case(name));
            expects_string = is_at("import");
            in_namespace |= is_at("namespace");
            let inner = match &token {
                Token::Function(name) => function(name),
                Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock => {
                    Block::Plain
                }
                _ => continue,
            };
            let inner = if in_namespace { Block::Namespace } else { inner };
            let nested = parser.parse_nested_block(|parser| {
                self.read(parser, inner);
                Ok::<_, ParseError<()>>(())
            });
            if nested.is_err() {
                self.too_deep.get_or_insert(start);
            }
        }
    }

    fn reference(&mut self, span: Range<usize>) {
        self.found.push(RawReference { span, kind: Kind::Url, syntax: Syntax::Css, is_static_import: false });
    }

    /// Returns the span between the quotes. The closing quote may be missing at the end of the file.
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

fn function(name: &str) -> Block {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("url") || is("src") {
        Block::Url
    } else if is("image-set") || is("-webkit-image-set") {
        Block::ImageSet
    } else {
        Block::Plain
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
        scan(css).unwrap().written.into_iter().map(|written| &css[written.span]).collect()
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
        assert_eq!(scan(&nested(256)), Err(ScanError::TooDeep(255)));
        assert_eq!(scan(&format!("{}url(x)", "{".repeat(1_000_000))), Err(ScanError::TooDeep(255)));
    }
}
