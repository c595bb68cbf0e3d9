//! Tests of damaged files in the output directory.

use std::{fs, path::Path};

use fingerpost::{__private::FileStamp, manifest::Digest};
use fingerpost_collect::collect;

use crate::site::{Site, warnings};

const STAMPS: &str = "out/.fingerpost/published.json";

/// Creates a site whose published files have recorded stamps.
fn site_with_recorded_stamps() -> Site {
    let site = Site::new(&[("static/a.css", "abcdef"), ("static/b.css", "b")]);
    collect(&site.config_later()).unwrap();
    assert!(site.path(STAMPS).exists());
    site
}

fn published(site: &Site, asset: &str) -> String {
    format!("out/{}", site.hashed(asset))
}

#[test]
fn damaged_file_of_the_correct_length_is_rewritten() {
    for site in [Site::new(&[("static/a.css", "abcdef")]), site_with_recorded_stamps()] {
        site.collect();
        let file = published(&site, "a.css");
        site.write(&file, "ABCDEF");
        let dry = collect(&site.config().dry_run(true)).unwrap();
        assert_eq!((dry.written, dry.repaired, site.read(&file).as_str()), (1, 1, "ABCDEF"));
        let report = site.collect();
        assert_eq!((report.written, report.repaired, report.release), (1, 1, None));
        assert_eq!(site.read(&file), "abcdef");
        assert_eq!(site.collect().repaired, 0);
    }
}

#[cfg(unix)]
#[test]
fn damage_is_detected_even_if_the_modification_time_is_restored() {
    let site = site_with_recorded_stamps();
    let file = published(&site, "a.css");
    let modified = fs::metadata(site.path(&file)).unwrap().modified().unwrap();
    site.write(&file, "ABCDEF");
    fs::File::options().append(true).open(site.path(&file)).unwrap().set_modified(modified).unwrap();
    assert_eq!(site.collect().repaired, 1);
    site.assert_intact("out");
}

#[test]
fn damage_in_a_copy_of_the_output_directory_is_repaired() {
    let site = site_with_recorded_stamps();
    let file = published(&site, "a.css");
    for name in site.tree("out").keys() {
        site.write(&format!("copy/{name}"), fs::read(site.path("out").join(name)).unwrap());
    }
    fs::remove_dir_all(site.path("out")).unwrap();
    fs::rename(site.path("copy"), site.path("out")).unwrap();
    assert_eq!(site.collect().written, 0);
    site.write(&file, "ABCDEF");
    assert_eq!((site.collect().repaired, site.read(&file).as_str()), (1, "abcdef"));
}

#[test]
fn updated_original_does_not_count_as_repaired() {
    let site = Site::new(&[("static/a.css", "one")]);
    let config = site.config().originals(true);
    collect(&config).unwrap();
    site.write("static/a.css", "two");
    let report = collect(&config).unwrap();
    assert_eq!((report.written, report.repaired), (1, 0));
    site.write("out/a.css", "eno");
    assert_eq!(collect(&config).unwrap().written, 1);
    assert_eq!(site.read("out/a.css"), "two");
}

/// Damages a file and updates its recorded stamp, so that the metadata does not reveal the damage.
fn damage_and_update_stamp(site: &Site, file: &str, text: &str) {
    site.write(file, text);
    let stamp = FileStamp::from_metadata(&fs::metadata(site.path(file)).unwrap());
    let record = site.read(STAMPS);
    let json = record.lines().next().unwrap();
    let mut json: serde_json::Value = serde_json::from_str(json).unwrap();
    json[file.strip_prefix("out/").unwrap()]["stamp"] = serde_json::to_value(stamp).unwrap();
    // The record has to be newer than the file.
    site.wait_for_a_new_time();
    let json = json.to_string();
    site.write(STAMPS, format!("{json}\n{}\n", Digest::from_content(json.as_bytes())));
}

#[test]
fn verify_reads_every_file_of_the_current_release() {
    let site = site_with_recorded_stamps();
    let file = published(&site, "a.css");
    damage_and_update_stamp(&site, &file, "ABCDEF");
    let report = site.collect();
    assert_eq!((report.written, report.verified, site.read(&file).as_str()), (0, 0, "ABCDEF"));

    let report = collect(&site.config().verify(true)).unwrap();
    assert_eq!((report.verified, report.repaired, report.release), (2, 1, None));
    site.assert_intact("out");
    let again = collect(&site.config().verify(true)).unwrap();
    assert_eq!((again.verified, again.repaired), (2, 0));
}

#[test]
fn verify_reports_damaged_files_of_earlier_releases_and_restores_them_from_keep_from() {
    let site = Site::new(&[("static/a.css", "one"), ("static/b.css", "b")]);
    collect(&site.config_to("old")).unwrap();
    site.collect();
    let first = published(&site, "a.css");
    site.write("static/a.css", "two");
    site.collect();

    site.write(&first, "eno");
    assert_eq!(warnings(&site.collect()), [""; 0], "only `verify` reads published files of earlier releases");
    let report = collect(&site.config().verify(true)).unwrap();
    assert_eq!((report.verified, report.repaired), (3, 0));
    let advice = "files of earlier releases cannot be collected again: restore the file, or pass a directory that has the file to \
                  `--keep-from`";
    assert_eq!(warnings(&report), [format!("{} is damaged; {advice}", site.quoted_path(&first))]);
    site.remove(&first);
    let report = collect(&site.config().verify(true)).unwrap();
    assert_eq!(warnings(&report), [format!("{} is missing; {advice}", site.quoted_path(&first))]);

    site.write(&first, "eno");
    let report = collect(&site.config().verify(true).keep_from(site.path("old"))).unwrap();
    assert_eq!((report.repaired, warnings(&report)), (1, vec![]));
    assert_eq!(site.read(&first), "one");
    assert!(Path::new(&site.path(&first)).is_file());
}
