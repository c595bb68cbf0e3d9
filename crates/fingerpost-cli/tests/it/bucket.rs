//! Tests of the commands for buckets, with a directory as the bucket.

#[cfg(feature = "store")]
use serde_json::Value;

use crate::site::Site;

fn site() -> Site {
    Site::new(&[("static/css/app.css", "body{}"), ("static/a.js", "let a = 1;\n")])
}

#[cfg(feature = "store")]
fn bucket(site: &Site) -> String {
    format!("file://{}", site.path("bucket").display())
}

#[track_caller]
fn collect(site: &Site, css: &str) {
    site.write("static/css/app.css", css);
    let run = site.run(&["collect", "static", "--out", "dist"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[cfg(feature = "store")]
/// Runs a command with `--at` and the URL of the bucket.
fn run_at_bucket(site: &Site, args: &[&str]) -> crate::site::RunOutput {
    let url = bucket(site);
    site.run(&[args, &["--at", &url]].concat())
}

#[cfg(feature = "store")]
/// Replaces the seconds at the end of each line.
fn without_seconds(text: &str) -> String {
    let lines = text.lines().map(|line| match line.rsplit_once(", ") {
        Some((start, seconds)) if seconds.ends_with(" s") => format!("{start}, N s"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(feature = "store")]
#[test]
fn releases_are_published_listed_rolled_back_and_cleaned() {
    let site = site();
    let url = bucket(&site);
    site.write("fingerpost.toml", format!("out = 'dist'\n[publish]\nto = '{url}'\nsingle-writer = true\n"));
    collect(&site, "body{}");
    let run = site.run(&["publish"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(
        without_seconds(&run.stderr),
        "2 objects, 2 uploaded (17 B), 0 skipped, release 1 published, N s"
    );
    let run = site.run(&["publish", "--json"]);
    assert_eq!(
        without_seconds(&run.stderr),
        "2 objects, 0 uploaded (0 B), 2 skipped, nothing new to publish, N s"
    );
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&report["release"], &report["skipped"]), (&Value::Null, &Value::from(2)));

    collect(&site, "body{color:red}");
    let run = site.run(&["publish", &url, "--dry-run"]);
    assert_eq!(
        without_seconds(&run.stderr),
        "2 objects, 1 to upload (15 B), 1 skipped, release 2 to publish, N s"
    );
    assert_eq!(site.run(&["publish", &url]).code, Some(0));
    let list = run_at_bucket(&site, &["list", "--json"]);
    let local = site.run(&["list", "--json"]);
    assert_eq!((list.code, list.stdout), (Some(0), local.stdout));

    let run = run_at_bucket(&site, &["rollback"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(
        without_seconds(&run.stderr),
        format!(
            "hint: running servers use release 2 until their next poll or restart; to undo, run `fingerpost rollback --at {url}`\n\
             release 1 published again as release 3, 2 files, N s"
        )
    );
    let list: Value = serde_json::from_str(&run_at_bucket(&site, &["releases", "--json"]).stdout).unwrap();
    assert_eq!((&list["current"], list["releases"].as_array().unwrap().len()), (&Value::from(3), 3));

    let run = run_at_bucket(&site, &["clean", "--keep", "1", "--older-than", "0", "-v"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let lines: Vec<_> = run.stderr.lines().collect();
    assert!(lines[0].starts_with("removed `css/app.") && lines[0].ends_with(".css`"), "{run:?}");
    assert!(lines[1].starts_with("2 releases and 1 file removed, "), "{run:?}");
    assert_eq!(run_at_bucket(&site, &["list", "--json"]).code, Some(0));
}

#[cfg(feature = "store")]
#[test]
fn keep_from_imports_the_releases_of_a_bucket() {
    let site = site();
    let url = bucket(&site);
    let keep = |out: &str| site.run(&["collect", "static", "--out", out, "--keep-from", &url]);
    let first = keep("first");
    assert_eq!((first.code, first.stderr.contains("release 1 published")), (Some(0), true), "{first:?}");
    collect(&site, "body{}");
    assert_eq!(site.run(&["publish", &url, "--out", "dist", "--single-writer"]).code, Some(0));
    site.write("static/css/app.css", "body{color:red}");
    let second = keep("second");
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(second.stderr.starts_with("copied release 1\n"), "{second:?}");
    let names = site.file_names("second/css");
    assert_eq!(names.len(), 2, "the files of both releases: {names:?}");
    let list: Value =
        serde_json::from_str(&site.run(&["releases", "--out", "second", "--json"]).stdout).unwrap();
    assert_eq!((&list["current"], &list["warnings"]), (&Value::from(2), &serde_json::json!([])));

    site.write("fingerpost.toml", format!("[collect]\nkeep-from = '{url}'\n"));
    let third = site.run(&["collect", "static", "--out", "third"]);
    assert_eq!((third.code, third.stderr.starts_with("copied release 1\n")), (Some(0), true), "{third:?}");
    // A flag overrides the settings file.
    let fourth = site.run(&["collect", "static", "--out", "fourth", "--keep-from", "second"]);
    assert_eq!(
        (fourth.code, fourth.stderr.starts_with("copied release 1, 2\n")),
        (Some(0), true),
        "{fourth:?}"
    );
}

#[cfg(feature = "store")]
#[test]
fn plain_names_are_published_and_rolled_back() {
    let site = site();
    let url = bucket(&site);
    site.write("fingerpost.toml", format!("out = 'dist'\n[publish]\nto = '{url}'\nsingle-writer = true\n"));
    for (css, uploaded, written) in
        [("body{}", "2 uploaded (17 B), 0 skipped", 2), ("a{}", "1 uploaded (3 B), 1 skipped", 1)]
    {
        site.write("static/css/app.css", css);
        assert_eq!(site.run(&["collect", "static", "--originals"]).code, Some(0));
        let run = site.run(&["publish"]);
        assert!(run.stderr.contains(uploaded), "{run:?}");
        assert!(run.stderr.contains(&format!(", {written} plain name")), "{run:?}");
        assert_eq!(site.read("bucket/css/app.css"), css);
    }
    assert!(site.run(&["publish"]).stderr.contains("0 uploaded (0 B), 2 skipped, nothing new to publish"));
    let run = run_at_bucket(&site, &["rollback", "--originals=false", "--dry-run"]);
    assert!(without_seconds(&run.stderr).ends_with("to publish again as release 3, 2 files, N s"), "{run:?}");
    let run = run_at_bucket(&site, &["rollback"]);
    assert!(run.stderr.contains("as release 3, 2 files, 1 plain name written, "), "{run:?}");
    assert_eq!(site.read("bucket/css/app.css"), "body{}");
}

#[cfg(feature = "store")]
#[test]
fn bucket_errors_are_reported() {
    let site = site();
    collect(&site, "body{}");
    let run = site.run(&["publish", "--out", "dist"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("no bucket is set; pass a URL, or add `to` to the table [publish]"),
        "{run:?}"
    );
    let run = site.run(&["publish", &bucket(&site), "--out", "dist"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(
        run.stderr,
        format!(
            "error: `{}` ignores conditions on writes, so two runs could overwrite each other; if no other run writes to the bucket at \
             the same time, run with `--single-writer`\n",
            bucket(&site)
        )
    );
    let run = run_at_bucket(&site, &["rollback", "--single-writer", "--json"]);
    assert_eq!(run.code, Some(1));
    let message = format!("`{}` has no releases; run `fingerpost publish` to publish one", bucket(&site));
    assert_eq!(run.stderr, format!("error: {message}\n"));
    assert_eq!(
        serde_json::from_str::<Value>(&run.stdout).unwrap(),
        serde_json::json!({ "errors": [{ "kind": "release", "message": message }], "warnings": [] })
    );
    for args in [
        &["releases", "--at", "s3://a@b", "--json"][..],
        &["collect", "static", "--out", "new", "--keep-from", "s3://a@b", "--json"],
    ] {
        let run = site.run(args);
        let json: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((run.code, &json["errors"][0]["kind"]), (Some(1), &Value::from("config")), "{run:?}");
    }
}

#[test]
fn options_of_buckets_need_a_bucket() {
    let site = site();
    for args in
        [&["clean", "--out", "dist", "--single-writer"][..], &["rollback", "--out", "dist", "--lease", "5s"]]
    {
        let run = site.run(args);
        assert_eq!(run.code, Some(2), "{run:?}");
        let message = "error: `--single-writer`, `--time-limit` and `--lease` are only for buckets; pass the bucket as `--at`";
        assert!(run.stderr.starts_with(message), "{run:?}");
    }
}

#[cfg(not(feature = "store"))]
#[test]
fn error_names_the_missing_feature() {
    let site = site();
    collect(&site, "body{}");
    for (used, args) in [
        ("publish", vec!["publish", "file:///bucket", "--out", "dist"]),
        ("--at", vec!["releases", "--at", "file:///bucket"]),
        ("--at", vec!["list", "--at", "file:///bucket"]),
        ("--at", vec!["rollback", "--at", "file:///bucket"]),
        ("--at", vec!["clean", "--at", "file:///bucket"]),
        ("keep-from URL", vec!["collect", "static", "--out", "new", "--keep-from", "file:///bucket"]),
    ] {
        let run = site.run(&args);
        let expected = format!(
            "error: `{used}` needs the feature `store`, which this program was built without; install it with `cargo install \
             fingerpost-cli --features store`\n"
        );
        assert_eq!((run.code, run.stderr), (Some(1), expected), "{args:?}");
    }
}
