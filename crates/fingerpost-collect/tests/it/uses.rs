//! Tests of `references`, which lists references without an output directory.

use fingerpost_collect::{CollectConfig, ErrorKind, ReferenceKind, references};

use crate::site::Site;

/// Referring file, line, column, target, existence of the target, and kind.
type Row = (String, usize, usize, String, bool, ReferenceKind);

fn rows(config: &CollectConfig) -> Vec<Row> {
    let uses = references(config).unwrap();
    assert_eq!(uses.problems, []);
    let rows = uses.references.into_iter().map(|reference| {
        let location = reference.location;
        (location.asset, location.line, location.column, reference.to, reference.exists, reference.kind)
    });
    rows.collect()
}

fn row(from: &str, (line, column): (usize, usize), to: &str, exists: bool, kind: ReferenceKind) -> Row {
    (from.to_owned(), line, column, to.to_owned(), exists, kind)
}

#[test]
fn references_are_listed_without_an_output_dir() {
    let site = Site::new(&[
        ("static/a.css", "@import 'b.css';\r\na { b: url(/cdn/img/a.svg); c: url(../../x.png) }"),
        ("static/b.css", "/*# sourceMappingURL=b.css.map */"),
        ("static/img/a.svg", "<use href='b.svg'/><use href='../a.css'/>"),
    ]);
    let before = site.tree("");
    let config = CollectConfig::default().source(site.path("static")).base_url("https://example.com/cdn/");
    let found = rows(&config);
    assert_eq!(
        found,
        [
            row("a.css", (1, 10), "b.css", true, ReferenceKind::Url),
            row("a.css", (2, 12), "img/a.svg", true, ReferenceKind::Url),
            row("a.css", (2, 36), "/x.png", false, ReferenceKind::Url),
            row("b.css", (1, 22), "b.css.map", false, ReferenceKind::SourceMap),
            row("img/a.svg", (1, 31), "a.css", true, ReferenceKind::PlainName),
        ]
    );
    assert_eq!(site.tree(""), before, "nothing is written");
}

#[cfg(feature = "js")]
#[test]
fn modules_and_workers_are_distinguished() {
    let site = Site::new(&[
        ("static/js/app.js", "import './m.js'\nnew Worker('w.js')\nnew URL('./w.js', import.meta.url)"),
        ("static/js/m.js", ""),
        ("static/js/w.js", ""),
        ("static/other/w.js", ""),
    ]);
    assert_eq!(
        rows(&CollectConfig::default().source(site.path("static"))),
        [
            row("js/app.js", (1, 9), "js/m.js", true, ReferenceKind::Module),
            row("js/app.js", (2, 13), "js/w.js", true, ReferenceKind::PlainName),
            row("js/app.js", (2, 13), "other/w.js", true, ReferenceKind::PlainName),
            row("js/app.js", (3, 10), "js/w.js", true, ReferenceKind::Url),
        ]
    );
}

#[cfg(feature = "js")]
#[test]
fn unparsable_script_is_a_problem_unless_the_rule_is_ignored() {
    use fingerpost_collect::{Rule, Severity, collect};

    let site = Site::new(&[("static/a.js", "import './b.js'; }\nnew Worker('b.js')"), ("static/b.js", "")]);
    let uses = references(&site.config()).unwrap();
    assert_eq!((uses.references.len(), uses.problems.len()), (1, 1));
    assert_eq!(uses.problems[0], collect(&site.config()).unwrap().warnings[0]);
    let config = site.config().severity(Rule::Syntax, Severity::Ignore);
    assert_eq!(references(&config).unwrap().problems, []);
}

#[test]
fn too_deeply_nested_file_is_a_problem_and_other_files_are_still_listed() {
    let site = Site::new(&[("static/b.css", "@import 'a.css'")]);
    site.write("static/a.css", format!("a{{b:url(b.css)}}{}", "(".repeat(300)));
    let uses = references(&site.config()).unwrap();
    assert_eq!((uses.references.len(), uses.problems.len()), (1, 1));
    assert_eq!(uses.problems[0].kind(), ErrorKind::TooDeep);
    assert_eq!(references(&CollectConfig::default()).unwrap_err().kind(), ErrorKind::Config);
}
