//! Tests of builds without the feature `js`.

use fingerpost_collect::{ErrorKind, Rule, Severity, collect, references};

use crate::site::Site;

#[test]
fn script_with_imports_is_an_error_that_names_the_js_feature() {
    let site = Site::new(&[("static/app.js", "a();\nimport './boot.js';"), ("static/boot.js", "")]);
    let err = collect(&site.config()).unwrap_err();
    let [problem] = &err.problems().collect::<Vec<_>>()[..] else { panic!("{err}") };
    assert_eq!(
        (problem.kind(), problem.kind().as_str()),
        (ErrorKind::Rule(Rule::Unsupported), "unsupported")
    );
    assert_eq!(
        problem.message(),
        "this may be a reference to another file, but this build cannot rewrite references in scripts; \
         enable the feature `js` of `fingerpost-collect`"
    );
    assert_eq!(problem.location().map(|location| (location.line, location.column)), Some((2, 1)));
    assert_eq!(problem.silence(), Some("collect.rules.\"/app.js\".unsupported = \"ignore\""));
    assert!(!site.path("out/staticfiles.json").exists());

    let report = collect(&site.config().severity(Rule::Unsupported, Severity::Warn)).unwrap();
    assert_eq!((report.files, report.warnings.len()), (2, 1));
    assert_eq!(site.read(&format!("out/{}", site.hashed("app.js"))), "a();\nimport './boot.js';");
}

#[test]
fn scripts_without_imports_and_style_sheets_are_collected() {
    let site = Site::new(&[
        ("static/a.js", "import 'lodash'; Array.from(x)\n//# sourceMappingURL=a.js.map\n"),
        ("static/a.js.map", "{}"),
        ("static/a.css", "@import 'b.css'"),
        ("static/b.css", ""),
    ]);
    let report = site.collect();
    assert_eq!((report.warnings, report.notes), (vec![], vec![]));
    let map = site.hashed("a.js.map");
    assert!(site.read(&format!("out/{}", site.hashed("a.js"))).ends_with(&format!("={map}\n")));
    let b = site.hashed("b.css");
    assert_eq!(site.read(&format!("out/{}", site.hashed("a.css"))), format!("@import '{b}'"));
}

#[test]
fn scripts_that_may_contain_references_are_listed_as_problems() {
    let site = Site::new(&[
        ("static/app.js", "import './boot.js';\nnew Worker('boot.js')\n//# sourceMappingURL=app.js.map"),
        ("static/app.js.map", ""),
        ("static/boot.js", ""),
    ]);
    let uses = references(&site.config()).unwrap();
    let to: Vec<_> = uses.references.iter().map(|reference| &*reference.to).collect();
    assert_eq!(to, ["boot.js", "app.js.map"]);
    let err = collect(&site.config()).unwrap_err();
    assert!(uses.problems.iter().eq(err.problems()), "{:?}", uses.problems);

    let uses = references(&site.config().severity(Rule::Unsupported, Severity::Ignore)).unwrap();
    assert_eq!(uses.problems, []);
}
