use crate::site::{RunOutput, Site};

/// Returns the summary line without the duration.
#[track_caller]
fn summary(output: &RunOutput) -> &str {
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let line = output.stderr.lines().last().expect("a summary line");
    let (summary, seconds) = line.rsplit_once(", ").expect("a duration");
    assert!(seconds.strip_suffix(" s").is_some_and(|seconds| seconds.parse::<f64>().is_ok()), "{line}");
    summary
}

#[test]
fn run_ends_with_a_one_line_summary() {
    let site = Site::new(&[("static/a.css", "body{}"), ("static/b.css", "body{}")]);
    let args = ["collect", "static", "--out", "dist/static"];
    let first = site.run(&args);
    assert_eq!(summary(&first), "2 files, 12 B, 2 written, 0 unchanged, release 1 published");
    assert_eq!((first.stdout.as_str(), first.stderr.lines().count()), ("", 1));

    let second = site.run(&args);
    assert_eq!(summary(&second), "2 files, 12 B, 0 written, 2 unchanged, nothing to publish");
    std::fs::remove_file(site.path("static/b.css")).unwrap();
    let third = site.run(&["collect", "static", "--out", "dist/static", "--dry-run"]);
    assert_eq!(summary(&third), "1 file, 6 B, 0 to write, 1 unchanged, release 2 to publish");
    assert!(!site.path("dist/static/.fingerpost/releases/2.json").exists());
}

#[test]
fn json_report_is_written_to_stdout() {
    let site = Site::new(&[("static/a.css", "a"), ("theme/a.css", "b"), ("static/.hidden", "")]);
    let output = site.run(&["collect", "static", "theme", "--out", "out", "--json"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let mut report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(report["seconds"].take().is_f64());
    let expected = serde_json::json!({
        "files": 1,
        "bytes": 1,
        "written": 1,
        "unchanged": 0,
        "compressed": 0,
        "release": 1,
        "adopted": null,
        "hash": site.manifest().hash(),
        "kept": [],
        "notes": [],
        "shadowed": [{
            "path": "a.css",
            "file": site.path("static/a.css").display().to_string(),
            "hides": site.path("theme/a.css").display().to_string(),
        }],
        "ignored": [site.path("static/.hidden").display().to_string()],
        "warnings": [],
        "dry_run": false,
        "seconds": null,
    });
    assert_eq!(report, expected);
}

#[test]
fn verbose_flag_lists_ignored_and_shadowed_files() {
    let site = Site::new(&[("static/a.css", "a"), ("theme/a.css", "b"), ("static/.hidden", "")]);
    let args = ["collect", "static", "theme", "--out", "out"];
    assert_eq!(site.run(&args).stderr.lines().count(), 1);
    let output = site.run(&[&args[..], &["-v"]].concat());
    let lines: Vec<_> = output.stderr.lines().collect();
    let hidden = format!("ignored {}", site.quoted_path("static/.hidden"));
    let shadowed = format!(
        "ignored {}, hidden by {}",
        site.quoted_path("theme/a.css"),
        site.quoted_path("static/a.css")
    );
    assert_eq!(lines[..2], [hidden, shadowed]);
}

#[test]
fn all_problems_are_reported_and_nothing_is_published() {
    let site = Site::new(&[
        ("static/a.css", "a"),
        ("theme/a.css", "b"),
        ("theme/b.css", "b"),
        ("static/b.css", "b"),
    ]);
    let output = site.run(&["collect", "static", "theme", "--out", "out", "--shadowed", "error"]);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    let [a, b] = ["a.css", "b.css"].map(|name| {
        let [hides, file] = ["theme", "static"].map(|dir| site.quoted_path(&format!("{dir}/{name}")));
        format!("error: {hides} is hidden by {file}; remove one of them\n")
    });
    let end = "2 problems; nothing was published\nhint: to publish anyway, with warnings, run with `--shadowed warn`\n";
    assert_eq!(site.normalized_stderr(&output), format!("{a}{b}{end}"));
    assert!(!site.path("out/staticfiles.json").exists());
}

#[test]
fn warnings_do_not_fail_a_run() {
    let site = Site::new(&[("static/a.css", "a"), ("theme/a.css", "b")]);
    let output = site.run(&["collect", "static", "theme", "--out", "out", "--shadowed", "warn"]);
    let [hides, file] = ["theme/a.css", "static/a.css"].map(|path| site.quoted_path(path));
    assert_eq!(
        output.stderr.lines().next().unwrap(),
        format!("warning: {hides} is hidden by {file}; remove one of them")
    );
    assert_eq!(summary(&output), "1 file, 1 B, 1 written, 0 unchanged, release 1 published");
}

#[test]
fn missing_source_dir_is_an_error() {
    let site = Site::new(&[]);
    let output = site.run(&["collect", "static", "--out", "out"]);
    let problem = format!(
        "source directory {} does not exist; create it, or correct the path",
        site.quoted_path("static")
    );
    let source = site.path("static");
    let question = format!("is the working directory `{}` right?", source.parent().unwrap().display());
    assert_eq!((output.code, output.stderr), (Some(1), format!("error: {problem}; {question}\n")));
    assert!(!site.path("out").exists());
}

#[test]
fn every_collect_flag_takes_effect() {
    let site =
        Site::new(&[("static/a.css", "a"), ("static/b.psd", "b"), ("static/.c", "c"), ("lib/d.js", "d")]);
    let flags = [
        ["--out", "old"],
        ["--base-url", "https://cdn.example.com/assets"],
        ["--ignore", "*.psd"],
        ["--ignore", "x/**"],
    ];
    let flags = [
        &["collect", "static", "vendor=lib", "--hidden", "--originals", "--fsync"][..],
        flags.as_flattened(),
    ];
    let output = site.run(&flags.concat());
    assert_eq!(summary(&output), "3 files, 3 B, 3 written, 0 unchanged, release 1 published");
    assert_eq!(site.read("old/vendor/d.js"), "d");
    assert!(site.read("old/staticfiles.json").contains(r#""base_path": "/assets/""#));

    let output = site.run(&["collect", "static", "--out", "out", "--keep-from", "old"]);
    assert_eq!(summary(&output), "2 files, 2 B, 2 written, 0 unchanged, release 2 published");
    assert_eq!(output.stderr.lines().next(), Some("copied release 1"));
    assert_eq!(site.read("out/.fingerpost/releases/1.json"), site.read("old/.fingerpost/releases/1.json"));
}

#[test]
fn flags_override_the_environment_which_overrides_the_settings_file() {
    let site = Site::new(&[("static/a.css", "a"), ("static/b.map", "b"), ("other/c.css", "c")]);
    site.write(
        "fingerpost.toml",
        "sources = [\"static\"]\nout = \"from-file\"\nbase-url = \"/file/\"\nignore = [\"*.map\"]\ncollect.keep-from = \"old\"",
    );
    std::fs::create_dir(site.path("old")).unwrap();
    let base_path = |out: &str| {
        let manifest: serde_json::Value =
            serde_json::from_str(&site.read(&format!("{out}/staticfiles.json"))).unwrap();
        manifest["fingerpost"]["base_path"].as_str().unwrap().to_owned()
    };
    let environment = [("FINGERPOST_BASE_URL", "/environment/")];

    assert_eq!(site.run(&["collect"]).code, Some(0));
    assert_eq!(base_path("from-file"), "/file/");
    site.run_with(&["collect"], environment);
    assert_eq!(base_path("from-file"), "/environment/");
    site.run_with(&["collect"], [("FINGERPOST_BASE_URL", "")]);
    assert_eq!(base_path("from-file"), "/file/", "an empty variable is ignored");

    let output = site.run_with(
        &["collect", "other", "static", "--out", "from-flag", "--base-url", "/flag/", "--ignore", "*.psd"],
        environment,
    );
    assert_eq!(base_path("from-flag"), "/flag/");
    assert_eq!(summary(&output), "2 files, 2 B, 2 written, 0 unchanged, release 1 published");

    site.run_with(&["collect", "static", "--out", "no-file", "--config", "empty.toml"], environment);
    assert!(!site.path("no-file").exists(), "the file given to `--config` must exist");
    site.write("empty.toml", "");
    site.run_with(&["collect", "static", "--out", "no-file", "--config", "empty.toml"], environment);
    assert_eq!(base_path("no-file"), "/environment/");
}

#[test]
fn paths_in_the_settings_file_are_relative_to_that_file() {
    let site = Site::new(&[
        ("site/static/a.css", "a"),
        ("site/fingerpost.toml", "sources = [\"static\"]\nout = \"out\""),
    ]);
    let output = site.run(&["--config", "site/fingerpost.toml", "collect"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(site.path("site/out/staticfiles.json").exists());
}

#[test]
fn invalid_settings_file_is_an_error() {
    let site = Site::new(&[("fingerpost.toml", "hidden = false\r\nsauces = ['\u{9b}']\r\n")]);
    let location = site.quoted_path("fingerpost.toml");
    let expected = format!(
        "error: settings file {location}: line 2: unknown key `sauces`; known keys are `sources`, `out`, `base-url`, "
    );
    for args in [&["collect"][..], &["find", "a.css"], &["clean"], &["version"]] {
        let output = site.run(args);
        assert_eq!((output.code, &*output.stdout), (Some(1), ""));
        assert!(output.stderr.starts_with(&expected), "{args:?}: {}", output.stderr);
    }
}

#[test]
fn invalid_toml_is_reported_with_its_line() {
    let site = Site::new(&[("fingerpost.toml", "hidden = false\r\nout = '\u{9b}' x\r\n")]);
    let expected = format!(
        "error: settings file {}: TOML parse error at line 2, column 11\n  |\n2 | out = '\\u{{9b}}' x\n  |           ^\n",
        site.quoted_path("fingerpost.toml")
    );
    let output = site.run(&["collect"]);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    assert!(output.stderr.starts_with(&expected), "{}", output.stderr);
}

#[test]
fn every_command_reports_each_table_error_on_one_line() {
    let toml = "[collect]\ncompres = []\nfsync = 1\nmissing = \"warn\"\n[clean]\nolder_than = \"7d\"\n";
    let site = Site::new(&[("static/a.css", "a"), ("fingerpost.toml", toml)]);
    let file = site.quoted_path("fingerpost.toml");
    let expected = [
        format!(
            "error: settings file {file}: line 2: unknown key `compres` in `[collect]`; did you mean `compress`?"
        ),
        format!(
            "error: settings file {file}: line 3: `fsync` in `[collect]`: invalid type: integer `1`, expected a boolean"
        ),
        format!(
            "error: settings file {file}: line 4: unknown key `missing` in `[collect]`; write `missing` in the table `[collect.rules]`"
        ),
        format!(
            "error: settings file {file}: line 6: unknown key `older_than` in `[clean]`; did you mean `older-than`?"
        ),
    ];
    for command in [
        &["collect", "static", "--out", "out"][..],
        &["clean", "--out", "out"],
        &["find", "a.css", "static"],
        &["version"],
    ] {
        let output = site.run(command);
        assert_eq!(output.code, Some(1));
        let lines: Vec<_> = output.stderr.lines().take(4).collect();
        assert_eq!(lines, expected);
    }
}

#[test]
fn boolean_flags_accept_false() {
    let site = Site::new(&[("static/a.css", "a"), ("static/.b", "b")]);
    let switches = ["collect.originals", "hidden", "collect.fsync", "follow-symlinks"];
    let settings = |value| switches.map(|switch| format!("{switch} = {value}\n")).concat();
    let flags = |value| switches.map(|switch| format!("--{}{value}", switch.replace("collect.", "")));
    let collected = |flags: &[String], settings: &str| {
        site.write("fingerpost.toml", settings);
        std::fs::remove_dir_all(site.path("out")).ok();
        let flags = flags.iter().map(String::as_str);
        let args: Vec<_> = ["collect", "--out", "out"].into_iter().chain(flags).chain(["static"]).collect();
        let output = site.run(&args);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        (site.path("out/a.css").exists(), site.manifest().len())
    };
    assert_eq!(collected(&[], &settings("true")), (true, 2));
    assert_eq!(collected(&flags("=false"), &settings("true")), (false, 1));
    assert_eq!(collected(&flags(""), &settings("false")), (true, 2));
    assert_eq!(collected(&flags("=true"), ""), (true, 2));
}

#[test]
fn pack_is_written_once_and_imported_by_keep_from() {
    let site = Site::new(&[("static/a.css", "a")]);
    let pack =
        |more: &[&str]| site.run(&[&["collect", "static", "--pack", "site.tar", "--out"], more].concat());
    for state in ["written", "unchanged"] {
        assert_eq!(pack(&["out"]).stderr.lines().next().unwrap(), format!("pack of 4.1 kB {state}"));
    }
    assert!(pack(&["out", "--json"]).stdout.contains(r#""pack":{"bytes":4096,"written":false}"#));
    site.write("static/a.css", "b");
    let output = pack(&["new", "--keep-from", "site.tar"]);
    let lines: Vec<_> = output.stderr.lines().take(2).collect();
    assert_eq!(lines, ["copied release 1", "pack of 6.1 kB written"]);
}

#[test]
fn missing_keep_from_directory_is_reported_with_its_absolute_path() {
    let site = Site::new(&[("static/a.css", "a")]);
    let output = site.run(&["collect", "static", "--out", "out", "--keep-from", "nope"]);
    let advice = "correct `--keep-from`, or omit it at the first deploy";
    let problem = format!(
        "error: cannot import releases from {}: it is neither a directory nor a pack; {advice}\n",
        site.quoted_path("nope")
    );
    assert_eq!((output.code, output.stderr), (Some(1), problem));
}

#[test]
fn compress_flags_select_the_encodings() {
    let site = Site::new(&[("static/a.css", &"body { color: red }\n".repeat(50)), ("static/b.css", "b")]);
    let collected = |flags: &[&str]| {
        let output = site.run(&[&["collect", "static", "--out", "out"], flags].concat());
        let manifest = site.manifest();
        let encodings = manifest.get("a.css").unwrap().info.clone().unwrap().encodings;
        (summary(&output).to_owned(), encodings.into_keys().collect::<Vec<_>>())
    };
    let sums = |middle: &str| format!("2 files, 1.0 kB, {middle}");
    assert_eq!(
        collected(&["--compress", "gzip,br:11,zstd"]),
        (
            sums("2 written, 0 unchanged, 3 compressed, release 1 published"),
            ["br", "gzip", "zstd"].map(String::from).to_vec()
        )
    );
    let (again, _) = collected(&["--compress", "gzip,br:11,zstd"]);
    assert_eq!(again, sums("0 written, 2 unchanged, nothing to publish"));
    let dry = site.run(&["collect", "static", "--out", "out", "--compress", "gzip:1", "--dry-run"]);
    assert_eq!(summary(&dry), sums("0 to write, 2 unchanged, release 2 to publish"));

    // The flag overrides the settings file, also with the value `none`.
    site.write("fingerpost.toml", "[collect]\ncompress = [\"gzip\"]\ncompress-maps = [\"br\"]");
    assert_eq!(collected(&[]).1, ["gzip"]);
    assert_eq!(collected(&["--compress", "br"]).1, ["br"]);
    assert_eq!(collected(&["--compress", "none"]).1, [""; 0]);
}

#[test]
fn invalid_compression_is_a_usage_error_that_lists_valid_values() {
    let site = Site::new(&[("static/a.css", "a")]);
    for (list, problem) in [
        (
            "gzip,lzma",
            "compression `lzma` is unknown; write `gzip`, `br`, `zstd` or `dcz`, optionally with a level, such as `br:11`",
        ),
        ("br:12", "compression `br:12` has no such level; `br` has 0 to 11"),
        ("gzip,gzip", "compression `gzip` is listed twice"),
        (
            "",
            "compression `` is unknown; write `gzip`, `br`, `zstd` or `dcz`, optionally with a level, such as `br:11`",
        ),
    ] {
        let output = site.run(&["collect", "static", "--out", "out", "--compress", list]);
        assert_eq!(output.code, Some(2), "{}", output.stderr);
        assert!(output.stderr.contains(problem), "{}", output.stderr);
    }
}

#[test]
fn imported_unchanged_release_becomes_current_and_is_reported() {
    let site = Site::new(&[("static/a.css", "body{}")]);
    site.collect();
    let import = |more: &[&str]| {
        let output = site.run(&[&["collect", "static", "--out", "new", "--keep-from", "out"], more].concat());
        (output.stderr.lines().next().unwrap().to_owned(), summary(&output).to_owned())
    };
    let copied = "copied release 1".to_owned();
    let sums =
        |written: &str, release: &str| format!("1 file, 6 B, {written}, nothing new, release 1 {release}");
    let dry = sums("1 to write, 0 unchanged", "would be current");
    assert_eq!(import(&["--dry-run"]), (copied.clone(), dry));
    assert_eq!(import(&[]), (copied, sums("1 written, 0 unchanged", "is current")));
    assert_eq!(site.read("new/staticfiles.json"), site.read("out/staticfiles.json"));
    assert_eq!(import(&[]).1, "1 file, 6 B, 0 written, 1 unchanged, nothing to publish");
}

#[cfg(unix)]
#[test]
fn verbose_flag_lists_special_files_as_ignored() {
    let site = Site::new(&[("static/a.css", "body{}")]);
    let _socket = std::os::unix::net::UnixListener::bind(site.path("static/socket")).unwrap();
    let stderr = |more: &[&str]| site.run(&[&["collect", "static", "--out", "out"], more].concat()).stderr;
    assert!(stderr(&["-v"]).starts_with(&format!("ignored {}\n", site.quoted_path("static/socket"))));
    assert_eq!(stderr(&[]).lines().count(), 1);
}
