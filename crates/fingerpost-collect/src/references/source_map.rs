//! `sourceMappingURL` comments of CSS and JavaScript.

use super::raw_reference::{Kind, RawReference, Syntax};

const NAME: &str = "sourceMappingURL=";

/// The line ends of JavaScript (ECMA-262, §12.3).
pub(super) const LINE_ENDS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

/// Returns the source map URL in a comment. `comment` is the text between the delimiters, and `offset` is the position of
/// the text.
///
/// ECMA-426, MatchSourceMapURL: `^[@#]\s*sourceMappingURL=(\S*?)\s*$`.
pub(crate) fn in_comment(comment: &str, offset: usize) -> Option<RawReference> {
    let rest = comment.strip_prefix(['#', '@'])?.trim_start().strip_prefix(NAME)?;
    let url = rest.trim_end();
    if url.is_empty() || url.contains(char::is_whitespace) {
        return None;
    }
    let start = offset + comment.len() - rest.len();
    Some(RawReference {
        span: start..start + url.len(),
        kind: Kind::SourceMap,
        syntax: Syntax::Literal,
        is_static_import: false,
    })
}

/// Returns the source map of a script: the last `sourceMappingURL` comment, unless code follows.
///
/// ECMA-426, JavaScriptExtractSourceMapURL without parsing. Reads the lines from last to first, until a line has code or a
/// source map comment.
pub(crate) fn in_script(text: &str) -> Option<RawReference> {
    memchr::memmem::find(text.as_bytes(), NAME.as_bytes())?;
    let mut end = text.len();
    text.split_inclusive(LINE_ENDS).rev().find_map(|line| {
        end -= line.len();
        in_line(line, end)
    })?
}

/// Returns `Some(None)` if the line ends with code, and `None` if the line has neither code nor a source map.
fn in_line(line: &str, offset: usize) -> Option<Option<RawReference>> {
    let mut last = None;
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let inside = offset + line.len() - rest.len() + 2;
        let (comment, after) = match rest.split_at_checked(2) {
            Some(("//", comment)) => (comment, ""),
            Some(("/*", comment)) => comment.split_once("*/").unwrap_or_default(),
            _ => {
                last = Some(None);
                let code = rest.chars().next().map_or(0, char::len_utf8);
                rest = rest[code..].find('/').map_or("", |slash| &rest[code + slash..]);
                continue;
            }
        };
        match in_comment(comment, inside) {
            // A comment with a quote is probably part of a string.
            _ if comment.contains(['"', '\'', '`']) => last = Some(None),
            Some(found) => last = Some(Some(found)),
            None => {}
        }
        rest = after.trim_start();
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(text: &str) -> Option<&str> {
        in_script(text).map(|written| &text[written.span])
    }

    #[test]
    fn last_source_map_comment_of_a_script_is_found() {
        for text in [
            "x()\n//# sourceMappingURL=x.map\r\n",
            "x() //@ sourceMappingURL=x.map\t",
            "x()/*# sourceMappingURL=x.map */\n",
            "//# sourceMappingURL=y.map\n//# sourceMappingURL=x.map",
            "//# sourceMappingURL=y.map\nx()\n//# sourceMappingURL=x.map",
            "/*# sourceMappingURL=y.map*/ /*# sourceMappingURL=x.map*/ // z\n\n// z\n/* z */",
            "x()\u{2028}//# sourceMappingURL=x.map\u{2029}",
            "x()\r//#\tsourceMappingURL=x.map\r",
            "x(a / b, 'image/*', 'http://x/', /[/*]/)\n//# sourceMappingURL=x.map",
            "x(`/*${'//'}`)\n/*# sourceMappingURL=x.map*/",
            "x('\\\n/*')\n//# sourceMappingURL=x.map",
            "<!-- x\n//# sourceMappingURL=x.map",
            "/*# sourceMappingURL=x.map*/ /*",
        ] {
            assert_eq!(found(text), Some("x.map"), "{text:?}");
        }
    }

    #[test]
    fn other_text_is_no_source_map_comment() {
        for text in [
            "x('//# sourceMappingURL=x.map')",
            "x('//# sourceMappingURL=x.map'",
            "`\n//# sourceMappingURL=x.map`",
            "`\n//# sourceMappingURL=x.map\n`",
            "//# sourceMappingURL=x.map\nx()",
            "/*# sourceMappingURL=x.map*/ x()",
            "// sourceMappingURL=x.map",
            "//# sourceMappingURL=x.map y",
            "//# sourceMappingURL=",
            "//# sourcemappingurl=x.map",
            "/* //# sourceMappingURL=x.map*/",
            "// old: //# sourceMappingURL=x.map",
            "x() /* y /*# sourceMappingURL=x.map */",
            "/*\n//# sourceMappingURL=x.map\n*/",
            "/*# sourceMappingURL=x.map",
        ] {
            assert_eq!(found(text), None, "{text:?}");
        }
    }
}
