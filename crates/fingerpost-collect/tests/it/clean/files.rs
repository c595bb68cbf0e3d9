use std::fs;

use fingerpost::{AssetPath, manifest::Manifest};
use fingerpost_collect::collect;

use super::{cleaned, compress, config_by_age, config_by_count, edit, exists, file_of, published};
use crate::site::Site;

#[test]
fn variant_in_no_retained_release_is_removed_even_if_its_file_is_retained() {
    let site = published(&["one"]);
    let variants = compress(&site, 1);
    for content in ["two", "one"] {
        site.write("static/css/a.css", content);
        site.collect();
    }
    assert_eq!(cleaned(&config_by_count(&site)).removed, [1, 2]);
    assert!(variants.iter().all(|name| !exists(&site, name)));
    site.assert_intact("out");
}

#[test]
fn file_of_a_deleted_source_is_retained_until_its_release_is_removed() {
    let site = published(&["one"]);
    site.remove("static/css/a.css");
    let file = file_of(&site, 1);
    site.collect();
    assert!(site.manifest("out").get("css/a.css").is_none() && exists(&site, &file));
    assert_eq!(cleaned(&config_by_age(&site)).files, [""; 0]);
    assert_eq!(cleaned(&config_by_count(&site)).files, [file]);
    site.assert_intact("out");
}

#[test]
fn unpublished_files_are_retained() {
    let site = published(&["one", "two"]);
    let removed = file_of(&site, 1);
    let foreign = [
        "robots.txt",
        "css/a.0123456789ab.css",
        "css/notes/mine.txt",
        ".fingerpost/releases/007.json",
        ".fingerpost/releases/nine.json",
        &format!("{removed}.br"),
        &format!("{removed}.bak"),
    ];
    foreign.iter().for_each(|name| site.write(&format!("out/{name}"), "mine"));
    assert_eq!(cleaned(&config_by_count(&site)).files, [removed]);
    assert!(foreign.iter().all(|name| exists(&site, name)));
}

#[test]
fn directories_that_become_empty_are_removed() {
    let site = Site::new(&[("static/a/b/c.css", "c"), ("static/a/d/e.css", "e"), ("static/f.css", "f")]);
    site.collect();
    fs::remove_dir_all(site.path("static/a")).unwrap();
    site.collect();
    site.write("out/a/d/mine.txt", "mine");
    fs::create_dir(site.path("out/empty")).unwrap();
    assert_eq!(cleaned(&config_by_count(&site)).files.len(), 2);
    assert!(!exists(&site, "a/b") && exists(&site, "a/d/mine.txt") && exists(&site, "empty"));
}

#[test]
fn output_dir_without_assets_is_retained() {
    let site = published(&["one"]);
    fs::remove_dir_all(site.path("static/css")).unwrap();
    site.collect();
    cleaned(&config_by_count(&site));
    assert_eq!(site.names("out"), ["staticfiles.json"]);
}

#[test]
fn original_is_removed_with_the_last_release_that_has_its_asset_path() {
    let site = Site::new(&[("static/a.css", "one"), ("static/b.css", "b"), ("static/c.css", "c")]);
    let config = site.config().originals(true);
    collect(&config).unwrap();
    site.write("static/a.css", "two");
    site.remove("static/b.css");
    site.remove("static/c.css");
    collect(&config).unwrap();
    // Writes a file of another program, with the same length as the original.
    site.write("out/c.css", "d");
    assert_eq!(cleaned(&config_by_age(&site)).files, [""; 0]);
    let report = cleaned(&config_by_count(&site));
    assert_eq!(report.files, ["a.7692c3ad3540.css", "b.3e23e8160039.css", "b.css", "c.2e7d2c03a950.css"]);
    assert_eq!(site.names("out"), ["a.3fc4ccfe7458.css", "a.css", "c.css", "staticfiles.json"]);
    assert_eq!((site.read("out/a.css"), site.read("out/c.css")), ("two".to_owned(), "d".to_owned()));
}

#[test]
fn asset_named_like_an_earlier_hashed_path_is_retained() {
    // The hashed path in release 1 is an asset path in release 2.
    let site = Site::new(&[("static/a.css", "a")]);
    site.collect();
    site.remove("static/a.css");
    site.write("static/a.ca978112ca1b.css", "a");
    collect(&site.config().originals(true)).unwrap();
    assert_eq!(cleaned(&config_by_count(&site)).files, [""; 0]);
    assert_eq!(site.read("out/a.ca978112ca1b.css"), "a");
    site.assert_intact("out");
}

#[test]
fn metadata_files_are_retained_even_if_a_removed_release_lists_them() {
    let site = published(&["one", "two"]);
    for (asset, hashed) in
        [("x", "staticfiles.json"), ("y", ".fingerpost/releases/2.json"), ("z", "StaticFiles.json")]
    {
        edit(&site, 1, |release| {
            let info = release.manifest.get("css/a.css").unwrap().info.clone().unwrap();
            release.manifest.insert(AssetPath::parse(asset).unwrap(), hashed, info);
        });
    }
    assert_eq!(cleaned(&config_by_count(&site)).files, ["css/a.7692c3ad3540.css"]);
    site.assert_intact("out");
}

#[test]
fn output_dir_of_django_is_left_unchanged() {
    for version in ["1.0", "1.1"] {
        let site = Site::new(&[("out/a.css", "a"), ("out/a.0123456789ab.css", "a"), ("out/a.old.css", "a")]);
        let manifest = format!(r#"{{"paths": {{"a.css": "a.0123456789ab.css"}}, "version": "{version}"}}"#);
        site.write("out/staticfiles.json", manifest);
        let before = site.tree("out");
        let report = cleaned(&config_by_count(&site).keep(0));
        assert_eq!((report.removed, report.kept, report.files), (vec![], vec![], vec![]));
        assert_eq!(site.tree("out"), before);
    }
}

#[test]
fn files_published_by_django_are_removed_after_the_retention_age() {
    let site = Site::new(&[
        ("static/a.css", "a"),
        ("out/a.0123456789ab.css", "django's"),
        ("out/a.css", "django's"),
    ]);
    let django = r#"{"paths": {"a.css": "a.0123456789ab.css", "b": "a.css"}, "version": "1.1", "hash": ""}"#;
    site.write("out/staticfiles.json", django);
    site.collect();
    assert_eq!(site.release(1).manifest, Manifest::parse(django.as_bytes(), "").unwrap());
    // A plain name in a manifest of another program may belong to another program or to a retained release.
    assert_eq!(cleaned(&config_by_count(&site)).files, ["a.0123456789ab.css"]);
    assert_eq!(site.read("out/a.css"), "django's");
}

#[test]
fn names_differing_in_case_are_distinct_on_case_sensitive_file_systems() {
    let site = Site::new(&[("static/Logo.svg", "x")]);
    collect(&site.config().originals(true)).unwrap();
    site.remove("static/Logo.svg");
    site.write("static/logo.svg", "x");
    collect(&site.config().originals(true)).unwrap();
    let is_case_sensitive = !site.path("static/LOGO.SVG").exists();
    let report = cleaned(&config_by_count(&site));
    assert_eq!(report.files.len(), if is_case_sensitive { 2 } else { 0 }, "{report:?}");
    site.assert_intact("out");
    assert!(exists(&site, "logo.svg"));
}
