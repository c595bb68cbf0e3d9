//! Tests of deltas in later runs: damage, `clean`, `--keep-from`, packs and rollbacks.

use std::{fs, time::Duration};

use fingerpost::{
    DirStore, Store as _,
    manifest::{DeltaInfo, TarStore},
};
use fingerpost_collect::{
    CleanConfig, CollectConfig, ErrorKind, RollbackConfig, clean, collect, releases, rollback,
};

use super::{assert_deltas_intact, config, deltas, run, script, site};
use crate::site::{Site, warnings};

fn current_deltas(site: &Site) -> Vec<DeltaInfo> {
    site.manifest("out").get("app.js").unwrap().info.clone().unwrap().deltas
}

#[test]
fn damaged_or_missing_delta_is_made_again() {
    let site = site([1, 2]);
    let before = site.tree("out");
    let delta = format!("out/{}", deltas(&site)[0]);
    site.write(&delta, "damaged");
    let report = run(&site);
    assert_eq!((report.compressed, report.repaired, report.release), (1, 1, None));
    assert_eq!(site.read_bytes(&delta), before[&delta[4..]]);
    site.remove(&delta);
    let report = run(&site);
    assert_eq!((report.compressed, report.release, warnings(&report)), (1, None, vec![]));
    assert_eq!(site.read_bytes(&delta), before[&delta[4..]]);
    site.write(&delta, "damaged");
    let report = collect(&config(&site).verify(true)).unwrap();
    assert_eq!((report.repaired, report.release, warnings(&report)), (1, None, vec![]));
    assert_eq!(site.read_bytes(&delta), before[&delta[4..]]);
}

#[test]
fn delta_that_cannot_be_made_again_is_dropped_with_a_warning() {
    let site = site([1, 2]);
    let (delta, earlier) = (deltas(&site)[0].clone(), site.release(1).manifest);
    site.remove(&format!("out/{delta}"));
    site.remove(&format!("out/{}", earlier.get("app.js").unwrap().hashed));
    let report = run(&site);
    let file = site.quoted_path(&format!("out/{}", earlier.get("app.js").unwrap().hashed));
    assert_eq!(
        warnings(&report),
        [format!(
            "{file} is missing or damaged, so no delta is made from it; visitors who have this version download the whole new \
             file"
        )]
    );
    assert_eq!((report.release, current_deltas(&site)), (Some(3), vec![]));

    let site = super::site([1, 2]);
    site.remove(&format!("out/{}", deltas(&site)[0]));
    site.remove("out/.fingerpost/releases/1.json");
    let report = run(&site);
    let file = site.quoted_path(&format!("out/{delta}"));
    assert_eq!(
        warnings(&report),
        [format!(
            "{file} is missing or damaged, and no release has the earlier version to make it again; visitors download the \
             whole file"
        )]
    );
    assert_eq!((report.release, current_deltas(&site)), (Some(3), vec![]));
    assert_eq!((run(&site).release, warnings(&run(&site))), (None, vec![]));
}

#[test]
fn releases_without_another_version_are_not_parsed() {
    let site = site([1]);
    for color in ["red", "blue"] {
        site.write("static/b.css", format!(".b {{ color: {color} }}\n").repeat(200));
        run(&site);
    }
    let release = "out/.fingerpost/releases/1.json";
    site.write(release, site.read(release).replace("\"schema\": 1", "\"schema\": 9"));
    site.write("static/new.js", script([9]));
    let report = run(&site);
    assert_eq!((report.release, warnings(&report)), (Some(4), vec![]));
    site.write("static/b.css", ".b { color: green }\n".repeat(200));
    assert_eq!(warnings(&run(&site)), [""; 0]);
    site.write("static/app.js", script([2]));
    run(&site);
    assert_eq!(current_deltas(&site).len(), 1);
}

#[test]
fn damaged_or_missing_earlier_versions_have_no_delta() {
    let site = site([1, 2]);
    let file = |number: u64| format!("out/{}", site.release(number).manifest.get("app.js").unwrap().hashed);
    site.write(&file(1), "damaged");
    site.remove(&file(2));
    site.write("static/app.js", script([3]));
    let report = run(&site);
    assert_eq!(
        warnings(&report),
        [format!(
            "{} and 1 other earlier file is missing or damaged, so no delta is made from it; visitors who have this version \
             download the whole new file",
            site.quoted_path(&file(2))
        )]
    );
    assert_eq!((report.release, current_deltas(&site)), (Some(3), vec![]));
}

#[test]
fn clean_removes_deltas_only_with_their_file() {
    let site = site([1, 2, 3]);
    let all = deltas(&site);
    assert_eq!(all.len(), 3);
    let clean_all_but = |keep| {
        clean(&CleanConfig::new(site.path("out")).keep(keep).older_than(Duration::ZERO)).unwrap();
    };
    clean_all_but(2);
    assert_eq!(site.release_numbers("out"), [2, 3]);
    assert_eq!(deltas(&site), all, "version 1 is removed, but visitors may have version 1 in the cache");
    clean_all_but(1);
    let current = site.hashed("app.js");
    assert_eq!(deltas(&site).len(), 2);
    assert!(deltas(&site).iter().all(|name| name.starts_with(&current)));
    assert_eq!(assert_deltas_intact(&site, &site.manifest("out"), &[script([1]), script([2])]), 2);
    let report = run(&site);
    assert_eq!((report.compressed, report.release), (0, None));
    site.write("static/app.js", script([4]));
    run(&site);
    assert_eq!(current_deltas(&site).len(), 1);
}

/// Publishes versions 1 and 2 in `previous`, and returns settings that import `from`, with another level.
fn site_with_previous(from: &str) -> (Site, CollectConfig) {
    let site = site([1, 2]);
    collect(&config(&site).pack(site.path("previous.tar"))).unwrap();
    fs::rename(site.path("out"), site.path("previous")).unwrap();
    let config = site.config().compress(["gzip:1", "dcz:9"]).keep_from(site.path(from));
    (site, config)
}

#[test]
fn keep_from_imports_deltas() {
    for from in ["previous", "previous.tar"] {
        let (site, config) = site_with_previous(from);
        let report = collect(&config).unwrap();
        assert_eq!((report.release, report.adopted, warnings(&report)), (None, Some(2), vec![]));
        assert_eq!(site.manifest("out"), site.manifest("previous"));
        assert_eq!(assert_deltas_intact(&site, &site.manifest("out"), &[script([1])]), 1);
    }
}

#[test]
fn dry_run_reports_no_release_for_imported_deltas() {
    let (site, config) = site_with_previous("previous");
    let report = collect(&config.clone().dry_run(true)).unwrap();
    assert_eq!(report.release, None);
    assert_eq!(collect(&config).unwrap().release, None);
    assert!(!current_deltas(&site).is_empty());
}

#[test]
fn deltas_are_made_from_imported_versions() {
    for from in ["previous", "previous.tar"] {
        let (site, config) = site_with_previous(from);
        site.write("static/app.js", script([3]));
        let report = collect(&config).unwrap();
        assert_eq!((report.release, warnings(&report)), (Some(3), vec![]));
        let versions = [1, 2].map(|version| script([version]));
        assert_eq!(assert_deltas_intact(&site, &site.manifest("out"), &versions), 2);
        assert_eq!(deltas(&site).len(), 3);
    }
}

#[test]
fn damaged_imported_delta_is_made_again() {
    let (site, config) = site_with_previous("previous");
    let delta = site.names("previous").into_iter().find(|name| name.ends_with(".dcz")).unwrap();
    site.write(&format!("previous/{delta}"), "damaged");
    let report = collect(&config).unwrap();
    let file = site.quoted_path(&format!("previous/{delta}"));
    assert_eq!(warnings(&report), [format!("{file} is damaged; it is not imported")]);
    assert_eq!(assert_deltas_intact(&site, &site.manifest("out"), &[script([1])]), 1);
}

#[test]
fn pack_contains_deltas() {
    let site = site([1, 2]);
    collect(&config(&site).pack(site.path("site.tar"))).unwrap();
    let (pack, out) = (TarStore::from_file(site.path("site.tar")), DirStore::new(site.path("out")));
    let delta = &deltas(&site)[0];
    assert_eq!(pack.read(delta).unwrap(), out.read(delta).unwrap());
}

#[test]
fn rollback_restores_a_release_with_its_deltas() {
    let site = site([1, 2, 3]);
    let second = site.release(2).manifest;
    rollback(&RollbackConfig::new(site.path("out"))).unwrap();
    assert_eq!(site.manifest("out"), second);
    assert_eq!(assert_deltas_intact(&site, &second, &[script([1])]), 1);

    let third = site.release(3).manifest;
    let missing =
        deltas(&site).into_iter().find(|name| name.starts_with(&third.get("app.js").unwrap().hashed));
    let missing = format!("out/{}", missing.unwrap());
    site.remove(&missing);
    let err = rollback(&RollbackConfig::new(site.path("out")).release(3)).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::File);
    assert_eq!(err.to_string(), format!("file {} of release 3 is missing", site.quoted_path(&missing)));
}

#[test]
fn releases_count_deltas_in_the_download_of_a_returning_visitor() {
    let site = site([1, 2]);
    site.write("static/b.css", ".b { color: red }\n".repeat(200));
    run(&site);
    site.write("static/app.js", script([3]));
    run(&site);
    let list = releases(&DirStore::new(site.path("out"))).unwrap();
    let downloads: Vec<_> =
        list.releases.iter().map(|release| release.changes.as_ref().unwrap().download.unwrap()).collect();
    let from = fingerpost::manifest::Digest::from_content(script([2]).as_bytes());
    let delta = current_deltas(&site).into_iter().find(|delta| delta.from == from).unwrap();
    assert_eq!(downloads[0], delta.size);
    assert!(delta.size < 300 && list.releases[0].first_download.unwrap() > 10_000, "{downloads:?}");
}

#[test]
fn directory_with_the_name_of_a_delta_is_an_error() {
    let site = site([1, 2]);
    let delta = deltas(&site)[0].clone();
    // Creates a directory with the name of the delta.
    site.remove(&format!("out/{delta}"));
    fs::create_dir(site.path("out").join(&delta)).unwrap();
    let problems = site.problems_of(&config(&site));
    let file = site.quoted_path(&format!("out/{delta}"));
    assert_eq!(
        problems,
        [format!("{file} is a directory, but a file must be written there; remove it, or rename the asset")]
    );
}

#[test]
fn turning_deltas_off_and_on_publishes_releases() {
    let site = site([1, 2]);
    let before = current_deltas(&site);
    collect(&site.config().compress(["gzip:1"])).unwrap();
    let manifest = site.manifest("out");
    assert!(!manifest.dictionaries() && current_deltas(&site).is_empty());
    assert!(!site.read("out/staticfiles.json").contains("dictionaries"));
    let report = run(&site);
    assert_eq!((report.release, report.compressed), (Some(4), 0));
    assert!(site.manifest("out").dictionaries() && before.len() == 1);
    assert_eq!(current_deltas(&site), before);
    assert_eq!(run(&site).release, None);
}

#[test]
fn files_published_without_deltas_never_get_deltas() {
    let site = Site::new(&[]);
    for version in [1, 2] {
        site.write("static/app.js", script([version]));
        collect(&site.config().compress(["gzip:1"])).unwrap();
    }
    assert_eq!((run(&site).release, current_deltas(&site)), (Some(3), vec![]));
    site.write("static/app.js", script([3]));
    assert_eq!((run(&site).release, current_deltas(&site).len()), (Some(4), 2));
}
