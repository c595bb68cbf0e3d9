use std::time::{SystemTime, UNIX_EPOCH};

use fingerpost::manifest::{Manifest, Release};
use fingerpost_collect::{ErrorKind, Rule, Severity, collect};

use crate::site::{Site, warnings};

#[test]
fn every_change_publishes_a_release_that_records_its_predecessor() {
    let site = Site::new(&[("static/a.css", "one")]);
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(site.collect().release, Some(1));
    site.write("static/a.css", "two");
    assert_eq!(site.collect().release, Some(2));
    assert_eq!(site.collect().release, None);
    site.write("static/a.css", "one");
    assert_eq!(site.collect().release, Some(3), "earlier content gets a new number");

    assert_eq!(site.release_numbers("out"), [1, 2, 3]);
    assert_eq!([1, 2, 3].map(|number| site.release(number).replaces), [0, 1, 2]);
    assert!([1, 2, 3].iter().all(|&number| site.release(number).published >= before));
    assert_eq!(site.release(1).manifest, site.release(3).manifest);
    assert_eq!(site.release(3).manifest, site.manifest("out"));
    assert_ne!(site.release(2).manifest, site.manifest("out"));
}

#[test]
fn restored_manifest_is_recorded_and_then_replaced() {
    let site = Site::new(&[("static/a.css", "@import 'b.css'"), ("static/b.css", "")]);
    site.collect();
    let (first, references) = (site.read("out/staticfiles.json"), site.release(1).references);
    site.write("static/a.css", "two");
    site.collect();
    site.write("out/staticfiles.json", &first);

    site.write("static/a.css", "three");
    let before = site.tree("out");
    let dry = collect(&site.config().dry_run(true)).unwrap();
    assert_eq!(site.tree("out"), before);
    let report = site.collect();
    for report in [dry, report] {
        assert_eq!((report.recorded, report.release), (Some(3), Some(4)));
    }
    assert_eq!(
        (site.release(3).manifest, site.release(3).references),
        (site.release(1).manifest, references)
    );
    assert_eq!([3, 4].map(|number| site.release(number).replaces), [1, 3]);
    assert_eq!(site.collect().recorded, None);

    site.write("out/staticfiles.json", &first);
    site.write("static/a.css", "@import 'b.css'");
    let report = site.collect();
    assert_eq!((report.recorded, report.release), (None, Some(5)), "the restored manifest is published once");
}

#[test]
fn manifest_without_a_release_file_becomes_a_release() {
    let site = Site::new(&[("static/a.css", "one")]);
    site.collect();
    let first = site.manifest("out");
    std::fs::remove_dir_all(site.path("out/.fingerpost")).unwrap();

    // The release is published although no file has changed.
    let report = site.collect();
    assert_eq!((report.release, report.written), (Some(1), 0));
    assert_eq!(site.release(1).manifest, first);
    assert_eq!(site.collect().release, None);

    std::fs::remove_dir_all(site.path("out/.fingerpost")).unwrap();
    site.write("static/a.css", "two");
    assert_eq!(site.collect().release, Some(2));
    assert_eq!(site.release(1).manifest, first);
    assert_eq!((site.release(1).replaces, site.release(2).replaces), (0, 1));
}

#[test]
fn django_manifest_is_recorded_and_replaced() {
    let site = Site::new(&[("static/a.css", "a"), ("out/a.0123456789ab.css", "django's")]);
    let django = r#"{"paths": {"a.css": "a.0123456789ab.css"}, "version": "1.1", "hash": "0123456789ab"}"#;
    site.write("out/staticfiles.json", django);
    assert_eq!(site.collect().release, Some(2));
    assert_eq!(site.release(1).manifest, Manifest::parse(django.as_bytes(), "").unwrap());
    assert_eq!(site.release(2).replaces, 1);
    assert_eq!(site.hashed("a.css"), "a.ca978112ca1b.css");
    assert_eq!(site.read("out/a.0123456789ab.css"), "django's");
}

#[test]
fn release_that_never_became_current_is_not_recorded_as_replaced() {
    let site = Site::new(&[("static/a.css", "one")]);
    site.collect();
    let first = site.read("out/staticfiles.json");
    site.write("static/a.css", "two");
    site.collect();
    // Simulates a run that was killed after it wrote the release and before it wrote the manifest.
    site.write("out/staticfiles.json", &first);

    let report = site.collect();
    assert_eq!((report.recorded, report.release), (Some(3), Some(4)));
    assert_eq!([3, 4].map(|number| site.release(number).replaces), [1, 3]);
    assert_eq!(site.release(4).manifest, site.release(2).manifest);
}

#[test]
fn reformatted_manifest_is_rewritten_without_a_new_release() {
    let site = Site::new(&[("static/a.css", "a")]);
    site.collect();
    let manifest = site.read("out/staticfiles.json");
    site.write("out/staticfiles.json", manifest.replace("\n", ""));
    assert_eq!(site.collect().release, None);
    assert_eq!(site.read("out/staticfiles.json"), manifest);
    assert_eq!(site.release_numbers("out"), [1]);
}

#[test]
fn damaged_earlier_release_does_not_stop_the_run() {
    let site = Site::new(&[("static/a.css", "one")]);
    site.collect();
    site.write("out/.fingerpost/releases/1.json", "{");
    let report = site.collect();
    assert_eq!(report.release, Some(2), "the current manifest gets a new release");
    let [warning] = &warnings(&report)[..] else { panic!("{:?}", warnings(&report)) };
    let file = site.quoted_path("out/.fingerpost/releases/1.json");
    assert!(warning.starts_with(&format!("manifest {file} cannot be read: ")), "{warning}");
    assert!(warning.ends_with("; this release is skipped"), "{warning}");
    assert_eq!(warnings(&site.collect()), [""; 0]);
}

#[test]
fn other_files_in_the_releases_directory_are_ignored() {
    let site = Site::new(&[("static/a.css", "a")]);
    for name in ["+7.json", "007.json", "8.json.bak", "nine.json"] {
        site.write(&format!("out/.fingerpost/releases/{name}"), "?");
    }
    assert_eq!(site.collect().release, Some(1));
}

#[test]
fn exhausted_release_numbers_are_an_error() {
    let site = Site::new(&[("static/a.css", "a")]);
    let last = Release::new(Manifest::new("/static/")).to_json();
    site.write(&format!("out/.fingerpost/releases/{}.json", u64::MAX), last);
    assert_eq!(site.problems_of(&site.config()), [format!("there is no number after release {}", u64::MAX)]);
    assert!(collect(&site.config()).is_err());
}

#[test]
fn release_records_the_references_of_each_file() {
    let site = Site::new(&[
        ("static/css/a.css", "@import 'b.css';\na{src:url(../x.png)}\nb{src:url(/static/x.png#y)}"),
        ("static/css/b.css", "a{src:url(b.css) url(https://example.com/z.png)}"),
        ("static/c.css", "a{src:url(gone.png)}"),
        ("static/x.png", "x"),
    ]);
    collect(&site.config().severity(Rule::Missing, Severity::Ignore)).unwrap();
    let references = site.release(1).references;
    let references: Vec<_> = references.iter().map(|(path, to)| (&**path, to.join(" "))).collect();
    assert_eq!(
        references,
        [("css/a.css", "css/b.css x.png".to_owned()), ("css/b.css", "css/b.css".to_owned())]
    );
}

/// Creates a site with a file that imports itself, by a relative path and by absolute paths below several base URLs.
fn site_with_cycle() -> Site {
    Site::new(&[(
        "static/a.css",
        "@import 'a.css';@import '/one/a.css';@import '/three/a.css';@import '/two/a.css';",
    )])
}

fn advice(hashed: &str) -> String {
    format!(
        "asset `a.css` was published for base URL `/one/` as `{hashed}` with different bytes; use a separate output \
         directory for each base URL"
    )
}

#[test]
fn changed_base_url_never_changes_published_files() {
    let site = site_with_cycle();
    collect(&site.config().base_url("/one/")).unwrap();
    let hashed = site.hashed("a.css");
    for base_url in ["/two/", "/three/", "/four/"] {
        let config = site.config().base_url(base_url);
        for config in [config.clone(), config.dry_run(true)] {
            assert_eq!(site.problems_of(&config), [advice(&hashed)], "{base_url}");
            assert_eq!(collect(&config).unwrap_err().kind(), ErrorKind::Clash);
        }
    }
    assert_eq!(collect(&site.config().base_url("https://cdn.example/one/")).unwrap().release, None);
    collect(&site.config_to("other").base_url("/two/")).unwrap();
    let config = site.config().base_url("/one/").keep_from(site.path("other"));
    assert_eq!(site.problems_of(&config).len(), 2, "a release number and a file name conflict");
}

#[test]
fn changed_base_url_never_changes_files_of_older_releases() {
    let site = site_with_cycle();
    collect(&site.config().base_url("/one/")).unwrap();
    let (hashed, text) = (site.hashed("a.css"), site.read("static/a.css"));
    site.write("static/a.css", "a{}");
    collect(&site.config().base_url("/three/")).unwrap();
    site.write("static/a.css", text);
    assert_eq!(site.problems_of(&site.config().base_url("/three/")), [advice(&hashed)]);
}

#[test]
fn damaged_file_of_a_cycle_is_repaired() {
    let site = site_with_cycle();
    collect(&site.config().base_url("/one/")).unwrap();
    site.write(&format!("out/{}", site.hashed("a.css")), "short");
    collect(&site.config().base_url("/one/")).unwrap();
    site.assert_intact("out");
}
