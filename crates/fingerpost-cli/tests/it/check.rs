//! Tests of the command `check`.

use serde_json::Value;

use crate::site::Site;

fn site() -> Site {
    Site::new(&[
        ("static/css/app.css", "a { b: url(../img/used.png) }"),
        ("static/img/used.png", "x"),
        ("static/img/unused.png", "x"),
        ("templates/base.html", "<link rel=\"stylesheet\" href=\"{{ static('css/ap.css') }}\">\n"),
        ("src/main.rs", "fn main() {\n    page.url(\"css/ap.css\");\n}\n"),
        ("fingerpost.toml", "sources = [\"static\"]\n"),
    ])
}

#[test]
fn check_fails_on_a_missing_name() {
    let site = site();
    let output = site.run(&["check"]);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    let expected = r#"warning: asset `css/ap.css` does not exist
 --> src/main.rs:2:15
  |
2 |     page.url("css/ap.css");
  |               ^^^^^^^^^^
  |
  = help: did you mean `css/app.css`?
  = note: searched in SITE/static

error: asset `css/ap.css` does not exist
 --> templates/base.html:1:41
  |
1 | <link rel="stylesheet" href="{{ static('css/ap.css') }}">
  |                                         ^^^^^^^^^^
  |
  = help: did you mean `css/app.css`?
  = note: searched in SITE/static

1 problem in 1 file
hint: to silence this, add to the end of `fingerpost.toml`, or to the existing table:
  [check.rules."src/main.rs"]
  missing = "ignore"
  [check.rules."templates/base.html"]
  missing = "ignore"
"#;
    assert_eq!(site.redacted(&output), expected);
}

#[test]
fn check_succeeds_with_warnings() {
    let site = site();
    site.write("templates/base.html", "{{ static('css/app.css') }}");
    let output = site.run(&["check"]);
    assert_eq!(output.code, Some(0));
    assert!(output.stderr.ends_with("2 files, 2 asset names, 1 warning\n"), "{}", output.stderr);
    let output = site.run(&["check", "templates"]);
    assert_eq!((output.code, &*output.stderr), (Some(0), "1 file, 1 asset name, 0 warnings\n"));
}

#[test]
fn json_has_the_format_of_collect() {
    let site = site();
    let json: Value = serde_json::from_str(&site.run(&["check", "--json"]).stdout).unwrap();
    let error = &json["errors"][0];
    assert_eq!(
        (&error["kind"], &error["message"]),
        (&"missing".into(), &"asset `css/ap.css` does not exist".into())
    );
    assert_eq!((&error["location"]["line"], &error["location"]["column"]), (&1.into(), &41.into()));
    assert_eq!(error["advice"], "did you mean `css/app.css`?");
    assert_eq!(error["silence"], r#"check.rules."templates/base.html".missing = "ignore""#);
    assert_eq!(json["warnings"][0]["kind"], "missing");
    let json: Value = serde_json::from_str(&site.run(&["check", "--json", "src"]).stdout).unwrap();
    assert_eq!(
        (&json["files"], &json["names"], json["warnings"].as_array().unwrap().len()),
        (&1.into(), &1.into(), 1)
    );
}

#[test]
fn unused_assets_exclude_the_targets_of_references() {
    let site = site();
    site.write("templates/base.html", "{{ static('css/app.css') }}");
    let output = site.run(&["check", "templates", "--unused"]);
    let expected = "warning: asset `img/unused.png` is named by none of the checked files\n\
                    1 file, 1 asset name, 1 warning\n";
    assert_eq!((output.code, &*output.stderr), (Some(0), expected));
}

#[test]
fn unused_flag_does_not_change_the_severity_in_the_settings() {
    let site = site();
    site.write("templates/base.html", "{{ static('css/app.css') }}");
    site.write("fingerpost.toml", "sources = ['static']\n[check.rules]\nunused = 'error'\n");
    let output = site.run(&["check", "templates", "--unused"]);
    assert_eq!(output.code, Some(1), "{output:?}");
}

#[test]
fn errors_in_the_settings_are_json() {
    let site = site();
    site.write("fingerpost.toml", "sources = ['static']\nbase-ur = '/'\n");
    let output = site.run(&["check", "--json"]);
    let json: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &json["errors"][0]["kind"]), (Some(1), &"config".into()), "{output:?}");
}

#[test]
fn wrong_usage_is_reported() {
    let site = Site::new(&[("templates/a.html", "")]);
    let output = site.run(&["check"]);
    assert_eq!(output.code, Some(2));
    let message = "error: no source directory is set; pass `--source`, or add `sources` to the settings file";
    assert!(output.stderr.starts_with(message), "{}", output.stderr);
    site.write("static/a.css", "");
    assert_eq!(site.run(&["check", "--source", "static"]).code, Some(0));
    let output = site.run(&["check", "--source", "static", "views"]);
    assert_eq!(
        (output.code, &*site.redacted(&output)),
        (Some(1), "error: `SITE/views` does not exist; correct the path to check\n")
    );
}

#[test]
fn files_that_are_not_utf_8_are_listed_with_verbose() {
    let site = site();
    std::fs::write(site.path("templates/base.html"), b"\xff").unwrap();
    let output = site.run(&["check", "templates", "-v"]);
    let expected = "note: templates/base.html:1:1: this byte is not UTF-8; template engines and Rust read only UTF-8\n\
                    1 file, 0 asset names, 0 warnings\n";
    assert_eq!((output.code, &*output.stderr), (Some(0), expected));
}

#[test]
fn collect_checks_names_before_it_publishes() {
    let site = site();
    let output = site.run(&["collect", "--out", "out", "--check"]);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    let stderr = site.redacted(&output);
    assert!(
        stderr.contains("error: asset `css/ap.css` does not exist\n --> templates/base.html:1:41"),
        "{stderr}"
    );
    assert!(
        stderr.contains("\n1 problem in 1 file; nothing was published\nhint: to silence this"),
        "{stderr}"
    );
    assert!(!stderr.contains("to publish anyway") && !site.path("out").exists());

    site.write("templates/base.html", "{{ static('css/app.css') }}");
    let output = site.run(&["collect", "--out", "out", "--check", "--json"]);
    let json: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        (output.code, &json["files"], &json["warnings"][0]["kind"]),
        (Some(0), &3.into(), &"missing".into())
    );
    assert!(output.stderr.starts_with("warning: asset `css/ap.css` does not exist"), "{}", output.stderr);
    assert!(site.path("out/staticfiles.json").exists());
}
