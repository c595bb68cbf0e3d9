use fingerpost::DirStore;
use fingerpost_collect::{ErrorKind, ReleaseChanges, ReleaseList, collect, releases};

use crate::{
    clean::{cleaned, config_by_count, restore_manifest},
    site::Site,
};

#[track_caller]
fn list(site: &Site) -> ReleaseList {
    releases(&DirStore::new(site.path("out"))).expect("a list")
}

#[track_caller]
fn error_of(site: &Site, out: &str) -> (ErrorKind, String) {
    let err = releases(&DirStore::new(site.path(out))).unwrap_err();
    (err.kind(), err.to_string())
}

/// The numbers of added, changed and removed files, and the download in bytes.
type Counts = (usize, usize, usize, Option<u64>);

fn counts(changes: &ReleaseChanges) -> Counts {
    (changes.added, changes.changed, changes.removed, changes.download)
}

/// Returns the changes of all releases, the newest first.
fn changes(list: &ReleaseList) -> Vec<Option<Counts>> {
    list.releases.iter().map(|release| release.changes.as_ref().map(counts)).collect()
}

/// Creates three releases. The second release has a changed, an added and a removed file. The third release has the content
/// of the first release.
fn three_releases() -> Site {
    let site = Site::new(&[("static/a.css", "a"), ("static/old.css", "old!")]);
    site.collect();
    site.write("static/a.css", "aa");
    site.write("static/new.css", "newer");
    site.remove("static/old.css");
    site.collect();
    site.write("static/a.css", "a");
    site.write("static/old.css", "old!");
    site.remove("static/new.css");
    site.collect();
    site
}

#[test]
fn each_release_is_compared_with_the_release_that_it_replaced() {
    let site = three_releases();
    let list = list(&site);
    let sums = |list: &ReleaseList| {
        list.releases.iter().map(|release| (release.number, release.files, release.bytes)).collect::<Vec<_>>()
    };
    assert_eq!((list.current, &*list.warnings), (Some(3), &[][..]));
    assert_eq!(sums(&list), [(3, 2, Some(5)), (2, 2, Some(7)), (1, 2, Some(5))]);
    let expected = [(1, 1, 1, Some(5)), (1, 1, 1, Some(7)), (2, 0, 0, Some(5))];
    assert_eq!(changes(&list), expected.map(Some));
}

#[test]
fn changes_are_unknown_without_the_replaced_release() {
    let site = three_releases();
    cleaned(&config_by_count(&site).keep(2));
    assert_eq!(changes(&list(&site)), [Some((1, 1, 1, Some(5))), None]);
}

#[test]
fn downloads_count_the_smallest_variant() {
    let (text, site) = ("a{color:red}".repeat(200), Site::new(&[("static/plain.png", "123")]));
    site.write("static/a.css", &text);
    let config = site.config().compress(["gzip"]);
    collect(&config).unwrap();
    let gzip = site.manifest("out").get("a.css").unwrap().info.clone().unwrap().encodings["gzip"].size;
    let newest = |site: &Site| list(site).releases.remove(0);
    assert_eq!((newest(&site).bytes, newest(&site).first_download), (Some(2403), Some(gzip + 3)));
    site.write("static/plain.png", "12345");
    collect(&config).unwrap();
    assert_eq!(newest(&site).first_download, Some(gzip + 5));
    assert_eq!(newest(&site).changes.unwrap().download, Some(5));
}

#[test]
fn newest_release_with_the_manifest_is_current() {
    let site = three_releases();
    restore_manifest(&site, 2);
    assert_eq!(list(&site).current, Some(2));
    restore_manifest(&site, 1);
    assert_eq!(list(&site).current, Some(3));
}

#[test]
fn manifest_in_no_release_is_a_warning() {
    let site = three_releases();
    let shown = site.quoted_path("out/staticfiles.json");
    let warning = |state: &str| format!("{shown} {state}, so no release is current");
    site.write(
        "out/staticfiles.json",
        r#"{"version": "1.1", "paths": {"a.css": "a.0123456789ab.css"}, "hash": "x"}"#,
    );
    let warnings = |list: &ReleaseList| list.warnings.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(warnings(&list(&site)), [warning("is not the manifest of any release")]);
    site.remove("out/staticfiles.json");
    assert_eq!((list(&site).current, warnings(&list(&site))), (None, vec![warning("does not exist")]));
}

#[test]
fn damaged_release_is_skipped_with_a_warning() {
    let site = three_releases();
    site.write("out/.fingerpost/releases/2.json", "{");
    let list = list(&site);
    assert_eq!(list.releases.iter().map(|release| release.number).collect::<Vec<_>>(), [3, 1]);
    let warning = list.warnings[0].to_string();
    assert!(warning.contains("2.json` cannot be read: "), "{warning}");
    assert!(warning.ends_with("; this release is skipped"), "{warning}");
    assert_eq!(changes(&list)[0], None);
}

#[test]
fn manifests_of_other_programs_have_no_sizes() {
    let site = Site::new(&[]);
    let json = r#"{"version": "1.1", "paths": {"a.css": "a.0123456789ab.css"}, "hash": "x"}"#;
    site.write("out/staticfiles.json", json);
    site.write("static/a.css", "a");
    site.collect();
    let list = list(&site);
    let sizes = |index: usize| (list.releases[index].bytes, list.releases[index].first_download);
    assert_eq!((sizes(0), sizes(1)), ((Some(1), Some(1)), (None, None)));
    assert_eq!(changes(&list), [Some((0, 1, 0, Some(1))), Some((1, 0, 0, None))]);
}

#[test]
fn directory_without_releases_is_an_error() {
    let site = Site::new(&[("empty/other.txt", "")]);
    for out in ["empty", "absent"] {
        let advice = "has no releases; run `fingerpost collect`, or correct the path of the output directory";
        assert_eq!(
            error_of(&site, out),
            (ErrorKind::Manifest, format!("{} {advice}", site.quoted_path(out)))
        );
    }
    site.write("empty/staticfiles.json", "[]");
    let place = site.quoted_path("empty/staticfiles.json");
    let message = format!(
        "manifest {place} is not a JSON object; restore it, or remove it and run `fingerpost collect` again"
    );
    assert_eq!(error_of(&site, "empty"), (ErrorKind::Manifest, message));
}
