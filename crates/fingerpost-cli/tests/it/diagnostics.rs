//! Tests of the diagnostics of source files.

use std::time::{Duration, Instant};

use crate::{site::Site, suppress::suggested_lines};

pub(crate) const COLLECT: [&str; 4] = ["collect", "static", "--out", "out"];

/// Returns the standard error of a failed run.
#[track_caller]
pub(crate) fn stderr_of_failure(site: &Site, args: &[&str]) -> String {
    let output = site.run(args);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""), "{}", output.stderr);
    assert!(!site.path("out/staticfiles.json").exists());
    site.redacted(&output)
}

/// Returns the standard error of a successful run, without the summary line.
#[track_caller]
pub(crate) fn stderr_of_success(site: &Site, args: &[&str]) -> String {
    let output = site.run(args);
    assert_eq!((output.code, &*output.stdout), (Some(0), ""), "{}", output.stderr);
    let stderr = site.redacted(&output);
    let stderr = stderr.trim_end();
    let (stderr, closing) = stderr.rsplit_once('\n').unwrap_or(("", stderr));
    assert!(closing.ends_with(" s"), "{closing}");
    stderr.to_owned()
}

#[test]
fn problems_show_their_source_line_and_advice() {
    let site = Site::new(&[
        ("static/css/app.css", "body {\n  background: url(../img/lgoo.png);\n}\n@import 'theme';\n"),
        (
            "static/css/theme.css",
            "a { src: url(../../../etc/passwd) }\n/*# sourceMappingURL=theme.css.map */\n",
        ),
        ("static/img/logo.png", "x"),
        ("static/js/app.js", "import './util'\n"),
        ("static/js/util.js", ""),
    ]);
    let stderr = stderr_of_failure(&site, &COLLECT);
    let expected = r#"warning: `theme.css.map` points to `css/theme.css.map`, which does not exist
 --> static/css/theme.css:2:22
  |
2 | /*# sourceMappingURL=theme.css.map */
  |                      ^^^^^^^^^^^^^
  |
  = note: searched in SITE/static

error: `../img/lgoo.png` points to `img/lgoo.png`, which does not exist
 --> static/css/app.css:2:19
  |
2 |   background: url(../img/lgoo.png);
  |                   ^^^^^^^^^^^^^^^
  |
  = help: did you mean `img/logo.png`?
  = note: searched in SITE/static

error: `theme` points to `css/theme`, which does not exist
 --> static/css/app.css:4:10
  |
4 | @import 'theme';
  |          ^^^^^
  |
  = help: `css/theme.css` exists; browsers do not complete paths, so write the full path
  = note: searched in SITE/static

error: `../../../etc/passwd` leaves the base URL: it resolves to `/etc/passwd`
 --> static/css/theme.css:1:14
  |
1 | a { src: url(../../../etc/passwd) }
  |              ^^^^^^^^^^^^^^^^^^^
  |
  = help: write `/etc/passwd` if you mean that URL

error: `./util` points to `js/util`, which does not exist
 --> static/js/app.js:1:9
  |
1 | import './util'
  |         ^^^^^^
  |
  = help: `js/util.js` exists; browsers do not complete paths, so write the full path
  = note: searched in SITE/static

4 problems in 3 files; nothing was published
hint: to publish anyway, with warnings, run with `--missing warn`
hint: to silence this, add to the end of `fingerpost.toml`, or to the existing table:
  [collect.rules."css/app.css"]
  missing = "ignore"
  [collect.rules."css/theme.css"]
  leaves-base = "ignore"
  missing-map = "ignore"
  [collect.rules."js/app.js"]
  missing = "ignore"
"#;
    assert_eq!(stderr, expected);

    let output = site.run(&[&COLLECT[..], &["--missing", "warn"]].concat());
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("warning: `../img/lgoo.png` points to"), "{}", output.stderr);
    assert!(output.stderr.contains("release 1 published"), "{}", output.stderr);
}

#[test]
fn warnings_show_their_source_line() {
    let site = Site::new(&[("static/a.js", "a()\n//# sourceMappingURL=a.js.map\n")]);
    let expected = r#"warning: `a.js.map` points to `a.js.map`, which does not exist
 --> static/a.js:2:22
  |
2 | //# sourceMappingURL=a.js.map
  |                      ^^^^^^^^
  |
  = note: searched in SITE/static

hint: to silence this, add to the end of `fingerpost.toml`, or to the existing table:
  [collect.rules."/a.js"]
  missing-map = "ignore""#;
    assert_eq!(stderr_of_success(&site, &COLLECT), expected);
    assert_eq!(stderr_of_success(&site, &[&COLLECT[..], &["--missing", "ignore"]].concat()), "");
}

#[test]
fn ineffective_flags_are_not_suggested() {
    let site = Site::new(&[("static/a.css", "a { b: url(x.png) }")]);
    site.write("fingerpost.toml", "collect.rules.\"*.css\".missing = \"error\"");
    let stderr = stderr_of_failure(&site, &COLLECT);
    assert!(!stderr.contains("--missing"), "{stderr}");
    assert_eq!(suggested_lines(&stderr).len(), 2, "{stderr}");

    site.write("fingerpost.toml", "");
    site.write("static/deep.css", format!("a{{b:url(a.css)}}{}", "(".repeat(300)));
    let stderr = stderr_of_failure(&site, &COLLECT);
    assert!(!stderr.contains("--missing"), "{stderr}");
    assert!(stderr.contains("2 problems in 2 files; nothing was published\n"), "{stderr}");
}

#[test]
fn long_line_is_truncated_and_its_position_is_correct() {
    let site = Site::new(&[]);
    let letters = 5_000_000;
    let line = format!("a{{b:'{}';c:url(x.png)}}/*{}*/", "é".repeat(letters / 2), "b".repeat(letters));
    site.write("static/a.css", line);
    let stderr = stderr_of_failure(&site, &COLLECT);
    let expected = format!(
        " --> static/a.css:1:2500014\n  |\n1 | …{}';c:url(x.png)}}/*{}…\n  | {}^^^^^\n",
        "é".repeat(52),
        "b".repeat(56),
        " ".repeat(61),
    );
    assert!(stderr.contains(&expected), "{stderr}\n{expected}");
}

#[test]
fn many_problems_in_one_long_line_are_reported_in_linear_time() {
    let site = Site::new(&[]);
    let line = format!("a{{{}}}/*{}*/", "b:url(x.png);".repeat(2_000), "b".repeat(10_000_000));
    site.write("static/a.css", line);
    let began = Instant::now();
    let stderr = stderr_of_failure(&site, &COLLECT);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(stderr.contains("\n2000 problems in 1 file; nothing was published\n"), "{}", stderr.len());
}

#[test]
fn first_problems_have_excerpts_and_further_problems_have_one_line_each() {
    let site = Site::new(&[("static/x.png", "")]);
    for file in 0..100 {
        let lines: Vec<_> = (0..10).map(|line| format!("a{{b:url(x{line}.png)}}\n")).collect();
        site.write(&format!("static/{file:02}.css"), lines.concat());
    }
    let stderr = stderr_of_failure(&site, &COLLECT);
    assert_eq!(
        (stderr.matches("did you mean").count(), stderr.matches("  = help: did you mean").count()),
        (1000, 50)
    );
    assert_eq!(stderr.matches("\n  missing = \"ignore\"").count(), 20);
    assert!(stderr.contains("\n  and 80 more tables; a glob such as "), "{stderr}");
    assert_eq!(stderr.matches("error: ").count(), 1000);
    let line = "\nerror: static/05.css:1:9: `x0.png` points to `x0.png`, which does not exist (did you mean `x.png`?)\n";
    assert!(stderr.contains(line), "{stderr}");
    let line = "\nerror: static/99.css:10:9: `x9.png` points to `x9.png`, which does not exist (did you mean `x.png`?)\n";
    assert!(stderr.contains(line), "{stderr}");
    assert!(stderr.contains("\n1000 problems in 100 files; nothing was published\n"), "{stderr}");
}

#[test]
fn reference_is_underlined_after_tabs_wide_characters_and_invalid_utf_8() {
    #[track_caller]
    fn snippet(text: &[u8]) -> String {
        let site = Site::new(&[]);
        site.write("static/a.css", text);
        let stderr = stderr_of_failure(&site, &COLLECT);
        stderr.lines().skip(1).take(4).collect::<Vec<_>>().join("\n")
    }
    assert_eq!(
        snippet(b"a{}\r\nb{c:url(x.png)}\r\nd{}"),
        " --> static/a.css:2:9\n  |\n2 | b{c:url(x.png)}\n  |         ^^^^^"
    );
    assert_eq!(
        snippet(b"\t\tb:url(x.png)"),
        " --> static/a.css:1:9\n  |\n1 |   b:url(x.png)\n  |         ^^^^^"
    );
    assert_eq!(
        snippet("/* 漢字 */b{c:url(x.png)}".as_bytes()),
        " --> static/a.css:1:17\n  |\n1 | /* 漢字 */b{c:url(x.png)}\n  |                   ^^^^^"
    );
    assert_eq!(
        snippet(b"/* caf\xe9 \xff */b{c:url(x.png)}"),
        " --> static/a.css:1:21\n  |\n1 | /* caf\u{fffd} \u{fffd} */b{c:url(x.png)}\n  |                     ^^^^^"
    );
    assert_eq!(
        snippet(b"\xef\xbb\xbfb{c:url(x.png)}"),
        " --> static/a.css:1:9\n  |\n1 | b{c:url(x.png)}\n  |         ^^^^^"
    );
    assert_eq!(
        snippet("/*\u{1b}[31m\u{9b}2J\u{202e}\u{7}*/b{c:url(x.png)}".as_bytes()),
        " --> static/a.css:1:23\n  |\n1 | /* [31m 2J\u{fffd} */b{c:url(x.png)}\n  |                       ^^^^^"
    );
}

#[test]
fn diagnostics_contain_no_control_characters() {
    let site = Site::new(&[]);
    site.write("static/a.css", "b{c:url('x\u{1b}[2J\u{9b}.png')}");
    site.write("static/b.js", "import './\\u{1b}[2J.js'");
    if cfg!(unix) {
        site.write("static/\u{1b}[2J.css", "b{c:url(y.png)}");
        site.write("static/\u{1b}/\u{202e}.css", "b{c:url(y.png)}");
    }
    for args in [&COLLECT[..], &[&COLLECT[..], &["-v", "--missing", "warn"]].concat()] {
        let output = site.run(args);
        let is_forbidden = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
        assert_eq!(output.stderr.chars().find(is_forbidden), None, "{:?}", output.stderr);
        assert!(output.stderr.contains("points to"), "{}", output.stderr);
    }
}

#[test]
fn diagnostics_are_colored_on_request() {
    let site = Site::new(&[("static/a.css", "a{b:url(x.png)}")]);
    let stderr = |color| site.run(&[&COLLECT[..], &["--color", color]].concat()).stderr;
    let colored = stderr("always");
    assert!(colored.starts_with("\u{1b}[1m\u{1b}[91merror\u{1b}["), "{colored:?}");
    assert!(!stderr("never").contains('\u{1b}'));
    assert!(!site.run_with(&COLLECT, [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).stderr.contains('\u{1b}'));
}

#[test]
fn errors_are_available_as_json() {
    let site = Site::new(&[("static/a.css", "a{b:url(x.png)}\n/*# sourceMappingURL=y.map */")]);
    site.write("static/x.svg", "");
    let output = site.run(&[&COLLECT[..], &["--json"]].concat());
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("1 problem in 1 file; nothing was published\n"), "{}", output.stderr);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let file = site.path("static/a.css").display().to_string();
    let searched = [site.path("static").display().to_string()];
    let expected = serde_json::json!({
        "errors": [{
            "kind": "missing",
            "message": "`x.png` points to `x.png`, which does not exist",
            "location": {
                "file": file, "asset": "a.css", "line": 1, "column": 9,
                "excerpt": "a{b:url(x.png)}", "span": {"start": 8, "end": 13},
            },
            "advice": null,
            "searched": searched,
            "silence": "collect.rules.\"/a.css\".missing = \"ignore\"",
        }],
        "warnings": [{
            "kind": "missing-map",
            "message": "`y.map` points to `y.map`, which does not exist",
            "location": {
                "file": file, "asset": "a.css", "line": 2, "column": 22,
                "excerpt": "/*# sourceMappingURL=y.map */", "span": {"start": 21, "end": 26},
            },
            "advice": null,
            "searched": searched,
            "silence": "collect.rules.\"/a.css\".missing-map = \"ignore\"",
        }],
    });
    assert_eq!(json, expected);
}

#[test]
fn errors_before_the_run_are_available_as_json() {
    let site = Site::new(&[]);
    let failed = || -> serde_json::Value {
        let output = site.run(&[&COLLECT[..], &["--json"]].concat());
        assert_eq!(output.code, Some(1), "{}", output.stderr);
        assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
        serde_json::from_str(&output.stdout).unwrap()
    };
    assert_eq!(failed()["errors"][0]["kind"], "source");
    site.write("fingerpost.toml", "sauces = []");
    assert_eq!(failed()["errors"][0]["kind"], "config");
    assert_eq!(failed()["warnings"], serde_json::json!([]));
}

#[test]
fn verbose_flag_lists_computed_imports() {
    let site = Site::new(&[
        ("static/a.js", "import './b.js'\nimport(name)\nimport(`./${x}.js`)"),
        ("static/b.js", "<!-- c\n// import './a.js'\nimport(name)"),
    ]);
    assert_eq!(stderr_of_success(&site, &COLLECT), "");
    let unknown = "this import is computed at run time; it is left unchanged";
    let stderr = stderr_of_success(&site, &[&COLLECT[..], &["-v"]].concat());
    let expected = [
        format!("note: static/a.js:2:1: {unknown}"),
        format!("note: static/a.js:3:1: {unknown}"),
        format!("note: static/b.js:3:1: {unknown}"),
    ];
    assert_eq!(stderr.lines().take(3).collect::<Vec<_>>(), expected);
    assert_eq!(stderr.lines().count(), 3, "{stderr}");
}

#[test]
fn unparsable_script_is_a_warning() {
    let site = Site::new(&[("static/a.js", "import './b.js'\nlet = ;\n"), ("static/b.js", "")]);
    let stderr = stderr_of_success(&site, &COLLECT);
    let (first, rest) = stderr.split_once('\n').unwrap();
    assert!(
        first.starts_with("warning: script cannot be parsed as a module or classic script; its references are not rewritten: "),
        "{stderr}"
    );
    let expected = r#" --> static/a.js:2:7
  |
2 | let = ;
  |       ^

hint: to silence this, add to the end of `fingerpost.toml`, or to the existing table:
  [collect.rules."/a.js"]
  syntax = "ignore""#;
    assert_eq!(rest, expected);

    site.write("fingerpost.toml", "collect.rules.syntax = \"error\"");
    std::fs::remove_dir_all(site.path("out")).unwrap();
    let stderr = stderr_of_failure(&site, &COLLECT);
    assert!(!stderr.contains("to publish anyway"), "no flag disables this rule: {stderr}");
    let json: serde_json::Value =
        serde_json::from_str(&site.run(&[&COLLECT[..], &["--json"]].concat()).stdout).unwrap();
    assert_eq!(json["errors"][0]["kind"], "syntax");
}

#[test]
fn references_that_cannot_be_rewritten_are_reported_once() {
    let site = Site::new(&[
        (
            "static/img/a.svg",
            r##"<use href="sprite.svg#x"/><use href="#y"/><a href="https://example.com"/>"##,
        ),
        ("static/img/sprite.svg", r#"<image href="nowhere.png"/>"#),
        ("static/index.html", r#"<link href="/static/css/app.css"><a href="/about">"#),
        ("static/css/app.css", ""),
        ("static/js/app.js", "new Worker('worker.js'); importScripts('/elsewhere/x.js')"),
        ("static/js/other.js", "new Worker('./worker.js')"),
        ("static/js/worker.js", ""),
    ]);
    assert_eq!(
        stderr_of_success(&site, &COLLECT),
        "warning: 4 files have references that cannot be rewritten (`img/a.svg`, `index.html`, `js/app.js`, …); \
         publish the plain names with `--originals`, unless `StaticFiles` serves the output directory"
    );
    let stderr = stderr_of_success(&site, &[&COLLECT[..], &["-v"]].concat());
    assert!(
        stderr.contains("note: `js/other.js` has a reference to `worker.js` that cannot be rewritten\n"),
        "{stderr}"
    );
    assert_eq!(stderr_of_success(&site, &[&COLLECT[..], &["--originals"]].concat()), "");
}

#[test]
fn references_in_web_manifests_and_playlists_are_reported() {
    let site = Site::new(&[
        ("static/site.webmanifest", r#"{"icons": [{"src": "icon.png"}]}"#),
        ("static/icon.png", ""),
        ("static/video/index.m3u8", "#EXTM3U\n#EXTINF:9,\nseg0.ts\n"),
        ("static/video/seg0.ts", ""),
        ("static/browserconfig.xml", r#"<square70x70logo src="/static/icon.png"/>"#),
    ]);
    let stderr = stderr_of_success(&site, &COLLECT);
    let expected = "warning: 3 files have references that cannot be rewritten (`browserconfig.xml`, `site.webmanifest`, `video/index.m3u8`)";
    assert!(stderr.starts_with(expected), "{stderr}");
}

#[test]
fn reference_to_an_ignored_file_is_reported_with_the_reason() {
    let site = Site::new(&[
        ("static/a.css", "a{b:url(drafts/a.png) url(.h.png) url(a.png~)}"),
        ("static/drafts/a.png", ""),
        ("static/.h.png", ""),
        ("static/a.png~", ""),
    ]);
    let stderr = stderr_of_failure(&site, &[&COLLECT[..], &["--ignore", "drafts/**"]].concat());
    for (path, reason) in [
        ("drafts/a.png", "the ignore glob `drafts/**` matches it"),
        (".h.png", "names that start with `.` are ignored"),
        ("a.png~", "`CVS` and names that end in `~` are ignored"),
    ] {
        let problem = format!("error: `{path}` points to `{path}`, which is ignored\n");
        let file = ["SITE", "static"].into_iter().chain(path.split('/')).collect::<std::path::PathBuf>();
        assert!(stderr.contains(&problem), "{stderr}");
        assert!(
            stderr.contains(&format!("\n  = help: `{}` exists, but {reason}\n", file.display())),
            "{stderr}"
        );
    }
    assert!(!stderr.contains("searched in"), "{stderr}");
}

#[test]
fn verbose_flag_lists_ignored_files_and_notes_of_a_failed_run() {
    let site = Site::new(&[
        ("static/a.css", "a{b:url(x.png)}"),
        ("static/b.js", "import(name)"),
        ("static/.h.png", ""),
        ("theme/b.js", ""),
    ]);
    let args = ["collect", "static", "theme", "--out", "out", "-v"];
    assert!(stderr_of_failure(&site, &args[..5]).starts_with("error: "));
    let stderr = stderr_of_failure(&site, &args);
    let notes = site.redacted(&site.run(&[&args[..], &["--missing", "ignore"]].concat()));
    let (notes, _) = notes.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(notes.lines().count(), 3, "{notes}");
    assert!(stderr.starts_with(&format!("{notes}\nerror: `x.png` points to")), "{stderr}");
}
