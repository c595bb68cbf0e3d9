use fingerpost_collect::{CleanConfig, CollectConfig, ErrorKind, clean, collect};

use crate::site::{Site, warnings};

/// Creates a site whose output directory `old` has two releases. The content of `a.css` was `one`, then `two`, and is now
/// `three`.
fn site_with_two_old_releases() -> Site {
    let site = Site::new(&[("static/a.css", "one"), ("static/img/b.png", "b")]);
    collect(&site.config_to("old")).unwrap();
    site.write("static/a.css", "two");
    collect(&site.config_to("old")).unwrap();
    site.write("static/a.css", "three");
    site
}

fn import_config(site: &Site) -> CollectConfig {
    site.config().keep_from(site.path("old"))
}

#[test]
fn releases_and_their_files_are_imported() {
    let site = site_with_two_old_releases();
    let report = collect(&import_config(&site)).unwrap();
    assert_eq!((&*report.kept, report.release), (&[1, 2][..], Some(3)));
    assert_eq!(warnings(&report), [""; 0]);
    assert_eq!(site.release(3).replaces, 2, "the manifest of the earlier directory counts as replaced");

    let old = site.tree("old");
    let new = site.tree("out");
    let is_own = |name: &str| {
        [".fingerpost/lock", ".fingerpost/manifest-times.json", "staticfiles.json"].contains(&name)
    };
    for (name, bytes) in old.iter().filter(|(name, _)| !is_own(name)) {
        assert_eq!(new.get(name), Some(bytes), "{name}");
    }
    site.assert_intact("out");
}

#[test]
fn imported_releases_are_not_imported_again() {
    let site = site_with_two_old_releases();
    collect(&import_config(&site)).unwrap();
    let again = collect(&import_config(&site)).unwrap();
    assert_eq!((again.kept, again.release, again.written), (vec![], None, 0));
    assert_eq!(site.release_numbers("out"), [1, 2, 3]);
}

#[test]
fn unchanged_manifest_becomes_one_new_release_after_newer_releases_are_imported() {
    let site = Site::new(&[("static/a.css", "one")]);
    site.collect();
    for content in ["one", "two"] {
        site.write("static/a.css", content);
        collect(&site.config_to("old")).unwrap();
    }
    site.write("static/a.css", "one");
    let reports = [(); 2].map(|()| collect(&import_config(&site)).unwrap());
    assert_eq!(reports.map(|report| (report.kept, report.release)), [(vec![2], Some(3)), (vec![], None)]);
    assert_eq!((site.release(3).replaces, site.release(3).manifest), (1, site.manifest("out")));

    // The earlier manifest has no release file, so `collect` assigns a release number to the manifest.
    std::fs::remove_dir_all(site.path("old/.fingerpost")).unwrap();
    site.write("old/staticfiles.json", r#"{"version": "1.1", "paths": {}}"#);
    let reports = [(); 2].map(|()| collect(&import_config(&site)).unwrap());
    assert_eq!(reports.map(|report| report.release), [Some(5), None]);
}

#[test]
fn unchanged_content_is_a_new_release_if_the_imported_manifest_was_edited() {
    let site = site_with_two_old_releases();
    site.write("static/a.css", "two");
    site.write("old/staticfiles.json", site.read("old/staticfiles.json"));
    let report = collect(&import_config(&site)).unwrap();
    assert_eq!((&*report.kept, report.release, report.adopted), (&[1, 2][..], Some(3), None));
    assert_eq!(site.release(3).replaces, 1, "release 1 may have been current until now");
    assert_eq!(collect(&import_config(&site)).unwrap().release, None);
}

#[test]
fn unchanged_content_adopts_the_imported_release() {
    let site = site_with_two_old_releases();
    site.write("static/a.css", "two");
    let report = collect(&import_config(&site)).unwrap();
    assert_eq!((&*report.kept, report.release, report.adopted), (&[1, 2][..], None, Some(2)));
    assert_eq!(collect(&import_config(&site)).unwrap().adopted, None);
    assert_eq!(site.read("out/staticfiles.json"), site.read("old/staticfiles.json"));
    site.assert_intact("out");
}

#[test]
fn new_release_replaces_the_release_in_the_output_dir() {
    let site = Site::new(&[("static/a.css", "zero")]);
    site.collect();
    std::fs::rename(site.path("out"), site.path("old")).unwrap();
    collect(&import_config(&site)).unwrap();
    site.write("static/a.css", "one");
    collect(&import_config(&site)).unwrap();
    site.write("static/a.css", "two");
    assert_eq!(collect(&import_config(&site)).unwrap().release, Some(3));
    assert_eq!(site.release(3).replaces, 2);
}

#[test]
fn release_number_with_different_content_is_an_error() {
    let site = site_with_two_old_releases();
    site.collect();
    let (old, out) = (site.quoted_path("old"), site.quoted_path("out"));
    let problem = format!(
        "release 1 in {old} differs from release 1 in {out}: the two directories have different histories; collect into an empty \
         output directory"
    );
    assert_eq!(site.problems_of(&import_config(&site)), [problem]);
    assert_eq!(collect(&import_config(&site)).unwrap_err().kind(), ErrorKind::KeepFrom);
}

#[test]
fn manifest_without_a_release_file_is_imported_as_a_release() {
    let site = site_with_two_old_releases();
    std::fs::remove_dir_all(site.path("old/.fingerpost")).unwrap();
    let report = collect(&import_config(&site)).unwrap();
    assert_eq!((report.kept, report.release), (vec![], Some(2)));
    assert_eq!(site.release(1).manifest, site.manifest("old"));
    assert_eq!(site.release(2).replaces, 1);
    assert_eq!(collect(&import_config(&site)).unwrap().release, None);
}

#[test]
fn missing_or_damaged_files_are_not_imported() {
    let site = site_with_two_old_releases();
    let [one, two] = ["a.7692c3ad3540.css", "a.3fc4ccfe7458.css"].map(|name| format!("old/{name}"));
    site.remove(&one);
    site.write(&two, "owt");
    let report = collect(&import_config(&site)).unwrap();
    let expected = [
        format!("{} is damaged; it is not imported", site.quoted_path(&two)),
        format!("{} is missing; it is not imported", site.quoted_path(&one)),
    ];
    assert_eq!(warnings(&report), expected);
    assert_eq!(site.names("out"), ["a.8b5b9db0c13d.css", "img/b.3e23e8160039.png", "staticfiles.json"]);
}

#[test]
fn damaged_release_is_not_imported() {
    let site = site_with_two_old_releases();
    site.write("old/.fingerpost/releases/1.json", "{");
    let report = collect(&import_config(&site)).unwrap();
    assert_eq!((&*report.kept, report.release, warnings(&report).len()), (&[2][..], Some(3), 1));
    assert!(warnings(&report)[0].ends_with("; this release is skipped"));
}

#[test]
fn release_damaged_in_the_output_dir_can_be_imported_again() {
    let site = site_with_two_old_releases();
    collect(&import_config(&site)).unwrap();
    let (first, good) = ("out/.fingerpost/releases/1.json", site.read("old/.fingerpost/releases/1.json"));
    site.write(first, "{");
    let [problem] = &site.problems_of(&import_config(&site))[..] else { panic!("one problem") };
    let advice = format!("; remove the file to import the release from {}", site.quoted_path("old"));
    assert!(problem.contains(&site.quoted_path(first)) && problem.ends_with(&advice), "{problem}");
    site.remove(first);
    assert_eq!(collect(&import_config(&site)).unwrap().kept, [1]);
    assert_eq!(site.read(first), good);
}

#[test]
fn keep_from_must_be_an_output_dir() {
    let site = Site::new(&[("static/a.css", "a")]);
    let problem = format!(
        "cannot import releases from {}: it is neither a directory nor a pack; correct `--keep-from`, or omit it at the first deploy",
        site.quoted_path("old")
    );
    assert_eq!(site.problems_of(&import_config(&site)), [problem]);

    site.write("old/css/a.css", "a file of another program");
    let problem = format!(
        "cannot import releases from {}: it has files but no `staticfiles.json`; correct `--keep-from`, or empty \
         the directory",
        site.quoted_path("old")
    );
    assert_eq!(site.problems_of(&import_config(&site)), [problem]);
}

#[test]
fn empty_earlier_output_dir_is_allowed() {
    let site = Site::new(&[("static/a.css", "a")]);
    std::fs::create_dir(site.path("old")).unwrap();
    let report = collect(&import_config(&site)).unwrap();
    assert_eq!((report.release, warnings(&report)), (Some(1), vec![]));

    // Creates a placeholder for an empty directory in a repository, and files that file systems create.
    for name in [".gitkeep", ".nfs0001/file", "lost+found/file"] {
        site.write(&format!("old/{name}"), "");
    }
    let report = collect(&site.config_to("other").keep_from(site.path("old"))).unwrap();
    assert_eq!((report.release, warnings(&report)), (Some(1), vec![]));

    // After a failed first run, the directory contains only the lock file.
    site.write("failed/.fingerpost/lock", "");
    let report = collect(&site.config_to("new").keep_from(site.path("failed"))).unwrap();
    assert_eq!((report.release, warnings(&report)), (Some(1), vec![]));
}

#[test]
fn two_builds_of_the_same_content_can_be_merged() {
    let site = Site::new(&[("static/a.css", "one")]);
    for content in ["one", "two"] {
        site.write("static/a.css", content);
        collect(&site.config_to("old")).unwrap();
        site.collect();
    }
    let edit = |out: &str, published, replaces| {
        let file = format!("{out}/.fingerpost/releases/2.json");
        let mut release = site.release(2);
        (release.published, release.replaces) = (published, replaces);
        site.write(&file, release.to_json());
    };
    for (here, there) in [((100, 1), (200, 0)), ((200, 0), (100, 1))] {
        edit("out", here.0, here.1);
        edit("old", there.0, there.1);
        let report = collect(&import_config(&site)).unwrap();
        assert_eq!((report.kept, report.release), (vec![], None));
        let joined = site.release(2);
        assert_eq!(
            (joined.published, joined.replaces),
            (200, 0),
            "release 1 is retained as long as either directory retains it"
        );
    }
    site.write("static/a.css", "three");
    collect(&site.config_to("old")).unwrap();
    assert_eq!(collect(&import_config(&site)).unwrap().kept, [3]);
    assert_eq!(retained_numbers(&site), [1, 2, 3, 4]);
}

/// Returns the numbers of the releases that `clean` retains if `keep` is 4.
fn retained_numbers(site: &Site) -> Vec<u64> {
    clean(&CleanConfig::new(site.path("out")).keep(4)).unwrap().kept
}

#[test]
fn unreadable_earlier_manifest_is_an_error() {
    let site = site_with_two_old_releases();
    site.write("old/staticfiles.json", "[]");
    let [problem] = &site.problems_of(&import_config(&site))[..] else { panic!("one problem") };
    assert!(
        problem.starts_with(&format!(
            "manifest {} is not a JSON object",
            site.quoted_path("old/staticfiles.json")
        ))
    );
}

/// Creates a site. Another program has published `a.css` under this name in the output directory `old`.
fn site_with_file_of_another_program(name: &str) -> Site {
    let site = Site::new(&[("static/a.css", "new")]);
    site.write(&format!("old/{name}"), "old");
    site.write("old/staticfiles.json", format!(r#"{{"version": "1.1", "paths": {{"a.css": "{name}"}}}}"#));
    site
}

#[test]
fn earlier_hashed_path_with_the_name_of_a_metadata_file_is_an_error() {
    for (name, owner) in [
        (".fingerpost/releases/7.json", "the records of an output directory"),
        ("StaticFiles.json", "the manifest"),
    ] {
        let site = site_with_file_of_another_program(name);
        let problem = format!(
            "a manifest in {} has an asset under `{name}`, the name of {owner}; correct the manifest, or leave out `--keep-from`",
            site.quoted_path("old")
        );
        assert_eq!(site.problems_of(&import_config(&site)), [problem]);
        assert_eq!(collect(&import_config(&site).dry_run(true)).unwrap_err().kind(), ErrorKind::KeepFrom);
    }
}

#[test]
fn original_never_replaces_an_imported_file() {
    let site = site_with_file_of_another_program("a.css");
    let problem = "asset `a.css` has a name that was published for `a.css` before; rename it";
    assert_eq!(site.problems_of(&import_config(&site).originals(true)), [problem]);
    collect(&import_config(&site)).unwrap();
    assert_eq!(site.read("out/a.css"), "old");
}

#[test]
fn conflict_of_a_file_with_a_directory_is_reported_before_anything_is_written() {
    let problem = |asset: &str, file: &str| {
        format!(
            "asset `{asset}` conflicts with file `{file}` of an earlier release: one path is both a file and a directory; \
             rename the asset, or leave out `--keep-from`"
        )
    };
    let site = site_with_file_of_another_program("docs");
    site.write("static/docs/x", "x");
    site.write("static/z.css", "z");
    assert_eq!(site.problems_of(&import_config(&site)), [problem("docs/x", "docs")]);
    assert_eq!(collect(&import_config(&site).dry_run(true)).unwrap_err().kind(), ErrorKind::Clash);

    let site = site_with_file_of_another_program("docs/old/a.css");
    site.write("static/docs", "d");
    site.write("static/docs-x", "d");
    let plain = import_config(&site).originals(true);
    assert_eq!(site.problems_of(&plain), [problem("docs", "docs/old/a.css")]);
    // Without plain names there is no conflict.
    assert_eq!(collect(&import_config(&site)).unwrap().files, 3);
}

/// Creates a site whose output directory `out` is a copy of `old`, with two old releases.
fn site_with_copied_output_dir() -> Site {
    let site = site_with_two_old_releases();
    for (name, bytes) in site.tree("old") {
        site.write(&format!("out/{name}"), bytes);
    }
    for (number, published) in [(1, 1_000_000), (2, 2_000_000)] {
        let mut release = site.release(number);
        release.published = published;
        for dir in ["old", "out"] {
            site.write(&format!("{dir}/.fingerpost/releases/{number}.json"), release.to_json());
        }
    }
    site
}

fn restore_manifest_in_old(site: &Site, number: u64) {
    site.write("old/staticfiles.json", site.release(number).manifest.to_json());
}

#[test]
fn release_restored_in_the_earlier_output_dir_is_retained_for_the_retention_age() {
    let restore = |site: &Site| restore_manifest_in_old(site, 1);
    let replaced_again = |site: &Site| {
        restore_manifest_in_old(site, 1);
        restore_manifest_in_old(site, 2);
    };
    // Simulates a copy of the directory with other file times.
    let without_times = |site: &Site| {
        restore_manifest_in_old(site, 1);
        site.tree("old").into_iter().for_each(|(name, bytes)| site.write(&format!("old/{name}"), bytes));
        let reference = site.path("old/.fingerpost/manifest-times.ref");
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(9);
        std::fs::File::options().append(true).open(reference).unwrap().set_modified(later).unwrap();
    };
    for change in [&restore as &dyn Fn(&Site), &replaced_again, &without_times] {
        for content in ["two", "three"] {
            let site = site_with_copied_output_dir();
            change(&site);
            site.write("static/a.css", content);
            collect(&import_config(&site)).unwrap();
            let again = collect(&import_config(&site)).unwrap();
            assert_eq!((again.release, again.recorded), (None, None));
            let report = clean(&CleanConfig::new(site.path("out")).keep(1)).unwrap();
            assert_eq!(report.removed, [0; 0]);
            let expected = "in the directory of `collect --keep-from`, an older release was restored, or \
                            `staticfiles.json` was changed by something other than `collect` and `clean`; each release \
                            may have been current until then, so 1 old release is kept";
            let warnings: Vec<_> = report.warnings.iter().map(ToString::to_string).collect();
            // Earlier releases count as replaced by a new release, so `clean` needs no warning.
            assert_eq!(warnings, if content == "two" { vec![expected] } else { vec![] });
            // A later release does not clear the record of the change.
            site.write("static/a.css", "four");
            site.collect();
            assert_eq!(clean(&CleanConfig::new(site.path("out")).keep(1)).unwrap().removed, [0; 0]);
        }
    }

    let site = site_with_copied_output_dir();
    site.write("static/a.css", "two");
    collect(&import_config(&site)).unwrap();
    assert_eq!(clean(&CleanConfig::new(site.path("out")).keep(1)).unwrap().removed, [1]);
}
