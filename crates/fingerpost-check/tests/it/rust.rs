use crate::site::{Site, places_in};

/// Checks the line, the column and the name of each missing asset: first the errors, then the warnings.
#[track_caller]
fn assert_missing(code: &str, expected: &[(usize, usize, &str)]) {
    let places = places_in("src/main.rs", code, "");
    let places: Vec<_> = places.iter().map(|(line, column, text)| (*line, *column, &**text)).collect();
    assert_eq!(places, expected, "{code}");
}

#[test]
fn calls_are_errors_for_known_receivers_and_warnings_for_others() {
    let site = Site::new();
    site.write(
        "src/a/b.rs",
        "fn f() {\n    page.url(\"css/ap.css\");\n    assets.url(\"css/ap.css\")?;\n}\n",
    );
    let err = fingerpost_check::check(&site.config()).unwrap_err();
    let [warning] = err.warnings() else { panic!("{:?}", err.warnings()) };
    let line = |problem: &fingerpost_check::Problem| problem.location().unwrap().line;
    assert_eq!((err.problems().map(line).collect::<Vec<_>>(), line(warning)), (vec![3], 2));
    assert_eq!(warning.message(), "asset `css/ap.css` does not exist");
    site.write("fingerpost.toml", "sources = ['static']\ncheck.receivers = ['page']");
    let err = fingerpost_check::check(&site.config()).unwrap_err();
    assert_eq!(err.problems().map(line).collect::<Vec<_>>(), [2]);
}

#[test]
fn methods_and_receivers_are_found() {
    assert_missing("fn f() { assets.url(\"x.css\") }", &[(1, 22, "x.css")]);
    assert_missing("fn f() { self.assets.absolute_url(\"x.css\",) }", &[(1, 36, "x.css")]);
    assert_missing("fn f() { state.assets()?.integrity(r#\"x.css\"#) }", &[(1, 39, "x.css")]);
    assert_missing("fn f() { assets.snapshot().url(\"x.css\") }", &[(1, 33, "x.css")]);
    assert_missing("fn f() { app.assets().await?.url(\"x.css\") }", &[(1, 35, "x.css")]);
    assert_missing("fn f() { (&self.assets).url(\"x.css\") }", &[(1, 30, "x.css")]);
    assert_missing("fn f() { snapshot.tags(&[\"js/app.js\", \"x.js\"]) }", &[(1, 40, "x.js")]);
    assert_missing("fn f() { snapshot.preload_header([\"x.js\"]) }", &[(1, 36, "x.js")]);
    assert_missing("fn f() { html! { img src=(assets.url(\"x.png\")?); } }", &[(1, 39, "x.png")]);
    assert_missing("fn f() { println!(\"{}\", assets.url(\"x.png\")?) }", &[(1, 37, "x.png")]);
    assert_missing("\u{feff}fn é() {\r\n\tassets.url(\"x.png\")\r\n}", &[(2, 14, "x.png")]);
}

#[test]
fn comments_tests_and_urls_are_not_names() {
    for code in [
        "// assets.url(\"x.css\")\n/* assets.url(\"x.css\") */",
        "/// assets.url(\"x.css\")?;\nfn f() {}\n//! ```\n//! assets.url(\"x.css\");\n//! ```",
        "const A: &str = \"assets.url('x.css')\";",
        "#[cfg(test)]\nmod tests { fn f() { assets.url(\"x.css\"); } }",
        "#[test]\nfn f() { assets.url(\"x.css\"); }",
        "#[tokio::test]\n#[ignore]\nasync fn f() { assets.url(\"x.css\"); }",
        "fn f() { assets.url(\"https://example.com/x.css\"); assets.url(\"/x.css\"); assets.url(name); }",
        "fn f() { assets.url(); assets.other(\"x.css\"); url(\"x.css\"); Assets::url(a, \"x.css\") }",
        "fn f() { request.url(\"users\"); router.tags([\"users\"]); page.url(\"a.b\", x); }",
        "fn f() { this is \"not\" Rust }",
    ] {
        assert_missing(code, &[]);
    }
    assert_missing("#[cfg(not(test))]\nfn f() { assets.url(\"x.css\"); }", &[(2, 22, "x.css")]);
    assert_missing("#[cfg(test)]\nuse x;\nfn f() { assets.url(\"x.css\"); }", &[(3, 22, "x.css")]);
}

#[test]
fn only_attributes_of_tests_skip_an_item() {
    for attribute in [
        "/// Renders the test page.",
        "#[get(\"/test\")]",
        "#[cfg(feature = \"test\")]",
        "#[instrument(name = \"test\")]",
        "#[cfg_attr(test, allow(unused))]",
        "#[cfg(not(any(test, windows)))]",
        "#[cfg(any(test, feature = \"preview\"))]",
        "#[cfg(any(unix, all(test)))]",
        "#[test::page]",
    ] {
        assert_missing(&format!("{attribute}\nfn f() {{ assets.url(\"x.css\"); }}"), &[(2, 22, "x.css")]);
    }
    for attribute in [
        "#[cfg(all(test, not(windows)))]",
        "#[cfg(any(all(unix, test), test))]",
        "#[tokio::test(flavor = \"x\")]",
    ] {
        assert_missing(&format!("{attribute}\nfn f() {{ assets.url(\"x.css\"); }}"), &[]);
    }
    assert_missing("//! Pages\n#![allow(unused)]\n#![cfg(test)]\nfn f() { assets.url(\"x.css\"); }", &[]);
    let nested =
        format!("#[{}]\nfn f() {{ assets.url(\"x.css\"); }}", "(".repeat(50_000) + &")".repeat(50_000));
    assert_missing(&nested, &[(2, 22, "x.css")]);
}

#[test]
fn modules_of_tests_in_other_files_are_not_checked() {
    let site = Site::new();
    let call = "fn f() { assets.url(\"x.css\"); }";
    site.write(
        "src/main.rs",
        "#[cfg(test)]\nmod tests;\nmod page;\n#[cfg(test)]\n#[allow(unused)]\npub(crate) mod fixtures;",
    );
    for file in ["src/tests.rs", "src/fixtures/mod.rs", "src/fixtures/a/b.rs", "src/page/checks.rs"] {
        site.write(file, call);
    }
    site.write("src/page.rs", format!("#[cfg(test)]\nmod checks;\n{call}"));
    assert_eq!(site.problems(), ["`src/page.rs`:3:22: asset `x.css` does not exist"]);
    // A template is checked, although its directory has the name of a module for tests.
    site.write("src/tests/page.html", "{{ static('x.css') }}");
    assert_eq!(site.problems().len(), 2);
}

#[test]
fn invalid_rust_is_reported_as_a_note() {
    let site = Site::new();
    site.write("src/main.rs", "fn f() { \"\n");
    let report = fingerpost_check::check(&site.config()).unwrap();
    let notes: Vec<_> = report.notes.iter().map(|note| note.message().to_owned()).collect();
    let file = site.path("src/main.rs");
    assert_eq!(notes, [format!("`{}` is not Rust, so the names in it are not checked", file.display())]);
}
