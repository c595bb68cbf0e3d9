use crate::site::{RunOutput, Site};

/// Creates a site with three releases, each with different bytes of `a.css`.
fn site_with_three_releases() -> Site {
    let site = Site::new(&[]);
    for content in ["one", "two", "three"] {
        site.write("static/a.css", content);
        site.collect();
    }
    site
}

/// Returns the lines of stderr. The duration is removed from the last line.
#[track_caller]
fn lines(output: &RunOutput) -> Vec<String> {
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let (text, seconds) = output.stderr.trim_end().rsplit_once(", ").expect("a duration");
    assert!(seconds.strip_suffix(" s").is_some_and(|seconds| seconds.parse::<f64>().is_ok()), "{seconds}");
    text.lines().map(str::to_owned).collect()
}

fn hint(number: u64) -> String {
    format!(
        "hint: running servers use release {number} until a restart or reload; to undo, run `fingerpost rollback`"
    )
}

#[test]
fn second_rollback_undoes_the_first() {
    let site = site_with_three_releases();
    let run = |args: &[&str]| lines(&site.run(&[&["rollback", "--out", "out"], args].concat()));
    let published = |number: u64| format!("release {number} published again as release");
    assert_eq!(run(&["--dry-run"]), ["release 2 to publish again as release 4, 1 file"]);
    assert_eq!(run(&[]), [hint(3), format!("{} 4, 1 file", published(2))]);
    assert_eq!(run(&[]), [hint(4), format!("{} 5, 1 file", published(3))]);
    assert_eq!(run(&["1"]), [hint(5), format!("{} 6, 1 file", published(1))]);
    assert_eq!(run(&["6"]), ["release 6 is current, nothing to publish, 1 file"]);
    assert_eq!(site.manifest().get("a.css").unwrap().hashed, "a.7692c3ad3540.css");

    let table = site.run(&["releases", "--out", "out"]).stdout;
    let current: Vec<_> = table.lines().filter(|line| line.contains("current")).collect();
    assert!(current.len() == 1 && current[0].starts_with("6  "), "{table}");
}

#[test]
fn unknown_number_is_an_error_that_lists_the_releases() {
    let site = site_with_three_releases();
    let before = site.read("out/staticfiles.json");
    let output = site.run(&["rollback", "999", "--out", "out"]);
    let advice = "has no release 999; name one of its releases: 1, 2, 3 (current)";
    let message = format!("error: {} {advice}\n", site.quoted_path("out"));
    assert_eq!((output.code, &*output.stdout, &*output.stderr), (Some(1), "", &*message));
    assert_eq!(site.read("out/staticfiles.json"), before);
}

#[test]
fn missing_files_are_reported_and_nothing_is_published() {
    let site = site_with_three_releases();
    let before = site.read("out/staticfiles.json");
    std::fs::remove_file(site.path("out/a.3fc4ccfe7458.css")).unwrap();
    let output = site.run(&["rollback", "--out", "out"]);
    let problem = format!("file {} of release 2 is missing", site.quoted_path("out/a.3fc4ccfe7458.css"));
    let hint = "hint: restore the files from a backup or an earlier image, or publish another release";
    assert_eq!((output.code, output.stderr), (Some(1), format!("error: {problem}\n{hint}\n")));
    assert_eq!(site.read("out/staticfiles.json"), before);

    let json = site.run(&["rollback", "--out", "out", "--json"]);
    let errors: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(errors["errors"], serde_json::json!([{ "kind": "file", "message": problem }]));
}

#[test]
fn json_report_is_written_to_stdout() {
    let site = site_with_three_releases();
    site.write("fingerpost.toml", "out = \"out\"\n[collect]\noriginals = true");
    let output = site.run(&["rollback", "--json"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("as release 4, 1 file, 1 plain name written, "), "{}", output.stderr);
    assert_eq!(site.read("out/a.css"), "two");
    let mut report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(report["seconds"].take().is_f64());
    let expected = serde_json::json!({
        "release": 4,
        "restored": 2,
        "replaced": 3,
        "files": 1,
        "originals": 1,
        "hash": site.manifest().hash(),
        "warnings": [],
        "dry_run": false,
        "seconds": null,
    });
    assert_eq!(report, expected);
}

#[test]
fn held_lock_is_an_error_with_no_wait() {
    let site = site_with_three_releases();
    let lock =
        std::fs::File::options().read(true).write(true).open(site.path("out/.fingerpost/lock")).unwrap();
    lock.lock().unwrap();
    let output = site.run(&["rollback", "--out", "out", "--no-wait"]);
    assert_eq!(output.code, Some(1));
    let place = site.quoted_path("out/.fingerpost/lock");
    let message = format!("error: another run holds {place}; run the command again when that run has ended");
    let hint = "hint: omit `--no-wait` to wait for the other run";
    assert_eq!(output.stderr, format!("{message}\n{hint}\n"));
}

#[test]
fn recorded_release_of_a_restored_manifest_is_reported() {
    let site = site_with_three_releases();
    let release: serde_json::Value =
        serde_json::from_str(&site.read("out/.fingerpost/releases/1.json")).unwrap();
    site.write("out/staticfiles.json", release["manifest"].to_string());
    let output = site.run(&["rollback", "3", "--out", "out"]);
    let recorded = "recorded the current manifest as release 4, because it differs from the newest release";
    assert_eq!(lines(&output), [recorded, &hint(4), "release 3 published again as release 5, 1 file"]);
}
