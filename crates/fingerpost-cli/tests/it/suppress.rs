//! The lines of `fingerpost.toml` that suppress a problem, and flags that override them.

use crate::{
    diagnostics::{COLLECT, stderr_of_failure, stderr_of_success},
    site::Site,
};

/// Returns the suggested lines, which follow the hint that names their place in the file.
pub(crate) fn suggested_lines<'s>(said: &'s str, place: &str) -> Vec<&'s str> {
    let hint = format!("hint: to silence this, write into `fingerpost.toml`, {place}:\n");
    let lines = said.split_once(&hint).map_or("", |(_, lines)| lines).lines();
    lines.map_while(|line| line.strip_prefix("  ")).collect()
}

#[test]
fn suggested_settings_lines_silence_the_problems() {
    let site = Site::new(&[
        ("static/a.css", "a { b: url(x.png); c: url(../../y); d: url(z.png) }"),
        ("static/b/c.js", "import './x.js'\n//# sourceMappingURL=c.js.map"),
    ]);
    for (before, place, behind) in [
        ("", "before any `[table]`", "\n[collect.rules.\"other/**\"]\nmissing = \"warn\"\n"),
        ("", "before any `[table]`", "\ncollect.rules.\"/a.css\".shadowed = \"warn\"\n[clean]\nkeep = 1\n"),
        ("", "before any `[table]`", "\nhidden = false\n[version]\ngit = false\n"),
        (
            "[collect]\n",
            "below `[collect]`",
            "\nfsync = false\n[collect.rules.\"other/**\"]\nmissing = \"warn\"\n[clean]\nkeep = 1\n",
        ),
        (
            "hidden = false\n[collect]\nfsync = false\n[collect.rules]\n",
            "below `[collect.rules]`",
            "\nsyntax = \"warn\"\n\"other/**\".missing = \"warn\"\n[clean]\nkeep = 1\n",
        ),
    ] {
        site.write("fingerpost.toml", format!("{before}{behind}"));
        let said = stderr_of_failure(&site, &COLLECT);
        let lines = suggested_lines(&said, place);
        assert_eq!((lines.len(), said.matches("to silence").count()), (4, 1), "{said}");
        site.write("fingerpost.toml", format!("{before}{}{behind}", lines.join("\n")));
        assert_eq!(stderr_of_success(&site, &COLLECT), "");
        std::fs::remove_dir_all(site.path("out")).unwrap();
    }
}

#[test]
fn suggested_line_for_a_file_with_existing_rules_mentions_them() {
    let site = Site::new(&[("static/a.css", "a { b: url(x.png) }"), ("static/b.css", "a { b: url(x.png) }")]);
    site.write("fingerpost.toml", "[collect.rules.\"/a.css\"]\nleaves-base = \"warn\"\n");
    let said = stderr_of_failure(&site, &COLLECT);
    assert_eq!(
        suggested_lines(&said, "before any `[table]`"),
        [r#"collect.rules."/b.css".missing = "ignore""#]
    );
    let own = suggested_lines(&said, "where it has rules for the same files");
    assert_eq!(own, [r#"collect.rules."/a.css".missing = "ignore""#]);
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
        let said = site.run(&[&COLLECT[..], &["--missing", level]].concat()).stderr;
        assert!(said.contains("a.css:1:9") && !said.contains("vendor/b.css"), "{said}");
    }
}
