use std::{collections::BTreeMap, fs};

use fingerpost_collect::{ErrorKind, RollbackConfig, RollbackReport, collect, rollback};

use crate::{
    clean::{
        change_time, cleaned, config_by_count, edit, file_of, published, records, repeat_until_changed,
        restore_manifest,
    },
    site::Site,
};

fn config(site: &Site) -> RollbackConfig {
    RollbackConfig::new(site.path("out")).wait(false)
}

#[track_caller]
fn roll_back(config: &RollbackConfig) -> RollbackReport {
    let report = rollback(config).expect("a successful run");
    assert_eq!(report.warnings, []);
    report
}

/// Returns the new release, the release that was published again, and the replaced release.
#[track_caller]
fn numbers(config: &RollbackConfig) -> (Option<u64>, u64, Option<u64>) {
    let report = roll_back(config);
    (report.release, report.restored, report.replaced)
}

/// Returns the problems of a failed run. Checks that the run changed nothing.
#[track_caller]
fn problems_of_failed_run(site: &Site, config: &RollbackConfig) -> (ErrorKind, Vec<String>) {
    let before = records(site);
    let err = rollback(config).expect_err("a failing run");
    assert_eq!(records(site), before, "{err}");
    (err.kind(), err.problems().map(ToString::to_string).collect())
}

#[track_caller]
fn assert_release_error(site: &Site, config: &RollbackConfig, message: &str) {
    assert_eq!(problems_of_failed_run(site, config), (ErrorKind::Release, vec![message.to_owned()]));
}

#[track_caller]
fn assert_file_error(site: &Site, config: &RollbackConfig, message: &str) {
    assert_eq!(problems_of_failed_run(site, config), (ErrorKind::File, vec![message.to_owned()]));
}

fn current(site: &Site) -> String {
    site.hashed("css/a.css")
}

#[test]
fn second_rollback_undoes_the_first() {
    let site = published(&["one", "two", "three"]);
    let files = [1, 2, 3].map(|number| file_of(&site, number));
    assert_eq!(numbers(&config(&site)), (Some(4), 2, Some(3)));
    assert_eq!(current(&site), files[1]);
    assert_eq!(numbers(&config(&site)), (Some(5), 3, Some(4)));
    assert_eq!(current(&site), files[2]);
    assert_eq!(numbers(&config(&site)), (Some(6), 4, Some(5)));
    assert_eq!(current(&site), files[1]);
    assert_eq!(site.release_numbers("out"), [1, 2, 3, 4, 5, 6]);
    site.assert_intact("out");
}

#[test]
fn release_is_published_again_with_the_same_manifest() {
    let site = Site::new(&[("static/a.css", "a{b:url(b.png)}"), ("static/b.png", "b")]);
    site.collect();
    let first = site.read("out/staticfiles.json");
    site.write("static/b.png", "changed");
    site.collect();
    let sources = site.tree("static");
    let report = roll_back(&config(&site).release(1));
    assert_eq!((report.files, report.originals, report.dry_run), (2, 0, false));
    assert_eq!(site.read("out/staticfiles.json"), first);
    assert_eq!(Some(&*report.hash), site.manifest("out").hash().as_deref());
    let (again, old) = (site.release(3), site.release(1));
    assert_eq!((again.manifest, again.references, again.replaces), (old.manifest, old.references, 2));
    assert!(again.published >= old.published);
    assert_eq!(site.tree("static"), sources);

    // The next run publishes the sources again, and the new release replaces release 3.
    assert_eq!(site.collect().release, Some(4));
    assert_eq!(site.release(4).replaces, 3);
}

#[test]
fn current_release_is_not_published_again() {
    let site = published(&["one", "two"]);
    let before = records(&site);
    assert_eq!(numbers(&config(&site).release(2)), (None, 2, None));
    assert_eq!(records(&site), before);
}

#[test]
fn unknown_release_is_an_error_that_lists_the_releases() {
    let site = published(&["one", "two", "three"]);
    let dir = site.quoted_path("out");
    for number in [999, 0] {
        let message = format!("{dir} has no release {number}; name one of its releases: 1, 2, 3 (current)");
        assert_release_error(&site, &config(&site).release(number), &message);
    }
}

#[test]
fn first_release_has_no_replaced_release() {
    let site = published(&["one"]);
    let message = "release 1 is current and replaced no release; name one of the releases: 1 (current)";
    assert_release_error(&site, &config(&site), message);
}

#[test]
fn directory_without_releases_is_an_error() {
    let site = Site::new(&[("out/x", "")]);
    let message =
        format!("{} has no releases; run `fingerpost collect` to publish one", site.quoted_path("out"));
    assert_release_error(&site, &config(&site), &message);
    let err = rollback(&RollbackConfig::new(site.path("nope"))).unwrap_err();
    let advice = "is not a directory; correct the path, or collect into it first";
    assert_eq!(err.to_string(), format!("output directory {} {advice}", site.quoted_path("nope")));
    assert!(!site.path("nope").exists());
}

#[test]
fn replaced_release_that_is_not_retained_is_an_error() {
    let site = published(&["one", "two", "three"]);
    cleaned(&config_by_count(&site));
    let message =
        "release 3 replaced release 2, which is not retained; name one of the releases: 3 (current)";
    assert_release_error(&site, &config(&site), message);
}

#[test]
fn missing_and_damaged_files_are_reported_and_nothing_is_published() {
    let site = published(&["one", "two"]);
    let [file, unchanged] = [file_of(&site, 1), site.hashed("css/unchanged.css")];
    site.remove(&format!("out/{file}"));
    let message = |name: &str, state: &str| {
        format!("file {} of release 1 is {state}", site.quoted_path(&format!("out/{name}")))
    };
    assert_file_error(&site, &config(&site), &message(&file, "missing"));
    // The length is the same, so only a comparison of the bytes detects the damage.
    site.write(&format!("out/{unchanged}"), "U");
    let expected = vec![message(&file, "missing"), message(&unchanged, "damaged")];
    assert_eq!(problems_of_failed_run(&site, &config(&site).release(1)), (ErrorKind::File, expected.clone()));
    assert_eq!(problems_of_failed_run(&site, &config(&site).release(1).dry_run(true)).1, expected);
}

#[test]
fn missing_variant_is_reported() {
    let site = Site::new(&[("static/a.css", &"a{color:red}".repeat(200))]);
    let gzip = site.config().compress(["gzip"]);
    collect(&gzip).unwrap();
    let variant = format!("{}.gz", site.hashed("a.css"));
    site.write("static/a.css", "b");
    collect(&gzip).unwrap();
    site.remove(&format!("out/{variant}"));
    let message = format!("file {} of release 1 is missing", site.quoted_path(&format!("out/{variant}")));
    assert_file_error(&site, &config(&site), &message);
}

#[test]
fn damaged_release_file_is_an_error() {
    let site = published(&["one", "two"]);
    site.write("out/.fingerpost/releases/1.json", "{");
    let (kind, problems) = problems_of_failed_run(&site, &config(&site));
    assert_eq!(kind, ErrorKind::Release);
    let advice = "; restore the release file, or name another release: 1, 2 (current)";
    assert!(
        problems[0].contains("1.json` cannot be read: ") && problems[0].ends_with(advice),
        "{problems:?}"
    );
}

#[test]
fn dry_run_writes_nothing_and_takes_no_lock() {
    let site = published(&["one", "two"]);
    let before = records(&site);
    let lock = fs::File::options().write(true).open(site.path("out/.fingerpost/lock")).unwrap();
    lock.lock().unwrap();
    let report = roll_back(&config(&site).dry_run(true));
    assert_eq!((report.release, report.restored, report.dry_run), (Some(3), 1, true));
    assert_eq!(rollback(&config(&site)).unwrap_err().kind(), ErrorKind::Locked);
    assert_eq!(records(&site), before);
}

#[test]
fn rollback_without_a_manifest_requires_a_number() {
    let site = published(&["one", "two"]);
    site.remove("out/staticfiles.json");
    let message = "`staticfiles.json` does not exist, so the replaced release is unknown; name one of the \
                   releases: 1, 2";
    assert_release_error(&site, &config(&site), message);
    assert_eq!(numbers(&config(&site).release(1)), (Some(3), 1, None));
    assert_eq!(current(&site), file_of(&site, 1));
}

#[test]
fn manually_restored_manifest_is_recorded_first() {
    let site = published(&["one", "two", "three"]);
    restore_manifest(&site, 1);
    let message = "release 1 is current, but release 3 is newer: a run was killed, or an older manifest was restored; name \
                   one of the releases: 1 (current), 2, 3";
    assert_release_error(&site, &config(&site), message);
    let report = roll_back(&config(&site).release(2));
    assert_eq!((report.recorded, report.release, report.replaced), (Some(4), Some(5), Some(4)));
    assert_eq!(file_of(&site, 4), file_of(&site, 1));
    assert_eq!(numbers(&config(&site)), (Some(6), 4, Some(5)));
}

#[cfg(unix)]
#[test]
fn manifest_changed_by_another_program_causes_a_warning() {
    let site = published(&["one", "two", "three"]);
    // The manifest has a later time than release 3, as after a change by another program.
    let manifest = site.path("out/staticfiles.json");
    repeat_until_changed(&manifest, || fs::write(&manifest, fs::read(&manifest).unwrap()).unwrap());
    assert!(change_time(&manifest).is_some());
    assert_eq!(numbers(&config(&site).release(2)), (Some(4), 2, Some(3)));
    let report = rollback(&config(&site)).unwrap();
    let warning = "release 4 may have replaced any release since 1, because something other than `fingerpost` changed \
                   `staticfiles.json`; release 3 is the newest of these releases";
    assert_eq!(report.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [warning]);
    assert_eq!((report.release, report.restored, report.replaced), (Some(5), 3, Some(4)));
    assert_eq!(numbers(&config(&site)), (Some(6), 4, Some(5)));
}

#[test]
fn other_base_url_path_is_a_warning() {
    let site = Site::new(&[("static/a.css", "a")]);
    collect(&site.config().base_url("/assets/")).unwrap();
    site.collect();
    let report = rollback(&config(&site)).unwrap();
    let warning = "release 1 was collected for base URL path `/assets/`, the current release for `/static/`; servers \
                   with another base URL do not start with release 1";
    assert_eq!(report.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [warning]);
    assert_eq!(report.release, Some(3));
}

/// Collects two releases with plain names and variants: `b.css` is only in the first release, `c.css` only in the second
/// release.
fn site_with_originals() -> Site {
    let long = |color: &str| format!("a{{color:{color}}}").repeat(200);
    let site = Site::new(&[("static/a.css", &long("red")), ("static/b.css", "b")]);
    let config = site.config().originals(true).compress(["gzip"]);
    collect(&config).unwrap();
    site.write("static/a.css", long("blue"));
    site.write("static/c.css", "c");
    site.remove("static/b.css");
    collect(&config).unwrap();
    site
}

#[track_caller]
fn assert_originals(site: &Site) {
    for (path, entry) in &site.manifest("out") {
        for suffix in ["", ".gz"] {
            let [plain, hashed] = [path.as_str(), &entry.hashed]
                .map(|name| fs::read(site.path("out").join(format!("{name}{suffix}"))).ok());
            assert_eq!(plain, hashed, "{path}{suffix}");
        }
    }
}

#[test]
fn plain_names_get_the_bytes_of_the_release() {
    let site = site_with_originals();
    site.remove("out/b.css");
    let dry = roll_back(&config(&site).dry_run(true));
    let report = roll_back(&config(&site));
    assert_eq!((dry.originals, report.originals), (3, 3));
    assert_originals(&site);
    assert_eq!(site.read("out/b.css"), "b");
    assert_eq!(roll_back(&config(&site)).release, Some(4));
    assert_originals(&site);
}

#[test]
fn stale_plain_variant_is_removed() {
    let site = Site::new(&[("static/a.css", "short")]);
    let gzip = site.config().originals(true).compress(["gzip"]);
    collect(&gzip).unwrap();
    site.write("static/a.css", "a{color:red}".repeat(200));
    collect(&gzip).unwrap();
    assert!(site.path("out/a.css.gz").exists());
    roll_back(&config(&site));
    assert!(!site.path("out/a.css.gz").exists());
    assert_originals(&site);
}

#[test]
fn only_existing_plain_names_are_written_without_originals() {
    let site = published(&["one", "two"]);
    // Writes a file with the published bytes under the plain name, and an unrelated file.
    site.write("out/css/a.css", "two");
    site.write("out/css/unchanged.css.txt", "mine");
    let report = roll_back(&config(&site));
    assert_eq!((report.originals, &*site.read("out/css/a.css")), (1, "one"));
    assert!(!site.path("out/css/unchanged.css").exists());

    site.write("out/css/a.css", "mine");
    assert_eq!(roll_back(&config(&site)).originals, 0);
    assert_eq!(site.read("out/css/a.css"), "mine");
}

#[test]
fn settings_determine_the_plain_names() {
    let site = site_with_originals();
    let before = site.tree("out");
    let report = roll_back(&config(&site).originals(false));
    assert_eq!((report.originals, site.tree("out")["a.css"] == before["a.css"]), (0, true));

    let site = published(&["one", "two"]);
    site.write("fingerpost.toml", "out = \"out\"\n[collect]\noriginals = true");
    let settings = fingerpost::Settings::read(site.path("fingerpost.toml")).unwrap();
    assert_eq!(roll_back(&RollbackConfig::from_settings(settings)).originals, 2);
    assert_eq!(site.read("out/css/a.css"), "one");
}

#[test]
fn plain_name_of_another_file_is_an_error() {
    let problems_with = |files: &[(&str, &str)], later: &dyn Fn(&Site)| {
        let site = Site::new(files);
        site.collect();
        later(&site);
        site.collect();
        let (kind, problems) = problems_of_failed_run(&site, &config(&site).originals(true));
        assert_eq!(kind, ErrorKind::Clash);
        problems
    };
    let advice = "run with `--originals=false` to leave all plain names as they are";
    let manifest =
        problems_with(&[("static/staticfiles.json", "{}")], &|site| site.write("static/b.css", "b"));
    let message = "asset `staticfiles.json` of release 1 has the name of the manifest";
    assert_eq!(manifest, [format!("{message}; {advice}")]);

    let published = problems_with(&[("static/a.ca978112ca1b.css", "an author's own")], &|site| {
        site.write("static/a.css", "a");
    });
    let message = "asset `a.ca978112ca1b.css` of release 1 has the name of a published file with other bytes";
    assert_eq!(published, [format!("{message}; {advice}")]);
}

#[test]
fn plain_name_that_is_a_file_and_a_directory_is_an_error() {
    let site = Site::new(&[("static/docs", "d"), ("more/docs/index.html", "i")]);
    collect(&site.config().source(site.path("more"))).unwrap();
    site.write("static/b.css", "b");
    collect(&site.config().source(site.path("more"))).unwrap();
    let (kind, problems) = problems_of_failed_run(&site, &config(&site).originals(true));
    let message = "asset `docs/index.html` of release 1 has the name of a file in the directory `docs`, which is an asset; \
                   run with `--originals=false` to leave all plain names as they are";
    assert_eq!((kind, problems), (ErrorKind::Clash, vec![message.to_owned()]));
}

#[test]
fn rollback_does_not_shorten_the_retention_of_the_replaced_release() {
    let site = published(&["one", "two"]);
    for number in [1, 2] {
        edit(&site, number, |release| release.published = number);
    }
    roll_back(&config(&site));
    let report = cleaned(&fingerpost_collect::CleanConfig::new(site.path("out")).keep(1));
    assert_eq!(report.kept, [2, 3]);
    let names: BTreeMap<_, _> = site.tree("out");
    assert!(names.contains_key(&file_of(&site, 2)) && names.contains_key(&file_of(&site, 3)));
}
