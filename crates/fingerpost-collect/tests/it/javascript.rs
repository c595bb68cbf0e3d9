//! Tests of references in scripts.

use fingerpost_collect::{ErrorKind, Rule, Severity, collect};

use crate::{rewritten::Rewritten, site::Site};

const OTHERS: [&str; 6] = ["js/m.js", "js/m.js.map", "js/w.js", "js/d.json", "lib/n.mjs", "x.js"];

fn app() -> Rewritten<'static> {
    Rewritten::new("js/app.js", &OTHERS)
}

#[test]
fn specifiers_get_the_hash_and_other_bytes_are_preserved() {
    let app = app();
    for written in [
        "import a from \"./m.js\"",
        "import \"./m.js\"",
        "import{a as b}from\"./m.js\"",
        "import*as m from\"./m.js\"",
        "import {\r\n  a,\r\n  b\r\n} from './m.js';\r\n",
        "export * from './m.js'",
        "export {a} from './m.js'",
        "export*from'./m.js'",
        "import(\"./m.js\")",
        "import( './m.js' )",
        "import(`./m.js`)",
        "import(\n/* c */ './m.js'\n)",
        "import(('./m.js'))",
        "import((/* ( */ (`./m.js`) // )\n))",
        "import.meta.resolve(('./m.js'))",
        "new URL((('./m.js')), import.meta.url)",
        "import('./m.js',{with:{type:'json'}})",
        "import d from './m.js' with {type:'json'}",
        "import.meta.resolve('./m.js')",
        "new URL('./m.js', import.meta.url)",
        "new Worker(new URL('./m.js', import.meta.url))",
        "import a from '../js/m.js'",
        "import a from '/static/js/m.js'",
        "import a from './m.js?x#y'",
        "\u{feff}import a from './m.js' // é",
    ] {
        app.assert_rewritten(written, &written.replace("m.js", "m.{js/m.js}.js"));
    }
    app.assert_rewritten(
        "import d from './d.json' with {type:'json'}",
        "import d from './d.{js/d.json}.json' with {type:'json'}",
    );
    app.assert_rewritten("new URL('w.js', import.meta.url)", "new URL('w.{js/w.js}.js', import.meta.url)");
    app.assert_rewritten("import './\\x6d\\u002ejs'", "import './m.{js/m.js}.js'");
    app.assert_rewritten("import((`./\\x6d\\u002ejs`))", "import((`./m.{js/m.js}.js`))");
    for path in ["app.mjs", "app.cjs", "APP.JS"] {
        let app = Rewritten::new(path, &["m.js"]);
        app.assert_rewritten("import './m.js'", "import './m.{m.js}.js'");
    }
}

#[test]
fn text_that_is_not_a_reference_is_unchanged() {
    let app = app();
    for text in [
        "import 'lodash'",
        "import 'm.js'",
        "import 'https://example.com/m.js'",
        "import '/y.js'",
        "// import './nope.js'",
        "/** @type {import('./nope.js')} */",
        "x = \"import './m.js'\"",
        "x = `import a from './m.js'`",
        "new URL('./m.js', document.baseURI)",
        "new URL('./m.js')",
    ] {
        app.assert_unchanged(text);
    }
}

#[test]
fn page_relative_references_are_unchanged_and_reported() {
    let app = app();
    for text in ["new Worker('./w.js')", "importScripts('./m.js')"] {
        assert_eq!(app.assert_rewritten(text, text).warnings.len(), 1, "{text}");
    }
}

#[test]
fn computed_imports_are_unchanged_and_reported_as_notes() {
    for text in ["import(`./${x}.js`)", "import(x)"] {
        let app = app();
        app.assert_unchanged(text);
        let report = collect(&app.config()).unwrap();
        let [note] = &report.notes[..] else { panic!("{:?}", report.notes) };
        assert_eq!(note.kind(), ErrorKind::Unknown);
        assert_eq!(note.location().map(|location| (&*location.asset, location.line)), Some(("js/app.js", 1)));
    }
}

#[test]
fn syntax_error_in_a_module_is_a_warning_with_its_location() {
    let app = app();
    let text = "import a from './m.js'\nconst b = ;\n";
    let report = app.assert_rewritten(text, text);
    let [warning] = &report.warnings[..] else { panic!("{:?}", report.warnings) };
    assert_eq!(warning.kind(), ErrorKind::Rule(Rule::Syntax));
    assert_eq!(warning.location().map(|location| (location.line, location.column)), Some((2, 11)));
    assert!(
        warning.message().starts_with(
            "script cannot be parsed as a module or classic script; its references are not rewritten: "
        ),
        "{warning}"
    );
    assert_eq!(warning.silence(), Some("collect.rules.\"js/app.js\".syntax = \"ignore\""));

    let report = collect(&app.config().severity(Rule::Syntax, Severity::Ignore)).unwrap();
    assert_eq!((report.warnings.len(), report.notes.len()), (0, 1));
    let err = collect(&app.config().severity(Rule::Syntax, Severity::Error)).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Rule(Rule::Syntax));
}

#[test]
fn script_without_imports_need_not_be_a_module() {
    let app = app();
    for text in ["<!-- c\na()", "<!-- c\n/* import './m.js' */", "with (a) {} import(b)", "{{ template }}"] {
        app.assert_unchanged(text);
    }
}

#[test]
fn modules_may_import_each_other() {
    let site = Site::new(&[("static/a.js", "import './b.js'"), ("static/b.js", "import './a.js'")]);
    site.collect();
    let [a, b] = ["a.js", "b.js"].map(|path| site.hashed(path));
    assert_eq!(site.read(&format!("out/{a}")), format!("import './{b}'"));
    assert_eq!(site.read(&format!("out/{b}")), format!("import './{a}'"));
}

#[test]
fn missing_file_extension_is_reported() {
    let app = Rewritten::new("js/app.js", &["js/nope.js"]);
    app.write("import './nope'");
    let [problem] = &app.site.problems_of(&app.config())[..] else { panic!("one problem") };
    assert!(problem.contains("`./nope` points to `js/nope`, which does not exist"), "{problem}");
    assert!(problem.contains("`js/nope.js` exists; browsers do not complete paths"), "{problem}");
    assert_eq!(collect(&app.config()).unwrap_err().kind(), ErrorKind::Rule(Rule::Missing));
}

#[test]
fn imports_of_scripts_that_are_no_modules_get_the_hash() {
    let app = app();
    for written in [
        "var f = 010; import(\"./m.js\");",
        "with (a) import('./m.js')",
        "<!-- c\nimport('./m.js')\n//# sourceMappingURL=data:application/json,{}",
    ] {
        let report = app.assert_rewritten(written, &written.replace("m.js", "m.{js/m.js}.js"));
        assert_eq!((report.warnings, report.notes), (vec![], vec![]), "{written}");
    }
}

#[test]
fn too_deeply_nested_script_is_an_error_with_its_location() {
    let app = app();
    app.write(format!("import './m.js';\n{}", "(".repeat(40_000)));
    let err = collect(&app.config().severity(Rule::Syntax, Severity::Ignore)).unwrap_err();
    let [problem] = &err.problems().collect::<Vec<_>>()[..] else { panic!("{err}") };
    assert_eq!(
        problem.message(),
        "brackets, operators or statements are nested too deep here to be parsed; correct or ignore the file"
    );
    assert_eq!(
        (problem.kind(), problem.location().map(|location| location.line)),
        (ErrorKind::TooDeep, Some(2))
    );
    assert!(!app.site.path("out/staticfiles.json").exists());
}
