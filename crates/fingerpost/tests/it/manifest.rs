//! Manifests of an output directory, in the formats of Fingerpost and Django.

use std::{fs, path::Path};

use fingerpost::{
    AssetPath, Error, ErrorKind,
    manifest::{ComponentInfo, Digest, FileInfo, MANIFEST_NAME, Manifest},
};

use crate::support::{Dir, Memory, hash, production, publish};

/// Returns the error of production mode for this manifest.
#[track_caller]
fn manifest_error(manifest: &str) -> String {
    let dir = Dir::with_files(&[(MANIFEST_NAME, manifest)]);
    let err = production(&dir).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidManifest, "{err}");
    let prefix = format!("manifest `{}` ", dir.path(MANIFEST_NAME).display());
    err.to_string().strip_prefix(&prefix).expect("the error names the file").to_owned()
}

#[track_caller]
fn start_up_error(dir: &Dir) -> Error {
    production(dir).build().unwrap_err()
}

fn in_backticks(path: &Path) -> String {
    format!("`{}`", path.display())
}

#[test]
fn django_manifests_load() {
    for version in ["1.0", "1.1"] {
        let json =
            format!(r#"{{"version": "{version}", "paths": {{"a.css": "a.0123456789ab.css", "b/": "b"}}}}"#);
        assert!(manifest_error(&json).contains("empty segment"));
        let json = format!(
            r#"{{"paths": {{"admin/a.css": "admin/a.0123456789ab.css"}}, "version": "{version}", "new": {{"x": [1]}}}}"#
        );
        let assets = production(&Dir::with_files(&[(MANIFEST_NAME, &json)])).build().unwrap();
        assert_eq!(assets.url("admin/a.css").unwrap(), "/static/admin/a.0123456789ab.css");
    }
}

#[test]
fn unusable_manifest_is_a_startup_error_that_names_the_file() {
    for broken in ["", "{", "{]", "not JSON", "\u{feff}{}x", r#"{"version": "1.1", "paths": {}} trailing"#] {
        manifest_error(broken);
    }
    for other in ["[]", r#"["1.1", {}]"#, "null", "3", r#""{}""#] {
        assert_eq!(manifest_error(other), "is not a JSON object");
    }
    let next = "run `fingerpost collect` again, or update the program";
    for (manifest, reason) in [
        ("{}", "has no `version`".to_owned()),
        (r#"{"version": "1.1"}"#, "has no `paths`".to_owned()),
        (r#"{"version": "1.1", "paths": null}"#, "has no `paths`".to_owned()),
        (r#"{"paths": {}}"#, "has no `version`".to_owned()),
        (
            r#"{"version": "9", "paths": {}}"#,
            format!("has version \"9\"; this program reads \"1.0\" and \"1.1\"; {next}"),
        ),
        (
            r#"{"version": 1.1, "paths": {}}"#,
            format!("has version 1.1; this program reads \"1.0\" and \"1.1\"; {next}"),
        ),
        (
            r#"{"version": "1.1", "paths": {}, "fingerpost": {"schema": 9}}"#,
            format!("has schema 9; this program reads 1; {next}"),
        ),
        (r#"{"version": "1.1", "paths": {}, "fingerpost": {}}"#, "has no `schema`".to_owned()),
    ] {
        assert_eq!(manifest_error(manifest), reason);
    }
    for manifest in [
        r#"{"version": "1.1", "paths": []}"#,
        r#"{"version": "1.1", "paths": {"a": 1}}"#,
        r#"{"version": "1.1", "paths": {"a": null}}"#,
        r#"{"version": "1.1", "hash": 7, "paths": {}}"#,
        r#"{"version": "1.1", "paths": {}, "paths": {}}"#,
        r#"{"version": "1.1", "paths": {"a": "a.1"}, "fingerpost": {"schema": 1, "files": {"a": {"size": -1}}}}"#,
        r#"{"version": "1.1", "paths": {}, "fingerpost": {"schema": 1, "files": {"../a": {}}}}"#,
    ] {
        assert!(manifest_error(manifest).starts_with("cannot be read: "), "{manifest}");
    }
    manifest_error(&format!(r#"{{"version": "1.1", "paths": {{}}, "x": {}}}"#, "[".repeat(100_000)));
}

#[test]
fn manifest_paths_out_of_the_output_dir_are_rejected() {
    for (paths, reason) in [
        (r#""a": "../../etc/passwd""#, "leaves the asset directory"),
        (r#""a": "/etc/passwd""#, "empty segment"),
        (r#""a": "//evil.example/a""#, "another host"),
        (r#""a": "https://evil.example/a""#, "has a scheme"),
        (r#""a": """#, "is empty"),
        (r#""a": "b\u0000""#, "NUL"),
        (r#""a": "b\\..\\c""#, "backslash"),
        (r#""../a": "a.1""#, "leaves the asset directory"),
        (r#""": "a.1""#, "is empty"),
        (r#""a": "a.1", "a": "a.2""#, "occurs twice"),
        (r#""a": "a.1", "\u0061": "a.2""#, "occurs twice"),
    ] {
        let message = manifest_error(&format!(r#"{{"version": "1.1", "paths": {{{paths}}}}}"#));
        assert!(message.contains(reason), "{paths}: {message}");
    }
}

#[test]
fn hashed_path_from_the_manifest_is_percent_encoded() {
    let store = Memory::with_paths(&[("a.css", r#"x"><script>?#&'.css"#)]);
    let assets = production(&Dir::new()).store(store).build().unwrap();
    assert_eq!(assets.url("a.css").unwrap(), "/static/x%22%3E%3Cscript%3E%3F%23%26%27.css");
}

#[test]
fn missing_and_unreadable_manifests_are_different_errors() {
    let empty = Dir::new();
    let location = in_backticks(&empty.path(MANIFEST_NAME));
    let err = start_up_error(&empty);
    assert_eq!(err.kind(), ErrorKind::ManifestNotFound);
    let command = format!("fingerpost collect SOURCE --out {}", empty.as_ref().display());
    assert_eq!(err.to_string(), format!("manifest {location} was not found; run `{command}`"));

    let missing = Dir::new();
    fs::remove_dir(&missing).unwrap();
    assert_eq!(start_up_error(&missing).kind(), ErrorKind::ManifestNotFound);

    let unreadable = Dir::with_paths(&["staticfiles.json/a"]);
    let err = start_up_error(&unreadable);
    assert_eq!(err.kind(), ErrorKind::Unreadable);
    let start = format!("cannot read {}: ", in_backticks(&unreadable.path(MANIFEST_NAME)));
    assert!(err.to_string().starts_with(&start), "{err}");
}

#[test]
fn production_without_an_output_dir_is_an_error() {
    let err = fingerpost::Assets::builder().mode(fingerpost::Mode::Production).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidConfig);
    assert_eq!(
        err.to_string(),
        "no output directory is set; name the directory that `fingerpost collect` writes to"
    );
}

#[test]
fn manifest_for_another_base_path_is_a_startup_error() {
    let dir = publish(&[("a.css", "a")], "/assets/");
    let err = start_up_error(&dir);
    assert_eq!(err.kind(), ErrorKind::InvalidManifest);
    assert_eq!(
        err.to_string(),
        format!(
            "manifest {} was made for `/assets/`, and the base URL here is `/static/`; \
             run `fingerpost collect` again with `--base-url /static/`",
            in_backticks(&dir.path(MANIFEST_NAME))
        )
    );
    for base in ["/assets", "https://cdn.example.com/assets/"] {
        assert!(production(&dir).base_url(base).build().is_ok(), "{base}");
    }
    assert!(production(&dir).base_url("https://cdn.example.com/").build().is_err());
    let django = Memory::with_paths(&[("a.css", "a.1.css")]);
    assert!(production(&Dir::new()).base_url("/anywhere/").store(django).build().is_ok());
}

#[test]
fn leftover_output_dir_does_not_switch_the_mode() {
    let (source, output) = (Dir::with_paths(&["a.css"]), publish(&[("a.css", "old")], "/elsewhere/"));
    let assets = crate::support::dev(&source).collected(&output).build().unwrap();
    assert_eq!(assets.url("a.css").unwrap(), *format!("/static/a.css?v={}", hash("a.css")));
}

#[test]
fn production_needs_no_source_dir_and_development_needs_no_output_dir() {
    let (files, missing) = (publish(&[("a.css", "a.css")], "/static/"), Dir::new());
    fs::remove_dir(&missing).unwrap();
    assert!(production(&files).source(&missing).build().is_ok());
    assert!(crate::support::dev(&files).collected(missing.path("deeper")).build().is_ok());
}

#[test]
fn names_with_query_or_fragment_characters_are_not_listed() {
    let store = Memory::with_paths(&[("a.css", "a.1.css"), ("b.css?x", "b.2.css"), ("c#.css", "c.3.css")]);
    let assets = production(&Dir::new()).store(store).build().unwrap();
    assert_eq!(assets.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["a.css"]);
    assert_eq!(assets.url("b.css?x").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn integrity_comes_from_the_manifest_without_reading_the_file() {
    let mut manifest = Manifest::new("/static/");
    for (path, content) in [("a.js", "a"), ("b.png", "b")] {
        let info = FileInfo::new(1, Digest::from_content(content.as_bytes()));
        manifest.insert(AssetPath::parse(path).unwrap(), path, info);
    }
    let store = Memory::default();
    store.write(MANIFEST_NAME, manifest.to_json());
    let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
    let at_start_up = store.reads();
    assert_eq!(assets.integrity("a.js").unwrap(), Digest::from_content(b"a").integrity());
    assert_eq!(assets.integrity("b.png").unwrap(), Digest::from_content(b"b").integrity());
    assert_eq!(store.reads(), at_start_up);
}

#[test]
fn integrity_field_of_earlier_manifests_is_ignored_and_not_written() {
    let manifest = |integrity: &str| {
        let info = format!(r#"{{"size": 1, "sha256": "{}"{integrity}}}"#, Digest::from_content(b"a"));
        let fingerpost = format!(r#"{{"schema": 1, "base_path": "/static/", "files": {{"a.js": {info}}}}}"#);
        let json =
            format!(r#"{{"version": "1.1", "paths": {{"a.js": "a.1.js"}}, "fingerpost": {fingerpost}}}"#);
        Manifest::parse(json.as_bytes(), "m.json").unwrap()
    };
    let plain = manifest("");
    for value in [r#""sha256-YQ==""#, "null", r#""\"><script>""#, "[1]"] {
        let earlier = manifest(&format!(r#", "integrity": {value}"#));
        assert_eq!(earlier, plain, "{value}");
        assert_eq!(earlier.to_json(), plain.to_json(), "{value}");
    }
    assert!(!String::from_utf8(plain.to_json()).unwrap().contains("integrity"));
}

#[test]
fn digest_that_a_django_manifest_lacks_is_read_once_at_the_first_call() {
    for version in ["1.0", "1.1"] {
        let json = format!(r#"{{"version": "{version}", "paths": {{"a.css": "a.0123456789ab.css"}}}}"#);
        let store = Memory::default();
        store.write(MANIFEST_NAME, json);
        let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
        let at_start_up = store.reads();
        let err = assets.integrity("a.css").unwrap_err();
        assert_eq!(err.kind(), ErrorKind::Unreadable);
        assert!(err.to_string().contains("`memory/a.0123456789ab.css`"), "{err}");

        store.write("a.0123456789ab.css", "body{}");
        for _ in 0..3 {
            assert_eq!(assets.integrity("a.css").unwrap(), Digest::from_content(b"body{}").integrity());
        }
        assert_eq!(store.reads(), at_start_up + 2);
    }
}

#[test]
fn digest_that_a_django_manifest_lacks_is_read_from_a_directory() {
    let json = r#"{"version": "1.1", "paths": {"a.css": "a.0123456789ab.css"}}"#;
    let dir = Dir::with_files(&[(MANIFEST_NAME, json), ("a.0123456789ab.css", "body{}")]);
    let assets = production(&dir).build().unwrap();
    assert_eq!(assets.integrity("a.css").unwrap(), Digest::from_content(b"body{}").integrity());
    fs::remove_file(dir.path("a.0123456789ab.css")).unwrap();
    assert_eq!(assets.integrity("a.css").unwrap(), Digest::from_content(b"body{}").integrity());
}

#[test]
fn production_reads_no_files_after_startup() {
    let store = Memory::with_paths(&[("a.css", "a.1.css")]);
    let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
    let at_start_up = store.reads();
    for written in ["a.css", "/a.css?x#f", "b.css", "../a.css", "css/", "a.css?v=1"] {
        drop((assets.url(written), assets.absolute_url(written)));
    }
    drop((assets.iter().count(), assets.app_version(), assets.snapshot().url("a.css")));
    assert_eq!(store.reads(), at_start_up);
}

#[test]
fn manifest_hash_depends_only_on_paths_and_content() {
    let json = |files: &[(&str, &str)]| fs::read(publish(files, "/static/").path(MANIFEST_NAME)).unwrap();
    let hash = |files: &[(&str, &str)]| Manifest::parse(&json(files), "m").unwrap().hash().unwrap();
    let files = [("a.css", "a"), ("b.css", "b")];
    assert_eq!(json(&files), json(&[("b.css", "b"), ("a.css", "a")]));
    for other in [&[("a.css", "a")][..], &[("a.css", "a"), ("b.css", "c")], &[("a.css", "a"), ("c.css", "b")]]
    {
        assert_ne!(hash(other), hash(&files));
    }
}

fn digits(digit: char) -> String {
    digit.to_string().repeat(64)
}

#[test]
fn components_are_sorted_and_part_of_the_manifest_hash() {
    let manifest = |components: &[(&str, usize, &[u8])]| {
        let mut manifest = Manifest::new("/static/");
        for (name, files, content) in components {
            manifest.insert_component(*name, ComponentInfo::new(*files, Digest::from_content(content)));
        }
        manifest
    };
    let two = manifest(&[("templates", 15, b"t"), ("mail", 2, b"m")]);
    let lines = [("mail", b"m"), ("templates", b"t")]
        .map(|(name, content)| format!("components\0{name}\0{}\n", Digest::from_content(content)));
    assert_eq!(two.hash(), Some(hash(lines.concat())));
    assert_eq!(two.to_json(), manifest(&[("mail", 2, b"m"), ("templates", 15, b"t")]).to_json());
    let json: serde_json::Value = serde_json::from_slice(&two.to_json()).unwrap();
    let mail = serde_json::json!({"files": 2, "sha256": Digest::from_content(b"m")});
    let templates = serde_json::json!({"files": 15, "sha256": Digest::from_content(b"t")});
    let ours = serde_json::json!({"mail": mail, "templates": templates});
    assert_eq!(json["fingerpost"]["components"], ours);
    assert_eq!(Manifest::parse(&two.to_json(), "").unwrap(), two);

    for other in [
        manifest(&[]),
        manifest(&[("mail", 2, b"m")]),
        manifest(&[("templates", 15, b"x"), ("mail", 2, b"m")]),
    ] {
        assert_ne!(other, two);
        assert_ne!(other.hash(), two.hash());
    }
    assert!(!String::from_utf8(manifest(&[]).to_json()).unwrap().contains("components"));
}

#[test]
fn unusable_component_is_an_error_that_names_the_manifest() {
    let with = |components: &str| {
        manifest_error(&format!(
            r#"{{"version": "1.1", "paths": {{}}, "fingerpost": {{"schema": 1, "components": {components}}}}}"#
        ))
    };
    let good = format!(r#"{{"files": 1, "sha256": "{}"}}"#, digits('a'));
    for (components, reason) in [
        ("[]".to_owned(), "invalid type: sequence, expected an object"),
        (r#"{"templates": 3}"#.to_owned(), "expected an object"),
        (r#"{"templates": {"files": 1}}"#.to_owned(), "missing field `sha256`"),
        (r#"{"templates": {"files": 1, "sha256": "abc"}}"#.to_owned(), "64"),
        (
            format!(r#"{{"templates": {{"files": -1, "sha256": "{}"}}}}"#, digits('a')),
            "invalid value: integer `-1`",
        ),
        (format!(r#"{{"": {good}}}"#), "component `` needs a name"),
        (format!(r#"{{"a\n": {good}}}"#), "component `a\\n` needs a name"),
        (format!(r#"{{"a": {good}, "a": {good}}}"#), "`a` occurs twice"),
    ] {
        let text = with(&components);
        assert!(text.starts_with("cannot be read: ") && text.contains(reason), "{text}");
    }
    let json = format!(
        r#"{{"version": "1.1", "hash": "abc", "paths": {{}}, "fingerpost": {{"schema": 1, "components":
            {{"a": {{"files": 1, "sha256": "{}", "new": true}}}}}}}}"#,
        digits('a')
    );
    let manifest = Manifest::parse(json.as_bytes(), "").unwrap();
    assert_eq!((manifest.components()["a"].files, manifest.hash().as_deref()), (1, Some("abc")));
}
