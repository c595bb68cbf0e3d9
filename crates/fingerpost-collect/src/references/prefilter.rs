//! Searches the bytes of a script for possible references. A script without a match is not parsed.

/// The result of the search. A match may be in a comment or a string.
#[derive(Clone, Copy, Default)]
pub(crate) struct Prefilter {
    /// The position of an `import` or `from` that may belong to a reference.
    pub(crate) suspect: Option<usize>,
    /// `true` if the syntax tree has to be visited for `import.meta`: the module record does not contain `import.meta`.
    #[cfg_attr(not(feature = "js"), allow(dead_code, reason = "only the parser of scripts reads it"))]
    pub(crate) has_import_meta: bool,
}

/// Searches for `import` and `from`, and checks the text after each word: a specifier that is a reference begins with a dot, a
/// slash or an escape. With `finds_bare`, every specifier is a reference.
pub(crate) fn prefilter(text: &str, finds_bare: bool) -> Prefilter {
    let bytes = text.as_bytes();
    let after = |word: &'static str| {
        memchr::memmem::find_iter(bytes, word)
            .filter(|&at| at == 0 || !is_name(bytes[at - 1]))
            .map(move |at| (at, past_comments(&bytes[at + word.len()..])))
    };
    let from = after("from").find(|(_, rest)| string_may_refer(rest, finds_bare)).map(|(at, _)| at);
    let mut prefilter = Prefilter { suspect: from, has_import_meta: false };
    for (at, rest) in after("import") {
        let is_meta = is_import_meta(rest);
        prefilter.has_import_meta |= is_meta;
        if prefilter.suspect.is_none() && (is_meta || import_may_refer(rest, finds_bare)) {
            prefilter.suspect = Some(at);
        }
    }
    prefilter
}

/// Returns `true` if the text after `import` is `.meta`, followed by a possible `url` or `resolve`.
fn is_import_meta(bytes: &[u8]) -> bool {
    let mut rest = past_comments(bytes);
    for word in [&b"."[..], b"meta"] {
        let Some(after) = rest.strip_prefix(word) else { return begins_comment(rest) };
        rest = past_comments(after);
    }
    match rest {
        [b'.', name @ ..] => {
            let name = past_comments(name);
            let begins = |begin: &[u8]| name.starts_with(begin);
            begins(b"url") || begins(b"resolve") || begins(b"\\") || begins_comment(name)
        }
        // `import.meta['url']`, `(import.meta).url`, `import.meta?.url`
        [first, ..] => matches!(first, b'[' | b')' | b'?') || begins_comment(rest),
        [] => false,
    }
}

/// Checks the text after `import`: a specifier, a call, or a phase and a call, as in `import.defer(…)`.
fn import_may_refer(bytes: &[u8], finds_bare: bool) -> bool {
    match bytes {
        [b'.', rest @ ..] => {
            let phase = past_comments(rest);
            phase.starts_with(b"defer") || phase.starts_with(b"source") || begins_comment(phase)
        }
        [b'(', rest @ ..] => match past_comments(rest) {
            // `import()` in prose, or a template literal that generates an import, such as `import(${x})`.
            [b')', ..] | [b'$', b'{', ..] => false,
            [b'"' | b'\'' | b'`', first, ..] => finds_bare || matches!(first, b'.' | b'/' | b'\\'),
            _ => true,
        },
        _ => string_may_refer(bytes, finds_bare),
    }
}

fn string_may_refer(bytes: &[u8], finds_bare: bool) -> bool {
    match bytes {
        [b'"' | b'\'', first, ..] => finds_bare || matches!(first, b'.' | b'/' | b'\\'),
        _ => begins_comment(bytes),
    }
}

/// Returns `true` if the bytes begin with a comment that [`past_comments`] could not skip.
fn begins_comment(bytes: &[u8]) -> bool {
    matches!(bytes, [b'/', b'/' | b'*', ..])
}

/// Skips white space, and comments that end within the first 200 bytes. The limit makes the search linear. A script with a
/// longer comment is parsed.
fn past_comments(bytes: &[u8]) -> &[u8] {
    const LONGEST: usize = 200;
    let mut rest = trim(bytes);
    let window = rest.len().min(LONGEST);
    let (mut near, beyond) = rest.split_at(window);
    loop {
        let end = match near {
            // U+2028 ends a comment too. A comment with 0xe2, the first byte of U+2028, is left to the parser.
            [b'/', b'/', ..] => memchr::memchr3(b'\n', b'\r', 0xe2, near).filter(|&end| near[end] != 0xe2),
            [b'/', b'*', ..] => memchr::memmem::find(&near[2..], b"*/").map(|at| at + 4),
            _ => return rest,
        };
        let Some(end) = end else { return rest };
        near = trim(&near[end..]);
        rest = &bytes[bytes.len() - beyond.len() - near.len()..];
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

/// Removes white space at the start. Bytes outside of ASCII count as white space, because such bytes may be part of white
/// space.
fn trim(bytes: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0xb || !byte.is_ascii();
    &bytes[bytes.iter().take_while(|byte| is_space(byte)).count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn may_refer(js: &str) -> bool {
        prefilter(js, false).suspect.is_some()
    }

    #[test]
    fn text_that_may_contain_a_reference_is_parsed() {
        for js in [
            "import'./m.js'",
            "export*from'/m.js'",
            "import(`\\x2e/m.js`)",
            "import(x)",
            "import.meta.url",
            "import . meta . resolve",
            "import.defer('./m.js')",
            "import./**/source('./m.js')",
            "import// c\n/* d */'./m.js'",
            "import// c\r'./m.js'\n'm.js'",
            "import// “c”\u{2028}'./m.js'\n'm.js'",
            "import.meta['url']",
            "(import.meta).url",
            "import.meta?.resolve",
            "import.meta.\\u0075rl",
            "import.meta./* c */url",
        ] {
            assert!(may_refer(js), "{js:?}");
        }
        assert!(may_refer(&format!("import/*{}*/'./m.js'", "x".repeat(300))));
    }

    #[test]
    fn text_without_a_possible_reference_is_not_parsed() {
        for js in [
            "import 'lodash'",
            "x.imported('./m.js')",
            "Array.from(x)",
            "from / './m.js'",
            "import.meta.env",
            "'an import.'",
            "'import() calls'",
            "`${'import'}(${x}`;`import(${x})`",
            "'`import`.'",
            "'important'",
        ] {
            assert!(!may_refer(js), "{js:?}");
        }
    }

    #[test]
    fn scripts_with_bare_specifiers_are_parsed_if_finds_bare_is_true() {
        for js in
            ["import 'lit'", "export*from\"lit\"", "import a from'lit'", "import(`lit`)", "import ( 'lit' )"]
        {
            let [plain, bare] = [false, true].map(|bare| prefilter(js, bare).suspect.is_some());
            assert_eq!((plain, bare), (false, true), "{js}");
        }
        assert!(prefilter("Array.from(x), x.from / 2", true).suspect.is_none());
    }

    #[test]
    fn prefilter_runs_in_linear_time_on_keywords_next_to_comments() {
        for words in ["//from\n", "//import\n", "from/*", "from/**/", "import/*\n*/ //"] {
            prefilter(&words.repeat(100_000), true);
        }
    }
}
