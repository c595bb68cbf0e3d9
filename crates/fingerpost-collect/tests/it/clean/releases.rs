use std::{
    fs::{self, File},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fingerpost_collect::{CleanConfig, clean};

use crate::site::Site;

use super::{
    DAY, assert_retained_with_warning, cleaned, compress, config_by_age, config_by_count, edit, exists,
    file_of, four_releases, published, records, restore_manifest, set_publication_age,
};
#[cfg(unix)]
use super::{move_aside_and_back, repeat_until_changed};

#[test]
fn older_releases_are_removed_together_with_their_variants() {
    let site = published(&["one", "two", "three"]);
    let files = [1, 2, 3].map(|number| file_of(&site, number));
    let variants = [1, 2, 3].map(|number| compress(&site, number));
    let report = cleaned(&config_by_count(&site));
    assert_eq!((&*report.removed, &*report.kept), (&[1, 2][..], &[3][..]));
    let mut removed = [&variants[0][..], &variants[1], &files[..2]].concat();
    removed.sort();
    assert_eq!(report.files, removed);
    assert_eq!(site.release_numbers("out"), [3]);
    assert!(removed.iter().all(|name| !exists(&site, name)));
    assert!(variants[2].iter().all(|name| exists(&site, name)));
    site.assert_intact("out");

    let again = cleaned(&config_by_count(&site));
    assert_eq!((again.removed, again.files, again.bytes, again.kept), (vec![], vec![], 0, vec![3]));
}

#[test]
fn releases_younger_than_the_age_are_retained() {
    let site = published(&["one", "two", "three"]);
    let before = records(&site);
    assert_eq!(cleaned(&config_by_age(&site)).kept, [1, 2, 3]);
    assert_eq!(records(&site), before);
}

#[test]
fn by_default_three_releases_and_releases_of_seven_days_are_retained() {
    let site = published(&["one", "two", "three", "four", "five", "six"]);
    for (number, days) in [(1, 50), (2, 40), (3, 8), (4, 6), (5, 5), (6, 4)] {
        set_publication_age(&site, number, days * DAY);
    }
    let report = cleaned(&CleanConfig::new(site.path("out")));
    assert_eq!((report.removed, report.kept), (vec![1, 2], vec![3, 4, 5, 6]));
    let settings = |clean: &str| {
        site.write("fingerpost.toml", format!("out = \"out\"\n[clean]\nkeep = 1\n{clean}"));
        fingerpost::Settings::read(site.path("fingerpost.toml")).unwrap()
    };
    assert_eq!(cleaned(&CleanConfig::from_settings(settings(""))).removed, [0; 0]);
    let settings = settings("older-than = \"7210m\"");
    assert_eq!(cleaned(&CleanConfig::from_settings(settings.clone())).removed, [3]);
    assert_eq!(
        cleaned(&CleanConfig::from_settings(settings).keep(2).older_than(Duration::ZERO)).removed,
        [4]
    );
}

#[test]
fn file_replaced_a_minute_ago_is_retained_regardless_of_its_age() {
    let site = published(&["one", "two"]);
    set_publication_age(&site, 1, 365 * DAY);
    set_publication_age(&site, 2, 60);
    assert_eq!(cleaned(&config_by_age(&site)).kept, [1, 2]);
    set_publication_age(&site, 2, 8 * DAY);
    assert_eq!(cleaned(&config_by_age(&site)).removed, [1]);
}

#[test]
fn manually_restored_manifest_is_the_current_release() {
    let site = published(&["one"]);
    let first = site.read("out/staticfiles.json");
    for content in ["two", "three"] {
        site.write("static/css/a.css", content);
        site.collect();
    }
    site.write("out/staticfiles.json", first);
    let report = cleaned(&config_by_count(&site));
    assert_eq!((report.recorded, report.removed, report.kept), (Some(4), vec![1, 2, 3], vec![4]));
    site.assert_intact("out");
    assert_eq!(cleaned(&config_by_count(&site).keep(0)).removed, [0; 0]);
    site.assert_intact("out");
}

#[test]
fn manifest_without_a_release_file_is_the_current_release() {
    let site = published(&["one"]);
    let old = site.read("out/staticfiles.json");
    site.write("static/css/a.css", "two");
    site.collect();
    site.write("out/staticfiles.json", &old);
    site.remove("out/.fingerpost/releases/1.json");
    let report = cleaned(&config_by_count(&site).keep(0));
    assert_eq!((report.recorded, report.removed, report.kept), (Some(3), vec![2], vec![3]));
    site.assert_intact("out");
    assert_eq!(site.collect().release, Some(4), "the next number follows the highest number");
}

#[test]
fn release_that_was_current_until_a_killed_run_was_repeated_is_retained_for_the_retention_age() {
    let site = published(&["one"]);
    let first = site.read("out/staticfiles.json");
    site.write("static/css/a.css", "two");
    site.collect();
    // Simulates a run that was killed after it wrote the release and before it wrote the manifest. Days later, the run is
    // repeated.
    site.write("out/staticfiles.json", first);
    set_publication_age(&site, 1, 30 * DAY);
    set_publication_age(&site, 2, 20 * DAY);
    assert_eq!(cleaned(&config_by_age(&site)).kept, [1, 2, 3], "before the run is repeated");
    site.collect();
    assert_eq!(cleaned(&config_by_age(&site)).kept, [1, 2, 3, 4]);
    (3..=4).for_each(|number| set_publication_age(&site, number, 8 * DAY));
    assert_eq!(cleaned(&config_by_age(&site)).removed, [1, 2, 3]);
    site.assert_intact("out");
}

#[test]
fn manually_restored_release_is_retained_for_the_retention_age_after_the_next_release() {
    let site = published(&["one"]);
    let first = site.read("out/staticfiles.json");
    for content in ["two", "three"] {
        site.write("static/css/a.css", content);
        site.collect();
    }
    site.write("out/staticfiles.json", first);
    (1..=3).for_each(|number| set_publication_age(&site, number, 30 * DAY));
    site.write("static/css/a.css", "four");
    site.collect();
    assert_eq!(cleaned(&config_by_age(&site)).kept, [1, 2, 3, 4, 5]);
    (4..=5).for_each(|number| set_publication_age(&site, number, 8 * DAY));
    assert_eq!(cleaned(&config_by_age(&site)).removed, [1, 2, 3, 4]);
}

#[test]
fn release_dated_in_the_future_is_reported_and_its_predecessor_is_retained() {
    let site = published(&["one", "two", "three"]);
    for number in [2, 3] {
        edit(&site, number, |release| release.published = u64::MAX);
    }
    let report = clean(&config_by_age(&site)).unwrap();
    assert_eq!(report.kept, [1, 2, 3]);
    let [warning] = &report.warnings[..] else { panic!("{:?}", report.warnings) };
    assert!(
        warning.to_string().starts_with("release 2 (and 1 more) was published in the future, "),
        "{warning}"
    );
    assert_eq!(clean(&config_by_count(&site)).unwrap().removed, [1, 2]);
}

#[test]
fn file_modification_times_do_not_affect_retention() {
    for time in [UNIX_EPOCH, SystemTime::now() + Duration::from_secs(1_000 * DAY)] {
        let site = published(&["one", "two", "three"]);
        for name in site.tree("out").keys() {
            let file = File::options().write(true).open(site.path("out").join(name)).unwrap();
            file.set_modified(time).unwrap();
        }
        assert_eq!(cleaned(&config_by_age(&site)).kept, [1, 2, 3]);
        assert_eq!(cleaned(&config_by_count(&site)).removed, [1, 2]);
        site.assert_intact("out");
    }
}

/// Checks that nothing is removed and that the warning describes the change of the manifest.
#[track_caller]
fn assert_all_retained(site: &Site, config: &CleanConfig, cause: &str, old: &str) {
    let file = site.quoted_path("out/staticfiles.json");
    let reason = format!("each release may have been current until then, so {old} kept");
    assert_retained_with_warning(config, &format!("{file} {cause}; {reason}"));
}

const WRITTEN: &str = "was written or moved by something other than `collect` and `clean`";
#[cfg(unix)]
const ATTRIBUTES: &str = "was moved, or its owner, mode or links were changed";

#[test]
fn release_that_was_restored_and_replaced_manually_is_retained_for_the_retention_age() {
    let site = four_releases();
    restore_manifest(&site, 1);
    restore_manifest(&site, 4);
    let config = CleanConfig::new(site.path("out")).keep(3);
    assert_all_retained(&site, &config, WRITTEN, "1 old release is");
    assert_all_retained(&site, &config_by_age(&site), WRITTEN, "3 old releases are");
    assert_eq!(cleaned(&config.clone().dry_run(true).older_than(Duration::ZERO)).removed, [1]);

    // A later release does not clear the record of the change.
    site.write("static/css/a.css", "five");
    site.collect();
    assert_eq!(cleaned(&config).removed, [0; 0]);
    set_publication_age(&site, 5, 8 * DAY);
    assert_eq!(cleaned(&config).removed, [1, 2]);
}

#[cfg(unix)]
#[test]
fn manifest_moved_away_and_back_retains_all_releases_for_the_retention_age() {
    let site = four_releases();
    let config = CleanConfig::new(site.path("out")).keep(3);
    move_aside_and_back(&site, || restore_manifest(&site, 1));
    assert_all_retained(&site, &config.clone().dry_run(true), ATTRIBUTES, "1 old release is");
    (0..2).for_each(|_| assert_all_retained(&site, &config, ATTRIBUTES, "1 old release is"));

    site.write("static/css/a.css", "five");
    site.collect();
    assert_eq!(site.release(5).replaces, 1);
    assert_eq!(cleaned(&config).removed, [0; 0]);
    set_publication_age(&site, 5, 8 * DAY);
    assert_eq!(cleaned(&config).removed, [1, 2]);
}

#[test]
fn manifest_with_an_earlier_modification_time_retains_all_releases() {
    let site = four_releases();
    restore_manifest(&site, 1);
    restore_manifest(&site, 4);
    let manifest = File::options().append(true).open(site.path("out/staticfiles.json")).unwrap();
    manifest.set_modified(SystemTime::now() - Duration::from_secs(300 * DAY)).unwrap();
    assert_all_retained(&site, &config_by_age(&site), WRITTEN, "3 old releases are");
}

#[test]
fn recreated_lock_file_does_not_hide_a_manually_restored_manifest() {
    for lock in ["", "4242"] {
        let site = four_releases();
        restore_manifest(&site, 1);
        restore_manifest(&site, 4);
        site.remove("out/.fingerpost/lock");
        site.write("out/.fingerpost/lock", lock);
        assert_all_retained(&site, &config_by_age(&site), WRITTEN, "3 old releases are");
    }
}

#[cfg(unix)]
#[test]
fn changed_attributes_of_all_files_do_not_count_as_a_restored_manifest() {
    use std::os::unix::fs::PermissionsExt as _;

    let site = four_releases();
    let (file, config) = (site.path("out/staticfiles.json"), CleanConfig::new(site.path("out")).keep(3));
    let change_all = || {
        repeat_until_changed(&file, || {
            for name in site.tree("out").keys() {
                fs::set_permissions(site.path("out").join(name), fs::Permissions::from_mode(0o644)).unwrap();
            }
        });
    };
    change_all();
    assert_eq!(cleaned(&config.clone().dry_run(true)).removed, [1]);
    site.collect();
    move_aside_and_back(&site, || restore_manifest(&site, 1));
    assert_all_retained(&site, &config.clone().dry_run(true), ATTRIBUTES, "1 old release is");
    // A change of all attributes hides an earlier move.
    change_all();
    assert_eq!(cleaned(&config).removed, [1]);
}

#[test]
fn copied_output_dir_does_not_count_as_a_restored_manifest() {
    let whole_seconds = |time: SystemTime| {
        let age = time.duration_since(UNIX_EPOCH).unwrap();
        UNIX_EPOCH + Duration::from_secs(age.as_secs())
    };
    let later = |time: SystemTime| time + Duration::from_secs(9);
    for copied in [whole_seconds as fn(SystemTime) -> SystemTime, later] {
        let site = four_releases();
        for name in site.tree("out").keys() {
            let file = site.path("out").join(name);
            let time = fs::metadata(&file).unwrap().modified().unwrap();
            File::options().append(true).open(&file).unwrap().set_modified(copied(time)).unwrap();
        }
        assert_eq!(cleaned(&CleanConfig::new(site.path("out")).keep(3)).removed, [1]);
        restore_manifest(&site, 2);
        restore_manifest(&site, 4);
        assert_all_retained(&site, &config_by_age(&site), WRITTEN, "2 old releases are");
    }
}

#[test]
fn oldest_release_is_removed_if_no_manifest_was_restored() {
    let site = four_releases();
    assert_eq!(cleaned(&CleanConfig::new(site.path("out")).keep(3)).removed, [1]);
}

#[test]
fn first_command_after_a_manual_restore_records_a_release() {
    let collect = |site: &Site| {
        site.write("static/css/a.css", "one");
        assert_eq!(site.collect().release, Some(5));
    };
    let clean = |site: &Site| {
        let before = records(site);
        let dry = cleaned(&config_by_age(site).dry_run(true));
        assert_eq!(records(site), before);
        let report = cleaned(&config_by_age(site));
        assert_eq!((dry.recorded, report.recorded, &*report.kept), (Some(5), Some(5), &[1, 2, 3, 4, 5][..]));
        assert_eq!(dry.kept, report.kept);
    };
    for command in [&collect as &dyn Fn(&Site), &clean] {
        let site = four_releases();
        restore_manifest(&site, 1);
        command(&site);
        assert_eq!(site.release(5).manifest, site.manifest("out"));
        assert_eq!((site.release(5).replaces, site.release(5).references), (1, site.release(1).references));
        assert_eq!(cleaned(&config_by_age(&site)).recorded, None, "the release is recorded once");
        // Release 1 counts as current until now, regardless of later changes.
        restore_manifest(&site, 4);
        set_publication_age(&site, 5, 8 * DAY);
        assert_eq!(cleaned(&config_by_age(&site)).recorded, Some(6));
        assert_eq!(cleaned(&config_by_age(&site)).removed, [0; 0]);
        site.assert_intact("out");
    }
}
