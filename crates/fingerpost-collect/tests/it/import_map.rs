//! Tests of the import map in the manifest, and of the rule `bare`.

use std::collections::BTreeMap;

use fingerpost::{Settings, manifest::Manifest};
use fingerpost_collect::{
    CollectConfig, ErrorKind, Problem, ReferenceKind, Rule, Severity, collect, references,
};

use crate::site::{Site, warnings};

const LIT: &str = "vendor/lit/index.js";

/// Creates a site with a vendored package and one script.
fn site(script: &str) -> Site {
    Site::new(&[
        ("static/js/app.js", script),
        ("static/js/utils.js", ""),
        ("static/vendor/lit/index.js", "import './a.js'"),
        ("static/vendor/lit/a.js", ""),
        ("static/vendor/lit/more/b.js", ""),
    ])
}

fn with_lit(site: &Site) -> CollectConfig {
    site.config().import("lit", LIT).import("lit/", "vendor/lit/")
}

fn import_map(site: &Site) -> BTreeMap<String, String> {
    site.manifest("out").importmap().clone()
}

fn map_of(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect()
}

#[test]
fn manifest_has_the_map_of_the_settings_file() {
    let site = site("");
    let toml = "sources = ['static']\nout = 'out'\n[importmap]\nimports = {lit = '/vendor/lit/index.js'}\nmodules = ['js/**']";
    site.write("fingerpost.toml", toml);
    let settings = Settings::read(site.path("fingerpost.toml")).unwrap();
    collect(&CollectConfig::from_settings(settings)).unwrap();
    assert_eq!(import_map(&site), map_of(&[("lit", LIT)]));
    let json: serde_json::Value = serde_json::from_slice(&site.read_bytes("out/staticfiles.json")).unwrap();
    assert_eq!(json["fingerpost"]["importmap"], serde_json::json!({"lit": "vendor/lit/index.js"}));
}

#[test]
fn modules_in_directories_are_listed_if_a_script_imports_them_by_a_constant_specifier() {
    let site = site(
        "import 'lit/a.js'; export * from 'lit/more/b.js'; import(`lit/index.js`); import('lit/' + x)\n\
         import.meta.resolve('lit/a.js'); import \"\\x6cit/a.js\"; import './utils.js'; import('lit')",
    );
    let report = collect(&with_lit(&site)).unwrap();
    assert_eq!(warnings(&report), [""; 0]);
    assert_eq!(
        import_map(&site),
        map_of(&[
            ("lit", LIT),
            ("lit/", "vendor/lit/"),
            ("lit/a.js", "vendor/lit/a.js"),
            ("lit/index.js", LIT),
            ("lit/more/b.js", "vendor/lit/more/b.js"),
        ])
    );
    // The next run reads the specifiers from the cache.
    let before = site.read("out/staticfiles.json");
    collect(&with_lit(&site).clock(crate::site::later)).unwrap();
    assert_eq!(collect(&with_lit(&site).clock(crate::site::later)).unwrap().written, 0);
    assert_eq!(site.read("out/staticfiles.json"), before);
}

#[test]
fn static_imports_by_name_are_in_the_manifest() {
    let site =
        site("import 'lit'; import './utils.js'; import 'lit/a.js'; import('lit/more/b.js'); import 'x'");
    collect(&with_lit(&site)).unwrap();
    let manifest = site.manifest("out");
    let imports = &manifest.get("js/app.js").unwrap().info.as_ref().unwrap().imports;
    assert_eq!(
        imports.iter().map(|path| path.as_str()).collect::<Vec<_>>(),
        [LIT, "js/utils.js", "vendor/lit/a.js"]
    );
}

#[test]
fn bare_specifiers_are_not_rewritten() {
    let script = "import 'lit'; import 'lit/a.js'; import 'other';";
    let site = site(script);
    collect(&with_lit(&site)).unwrap();
    assert_eq!(site.read(&format!("out/{}", site.hashed("js/app.js"))), script);
}

#[test]
fn changed_import_map_publishes_a_release() {
    let site = site("");
    let publish = |config: CollectConfig| {
        collect(&config).unwrap();
        (site.release_numbers("out").len(), site.manifest("out").hash().unwrap())
    };
    let (_, without) = publish(site.config());
    let (count, with) = publish(with_lit(&site));
    assert!(count == 2 && with != without);
    assert_eq!(publish(with_lit(&site)), (2, with));
    let (count, moved) = publish(site.config().import("lit", "vendor/lit/a.js"));
    assert!(count == 3 && moved != without);
    assert_eq!(publish(site.config()), (4, without));
}

#[test]
fn unknown_assets_are_errors_with_the_nearest_names() {
    let site = site("import 'lit'");
    let config =
        || site.config().import("lit", "vendor/lit/indx.js").import("x/", "vendor/li/").import("y", "y.js");
    assert_eq!(
        site.problems_of(&config()),
        [
            "import `lit` is mapped to `vendor/lit/indx.js`, which does not exist; did you mean `vendor/lit/index.js` or `vendor/lit/a.js`?",
            "import `x/` is mapped to `vendor/li/`, which has no assets; did you mean `vendor/lit/`?",
            "import `y` is mapped to `y.js`, which does not exist; correct `[importmap] imports`",
        ]
    );
    let err = collect(&config()).unwrap_err();
    assert!(err.problems().all(|problem| problem.kind() == ErrorKind::Config));
    assert_eq!(err.warnings(), [], "the name itself is in the map");
    assert_eq!(
        site.problems_of(&site.config().import("./a.js", "a.js")),
        ["import `./a.js` is a path; write a bare name such as `htmx`, or add the path to `modules`"]
    );
}

/// Returns the asset path, the position and the text of each warning.
fn locations_and_messages(problems: &[Problem]) -> Vec<(String, usize, usize, String)> {
    let row = |problem: &Problem| {
        assert_eq!(problem.kind(), ErrorKind::Rule(Rule::Bare));
        let location = problem.location().expect("a location");
        let advice = problem.advice().unwrap_or_default();
        (location.asset.clone(), location.line, location.column, format!("{}; {advice}", problem.message()))
    };
    problems.iter().map(row).collect()
}

#[test]
fn unknown_bare_specifiers_are_warnings_if_the_site_has_an_import_map() {
    let script = "import 'lit';\nimport x from 'lot';\nimport 'utils.js';\n  export * from \"react\";\n\
                  import('lit/more/c.js'); import 'https://esm.sh/x'; import 'node:fs'; new URL('a', import.meta.url)";
    let site = site(script);
    site.write("static/js/a", "");
    assert_eq!(warnings(&collect(&site.config()).unwrap()), [""; 0]);
    assert_eq!(
        locations_and_messages(&collect(&with_lit(&site)).unwrap().warnings),
        [
            ("js/app.js".to_owned(), 2, 16, "`lot` is not in the import map; did you mean `lit`?".to_owned()),
            ("js/app.js".to_owned(), 3, 9, "`utils.js` is not in the import map; did you mean `./utils.js`?".to_owned()),
            (
                "js/app.js".to_owned(),
                4,
                18,
                "`react` is not in the import map; add `react` to `[importmap] imports`".to_owned()
            ),
            (
                "js/app.js".to_owned(),
                5,
                9,
                "`lit/more/c.js` points to `vendor/lit/more/c.js`, which does not exist; did you mean `vendor/lit/more/b.js`?"
                    .to_owned()
            ),
        ]
    );
}

#[test]
fn severity_of_the_rule_bare_can_be_set() {
    let site = site("import 'react'");
    let bare = |config: CollectConfig| {
        collect(&config).map(|report| report.warnings.len()).map_err(|err| err.kind())
    };
    let broken = Err(ErrorKind::Rule(Rule::Bare));
    assert_eq!(bare(site.config()), Ok(0));
    assert_eq!(bare(with_lit(&site)), Ok(1));
    assert_eq!(bare(with_lit(&site).severity(Rule::Bare, Severity::Ignore)), Ok(0));
    assert_eq!(bare(with_lit(&site).severity(Rule::Bare, Severity::Error)), broken);
    assert_eq!(bare(with_lit(&site).severity_override("js/**", Rule::Bare, Severity::Ignore)), Ok(0));
    // The rule also works without a map.
    assert_eq!(bare(site.config().severity(Rule::Bare, Severity::Warn)), Ok(1));
    assert_eq!(bare(site.config().severity_override("js/**", Rule::Bare, Severity::Error)), broken);
    let toml =
        "sources = ['static']\nout = 'out'\n[importmap]\nmodules=['js/**']\n[collect]\nrules.bare = 'ignore'";
    site.write("fingerpost.toml", toml);
    let settings = Settings::read(site.path("fingerpost.toml")).unwrap();
    assert_eq!(bare(CollectConfig::from_settings(settings)), Ok(0));
}

#[test]
fn listed_references_include_names_of_the_map() {
    let site = site("import 'lit'; import 'lit/more/c.js'; import 'react'");
    let config =
        CollectConfig::default().source(site.path("static")).import("lit", LIT).import("lit/", "vendor/lit/");
    let found = references(&config).unwrap();
    assert_eq!(found.problems, []);
    let rows: Vec<_> = found
        .references
        .iter()
        .filter(|reference| reference.location.asset == "js/app.js")
        .map(|reference| (reference.location.column, reference.to.as_str(), reference.exists, reference.kind))
        .collect();
    assert_eq!(
        rows,
        [(9, LIT, true, ReferenceKind::Module), (23, "vendor/lit/more/c.js", false, ReferenceKind::Module)]
    );
}

#[test]
fn specifiers_in_a_directory_of_the_map_are_urls() {
    let site = site("import 'lit/a.js?x'; import 'lit/a.js#y'; import 'lit/c%20d.js'; import 'lit/e.js%3Fz'");
    site.write("static/vendor/lit/c d.js", "");
    if cfg!(unix) {
        site.write("static/vendor/lit/a.js?x", "");
        site.write("static/vendor/lit/e.js?z", "");
    }
    let report = collect(&with_lit(&site)).unwrap();
    let expected = if cfg!(unix) { vec![] } else { warnings(&report) };
    assert_eq!(warnings(&report), expected);
    // Browsers load these modules through the prefix `lit/`.
    let manifest = site.manifest("out");
    assert_eq!(manifest.importmap().keys().collect::<Vec<_>>(), ["lit", "lit/"]);
    Manifest::parse(&manifest.to_json(), "again").unwrap();
}
