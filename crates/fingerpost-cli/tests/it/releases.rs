use fingerpost::manifest::Release;

use crate::site::Site;

/// Collects three releases into the directory `out`, and sets fixed publication times.
pub(crate) fn site_with_three_releases(out: &str) -> Site {
    let site = Site::new(&[("static/img/logo.png", &"x".repeat(300_000))]);
    for (number, content) in [(1, "one"), (2, "two"), (3, "three")] {
        site.write("static/css/app.css", content);
        if number == 2 {
            site.write("static/js/app.js", "let a = 1;".repeat(500));
        }
        assert_eq!(site.run(&["collect", "static", "--out", out]).code, Some(0));
        let name = format!("{out}/.fingerpost/releases/{number}.json");
        let mut release = Release::parse(site.read(&name).as_bytes(), number, &name).unwrap();
        release.published = 1_769_868_359 + number * 60 * 60;
        site.write(&name, release.to_json());
    }
    site
}

const TABLE: &str = "\
#  PUBLISHED (UTC)   STATE     FILES    SIZE  ADDED  CHANGED  RETURNING VISITOR
3  2026-01-31 17:05  current       3  305 kB      0        1  5 B of 305 kB
2  2026-01-31 16:05  retained      3  305 kB      1        1  5.0 kB of 305 kB
1  2026-01-31 15:05  retained      2  300 kB      2        0  300 kB of 300 kB
";

#[test]
fn table_shows_the_newest_release_first() {
    let site = site_with_three_releases("out");
    let output = site.run(&["releases", "--out", "out"]);
    assert_eq!((output.code, &*output.stdout), (Some(0), TABLE), "{}", output.stderr);
    assert!(TABLE.lines().all(|line| line.len() <= 80));
    assert_eq!(output.stderr, "release 3 is current; a returning visitor downloads 5 B of 305 kB\n");

    let colored = site.run(&["releases", "--out", "out", "--color", "always"]);
    assert!(colored.stdout.starts_with("\u{1b}[1m#  PUBLISHED"), "{:?}", colored.stdout);
}

#[test]
fn output_directory_comes_from_the_settings_file() {
    let site = site_with_three_releases("out");
    site.write("fingerpost.toml", "out = \"out\"");
    assert_eq!(site.run(&["releases"]).stdout, TABLE);
    site.write("fingerpost.toml", "out = \"out\"\n[clean]\nkep = 3");
    assert_eq!(site.run(&["releases"]).code, Some(1));
}

#[test]
fn unknown_changes_are_shown_as_dashes() {
    let site = site_with_three_releases("out");
    site.run(&["clean", "--out", "out", "--keep", "1", "--older-than", "0"]);
    let output = site.run(&["releases", "--out", "out"]);
    let row = output.stdout.lines().nth(1).unwrap();
    assert_eq!(row, "3  2026-01-31 17:05  current      3  305 kB      -        -  -");
    assert_eq!(output.stderr, "");
}

#[test]
fn json_is_written_to_stdout() {
    let site = site_with_three_releases("out");
    let output = site.run(&["releases", "--out", "out", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let newest = serde_json::json!({
        "number": 3,
        "published": 1_769_879_159,
        "replaces": 2,
        "files": 3,
        "bytes": 305_005,
        "first_download": 305_005,
        "changes": { "added": 0, "changed": 1, "removed": 0, "download": 5 },
    });
    assert_eq!((&list["current"], &list["warnings"]), (&3.into(), &serde_json::json!([])));
    assert_eq!((&list["releases"][0], list["releases"].as_array().unwrap().len()), (&newest, 3));
}

#[test]
fn missing_releases_are_an_error() {
    let site = Site::new(&[]);
    let output = site.run(&["releases", "--out", "nope"]);
    let advice = "has no releases; run `fingerpost collect`, or correct the path of the output directory";
    let message = format!("error: {} {advice}\n", site.quoted_path("nope"));
    assert_eq!((output.code, &*output.stdout, &*output.stderr), (Some(1), "", &*message));
    let json = site.run(&["releases", "--out", "nope", "--json"]);
    assert!(json.stdout.starts_with(r#"{"errors":[{"kind":"manifest","#), "{}", json.stdout);
}

#[cfg(target_os = "linux")]
#[test]
fn narrow_terminal_gets_a_paragraph_for_each_release() {
    let site = site_with_three_releases("out");
    let run = |columns: usize| {
        let command = format!("stty cols {columns} rows 24; {} releases --out out", crate::site::PROGRAM);
        let output = site.command("script").args(["-qec", &command, "/dev/null"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().replace('\r', "")
    };
    assert!(run(80).contains("\u{1b}[1m#  PUBLISHED (UTC)"), "{}", run(80));
    let narrow = run(60);
    let paragraph = "\
release 2, retained
  published  2026-01-31 16:05 UTC
  content    3 files, 305 kB
  changes    1 added, 1 changed
  download   5.0 kB of 305 kB
";
    assert!(narrow.contains(paragraph), "{narrow}");
    assert!(narrow.lines().all(|line| line.len() <= 60 || line.contains("returning visitor")), "{narrow}");
}
