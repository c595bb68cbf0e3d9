use std::{fs, time::Duration};
#[cfg(unix)]
use std::{fs::File, time::SystemTime};

use fingerpost_collect::{CleanConfig, clean};

use super::{
    DAY, assert_retained_with_warning, cleaned, config_by_age, four_releases, model::make_manifest_older,
    published,
};
#[cfg(unix)]
use super::{move_aside_and_back, repeat_until_changed, restore_manifest};
use crate::site::{Site, warnings};

const TIMES: &str = "out/.fingerpost/manifest-times.json";

#[cfg(unix)]
const ATTRIBUTES: &str = "was moved, or its owner, mode or links were changed";
#[cfg(unix)]
const WRITTEN: &str = "was written or moved by something other than `collect` and `clean`";

/// Copies the manifest, restores the manifest of release 1, and moves the copy back over the manifest.
#[cfg(unix)]
fn copy_and_move_back(site: &Site, modified: Option<SystemTime>) {
    let [file, copy] = ["out/staticfiles.json", "copy.json"].map(|path| site.path(path));
    let modified = modified.unwrap_or_else(|| fs::metadata(&file).unwrap().modified().unwrap());
    fs::copy(&file, &copy).unwrap();
    File::options().append(true).open(&copy).unwrap().set_modified(modified).unwrap();
    restore_manifest(site, 1);
    fs::rename(&copy, &file).unwrap();
}

#[cfg(unix)]
#[test]
fn moved_back_copy_of_the_manifest_retains_all_releases_for_the_retention_age() {
    let days_ago = |days| SystemTime::now() - Duration::from_secs(days * DAY);
    for (days, cause) in [(None, ATTRIBUTES), (Some(9), WRITTEN), (Some(300), WRITTEN)] {
        let site = four_releases();
        make_manifest_older(&site, 20 * DAY);
        copy_and_move_back(&site, days.map(days_ago));
        let reason = "each release may have been current until then, so 3 old releases are kept";
        let warning = format!("{} {cause}; {reason}", site.quoted_path("out/staticfiles.json"));
        assert_retained_with_warning(&config_by_age(&site), &warning);
        make_manifest_older(&site, 8 * DAY);
        assert_eq!(cleaned(&config_by_age(&site)).removed, [1, 2, 3]);
    }
}

#[cfg(unix)]
#[test]
fn changed_mode_of_the_manifest_is_reported_as_changed_attributes() {
    use std::os::unix::fs::PermissionsExt as _;

    let site = four_releases();
    let file = site.path("out/staticfiles.json");
    repeat_until_changed(&file, || fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap());
    let reason = "each release may have been current until then, so 3 old releases are kept";
    let warning = format!("{} {ATTRIBUTES}; {reason}", site.quoted_path("out/staticfiles.json"));
    assert_retained_with_warning(&config_by_age(&site), &warning);
}

fn damage_or_remove_record(site: &Site, damaged: bool) {
    if damaged {
        site.write(TIMES, "{");
    } else {
        site.remove(TIMES);
    }
}

#[test]
fn lost_times_of_the_manifest_retain_all_releases_for_the_retention_age() {
    for damaged in [false, true] {
        let site = four_releases();
        let warning = format!(
            "{} was missing or damaged, so it is unknown whether {} was changed; each release may have been current \
             until then, so 3 old releases are kept",
            site.quoted_path(TIMES),
            site.quoted_path("out/staticfiles.json")
        );
        damage_or_remove_record(&site, damaged);
        assert_retained_with_warning(&config_by_age(&site).dry_run(true), &warning);
        assert_retained_with_warning(&config_by_age(&site), &warning);
        let record = site.read(TIMES);
        assert_retained_with_warning(&config_by_age(&site), &warning);
        assert_eq!(site.read(TIMES), record, "the age starts at the first run");
        make_manifest_older(&site, 8 * DAY);
        assert_eq!(cleaned(&config_by_age(&site)).removed, [1, 2, 3]);

        // `collect` records the times even if it publishes nothing.
        let site = four_releases();
        damage_or_remove_record(&site, damaged);
        assert_eq!(site.collect().release, None);
        let report = clean(&config_by_age(&site)).unwrap();
        assert_eq!((report.removed.len(), report.warnings.len()), (0, 1));
        make_manifest_older(&site, 8 * DAY);
        assert_eq!(cleaned(&config_by_age(&site)).removed, [1, 2, 3]);
    }
}

#[test]
fn times_of_the_manifest_that_cannot_be_written_are_reported() {
    let site = published(&["one", "two"]);
    site.remove(TIMES);
    fs::create_dir(site.path(TIMES)).unwrap();
    let start = format!("cannot write {}: ", site.quoted_path(TIMES));
    let end = "; until this file can be written, `clean` may retain releases for longer than `older-than`";
    let is_reported = |text: &String| text.starts_with(&start) && text.ends_with(end);

    let unchanged = warnings(&site.collect());
    site.write("static/css/a.css", "three");
    let changed = warnings(&site.collect());
    let config = CleanConfig::new(site.path("out")).keep(1).older_than(Duration::ZERO);
    let cleaned: Vec<_> = clean(&config).unwrap().warnings.iter().map(ToString::to_string).collect();
    for warnings in [unchanged, changed, cleaned] {
        assert!(warnings.len() == 1 && warnings.iter().all(is_reported), "{warnings:?}");
    }
}

#[cfg(unix)]
#[test]
fn times_of_the_lock_file_do_not_hide_a_moved_manifest() {
    let site = four_releases();
    move_aside_and_back(&site, || restore_manifest(&site, 1));
    let lock = File::options().append(true).open(site.path("out/.fingerpost/lock")).unwrap();
    lock.set_modified(SystemTime::now() - Duration::from_secs(5)).unwrap();
    assert_eq!(clean(&config_by_age(&site)).unwrap().removed, [0; 0]);
}

#[cfg(unix)]
#[test]
fn copy_of_the_output_dir_preserves_a_recorded_change() {
    let site = four_releases();
    move_aside_and_back(&site, || restore_manifest(&site, 1));
    assert_eq!(clean(&config_by_age(&site)).unwrap().removed, [0; 0]);
    for name in site.tree("out").keys() {
        let file = File::options().append(true).open(site.path("out").join(name)).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(9)).unwrap();
    }
    assert_eq!(clean(&config_by_age(&site)).unwrap().removed, [0; 0]);
}
