//! References in scripts, by the parser's module record (ECMA-262, §16.2).

use std::{
    cell::RefCell,
    ops::Range,
    panic::{self, AssertUnwindSafe},
    thread::{self, ScopedJoinHandle},
};

use oxc_allocator::Allocator;
use oxc_parser::{Kind as TokenKind, Parser, ParserReturn, Token, config::TokensParserConfig};
use oxc_semantic::SemanticBuilder;
use oxc_span::{SourceType, Span};

use super::{
    Kind, Scan, Syntax, Written,
    glance::{Glance, glance},
    nesting, source_map, stack,
};

/// Finds all references; in what is no valid module, source map comments alone.
pub(crate) fn scan(text: &str) -> Scan {
    let glance = glance(text);
    match source_map::glance(text) {
        source_map::Glance::None if !glance.may_refer => Scan::default(),
        source_map::Glance::Last(written) if !glance.may_refer => Scan::of(written),
        _ => parse(text, glance),
    }
}

/// The parser calls itself for every level, so it needs a stack that the deepest place in the text cannot exhaust. A script
/// that may need more than there is gets a thread of its own.
fn parse(text: &str, glance: Glance) -> Scan {
    match nesting::stack_for(text) {
        Some(stack) if stack <= stack::here() => parse_here(text, glance),
        Some(stack) => thread::scope(|scope| {
            let parser = thread::Builder::new().stack_size(stack);
            let scan = parser.spawn_scoped(scope, || parse_here(text, glance)).map(ScopedJoinHandle::join);
            let no_memory = || given_up(text, "there is no memory for a stack to parse it with");
            scan.ok().and_then(Result::ok).unwrap_or_else(no_memory)
        }),
        None => given_up(text, "it is nested too deep"),
    }
}

thread_local! {
    /// Memory for the parser, which every file would otherwise ask the system for.
    static ARENA: RefCell<Allocator> = RefCell::default();
}

/// Not kept beyond a file: the few that take more would hold it until the end.
const ARENA_TO_KEEP: usize = 8 * 1024 * 1024;

fn parse_here(text: &str, glance: Glance) -> Scan {
    ARENA.with_borrow_mut(|arena| {
        // A debug build of the parser asserts more than every input keeps.
        let scan = panic::catch_unwind(AssertUnwindSafe(|| parse_in(arena, text, glance)));
        if scan.is_err() || arena.capacity() > ARENA_TO_KEEP {
            *arena = Allocator::default();
        }
        arena.reset();
        scan.unwrap_or_else(|_| given_up(text, "the parser gave up"))
    })
}

fn parse_in(arena: &Allocator, text: &str, glance: Glance) -> Scan {
    let parser = Parser::new(arena, text, SourceType::mjs());
    let module =
        if glance.has_import_meta { parser.with_config(TokensParserConfig).parse() } else { parser.parse() };
    match module.diagnostics.errors().next() {
        Some(reason) => not_a_module(text, &reason.message),
        None => match early_error(&module) {
            Some(reason) => not_a_module(text, &reason),
            None => references(&module, text),
        },
    }
}

/// What the parser leaves to others to find, and a browser refuses all the same. Who writes `import` as a statement, or
/// `export`, or `import.meta`, means a module; the others may have meant a script.
fn early_error(module: &ParserReturn<'_>) -> Option<String> {
    let record = &module.module_record;
    if record.has_module_syntax || record.dynamic_imports.is_empty() {
        return None;
    }
    let checked = SemanticBuilder::new().with_check_syntax_error(true).build(&module.program);
    let reason = checked.diagnostics.errors().next()?;
    Some(reason.message.to_string())
}

/// It may well be a module, and is none for us.
fn given_up(text: &str, reason: &str) -> Scan {
    Scan { given_up: true, ..not_a_module(text, reason) }
}

fn not_a_module(text: &str, reason: &str) -> Scan {
    let written = source_map::at_the_end(text).into_iter().collect();
    Scan { written, not_parsed: Some(reason.to_owned()), ..Scan::default() }
}

fn references(module: &ParserReturn<'_>, text: &str) -> Scan {
    let mut scan = Scan::default();
    let record = &module.module_record;
    let requested = record.requested_modules.values().flatten().map(|module| module.span);
    scan.written.extend(requested.map(|span| specifier(bytes(span))));
    for import in &record.dynamic_imports {
        match constant(module, text, bytes(import.module_request)) {
            Some(literal) => scan.written.push(specifier(literal)),
            None => scan.unknown.push(bytes(import.span)),
        }
    }
    scan.written.extend(around_import_meta(&Tokens { list: &module.tokens, text }));
    for comment in &module.program.comments {
        let inside = source_map::without_marks(text, bytes(comment.span));
        scan.written.extend(source_map::in_comment(&text[inside.clone()], inside.start));
    }
    scan.written.sort_by_key(|written| written.span.start);
    scan.written.dedup();
    scan.unknown.sort_by_key(|span| span.start);
    scan.unknown.dedup();
    scan
}

/// A string, or a template without substitutions, in parentheses or not.
fn constant(module: &ParserReturn<'_>, text: &str, expression: Range<usize>) -> Option<Range<usize>> {
    let text = &text[..expression.end];
    let start = past(module, text, expression.start, '(');
    let end = start + literal(&text.as_bytes()[start..])?;
    (past(module, text, end, ')') >= text.len()).then_some(start..end)
}

/// Moves past parentheses of one kind, white space and comments.
fn past(module: &ParserReturn<'_>, text: &str, mut at: usize, parenthesis: char) -> usize {
    let comments = &module.program.comments;
    let is_blank = |c: char| c == parenthesis || c.is_whitespace() || c == '\u{feff}';
    loop {
        at = text.len() - text[at..].trim_start_matches(is_blank).len();
        match comments.binary_search_by_key(&at, |comment| bytes(comment.span).start) {
            Ok(comment) => at = bytes(comments[comment].span).end,
            Err(_) => return at,
        }
    }
}

/// How long the literal is that stands at the start.
fn literal(written: &[u8]) -> Option<usize> {
    let (&quote, rest) = written.split_first().filter(|(first, _)| matches!(first, b'"' | b'\'' | b'`'))?;
    let mut escaped = false;
    let length = rest.iter().position(|&byte| {
        let ends = !escaped && byte == quote;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    let is_constant = quote != b'`' || !has_substitution(&rest[..length]);
    is_constant.then_some(length + 2)
}

/// `\${` and `$\{` are none.
fn has_substitution(template: &[u8]) -> bool {
    let mut escaped = false;
    template.windows(2).any(|pair| {
        let found = !escaped && pair == b"${";
        escaped = pair[0] == b'\\' && !escaped;
        found
    })
}

/// `new URL("…", import.meta.url)` and `import.meta.resolve("…")`.
fn around_import_meta(tokens: &Tokens<'_>) -> Vec<Written> {
    let is_member = |at: usize| at > 0 && (tokens.are(at - 1, &["."]) || tokens.are(at - 1, &["?."]));
    let is_made = |at: usize| at > 0 && tokens.are(at - 1, &["new"]);
    let import_metas = (0..tokens.list.len())
        .filter(|&at| tokens.are(at, &["import", ".", "meta", "."]) && !is_member(at) && !is_made(at));
    import_metas.filter_map(|at| tokens.resolved(at).or_else(|| tokens.made(at))).collect()
}

struct Tokens<'a> {
    list: &'a [Token],
    text: &'a str,
}

impl Tokens<'_> {
    /// Whether the tokens from `from` on are these. No string is written like one of them, for its quotes.
    fn are(&self, from: usize, wanted: &[&str]) -> bool {
        let tokens = self.list.get(from..from + wanted.len());
        tokens.is_some_and(|tokens| {
            tokens.iter().zip(wanted).all(|(token, wanted)| &self.text[bytes(token.span())] == *wanted)
        })
    }

    fn ends_argument(&self, at: usize) -> bool {
        self.are(at, &[")"]) || self.are(at, &[","])
    }

    /// What `import.meta.resolve` is called with, if that stands at `meta`.
    fn resolved(&self, meta: usize) -> Option<Written> {
        let is_called = self.are(meta + 4, &["resolve", "("]);
        let (written, end) = is_called.then(|| self.literal(meta + 6, Kind::Module))??;
        self.ends_argument(end).then_some(written)
    }

    /// What `new URL` is called with, if `import.meta.url` at `meta` is its base.
    fn made(&self, meta: usize) -> Option<Written> {
        let comma = meta.checked_sub(1)?;
        let depth = (0..comma).rev().take_while(|&at| self.are(at, &[")"])).count();
        let first = comma.checked_sub(2 * depth + 1)?;
        let is_base = self.are(comma, &[","]) && self.are(meta + 4, &["url"]) && self.ends_argument(meta + 5);
        let is_made = self.are(first.checked_sub(3)?, &["new", "URL", "("]);
        let (written, end) = (is_base && is_made).then(|| self.literal(first, Kind::Url))??;
        (end == comma).then_some(written)
    }

    /// The literal that begins here, in parentheses or not, and what stands behind it.
    fn literal(&self, first: usize, kind: Kind) -> Option<(Written, usize)> {
        let depth = (first..).take_while(|&at| self.are(at, &["("])).count();
        let (literal, end) = (first + depth, first + 2 * depth + 1);
        let token = self.list.get(literal)?;
        let is_literal = matches!(token.kind(), TokenKind::Str | TokenKind::NoSubstitutionTemplate);
        let is_closed = (literal + 1..end).all(|at| self.are(at, &[")"]));
        (is_literal && is_closed).then(|| (Written { kind, ..specifier(bytes(token.span())) }, end))
    }
}

/// What stands between the quotes of a literal.
fn specifier(literal: Range<usize>) -> Written {
    Written { span: literal.start + 1..literal.end - 1, kind: Kind::Module, syntax: Syntax::JavaScript }
}

fn bytes(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn references(js: &str) -> Vec<&str> {
        scan(js).written.into_iter().map(|written| &js[written.span]).collect()
    }

    #[test]
    fn specifiers_are_found_in_every_legal_spelling() {
        for js in [
            "import a from \"./m.js\"",
            "import './m.js'",
            "import{a as b}from\"./m.js\";",
            "import*as m from'./m.js'",
            "import {\n  a,\n  b\n}\n// c\nfrom\n\"./m.js\"",
            "import/**/'./m.js'",
            "import\u{2028}'./m.js'",
            "import d from './m.js' with {type: 'json'}",
            "export * from './m.js'",
            "export*as n from'./m.js'",
            "export {a, b as default} from './m.js'",
            "import('./m.js')",
            "x = async () => await import( /* c */\n './m.js' )",
            "import(`./m.js`)",
            "import('./m.js', {with: {type: 'json'}})",
            "((a = import('./m.js')) => a)()",
            "import.meta.resolve('./m.js')",
            "new URL('./m.js', import.meta.url)",
            "new /**/ URL ( `./m.js` , import . meta . url , ).href",
            "new Worker(new URL('./m.js', import.meta.url), {type: 'module'})",
            "import(('./m.js'))",
            "import/*(*/(( // (')\r\n ((/* ' */`./m.js`/* ) */)\u{feff})//)\u{2028}), {})",
            "import.defer(('./m.js'))",
            "import.meta.resolve(('./m.js'))",
            "import.meta.resolve((((`./m.js`))),)",
            "new URL(('./m.js'), import.meta.url)",
            "f(new URL((/*(*/( ('./m.js')) // )\n), import.meta.url))",
        ] {
            assert_eq!(references(js), ["./m.js"], "{js:?}");
        }
    }

    #[test]
    fn what_only_looks_like_a_reference_is_none() {
        for js in [
            "// import './m.js'",
            "/** import a from './m.js' */",
            "x = \"import './m.js'\"",
            "x = `import a from './m.js'`",
            "x = /import '.\\/m.js'/",
            "new URL('./m.js')",
            "new URL('./m.js', location)",
            "new URL('./m.js' + x, import.meta.url)",
            "new URL('./m.js', import.meta.url + x)",
            "import.meta.resolve('./m' + x)",
            "new Worker('./m.js')",
            "importScripts('./m.js')",
            "x.import('./m.js'), x.from('./m.js')",
            "Array.from('./m.js')",
            "x.import.meta.resolve('./m.js')",
            "x?.import.meta.resolve('./m.js')",
            "new import.meta.resolve('./m.js')",
            "new URL(f('./m.js'), import.meta.url)",
            "new URL((f, ('./m.js')), import.meta.url)",
            "new URL(('./m.js', import.meta.url))",
            "new URL((x)('./m.js'), import.meta.url)",
            "new URL(('./m.js').x('./m.js'), import.meta.url)",
            "import.meta.resolve(('./m.js') + x)",
            "import.meta.resolve(('./m.js').x)",
        ] {
            assert_eq!(references(js), [""; 0], "{js:?}");
        }
    }

    #[test]
    fn an_import_of_what_nobody_can_know_is_told() {
        for js in [
            "import(x)",
            "import(`./${x}.js`)",
            "import('./a' + '.js')",
            "import(`\\\\${x}`)",
            "import((x))",
            "import((`./${x}.js`))",
            "import(('./a') + ('.js'))",
            "import(('./a', './m.js'))",
            "import(('./a').b('./m.js'))",
            "import(('./m.js')())",
            "import((('./m.js').x))",
            "import(('./m.js')`./m.js`)",
        ] {
            let scan = scan(js);
            assert_eq!(scan.written, [], "{js:?}");
            assert_eq!((scan.unknown.len(), &scan.unknown[0]), (1, &(0..js.len())), "{js:?}");
        }
        assert_eq!(references("import(`./\\${x}$\\{y}.js`)"), ["./\\${x}$\\{y}.js"]);
        assert_eq!(references("import((`./\\${x}\\`).js`))"), ["./\\${x}\\`).js"]);
    }

    #[test]
    fn what_is_no_module_has_its_source_map_alone() {
        for js in [
            "import('./m.js'); with (a) {}",
            "import './m.js'; import {",
            "import './m.js'; )",
            "'use",
            "import './m.js' <!-- x",
        ] {
            let js = format!("{js}\n//# sourceMappingURL=m.js.map\n");
            assert_eq!(references(&js), ["m.js.map"], "{js:?}");
        }
        assert!(scan("import './m.js'; )").not_parsed.is_some());
    }

    #[test]
    fn source_maps_are_found_wherever_a_comment_stands() {
        assert_eq!(references("a()\n//# sourceMappingURL=m.map"), ["m.map"]);
        assert_eq!(
            references("a() /*@ sourceMappingURL=a.map*/; b()\n//# sourceMappingURL=b.map\n"),
            ["a.map", "b.map"]
        );
        assert_eq!(references("a('//# sourceMappingURL=' + x)\n//# sourceMappingURL=b.map\n"), ["b.map"]);
        assert_eq!(references("a(`\n//# sourceMappingURL=a.map\n`)"), [""; 0]);
        assert_eq!(references("import './m.js'\n//# sourceMappingURL=b.map"), ["./m.js", "b.map"]);
    }

    #[test]
    fn nothing_is_too_deep_and_nothing_too_long() {
        for open in [
            "(",
            "[",
            "{",
            "x={a:",
            "`${",
            "a=>",
            "!",
            "a?b:",
            "if(a);else ",
            "new ",
            "class extends (",
            "a+",
        ] {
            let js = format!("import './m.js';{}", open.repeat(100_000));
            let scan = scan(&js);
            assert!(scan.not_parsed.is_some(), "{open}");
            assert_eq!(scan.written, []);
        }
        for open in ["(\")\",", "[/*]*/,", "a=>b?/;/.x:", "{`}`;", "(/[)]/,"] {
            let js = format!("import './m.js';{}", open.repeat(20_000));
            assert!(scan(&js).not_parsed.is_some(), "{open}");
        }
        let long = format!("import './m.js';{}", "f(x[1]);".repeat(200_000));
        assert_eq!(references(&long), ["./m.js"]);
        assert_eq!(references(&"import'./m.js';".repeat(10_000)).len(), 10_000);
        for (open, close) in [("import((", "))"), ("import('a'+(", "))"), ("new URL((", "),import.meta.url)")]
        {
            let js = format!("{}import(('./m.js')){}", open.repeat(1_000), close.repeat(1_000));
            assert_eq!(references(&js), ["./m.js"], "{open}");
        }
        let deep = format!("import({}'./m.js'{})", "(".repeat(5_000), ")".repeat(5_000));
        assert_eq!(references(&deep), ["./m.js"]);
        assert_eq!(references(&"from/*".repeat(200_000)), [""; 0]);
        assert_eq!(references(&"from/**/".repeat(200_000)), [""; 0]);
        assert_eq!(references(&format!("import/*{}*/'./m.js'", "x".repeat(1000))), ["./m.js"]);
        assert_eq!(references("import // c\r\n/* d */ './m.js'"), ["./m.js"]);
    }
}
