//! Finds references in scripts, with the module record (ECMA-262, §16.2) and the syntax tree of the parser.

use std::{cell::RefCell, ops::Range, panic, sync::Once, thread};

use oxc_allocator::Allocator;
use oxc_ast_visit::VisitJs as _;
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_span::{LabeledSpan, SourceType};

use super::{
    calls::{bytes, specifier},
    depth::{self, DEEPEST, STACK_PER_LEVEL, TooDeep},
    prefilter::{Prefilter, prefilter},
    raw_reference::RawReference,
    reference::{ParseFailure, Scan, ScanError},
    source_map,
};
use crate::diagnostics::Rule;

/// Finds all references, with bare specifiers only if `finds_bare`. In text that is neither a module nor a script, finds only
/// the source map comment.
pub(crate) fn scan(text: &str, finds_bare: bool) -> Result<Scan, ScanError> {
    let prefilter = prefilter(text, finds_bare);
    let mut scan = if prefilter.suspect.is_some() { parse(text, prefilter)? } else { Scan::default() };
    scan.written.extend(source_map::in_script(text));
    scan.written.sort_by_key(|written| written.span.start);
    scan.written.dedup();
    Ok(scan)
}

/// The part of the usual stack of 2 MiB that the parser may use, in bytes.
const USUAL_STACK: usize = 1536 * 1024;

/// A sufficient stack size for every script whose depth is at most [`DEEPEST`]. Only the used part of the stack occupies
/// memory.
const DEEP_STACK: usize = USUAL_STACK + DEEPEST as usize * STACK_PER_LEVEL;

/// The free memory required per byte of text. Published code needs about this amount. With less memory, the parser may abort
/// the process, because some memory of the parser is not in the arena.
const MEMORY_PER_BYTE: usize = 16;

/// The free memory required per byte of a script of at least [`LONG`] bytes. Such a script may consist of short tokens or of
/// errors.
const MEMORY_PER_BYTE_OF_LONG: usize = 64;

const LONG: usize = 16 * 1024 * 1024;

/// The parser recurses, so a script that may exhaust the stack of this thread is parsed on a thread with a larger stack.
fn parse(text: &str, prefilter: Prefilter) -> Result<Scan, ScanError> {
    let per_byte = if text.len() < LONG { MEMORY_PER_BYTE } else { MEMORY_PER_BYTE_OF_LONG };
    let memory = Vec::<u8>::new().try_reserve_exact(text.len().saturating_mul(per_byte));
    memory.map_err(|_| ScanError::OutOfMemory)?;
    let depth = depth::depth(text).map_err(|TooDeep(at)| ScanError::TooDeep(at))?;
    ARENA.with_borrow_mut(|arena| {
        if depth as usize * STACK_PER_LEVEL <= USUAL_STACK {
            return parse_here(arena, text, prefilter);
        }
        thread::scope(|scope| {
            let parser = thread::Builder::new().stack_size(DEEP_STACK);
            let parser = parser.spawn_scoped(scope, || parse_here(arena, text, prefilter));
            let parser = parser.map_err(|_| ScanError::OutOfMemory)?;
            parser.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
        })
    })
}

thread_local! {
    /// The memory of the parser. Reused, because the parser would otherwise request memory from the system for every file.
    static ARENA: RefCell<Allocator> = RefCell::default();
}

/// The maximum size of a retained arena in bytes. A larger arena is freed after the file, because few files need a larger
/// arena.
const ARENA_TO_KEEP: usize = 64 * 1024 * 1024;

fn parse_here(arena: &mut Allocator, text: &str, prefilter: Prefilter) -> Result<Scan, ScanError> {
    let scan = parse_in(arena, text, prefilter);
    arena.reset();
    if scan.is_err() || arena.capacity() > ARENA_TO_KEEP {
        *arena = Allocator::default();
    }
    scan
}

/// Parses text as a module, and as a script if the text is not a module.
fn parse_in(arena: &Allocator, text: &str, prefilter: Prefilter) -> Result<Scan, ScanError> {
    let fault = match checked(arena, text, SourceType::mjs())? {
        Ok(module) => return Ok(references(&module, prefilter)),
        Err(fault) => fault,
    };
    match checked(arena, text, SourceType::script())? {
        Ok(script) if !script.module_record.has_module_syntax => Ok(references(&script, prefilter)),
        _ => Ok(Scan::from_failure(fault)),
    }
}

/// Parses text. Errors that depend on other code, such as two `let a`, are not reported.
///
/// The parser panics if there is not enough memory. A debug build of the parser also panics on some input. Such input counts
/// as invalid.
fn checked<'a>(
    arena: &'a Allocator,
    text: &'a str,
    source_type: SourceType,
) -> Result<Result<ParserReturn<'a>, ParseFailure>, ScanError> {
    silence_out_of_memory_panics();
    let parse = || {
        // Only an analysis of scopes needs the hashes of names.
        let options = ParseOptions { enable_ident_hashes: false, ..ParseOptions::default() };
        let parsed = Parser::new(arena, text, source_type).with_options(options).parse();
        let fault = parsed.diagnostics.errors().next().map(|error| not_valid(&error.message, &error.labels));
        fault.map_or(Ok(parsed), Err)
    };
    panic::catch_unwind(panic::AssertUnwindSafe(parse)).or_else(|payload| {
        match payload.downcast_ref::<&str>() {
            Some(&OUT_OF_MEMORY) => Err(ScanError::OutOfMemory),
            _ => Ok(Err(ParseFailure::not_parsed("the parser failed"))),
        }
    })
}

/// The panic message of [`Allocator`] when the system has no free memory.
const OUT_OF_MEMORY: &str = "out of memory";

/// Prevents a backtrace when an allocation of the parser fails. A backtrace allocates memory, and a second failed allocation
/// blocks the process forever.
fn silence_out_of_memory_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_arena = info.location().is_some_and(|location| location.file().contains("oxc_allocator"));
            if !is_arena || info.payload().downcast_ref::<&str>() != Some(&OUT_OF_MEMORY) {
                hook(info);
            }
        }));
    });
}

fn not_valid(message: &str, labels: &[LabeledSpan]) -> ParseFailure {
    let span: Range<usize> = labels.first().map(|label| bytes(label.span())).unwrap_or_default();
    let message = format!(
        "script cannot be parsed as a module or classic script; its references are not rewritten: {message}"
    );
    ParseFailure { rule: Rule::Syntax, message, span }
}

fn references(parsed: &ParserReturn<'_>, prefilter: Prefilter) -> Scan {
    let record = &parsed.module_record;
    let requested = record.requested_modules.values().flatten();
    let requested = requested.map(|module| RawReference { is_static_import: true, ..specifier(module.span) });
    let mut scan = Scan { written: requested.collect(), ..Scan::default() };
    if prefilter.has_import_meta || !record.dynamic_imports.is_empty() {
        scan.visit_program(&parsed.program);
    }
    scan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(js: &str) -> Result<Scan, ScanError> {
        super::scan(js, false)
    }

    #[track_caller]
    fn references(js: &str) -> Vec<&str> {
        scan(js).expect("a scan").written.into_iter().map(|written| &js[written.span]).collect()
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
    fn text_that_resembles_a_reference_is_skipped() {
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
            let scan = scan(js).expect("a scan");
            assert_eq!(scan.written, [], "{js:?}");
            assert_eq!((scan.unknown.len(), &scan.unknown[0]), (1, &(0..js.len())), "{js:?}");
        }
        assert_eq!(references("import(`./\\${x}$\\{y}.js`)"), ["./\\${x}$\\{y}.js"]);
        assert_eq!(references("import((`./\\${x}\\`).js`))"), ["./\\${x}\\`).js"]);
    }

    #[test]
    fn only_the_source_map_comment_of_an_invalid_script_is_found() {
        for js in [
            "import './m.js'; import {",
            "import './m.js'; )",
            "import './m.js' <!-- x",
            "<!-- c\nimport './m.js'",
            "<!-- c\nexport * from './m.js'",
            "<!-- c\nnew URL('./m.js', import.meta.url)",
        ] {
            let js = format!("{js}\n//# sourceMappingURL=m.js.map\n");
            assert_eq!(references(&js), ["m.js.map"], "{js:?}");
            assert!(scan(&js).unwrap().parse_failure.is_some(), "{js:?}");
        }
        let why = scan("import './m.js'; )").unwrap().parse_failure.unwrap();
        assert!(
            why.message.starts_with("script cannot be parsed as a module or classic script; "),
            "{why:?}"
        );
        assert_eq!(why.span, 17..18);
    }

    #[test]
    fn imports_of_sloppy_mode_scripts_are_found() {
        for js in [
            "var f = 010; import('./m.js')",
            "import('./m.js'); with (a) {}",
            "<!-- c\nimport('./m.js')",
            "a()\n--> c\nimport('./m.js')",
            "var await = 1, x = await /1; import('./m.js')",
            "yield = 1; delete yield; import('./m.js')",
            "function f(a, a) { import('./m.js') }",
            "let a; let a; import('./m.js')",
        ] {
            assert_eq!(references(js), ["./m.js"], "{js:?}");
            assert_eq!(scan(js).unwrap().parse_failure, None, "{js:?}");
        }
        let scan = scan("with (a) import(b)").unwrap();
        assert_eq!((scan.unknown.len(), &scan.unknown[0], scan.parse_failure), (1, &(9..18), None));
    }

    #[test]
    fn invalid_scripts_without_references_report_no_parse_failure() {
        for js in ["<!-- c\n// import './m.js'", "<!-- c\nx = \"import './m.js'\"", "'use", "{{ template }}"]
        {
            assert_eq!(scan(js), Ok(Scan::default()), "{js}");
        }
    }

    #[test]
    fn last_source_map_comment_is_found() {
        assert_eq!(references("a()\n//# sourceMappingURL=m.map"), ["m.map"]);
        assert_eq!(
            references("a() /*@ sourceMappingURL=a.map*/; b()\n//# sourceMappingURL=b.map\n"),
            ["b.map"]
        );
        assert_eq!(references("a('//# sourceMappingURL=' + x)\n//# sourceMappingURL=b.map\n"), ["b.map"]);
        assert_eq!(references("a(`\n//# sourceMappingURL=a.map\n`)"), [""; 0]);
        assert_eq!(references("import './m.js'\n//# sourceMappingURL=b.map"), ["./m.js", "b.map"]);
    }

    #[test]
    fn too_deeply_nested_scripts_are_errors() {
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
            let js = format!("import './m.js';{}", open.repeat(220_000));
            assert!(matches!(scan(&js), Err(ScanError::TooDeep(_))), "{open}");
        }
        // The parser continues after the errors in these scripts.
        for script in [
            format!("{};", "if(c)d,e\nelse ".repeat(100_000)),
            format!("a,b++\n{}", "if(c)d,e++\nelse ".repeat(100_000)),
            format!("class A{{@a`` b={}", "(".repeat(50_000)),
            format!("let [a]\n/\"/;{}", "(".repeat(50_000)),
            format!("a as {}", "b<c,".repeat(100_000)),
            format!("class A implements {}", "b<c,".repeat(100_000)),
            format!("x={}", "@a \\u0065xport default class extends ".repeat(100_000)),
        ] {
            let js = format!("import './m.js';import('./m.js');import.meta.url;{script}");
            assert!(matches!(scan(&js), Err(ScanError::TooDeep(_))), "{}", &script[..20]);
        }
        for open in ["(\")\",", "[/*]*/,", "a=>b?/;/.x:", "{`}`;", "(/[)]/,"] {
            let js = format!("import './m.js';{}", open.repeat(50_000));
            assert!(matches!(scan(&js), Err(ScanError::TooDeep(_))), "{open}");
        }
    }

    /// Nests every recursive construct as deeply as the limit allows, and checks that the stack does not overflow. Only
    /// `tests/release-check` runs all constructs. The first five constructs have the largest frames.
    #[test]
    fn deepest_allowed_nesting_does_not_overflow_the_stack() {
        let constructs = [
            ("({get a(){", "}})"),
            ("(class{a=", "})"),
            ("a=>", ""),
            ("for(;;)", ""),
            ("new ", ""),
            ("(", ")"),
            ("[", "]"),
            ("{", "}"),
            ("x={a:", "}"),
            ("({a:", "})"),
            ("`${", "}`"),
            ("(a)=>", ""),
            ("a=>{", "}"),
            ("async a=>", ""),
            ("async(a)=>", ""),
            ("!", ""),
            ("- ", ""),
            ("typeof ", ""),
            ("a?b:", ""),
            ("a?", ":b"),
            ("if(a);else ", ""),
            ("if(a){}else ", ""),
            ("if(a)", ""),
            ("while(1)", ""),
            ("do ", ";while(1)"),
            ("with(a)", ""),
            ("class extends ", "{}"),
            ("class extends a,", ""),
            ("class A{m(){", "}}"),
            ("class A{static{", "}}"),
            ("function a(){", "}"),
            ("(function(){", "})"),
            ("a+", ""),
            ("a??", ""),
            ("a**", ""),
            ("a=", ""),
            ("a in ", ""),
            ("f(", ")"),
            ("new f(", ")"),
            ("import(", ")"),
            ("a[", "]"),
            ("await ", ""),
            ("[...", "]"),
            ("switch(a){case 1:", "}"),
            ("try{", "}finally{}"),
            ("@(", ")class{}"),
            ("(()=>{", "})()"),
            ("import.meta.resolve(", ")"),
            ("({a(){", "}})"),
            ("x=@a\nclass{y=", "}"),
        ];
        let count = if is_large() { constructs.len() } else { 5 };
        for (open, close) in constructs.into_iter().take(count) {
            let nested =
                |count: usize, inside: &str| format!("{}{inside}{}", open.repeat(count), close.repeat(count));
            let depth = |count| depth::depth(&nested(count, "a")).expect("a depth") as usize;
            let count = (DEEPEST as usize - 100) / (depth(2) - depth(1));
            for inside in ["a", ""] {
                assert!(scan(&format!("import('./m.js');{}", nested(count, inside))).is_ok(), "{open}");
            }
        }
    }

    #[test]
    fn long_scripts_are_parsed() {
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

    fn is_large() -> bool {
        std::env::var_os("FINGERPOST_TEST_LARGE").is_some()
    }

    /// Only `tests/release-check` parses 64 MiB, which takes minutes in a debug build.
    #[test]
    fn long_scripts_without_nesting_are_parsed() {
        let length = if is_large() { 64 * 1024 * 1024 } else { 1024 * 1024 };
        for link in [
            "(a);",
            "c[i+8>>2]=(c[i+4>>2]|0)+(d|0)|0;if((b|0)==3){b=a+1|0;break}",
            "a,a\n",
            "if(a)b;else c;",
            "while(a);",
            "a++\n",
        ] {
            let js =
                format!("import'./m.js';function f(){{for(;;){{{}}}}}", link.repeat(length / link.len()));
            assert_eq!(references(&js), ["./m.js"], "{link}");
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
