//! Tests of output directories with invalid manifests and release files, or with a directory or file in place of a record.

use std::fs;

use fingerpost_collect::{ErrorKind, collect};

use crate::site::{Site, warnings};

#[test]
fn invalid_manifest_is_never_replaced() {
    let whole = {
        let site = Site::new(&[("static/a.css", "a")]);
        site.collect();
        site.read("out/staticfiles.json")
    };
    let half = &whole[..whole.len() / 2];
    for text in [
        "",
        half,
        "null",
        "\u{feff}",
        r#"{"version": "1.1", "paths": {"../a.css": "a.css"}}"#,
        r#"{"version": "1.1", "paths": {"a.css": "/etc/passwd"}}"#,
        r#"{"version": "1.1", "paths": {"a.css": "b", "a.css": "c"}}"#,
        r#"{"version": "1.1", "paths": {}, "fingerpost": {"schema": 9}}"#,
        r#"{"version": "1.1"}"#,
    ] {
        let site = Site::new(&[("static/a.css", "a"), ("out/staticfiles.json", text)]);
        let [problem] = &site.problems_of(&site.config())[..] else { panic!("one problem with {text:?}") };
        assert!(
            problem.starts_with(&format!("manifest {} ", site.quoted_path("out/staticfiles.json"))),
            "{problem}"
        );
        assert_eq!(collect(&site.config()).unwrap_err().kind(), ErrorKind::Manifest, "{text:?}");
    }
    let site = Site::new(&[("static/a.css", "a")]);
    site.write("out/staticfiles.json", b"{\"version\": \"1.1\", \"paths\": {\"\xff\": \"b\"}}");
    assert_eq!(collect(&site.config()).unwrap_err().kind(), ErrorKind::Manifest);
}

#[test]
fn directory_in_place_of_a_metadata_file_is_reported() {
    for (path, action) in [("out/staticfiles.json", "read"), ("out/.fingerpost/lock", "lock")] {
        let site = Site::new(&[("static/a.css", "a")]);
        fs::create_dir_all(site.path(path)).unwrap();
        let err = collect(&site.config()).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::Output, "{err}");
        assert!(
            err.to_string().starts_with(&format!("cannot {action} {}: ", site.quoted_path(path))),
            "{err}"
        );
    }
}

#[test]
fn file_in_place_of_a_metadata_directory_is_reported() {
    for path in ["out/.fingerpost", "out/.fingerpost/tmp", "out/.fingerpost/releases"] {
        let site = Site::new(&[("static/a.css", "a"), (path, "a file")]);
        let err = collect(&site.config()).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::Output, "{err}");
        assert!(err.to_string().contains(&site.path(path).display().to_string()), "{err}");
        assert_eq!(site.read(path), "a file");
    }
}

#[test]
fn invalid_release_file_is_skipped() {
    for text in ["", "[]", "{}", r#"{"version": "9"}"#, r#"{"version": "1.1", "paths": {"..": "x"}}"#] {
        let site = Site::new(&[("static/a.css", "a"), ("out/.fingerpost/releases/6.json", text)]);
        site.collect();
        site.write("static/a.css", "changed");
        let report = site.collect();
        assert_eq!((report.release, site.release(8).replaces), (Some(8), 7), "{text:?}");
        let file = site.quoted_path("out/.fingerpost/releases/6.json");
        assert!(warnings(&report).iter().all(|warning| warning.contains(&file)), "{text:?}");
        assert_eq!(site.read("out/.fingerpost/releases/6.json"), text);
    }
    let site = Site::new(&[("static/a.css", "a")]);
    fs::create_dir_all(site.path("out/.fingerpost/releases/6.json")).unwrap();
    let numbers = [(); 2].map(|()| site.collect().release);
    assert!(matches!(numbers, [Some(1 | 7), None]), "{numbers:?}");
}
