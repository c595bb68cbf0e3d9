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

const STRICT: [&str; 7] = ["clean", "--out", "out", "--keep", "1", "--older-than", "0"];

/// Returns the summary line without the duration.
#[track_caller]
fn summary(output: &RunOutput) -> &str {
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let line = output.stderr.lines().last().expect("a summary line");
    let (summary, seconds) = line.rsplit_once(", ").expect("a duration");
    assert!(seconds.strip_suffix(" s").is_some_and(|seconds| seconds.parse::<f64>().is_ok()), "{line}");
    summary
}

fn removed_bytes(site: &Site) -> u64 {
    let names = ["out/.fingerpost/releases/1.json", "out/.fingerpost/releases/2.json"];
    names.iter().map(|name| site.read(name).len() as u64).sum::<u64>() + 6
}

#[test]
fn run_ends_with_a_one_line_summary() {
    let site = site_with_three_releases();
    let young = site.run(&["clean", "--out", "out"]);
    assert_eq!(summary(&young), "nothing to remove, 3 releases kept");
    let size = format!("{} B", removed_bytes(&site));
    let dry = site.run(&[&STRICT[..], &["--dry-run"]].concat());
    assert_eq!(summary(&dry), format!("2 releases and 2 files to remove, {size} to free, 1 release kept"));
    let real = site.run(&STRICT);
    assert_eq!(summary(&real), format!("2 releases and 2 files removed, {size} freed, 1 release kept"));
    assert_eq!((real.stdout.as_str(), real.stderr.lines().count()), ("", 1));
    assert_eq!(summary(&site.run(&STRICT)), "nothing to remove, 1 release kept");
    assert_eq!(site.read("out/a.8b5b9db0c13d.css"), "three");
}

#[test]
fn verbose_flag_lists_removed_files() {
    let site = site_with_three_releases();
    for (flags, verb) in [(&["-v", "--dry-run"][..], "would remove"), (&["-v"], "removed")] {
        let output = site.run(&[&STRICT[..], flags].concat());
        let lines: Vec<_> = output.stderr.lines().collect();
        assert_eq!(
            lines[..2],
            ["a.3fc4ccfe7458.css", "a.7692c3ad3540.css"].map(|name| format!("{verb} `{name}`"))
        );
    }
}

#[test]
fn json_report_is_written_to_stdout() {
    let site = site_with_three_releases();
    let bytes = removed_bytes(&site);
    let output = site.run(&[&STRICT[..], &["--json"]].concat());
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let mut report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(report["seconds"].take().is_f64());
    let expected = serde_json::json!({
        "removed": [1, 2],
        "kept": [3],
        "files": ["a.3fc4ccfe7458.css", "a.7692c3ad3540.css"],
        "bytes": bytes,
        "warnings": [],
        "dry_run": false,
        "seconds": null,
    });
    assert_eq!(report, expected);
}

#[test]
fn clean_reports_a_restored_manifest() {
    let site = Site::new(&[("static/a.css", "one")]);
    site.collect();
    let first = site.read("out/staticfiles.json");
    site.write("static/a.css", "two");
    site.collect();
    site.write("out/staticfiles.json", first);
    for (flags, verb) in [(&["--dry-run"][..], "would record"), (&[], "recorded")] {
        let output = site.run(&[&["clean", "--out", "out", "--json"], flags].concat());
        let line =
            format!("{verb} the current manifest as release 3, because it differs from the newest release\n");
        assert!(output.stderr.starts_with(&line), "{}", output.stderr);
        let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!((&report["recorded"], &report["kept"]), (&3.into(), &serde_json::json!([1, 2, 3])));
    }
}

#[test]
fn collect_reports_a_restored_manifest() {
    let site = Site::new(&[("static/a.css", "one")]);
    site.collect();
    let first = site.read("out/staticfiles.json");
    site.write("static/a.css", "two");
    site.collect();
    site.write("out/staticfiles.json", first);
    for (flags, verb) in [(&["--dry-run"][..], "would record"), (&[], "recorded")] {
        let output = site.run(&[&["collect", "static", "--out", "out", "--json"], flags].concat());
        let line =
            format!("{verb} the current manifest as release 3, because it differs from the newest release\n");
        assert!(output.stderr.starts_with(&line), "{}", output.stderr);
        let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!((&report["recorded"], &report["release"]), (&3.into(), &4.into()));
    }
}

#[test]
fn verify_repairs_files_and_counts_them() {
    let site = Site::new(&[("static/a.css", "abcdef")]);
    site.collect();
    site.write("out/a.bef57ec7f53a.css", "ABCDEF");
    let run = |flags: &[&str]| {
        let output = site.run(&[&["collect", "static", "--out", "out", "--verify"], flags].concat());
        summary(&output).to_owned()
    };
    let dry = "1 file, 6 B, 1 to write, 0 unchanged, 1 verified, 1 to repair, nothing to publish";
    assert_eq!(run(&["--dry-run"]), dry);
    assert_eq!(run(&[]), "1 file, 6 B, 1 written, 0 unchanged, 1 verified, 1 repaired, nothing to publish");
    assert_eq!(run(&[]), "1 file, 6 B, 0 written, 1 unchanged, 1 verified, nothing to publish");
    assert_eq!(site.read("out/a.bef57ec7f53a.css"), "abcdef");
}

#[test]
fn flags_override_the_settings_file() {
    let site = site_with_three_releases();
    site.write("fingerpost.toml", "out = \"out\"\nclean.keep = 2\nclean.older-than = \"0\"");
    let retained = |flags: &[&str]| {
        let output = site.run(&[&["clean", "--dry-run"], flags].concat());
        summary(&output).rsplit_once(", ").unwrap().1.to_owned()
    };
    assert_eq!(retained(&[]), "2 releases kept");
    assert_eq!(retained(&["--keep", "0"]), "1 release kept");
    assert_eq!(retained(&["--older-than", "1m"]), "3 releases kept");
}

#[test]
fn unreadable_release_and_missing_output_dir_are_errors() {
    let site = site_with_three_releases();
    site.write("out/.fingerpost/releases/2.json", "");
    let output = site.run(&[&STRICT[..], &["--json"]].concat());
    assert_eq!(output.code, Some(1));
    assert!(output.stdout.starts_with(r#"{"errors":[{"kind":"manifest","message":"#), "{}", output.stdout);
    let location = site.quoted_path("out/.fingerpost/releases/2.json");
    assert!(
        output.stderr.starts_with(&format!("error: manifest {location} cannot be read: ")),
        "{}",
        output.stderr
    );
    assert!(site.path("out/a.7692c3ad3540.css").exists());

    let nowhere = site.run(&["clean", "--out", "nope"]);
    let advice = "is not a directory; correct the path, or collect into it first";
    let message = format!("error: output directory {} {advice}\n", site.quoted_path("nope"));
    assert_eq!((nowhere.code, nowhere.stderr), (Some(1), message));
}
