//! Tests of the settings that suppress problems.

use crate::{
    diagnostics::{COLLECT, stderr_of_failure, stderr_of_success},
    site::Site,
};

/// Returns the suggested lines below the hint.
pub(crate) fn suggested_lines(stderr: &str) -> Vec<&str> {
    let hint = "hint: to silence this, add to the end of `fingerpost.toml`, or to the existing table:\n";
    let lines = stderr.split_once(hint).map_or("", |(_, lines)| lines).lines();
    lines.map_while(|line| line.strip_prefix("  ")).collect()
}

#[test]
fn suggested_tables_suppress_problems_with_any_existing_settings() {
    let site = Site::new(&[
        ("static/a.css", "a { b: url(x.png); c: url(../../y); d: url(z.png) }"),
        ("static/b/c.js", "import './x.js'\n//# sourceMappingURL=c.js.map"),
    ]);
    for settings in [
        "",
        "[collect.rules.\"other/**\"]\nmissing = \"warn\"",
        "collect.rules.\"/b.css\".shadowed = \"warn\"\n[clean]\nkeep = 1",
        "hidden = false\n[version]\ngit = false",
        "[collect]\nfsync = false\n[collect.rules.\"other/**\"]\nmissing = \"warn\"\n[clean]\nkeep = 1",
        "[collect]\nfsync = false\n[collect.rules]\nsyntax = \"warn\"\n\"other/**\".missing = \"warn\"",
        "[collect]\nrules.\"/b.css\".missing = \"warn\"",
    ] {
        site.write("fingerpost.toml", settings);
        let stderr = stderr_of_failure(&site, &COLLECT);
        let lines = suggested_lines(&stderr);
        let expected = [
            "[collect.rules.\"/a.css\"]",
            "leaves-base = \"ignore\"",
            "missing = \"ignore\"",
            "[collect.rules.\"b/c.js\"]",
            "missing = \"ignore\"",
            "missing-map = \"ignore\"",
        ];
        assert_eq!((&lines[..], stderr.matches("to silence").count()), (&expected[..], 1), "{stderr}");
        site.write("fingerpost.toml", format!("{settings}\n{}\n", lines.join("\n")));
        assert_eq!(stderr_of_success(&site, &COLLECT), "");
        std::fs::remove_dir_all(site.path("out")).unwrap();
    }
}

#[test]
fn global_flag_does_not_override_rules_by_glob() {
    let site = Site::new(&[
        ("static/a.css", "a{b:url(x.png)}"),
        ("static/vendor/b.css", "a{b:url(x.png)}/*# sourceMappingURL=b.map */"),
    ]);
    site.write("fingerpost.toml", "collect.rules.\"vendor/**\".missing = \"error\"");
    assert!(
        stderr_of_failure(&site, &[&COLLECT[..], &["--missing", "ignore"]].concat())
            .contains("vendor/b.css:1:9")
    );
    site.write(
        "fingerpost.toml",
        "collect.rules.\"vendor/**\" = { missing = \"ignore\", missing-map = \"ignore\" }",
    );
    for level in ["warn", "error"] {
        let stderr = site.run(&[&COLLECT[..], &["--missing", level]].concat()).stderr;
        assert!(stderr.contains("a.css:1:9") && !stderr.contains("vendor/b.css"), "{stderr}");
    }
}
