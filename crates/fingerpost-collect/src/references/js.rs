//! References in scripts, by the parser's module record (ECMA-262, §16.2) and its syntax tree.

use std::{
    cell::RefCell,
    ops::Range,
    panic::{self, AssertUnwindSafe},
    thread,
};

use oxc_allocator::Allocator;
use oxc_parser::{Parser, ParserReturn};
use oxc_semantic::SemanticBuilder;
use oxc_span::{LabeledSpan, SourceType};

use super::{
    calls::{Calls, bytes, specifier},
    nesting,
    prefilter::{Prefilter, prefilter},
    raw_reference::RawReference,
    reference::{ParseFailure, ParseFailureKind, Scan},
    source_map, stack,
};

/// Finds all references; in what is no valid module, source map comments alone.
pub(crate) fn scan(text: &str) -> Scan {
    let prefilter = prefilter(text);
    match source_map::scan_comments(text) {
        source_map::CommentScan::None if prefilter.suspect.is_none() => Scan::default(),
        source_map::CommentScan::Last(written) if prefilter.suspect.is_none() => {
            Scan::from_reference(written)
        }
        _ => parse(text, prefilter),
    }
}

/// The parser calls itself for every level, so it needs a stack that the deepest place in the text cannot exhaust. A script
/// that may need more than there is gets a thread of its own.
fn parse(text: &str, prefilter: Prefilter) -> Scan {
    match nesting::stack_for(text) {
        Some(stack) if stack <= stack::here() => parse_here(text, prefilter),
        Some(stack) => thread::scope(|scope| {
            let parser = thread::Builder::new().stack_size(stack);
            match parser.spawn_scoped(scope, || parse_here(text, prefilter)).map(|thread| thread.join()) {
                Ok(scan) => scan.unwrap_or_else(|ours| panic::resume_unwind(ours)),
                Err(_) => given_up(text, prefilter, "there is no memory for a stack to parse it with"),
            }
        }),
        None => given_up(text, prefilter, "it is nested too deep"),
    }
}

thread_local! {
    /// Memory for the parser, which every file would otherwise ask the system for.
    static ARENA: RefCell<Allocator> = RefCell::default();
}

/// Not kept beyond a file: the few that take more would hold it until the end.
const ARENA_TO_KEEP: usize = 8 * 1024 * 1024;

fn parse_here(text: &str, prefilter: Prefilter) -> Scan {
    ARENA.with_borrow_mut(|arena| {
        let scan = parse_in(arena, text, prefilter);
        let has_given_up =
            scan.parse_failure.as_ref().is_some_and(|why| why.obstacle == ParseFailureKind::GivenUp);
        if has_given_up || arena.capacity() > ARENA_TO_KEEP {
            *arena = Allocator::default();
        }
        arena.reset();
        scan
    })
}

fn parse_in(arena: &Allocator, text: &str, prefilter: Prefilter) -> Scan {
    let checked = parsed(|| {
        let module = Parser::new(arena, text, SourceType::mjs()).parse();
        let fault = module.diagnostics.errors().next().map(|error| Fault::new(&error.message, &error.labels));
        let fault = fault.or_else(|| early_error(&module));
        (module, fault)
    });
    match checked {
        Some((_, Some(fault))) => not_a_module(arena, text, prefilter, fault),
        Some((module, None)) => references(&module, text, prefilter),
        None => given_up(text, prefilter, "the parser gave up"),
    }
}

/// Why a script is no module, and where.
struct Fault {
    reason: String,
    span: Range<usize>,
}

impl Fault {
    fn new(message: &str, labels: &[LabeledSpan]) -> Self {
        let span = labels.first().map(|label| bytes(label.span()));
        Self { reason: message.to_owned(), span: span.unwrap_or_default() }
    }
}

/// What the parser comes to, unless it panics: a debug build of it asserts more than every input keeps. Nothing of ours may
/// be called in here, since a fault of ours would look like a script that nobody can read.
fn parsed<T>(parse: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(parse)).ok()
}

/// What the parser leaves to others to find, and a browser refuses all the same. Who writes `import` as a statement, or
/// `export`, or `import.meta`, means a module; the others may have meant a script.
fn early_error(module: &ParserReturn<'_>) -> Option<Fault> {
    let record = &module.module_record;
    if record.has_module_syntax || record.dynamic_imports.is_empty() {
        return None;
    }
    let checked = SemanticBuilder::new().with_check_syntax_error(true).build(&module.program);
    checked.diagnostics.errors().next().map(|error| Fault::new(&error.message, &error.labels))
}

/// It may well be a module, and is none for us.
fn given_up(text: &str, prefilter: Prefilter, reason: &str) -> Scan {
    let (obstacle, reason, may_refer) =
        (ParseFailureKind::GivenUp, reason.to_owned(), prefilter.suspect.is_some());
    parse_failure(text, ParseFailure { obstacle, reason, span: 0..0, may_refer })
}

fn not_a_module(arena: &Allocator, text: &str, prefilter: Prefilter, Fault { reason, span }: Fault) -> Scan {
    let may_refer = prefilter.suspect.is_some() && !is_script_without_references(arena, text);
    parse_failure(text, ParseFailure { obstacle: ParseFailureKind::NotAModule, reason, span, may_refer })
}

fn parse_failure(text: &str, why: ParseFailure) -> Scan {
    let written = source_map::at_the_end(text).into_iter().collect();
    Scan { written, parse_failure: Some(why), ..Scan::default() }
}

/// Returns `true` if the text is a sloppy-mode script in which the words found by the prefilter are no references.
fn is_script_without_references(arena: &Allocator, text: &str) -> bool {
    let script = parsed(|| {
        let script = Parser::new(arena, text, SourceType::script()).parse();
        let is_valid = script.diagnostics.errors().next().is_none();
        (is_valid && !script.module_record.has_module_syntax).then_some(script)
    });
    let begins_a_path = |written: &RawReference| text[written.span.clone()].starts_with(['.', '/', '\\']);
    script
        .flatten()
        .is_some_and(|script| !Calls::from_program(&script.program).written.iter().any(begins_a_path))
}

fn references(module: &ParserReturn<'_>, text: &str, prefilter: Prefilter) -> Scan {
    let mut scan = Scan::default();
    let record = &module.module_record;
    let requested = record.requested_modules.values().flatten().map(|module| module.span);
    scan.written.extend(requested.map(specifier));
    if prefilter.has_import_meta || !record.dynamic_imports.is_empty() {
        let Calls { written, unknown } = Calls::from_program(&module.program);
        scan.written.extend(written);
        scan.unknown = unknown;
    }
    for comment in &module.program.comments {
        let inside = source_map::without_marks(text, bytes(comment.span));
        scan.written.extend(source_map::in_comment(&text[inside.clone()], inside.start));
    }
    scan.written.sort_by_key(|written| written.span.start);
    scan.written.dedup();
    scan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn references(js: &str) -> Vec<&str> {
        scan(js).written.into_iter().map(|written| &js[written.span]).collect()
    }

    #[test]
    fn specifiers_are_found_in_every_valid_syntax() {
        for js in [
            "import a from \"./m.js\"",
            "import './m.js'",
            "import{a as b}from\"./m.js\";",
            "import*as m from'./m.js'",
            "import {\n  a,\n  b\n}\n// c\nfrom\n\"./m.js\"",
            "import/**/'./m.js'",
            "import//\r'./m.js'\n'm.js'",
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
            "import('./m.js'/* @vite-ignore */)",
            "import('./m.js'/**/)",
            "import(('./m.js')/**/)",
            "import(`./m.js`//\n)",
            "import(/**/'./m.js'/**/,/**/{}/**/)",
            "import.defer(('./m.js'))",
            "import.meta.resolve(('./m.js'))",
            "import.meta.resolve((((`./m.js`))),)",
            "new URL(('./m.js'), import.meta.url)",
            "f(new URL((/*(*/( ('./m.js')) // )\n), import.meta.url))",
            "new window.URL('./m.js', import.meta.url)",
            "new self.URL('./m.js', import.meta.url)",
            "new globalThis['URL']('./m.js', import.meta.url)",
            "new (URL)('./m.js', (import.meta).url)",
            "new URL('./m.js', (import.meta['url']), x)",
            "new URL('./m.js', import/**/.meta[`url`])",
            "import.meta.resolve?.('./m.js')",
            "import.meta?.resolve('./m.js')",
            "(import.meta.resolve)('./m.js')",
            "import.meta['resolve']('./m.js', x)",
            "x = {y: [async () => { await import('./m.js') }]}",
        ] {
            assert_eq!(references(js), ["./m.js"], "{js:?}");
        }
    }

    #[test]
    fn text_that_resembles_a_reference_is_not_one() {
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
            "import.meta[resolve]('./m.js')",
            "new x.URL('./m.js', import.meta.url)",
            "new URL('./m.js', import.meta[url])",
            "new URL(...['./m.js'], import.meta.url)",
            "URL('./m.js', import.meta.url)",
        ] {
            assert_eq!(references(js), [""; 0], "{js:?}");
        }
    }

    #[test]
    fn computed_imports_are_reported() {
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
    fn non_module_scripts_only_have_their_source_map_comment_rewritten() {
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
        let why = scan("import './m.js'; )").parse_failure.unwrap();
        assert_eq!((why.obstacle, why.span, why.may_refer), (ParseFailureKind::NotAModule, 17..18, true));
    }

    #[test]
    fn non_module_scripts_are_parsed_only_for_calls_with_a_possible_reference() {
        for (js, may_refer) in [
            ("<!-- c\n// import './m.js'", false),
            ("<!-- c\nx = \"import './m.js'\"", false),
            ("<!-- c\nimport(x)", false),
            ("<!-- c\nimport('lodash') // from './m.js'", false),
            ("<!-- c\nimport('./m.js')", true),
            ("import('./m.js'); with (a) {}", true),
            ("<!-- c\nimport './m.js'", true),
            ("<!-- c\nexport * from './m.js'", true),
            ("<!-- c\nnew URL('./m.js', import.meta.url)", true),
        ] {
            assert_eq!(scan(js).parse_failure.map(|why| why.may_refer), Some(may_refer), "{js}");
        }
    }

    #[test]
    fn source_map_comments_are_found_anywhere_in_a_script() {
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
    fn deeply_nested_and_very_long_scripts_do_not_overflow_the_stack() {
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
            assert!(scan.parse_failure.is_some(), "{open}");
            assert_eq!(scan.written, []);
        }
        for open in ["(\")\",", "[/*]*/,", "a=>b?/;/.x:", "{`}`;", "(/[)]/,"] {
            let js = format!("import './m.js';{}", open.repeat(20_000));
            assert!(scan(&js).parse_failure.is_some(), "{open}");
        }
        let long = format!("import './m.js';{}", "f(x[1]);".repeat(50_000));
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

    #[test]
    fn nesting_that_the_lexer_misjudges_is_reported_as_too_deep() {
        for misleading in [
            "x={}/1;",
            "function(){}/1;",
            "of/1;",
            "this.#in/1;",
            "\\u{61}/1;",
            "//\r",
            "//\u{2028}",
            "'\\\r\n';",
        ] {
            let js = format!("import './m.js';{misleading}{}", "(".repeat(50_000));
            assert!(scan(&js).parse_failure.is_some(), "{misleading:?}");
        }
    }

    #[test]
    fn long_expression_chains_of_any_kind_are_parsed() {
        for link in [
            "''%",
            "``<",
            "/./%",
            "a.b&&",
            "a+",
            "1,",
            "[]??",
            "!",
            "~-",
            "a=>",
            "a?b:",
            "if(a);else ",
            "new ",
            "typeof ",
            "(a)=>",
            "a**",
        ] {
            let js = format!("import('./m.js');{}1", link.repeat(20_000));
            assert_eq!(references(&js), ["./m.js"], "{link}");
        }
        for link in ["``", ".b", "[0]", "()", "?.b", "`${1}`", "=a"] {
            let js = format!("import('./m.js');a{}", link.repeat(20_000));
            assert_eq!(references(&js), ["./m.js"], "{link}");
        }
    }
}
