//! Tests of the components of the app version: files other than assets, whose digests are recorded in each release.

use std::{fs, time::Duration};

use fingerpost::{Settings, manifest::Digest};
use fingerpost_collect::{CleanConfig, CollectConfig, ErrorKind, clean, collect};

use crate::site::{Site, warnings};

const SETTINGS: &str = "
sources = [\"static\"]
out = \"out\"
[version]
components = { templates = [\"templates/**\"] }
";

fn site() -> Site {
    Site::new(&[
        ("fingerpost.toml", SETTINGS),
        ("static/a.css", "a{}"),
        ("templates/base.html", "base"),
        ("templates/mail/welcome.txt", "welcome"),
    ])
}

fn config(site: &Site) -> CollectConfig {
    CollectConfig::from_settings(Settings::read(site.path("fingerpost.toml")).expect("valid settings"))
}

#[test]
fn release_contains_the_digest_of_each_component() {
    let site = site();
    collect(&config(&site)).unwrap();
    let line = |path: &str, content: &str| format!("{path}\0{}\n", Digest::from_content(content.as_bytes()));
    let lines = line("templates/base.html", "base") + &line("templates/mail/welcome.txt", "welcome");
    let manifest: serde_json::Value = serde_json::from_str(&site.read("out/staticfiles.json")).unwrap();
    let expected =
        serde_json::json!({"templates": {"files": 2, "sha256": Digest::from_content(lines.as_bytes())}});
    assert_eq!(manifest["fingerpost"]["components"], expected);
    assert_eq!(site.release(1).manifest, site.manifest("out"));
    assert_eq!(site.release(1).manifest.components()["templates"].files, 2);
}

#[test]
fn changed_component_publishes_a_release() {
    let site = site();
    let first = collect(&config(&site)).unwrap();
    assert_eq!((first.release, collect(&config(&site)).unwrap().release), (Some(1), None));
    let names = site.names("out");

    site.write("templates/base.html", "edited");
    let dry = collect(&config(&site).dry_run(true)).unwrap();
    assert_eq!((dry.release, site.release_numbers("out")), (Some(2), vec![1]), "a dry run publishes nothing");
    assert_eq!(site.manifest("out").hash(), Some(first.hash.clone()));
    let second = collect(&config(&site)).unwrap();
    assert_eq!((second.release, second.written, second.unchanged), (Some(2), 0, 1));
    assert_eq!(second.hash, dry.hash);
    assert_ne!(second.hash, first.hash);
    assert_eq!(site.names("out"), names, "the names of the files are unchanged");
    assert_eq!(collect(&config(&site)).unwrap().release, None);

    site.write("templates/new.html", "new");
    assert_eq!(collect(&config(&site)).unwrap().release, Some(3));
    site.remove("templates/new.html");
    site.write("templates/base.html", "base");
    let back = collect(&config(&site)).unwrap();
    assert_eq!((back.release, back.hash), (Some(4), first.hash), "the same files have the same version");
}

#[test]
fn manifest_contains_components_only_if_components_are_set() {
    let site = site();
    let without = site.collect();
    assert!(!site.read("out/staticfiles.json").contains("components"));
    let with = collect(&config(&site)).unwrap();
    assert_eq!((with.release, with.written), (Some(2), 0));
    assert_ne!(with.hash, without.hash);
    let again = site.collect();
    assert_eq!((again.release, again.hash), (Some(3), without.hash));
}

#[test]
fn unreadable_components_are_reported_with_the_other_problems() {
    let site = site();
    let components = "components = { a = [\"gone/**\"], b = [\"gone.txt\"], templates = [\"templates/**\"] }";
    site.write("fingerpost.toml", format!("sources = [\"static\"]\nout = \"out\"\n[version]\n{components}"));
    site.write("static/b.css", "b{src:url(gone.png)}");
    let missing = format!("file {} of component `b`", site.quoted_path("gone.txt"));
    let directory = site.path("").display().to_string();
    let directory = directory.trim_end_matches('/');
    let problems = site.problems_of(&config(&site));
    let advice = "correct `[version] components`";
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems[2].contains("`gone.png`"), "{problems:?}");
    assert_eq!(
        problems[..2],
        [
            format!("component `a`: `gone/**` matches no file in `{directory}`; {advice}"),
            format!("{missing} does not exist; {advice}"),
        ]
    );
    let err = collect(&config(&site)).unwrap_err();
    let kinds: Vec<_> = err.problems().take(2).map(|problem| problem.kind()).collect();
    assert_eq!(kinds, [ErrorKind::Config, ErrorKind::Source]);
}

#[test]
fn collected_files_are_excluded_from_components() {
    let site = site();
    let components = "components = { pages = [\"**/*.html\"] }";
    site.write("fingerpost.toml", format!("sources = [\"static\"]\nout = \"out\"\n[version]\n{components}"));
    site.write("static/page.html", "page");
    for _ in 0..2 {
        collect(&config(&site)).unwrap();
        assert_eq!(site.manifest("out").components()["pages"].files, 2);
    }
    assert_eq!(site.release_numbers("out"), [1]);
}

#[test]
fn components_of_imported_releases_are_preserved() {
    let site = site();
    collect(&config(&site)).unwrap();
    fs::rename(site.path("out"), site.path("old")).unwrap();
    let import_config = || config(&site).keep_from(site.path("old"));
    let same = collect(&import_config()).unwrap();
    assert_eq!((&*same.kept, same.release, same.adopted), (&[1][..], None, Some(1)));

    fs::remove_dir_all(site.path("out")).unwrap();
    site.write("templates/base.html", "edited");
    let report = collect(&import_config()).unwrap();
    assert_eq!((&*report.kept, report.release), (&[1][..], Some(2)));
    assert_eq!(warnings(&report), [""; 0]);
    let digest = |number| site.release(number).manifest.components()["templates"].sha256;
    assert_ne!(digest(1), digest(2));
    site.assert_intact("out");
}

#[test]
fn clean_distinguishes_releases_that_differ_only_in_components() {
    let site = site();
    collect(&config(&site)).unwrap();
    let first = site.read("out/staticfiles.json");
    site.write("templates/base.html", "edited");
    collect(&config(&site)).unwrap();
    let config = CleanConfig::new(site.path("out")).keep(0).older_than(Duration::ZERO);
    // `clean` counts the manually restored first manifest as release 3.
    let second = site.read("out/staticfiles.json");
    site.write("out/staticfiles.json", first);
    assert_eq!(clean(&config.clone().dry_run(true)).unwrap().kept, [3]);
    site.write("out/staticfiles.json", second);
    let report = clean(&config).unwrap();
    assert_eq!((report.removed, report.kept, &*report.files), (vec![1], vec![2], &[][..] as &[String]));
    site.assert_intact("out");
}
