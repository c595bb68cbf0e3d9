//! `sourceMappingURL` comments, which CSS and JavaScript share.

use std::ops::Range;

use super::{
    lexer::Lexer,
    raw_reference::{Kind, RawReference, Syntax},
};

const NAME: &str = "sourceMappingURL=";

/// The URL in what stands between the marks of a comment; `offset` is where that begins.
///
/// ECMA-426, MatchSourceMapURL: `^[@#]\s*sourceMappingURL=(\S*?)\s*$`.
pub(crate) fn in_comment(comment: &str, offset: usize) -> Option<RawReference> {
    let rest = comment.strip_prefix(['#', '@'])?.trim_start().strip_prefix(NAME)?;
    let url = rest.trim_end();
    if url.is_empty() || url.contains(char::is_whitespace) {
        return None;
    }
    let start = offset + comment.len() - rest.len();
    Some(RawReference { span: start..start + url.len(), kind: Kind::SourceMap, syntax: Syntax::Literal })
}

/// What can be said of a script's source map without a parser.
pub(crate) enum CommentScan {
    None,
    /// The last thing in the file is such a comment, and there is no other.
    Last(RawReference),
    /// Only a parser can tell comments from strings here.
    Unclear,
}

/// A comment with nothing but white space behind it cannot be a part of a string, unless the whole script is broken.
pub(crate) fn scan_comments(text: &str) -> CommentScan {
    let mut places = memchr::memmem::find_iter(text.as_bytes(), NAME).filter(|at| is_marked(&text[..*at]));
    match (places.next(), places.next()) {
        (None, _) => CommentScan::None,
        (Some(_), None) => match last(text) {
            Some((mark, written)) if !may_be_inside(text, mark) && !holds_quotes(line_before(text, mark)) => {
                CommentScan::Last(written)
            }
            _ => CommentScan::Unclear,
        },
        _ => CommentScan::Unclear,
    }
}

/// The comment that ends the file, unless it stands in another, as far as one can see.
pub(crate) fn at_the_end(text: &str) -> Option<RawReference> {
    let (mark, written) = last(text)?;
    (!may_be_inside(text, mark) || Lexer::new(text).ends_with_comment_at(mark)).then_some(written)
}

/// What looks like a comment and ends the file, and where it begins.
fn last(text: &str) -> Option<(usize, RawReference)> {
    let name = memchr::memmem::rfind(text.as_bytes(), NAME.as_bytes())?;
    let before = text[..name].trim_end().strip_suffix(['#', '@'])?;
    let comment = before.len();
    let end = if before.ends_with("//") {
        text.len()
    } else if before.ends_with("/*") {
        text.trim_end().strip_suffix("*/")?.len()
    } else {
        return None;
    };
    let written = in_comment(text.get(comment..end)?, comment)?;
    let is_plain = !text[written.span.clone()].contains(['"', '\'', '`', '*']);
    is_plain.then_some((comment - 2, written))
}

/// Whether a comment begins before this place and may go on there. What looks like one may also stand in a string.
fn may_be_inside(text: &str, mark: usize) -> bool {
    line_before(text, mark).contains("//") || text[..mark].rfind("/*") > text[..mark].rfind("*/")
}

/// What stands before a place in its line.
fn line_before(text: &str, at: usize) -> &str {
    let start = text[..at].rfind(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(0);
    &text[start..at]
}

fn holds_quotes(text: &str) -> bool {
    text.contains(['"', '\'', '`'])
}

fn is_marked(before: &str) -> bool {
    before
        .trim_end()
        .strip_suffix(['#', '@'])
        .is_some_and(|rest| rest.ends_with("//") || rest.ends_with("/*"))
}

/// Where the text of a comment lies between its marks.
pub(crate) fn without_marks(text: &str, comment: Range<usize>) -> Range<usize> {
    let closed = text[comment.clone()].starts_with("/*") && text[comment.clone()].ends_with("*/");
    comment.start + 2..if closed { comment.end - 2 } else { comment.end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(text: &str) -> Option<&str> {
        at_the_end(text).map(|written| &text[written.span])
    }

    #[test]
    fn source_map_comment_at_the_end_of_a_script_is_found() {
        assert_eq!(found("x()\n//# sourceMappingURL=x.js.map\r\n"), Some("x.js.map"));
        assert_eq!(found("x() //@ sourceMappingURL=x.js.map\t"), Some("x.js.map"));
        assert_eq!(found("x()/*# sourceMappingURL=x.js.map */\n"), Some("x.js.map"));
        for before in [
            "b(\"image/*\")\n",
            "b('http://x/')",
            "<!-- x\nb('image/*')\n",
            "b(/[/*]/)\n",
            "b(`/*${'//'}`)",
            "// /*\r",
            "// /*\u{2028}",
            "b('\\\r\n/*')\n",
        ] {
            assert_eq!(found(&format!("{before}//# sourceMappingURL=x.map")), Some("x.map"), "{before:?}");
        }
    }

    #[test]
    fn other_endings_are_not_source_map_comments() {
        for text in [
            "x('//# sourceMappingURL=x.js.map')",
            "//# sourceMappingURL=x.js.map\nx()",
            "// sourceMappingURL=x.js.map",
            "//# sourceMappingURL=x.js.map y",
            "//# sourceMappingURL=",
            "//# sourcemappingurl=x.js.map",
            "/* //# sourceMappingURL=x.js.map*/",
            "// old: //# sourceMappingURL=x.js.map",
            "x() /* y /*# sourceMappingURL=x.js.map */",
            "/*\n//# sourceMappingURL=x.js.map",
        ] {
            assert_eq!(found(text), None, "{text:?}");
        }
    }
}
