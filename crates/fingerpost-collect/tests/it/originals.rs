use fingerpost_collect::{ErrorKind, collect};

use crate::site::Site;

#[test]
fn originals_have_the_bytes_of_the_hashed_files() {
    let site = Site::new(&[("static/css/a.css", "a")]);
    let report = collect(&site.config().originals(true)).unwrap();
    assert_eq!((report.files, report.written), (1, 1));
    assert_eq!(site.names("out"), ["css/a.ca978112ca1b.css", "css/a.css", "staticfiles.json"]);
    assert_eq!(site.read("out/css/a.css"), "a");
}

#[test]
fn edited_original_is_rewritten_and_does_not_affect_the_hashed_file() {
    let site = Site::new(&[("static/a.css", "a")]);
    let config = site.config().originals(true);
    collect(&config).unwrap();
    // The length is the same, so only a comparison of the bytes detects the edit.
    site.write("out/a.css", "b");
    assert_eq!(site.read("out/a.ca978112ca1b.css"), "a");
    let report = collect(&config).unwrap();
    assert_eq!((report.written, report.release), (1, None));
    assert_eq!(site.read("out/a.css"), "a");
}

#[test]
fn original_is_updated_when_its_source_changes() {
    let site = Site::new(&[("static/a.css", "a")]);
    let config = site.config().originals(true);
    collect(&config).unwrap();
    site.write("static/a.css", "b");
    assert_eq!(collect(&config).unwrap().release, Some(2));
    assert_eq!(site.read("out/a.css"), "b");
    assert_eq!(site.read("out/a.ca978112ca1b.css"), "a");
}

#[test]
fn original_with_the_name_of_a_hashed_file_is_an_error() {
    let site = Site::new(&[("static/a.css", "a"), ("static/a.ca978112ca1b.css", "an author's own")]);
    let problem = "assets `a.css` and `a.ca978112ca1b.css` both need `a.ca978112ca1b.css` in the output directory; \
                   rename one of them";
    let config = site.config().originals(true);
    assert_eq!(site.problems_of(&config), [problem]);
    assert_eq!(collect(&config).unwrap_err().kind(), ErrorKind::Clash);

    // Without plain names, or with equal bytes, there is no conflict.
    site.collect();
    site.write("static/a.ca978112ca1b.css", "a");
    collect(&config).unwrap();
    site.assert_intact("out");
}

#[test]
fn original_with_the_name_of_an_earlier_hashed_file_is_an_error() {
    let site = Site::new(&[("static/a.css", "a")]);
    site.collect();
    site.write("static/a.css", "b");
    site.write("static/a.ca978112ca1b.css", "an author's own");
    let problem = "asset `a.ca978112ca1b.css` has a name that was published for `a.css` before; rename it";
    assert_eq!(site.problems_of(&site.config().originals(true)), [problem]);
    assert_eq!(site.read("out/a.ca978112ca1b.css"), "a");

    // An earlier release in another directory causes the same error.
    let elsewhere = site.config_to("new").originals(true).keep_from(site.path("out"));
    assert_eq!(site.problems_of(&elsewhere), [problem]);
}

#[test]
fn assets_with_the_name_of_a_metadata_file_are_an_error() {
    let site = Site::new(&[("static/staticfiles.json", "{}"), ("static/.fingerpost/lock", "")]);
    let manifest = "asset `staticfiles.json` has the name of the manifest; rename or ignore it";
    let records =
        "asset `.fingerpost/lock` has the name of the records of an output directory; rename or ignore it";
    assert_eq!(site.problems_of(&site.config().originals(true)), [manifest]);
    assert_eq!(site.problems_of(&site.config().originals(true).hidden(true)), [records, manifest]);
    // With only hashed names, `staticfiles.json` is no conflict.
    assert_eq!(site.collect().files, 1);
    assert_eq!(site.problems_of(&site.config().hidden(true)), [records]);
    // A directory with the name of the manifest is an error as well.
    let below = Site::new(&[("static/staticfiles.json/a.css", "a")]);
    let manifest = "asset `staticfiles.json/a.css` has the name of the manifest; rename or ignore it";
    assert_eq!(below.problems_of(&below.config()), [manifest]);
}

#[test]
fn name_that_is_both_a_file_and_a_directory_is_an_error() {
    let site = Site::new(&[("static/docs", "d"), ("more/docs/index.html", "i")]);
    let config = || site.config().source(site.path("more"));
    let problem =
        "assets `docs` and `docs/index.html` both need `docs` in the output directory; rename one of them";
    assert_eq!(site.problems_of(&config().originals(true)), [problem]);
    assert_eq!(collect(&config()).unwrap().files, 2);
}

#[test]
fn file_that_became_a_directory_is_reported_before_writing() {
    let site = Site::new(&[("static/docs", "d"), ("static/a.css", "a")]);
    let config = site.config().originals(true);
    collect(&config).unwrap();
    site.remove("static/docs");
    site.write("static/docs/a.css", "a");
    site.write("static/docs/more/b.css", "b");
    site.write("static/a.css", "changed");
    let problem =
        format!("{} is a file, but a directory is needed there; remove it", site.quoted_path("out/docs"));
    assert_eq!(site.problems_of(&config), [&*problem]);
    assert_eq!(site.problems_of(&config.clone().dry_run(true)), [problem]);
    assert_eq!(collect(&config).unwrap_err().kind(), ErrorKind::Output);

    site.remove("out/docs");
    assert_eq!(collect(&config).unwrap().release, Some(2));
}

#[test]
fn directory_that_became_a_file_is_reported_before_writing() {
    let site = Site::new(&[("static/docs/a.css", "a"), ("static/a.css", "a")]);
    let config = site.config().originals(true);
    collect(&config).unwrap();
    std::fs::remove_dir_all(site.path("static/docs")).unwrap();
    site.write("static/docs", "d");
    site.write("static/a.css", "changed");
    let problem = format!(
        "{} is a directory, but a file must be written there; remove it, or rename the asset",
        site.quoted_path("out/docs")
    );
    assert_eq!(site.problems_of(&config), [problem]);

    std::fs::remove_dir_all(site.path("out/docs")).unwrap();
    assert_eq!(collect(&config).unwrap().release, Some(2));
}
