use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use fingerpost::{
    Settings,
    manifest::{Digest, FileInfo},
};
use fingerpost_collect::{CollectConfig, collect};

use crate::site::Site;

/// A size above the limit for files that `collect` reads into memory.
const LARGE: usize = 9 * 1024 * 1024;

/// Returns the paths, modification times and inodes of a directory and of all entries below the directory, except the lock.
fn metadata_of(path: &Path) -> Vec<(PathBuf, SystemTime, u64)> {
    let metadata = fs::metadata(path).unwrap();
    #[cfg(unix)]
    let id = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let id = metadata.len();
    let mut found = vec![(path.to_owned(), metadata.modified().unwrap(), id)];
    if metadata.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        found
            .extend(entries.iter().filter(|path| !path.ends_with("lock")).flat_map(|path| metadata_of(path)));
    }
    found
}

#[test]
fn unchanged_second_run_writes_only_the_lock() {
    let site = Site::new(&[("static/a.css", "a"), ("static/img/b.png", "b")]);
    let config = site.config().originals(true).fsync(true);
    let first = collect(&config).unwrap();
    assert_eq!((first.written, first.unchanged, first.release), (2, 0, Some(1)));

    let before = metadata_of(&site.path("out"));
    let second = collect(&config).unwrap();
    assert_eq!((second.written, second.unchanged, second.release), (0, 2, None));
    assert_eq!(metadata_of(&site.path("out")), before);
    assert_eq!((second.files, second.bytes, &second.hash), (first.files, first.bytes, &first.hash));
}

#[test]
fn output_dir_contains_exactly_the_expected_files() {
    let site = Site::new(&[("static/a.css", "a"), ("static/img/b.png", "b")]);
    site.collect();
    let names: Vec<_> = site.tree("out").into_keys().collect();
    let expected = [
        ".fingerpost/lock",
        ".fingerpost/manifest-times.json",
        ".fingerpost/manifest-times.ref",
        ".fingerpost/releases/1.json",
        "a.ca978112ca1b.css",
        "img/b.3e23e8160039.png",
        "staticfiles.json",
    ];
    assert_eq!(names, expected);
}

#[test]
fn manifest_contains_the_data_needed_for_serving() {
    let site = Site::new(&[("static/a.css", "a"), ("static/b.MJS", "b"), ("static/c.png", "c")]);
    collect(&site.config().base_url("https://cdn.example.com/assets")).unwrap();
    let manifest = site.manifest("out");
    assert_eq!(manifest.base_path(), Some("/assets/"));
    for (path, content) in [("a.css", b"a"), ("b.MJS", b"b"), ("c.png", b"c")] {
        let info = FileInfo::new(1, Digest::from_content(content));
        assert_eq!(manifest.get(path).unwrap().info, Some(info), "{path}");
    }
    assert_eq!(fs::read(site.path("out/staticfiles.json")).unwrap(), manifest.to_json());
    site.assert_intact("out");
}

#[test]
fn large_files_are_collected() {
    let site = Site::new(&[]);
    let large: Vec<_> = (0..LARGE).map(|n| (n % 251) as u8).collect();
    site.write("static/large.js", &large);
    let report = site.collect();
    assert_eq!((report.bytes, report.written), (LARGE as u64, 1));
    site.assert_intact("out");
    let info = site.manifest("out").get("large.js").unwrap().info.clone();
    assert_eq!(info, Some(FileInfo::new(LARGE as u64, Digest::from_content(&large))));

    let report = collect(&site.config().originals(true)).unwrap();
    assert_eq!((report.written, report.release), (1, None));
    assert!(fs::read(site.path("out/large.js")).unwrap() == large);
    assert_eq!(collect(&site.config().originals(true)).unwrap().written, 0);
}

#[test]
fn file_of_the_wrong_length_is_rewritten() {
    let site = Site::new(&[("static/a.css", "abcdef")]);
    site.collect();
    let hashed = format!("out/{}", site.hashed("a.css"));
    site.write(&hashed, "abc");
    let report = site.collect();
    assert_eq!((report.written, report.release), (1, None));
    assert_eq!(site.read(&hashed), "abcdef");

    site.remove(&hashed);
    assert_eq!(site.collect().written, 1);
    site.assert_intact("out");
}

#[test]
fn deleted_source_is_dropped_from_the_manifest_and_its_file_is_retained() {
    let site = Site::new(&[("static/a.css", "a"), ("static/b.css", "b")]);
    site.collect();
    site.remove("static/b.css");
    assert_eq!(site.collect().files, 1);
    assert!(site.manifest("out").get("b.css").is_none());
    assert_eq!(site.names("out"), ["a.ca978112ca1b.css", "b.3e23e8160039.css", "staticfiles.json"]);
}

#[test]
fn temporary_files_of_a_killed_run_are_removed() {
    let site = Site::new(&[("static/a.css", "a")]);
    site.write("out/.fingerpost/tmp/AbCdEf", "half a file");
    site.write("out/.fingerpost/tmp/by/hand/notes.txt", "");
    site.collect();
    assert_eq!(fs::read_dir(site.path("out/.fingerpost/tmp")).unwrap().count(), 0);
}

#[test]
fn failed_first_run_leaves_no_files() {
    let site = Site::new(&[("static/img/a.png", "a"), ("static/b.css", "a{background:url(nope.png)}")]);
    site.problems_of(&site.config());
    assert_eq!(fs::read_dir(site.path("out/.fingerpost/tmp")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(site.path("out")).unwrap().count(), 1);
}

#[test]
fn dry_run_retains_the_staged_files_of_another_run() {
    let site = Site::new(&[("static/a.css", "a"), ("out/.fingerpost/tmp/tree/a.css", "a")]);
    collect(&site.config().dry_run(true)).unwrap();
    assert!(site.path("out/.fingerpost/tmp/tree/a.css").exists());
}

#[test]
fn dry_run_reports_the_changes_and_writes_nothing() {
    let site = Site::new(&[("static/a.css", "a"), ("old/b.css", "b"), ("static/.x", "")]);
    collect(&CollectConfig::new(site.path("previous")).source(site.path("old"))).unwrap();
    site.write("static/large.bin", vec![7; LARGE]);
    let config = || site.config().originals(true).keep_from(site.path("previous"));

    let mut dry = collect(&config().dry_run(true)).unwrap();
    assert!(!site.path("out").exists());
    let mut real = collect(&config()).unwrap();
    assert_eq!((real.files, real.written, real.release, &*real.kept), (2, 2, Some(2), &[1][..]));
    assert!(dry.dry_run && !real.dry_run);
    (dry.seconds, real.seconds, dry.dry_run) = (0.0, 0.0, false);
    assert_eq!(dry, real);

    site.write("static/a.css", "changed");
    let before = metadata_of(&site.path("out"));
    let dry = collect(&config().dry_run(true)).unwrap();
    assert_eq!((dry.written, dry.unchanged, dry.release, dry.kept), (1, 1, Some(3), vec![]));
    assert_eq!(metadata_of(&site.path("out")), before);
}

#[test]
fn config_overrides_the_settings_file() {
    let site = Site::new(&[("static/a.css", "a"), ("static/b.psd", "b"), ("other/c.css", "c")]);
    let text = "sources = [\"static\"]\nout = \"out\"\nbase-url = \"/assets/\"\nignore = [\"*.psd\"]\ncollect.originals = true";
    site.write("fingerpost.toml", text);
    let settings = || Settings::read(site.path("fingerpost.toml")).unwrap();

    collect(&CollectConfig::from_settings(settings())).unwrap();
    assert_eq!(site.names("out"), ["a.ca978112ca1b.css", "a.css", "staticfiles.json"]);
    assert_eq!(site.manifest("out").base_path(), Some("/assets/"));

    let config = CollectConfig::from_settings(settings()).source(site.path("other")).base_url("/s/");
    assert_eq!(collect(&config.originals(false)).unwrap().files, 1);
    assert_eq!(site.hashed("c.css"), "c.2e7d2c03a950.css");
    assert_eq!(site.manifest("out").base_path(), Some("/s/"));
}
