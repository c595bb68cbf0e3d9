//! Tests of `clean` on output directories with several releases.

mod files;
mod manifest_times;
mod model;
mod releases;
mod runs;
#[cfg(unix)]
mod symlinks;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use fingerpost::{
    AssetPath,
    manifest::{EncodingInfo, Release},
};
use fingerpost_collect::{CleanConfig, CleanReport, ErrorKind, clean};

use crate::site::Site;

pub(crate) const DAY: u64 = 24 * 60 * 60;

/// Creates a site with an `unchanged.css`, and runs `collect` once for each of these contents of `a.css`.
pub(crate) fn published(contents: &[&str]) -> Site {
    let site = Site::new(&[("static/css/unchanged.css", "u")]);
    for content in contents {
        site.write("static/css/a.css", content);
        site.collect();
    }
    site
}

/// Returns settings that retain only the newest and the current release.
pub(crate) fn config_by_count(site: &Site) -> CleanConfig {
    CleanConfig::new(site.path("out")).keep(1).older_than(Duration::ZERO)
}

/// Returns settings that retain the newest release, and releases that were current within the last week.
pub(crate) fn config_by_age(site: &Site) -> CleanConfig {
    CleanConfig::new(site.path("out")).keep(1)
}

#[track_caller]
pub(crate) fn cleaned(config: &CleanConfig) -> CleanReport {
    let report = clean(config).expect("a successful run");
    assert_eq!(report.warnings, []);
    report
}

/// Returns the errors of a failed run, and checks that the run changed nothing.
#[track_caller]
pub(crate) fn clean_errors(site: &Site, config: &CleanConfig) -> (ErrorKind, Vec<String>) {
    let before = records(site);
    let err = clean(config).expect_err("a failing run");
    assert_eq!(records(site), before, "{err}");
    (err.kind(), err.problems().map(ToString::to_string).collect())
}

/// Returns all files of the output directory except the lock.
pub(crate) fn records(site: &Site) -> BTreeMap<String, Vec<u8>> {
    let mut tree = site.tree("out");
    tree.remove(".fingerpost/lock");
    tree
}

pub(crate) fn edit(site: &Site, number: u64, change: impl FnOnce(&mut Release)) {
    let mut release = site.release(number);
    change(&mut release);
    site.write(&format!("out/.fingerpost/releases/{number}.json"), release.to_json());
}

/// Sets the publication time of a release to this many seconds ago.
pub(crate) fn set_publication_age(site: &Site, number: u64, seconds: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    edit(site, number, |release| release.published = now - seconds);
}

/// Returns the hashed path of `a.css` in a release.
pub(crate) fn file_of(site: &Site, number: u64) -> String {
    site.release(number).manifest.get("css/a.css").unwrap().hashed.clone()
}

/// Adds compressed variants of `a.css` to a release, and to the manifest if the release is current.
pub(crate) fn compress(site: &Site, number: u64) -> [String; 3] {
    let release = site.release(number);
    let entry = release.manifest.get("css/a.css").unwrap();
    let mut info = entry.info.clone().unwrap();
    for encoding in ["br", "gzip", "zstd", "other"] {
        let any = serde_json::json!({ "size": 1, "sha256": info.sha256 });
        info.encodings.insert(encoding.to_owned(), serde_json::from_value::<EncodingInfo>(any).unwrap());
    }
    let mut manifest = release.manifest.clone();
    manifest.insert(AssetPath::parse("css/a.css").unwrap(), &*entry.hashed, info);
    if site.manifest("out") == release.manifest {
        site.write("out/staticfiles.json", manifest.to_json());
    }
    edit(site, number, |release| release.manifest = manifest);
    let variants = ["br", "gz", "zst"].map(|ending| format!("{}.{ending}", entry.hashed));
    variants.iter().for_each(|variant| site.write(&format!("out/{variant}"), "v"));
    variants
}

pub(crate) fn exists(site: &Site, name: &str) -> bool {
    site.path("out").join(name).exists()
}

/// Returns the change time of a file, or `None` if the system has no change times.
pub(crate) fn change_time(file: &Path) -> Option<SystemTime> {
    let metadata = fs::metadata(file).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some(UNIX_EPOCH + Duration::new(metadata.ctime() as u64, metadata.ctime_nsec() as u32))
    }
    #[cfg(not(unix))]
    None
}

/// Creates four releases, published 40, 30, 20 and 10 days ago.
pub(crate) fn four_releases() -> Site {
    let site = published(&["one", "two", "three", "four"]);
    for (number, days) in [(1, 40), (2, 30), (3, 20), (4, 10)] {
        set_publication_age(&site, number, days * DAY);
    }
    site
}

pub(crate) fn restore_manifest(site: &Site, number: u64) {
    site.write("out/staticfiles.json", site.release(number).manifest.to_json());
}

/// Checks that nothing is removed and that `warning` is the only warning.
#[track_caller]
pub(crate) fn assert_retained_with_warning(config: &CleanConfig, warning: &str) {
    let report = clean(config).unwrap();
    assert_eq!(report.removed, [0; 0]);
    assert_eq!(report.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [warning]);
}

/// Repeats `action` until the change time of the file differs.
pub(crate) fn repeat_until_changed(file: &Path, action: impl Fn()) {
    let (before, started) = (change_time(file), Instant::now());
    while change_time(file) == before {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "the change time of {} does not advance",
            file.display()
        );
        action();
    }
}

/// Moves the manifest away, calls `meanwhile`, and moves the manifest back.
pub(crate) fn move_aside_and_back(site: &Site, meanwhile: impl Fn()) {
    let [file, aside] = ["out/staticfiles.json", "aside.json"].map(|path| site.path(path));
    repeat_until_changed(&file, || {
        fs::rename(&file, &aside).unwrap();
        meanwhile();
        fs::rename(&aside, &file).unwrap();
    });
}
