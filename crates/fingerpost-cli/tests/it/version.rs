use crate::site::Site;

#[test]
fn the_app_version_is_the_first_that_is_said() {
    let site = Site::new(&[("static/a.css", "a")]);
    let environment = [("FINGERPOST_APP_VERSION", "from-environment")];

    let ended = site.run(&["version"]);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "unknown (unknown)\n"));
    assert!(ended.stderr.starts_with("hint: set FINGERPOST_APP_VERSION"), "{}", ended.stderr);
    let ended = site.run_with(&["version"], environment);
    assert_eq!((&*ended.stdout, &*ended.stderr), ("from-environment (explicit)\n", ""));

    site.collect();
    let hash = site.manifest().hash().unwrap();
    assert_eq!(site.run(&["version", "--out", "out"]).stdout, format!("{hash} (manifest)\n"));

    site.write("fingerpost.toml", "out = \"out\"\napp_version = \"from-file\"");
    assert_eq!(site.run(&["version"]).stdout, "from-file (explicit)\n");
    assert_eq!(site.run_with(&["version"], environment).stdout, "from-environment (explicit)\n");
    assert_eq!(
        site.run_with(&["version"], [("FINGERPOST_APP_VERSION", "")]).stdout,
        "from-file (explicit)\n"
    );
}

#[test]
fn the_app_version_is_there_as_json() {
    let site = Site::new(&[]);
    let ended = site.run_with(&["version", "--json"], [("FINGERPOST_APP_VERSION", "v1.2")]);
    let version: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(version, serde_json::json!({ "version": "v1.2", "source": "explicit" }));
}

#[test]
fn a_version_that_could_break_a_header_is_a_failure() {
    let ended = Site::new(&[]).run_with(&["version"], [("FINGERPOST_APP_VERSION", "a b")]);
    assert_eq!((ended.code, &*ended.stdout), (Some(1), ""));
    assert_eq!(
        ended.stderr,
        "error: app version `a b` from FINGERPOST_APP_VERSION may hold only letters, digits and `. _ ~ + -`\n"
    );
}

#[test]
fn a_broken_manifest_is_a_failure() {
    let site = Site::new(&[("out/staticfiles.json", "[]")]);
    let ended = site.run(&["version", "--out", "out"]);
    assert_eq!((ended.code, &*ended.stdout), (Some(1), ""));
    assert!(ended.stderr.contains("is not a JSON object"), "{}", ended.stderr);
}

#[test]
fn the_base_url_does_not_matter_to_the_version() {
    let site = Site::new(&[("static/a.css", "a")]);
    let ended = site.run(&["collect", "static", "--out", "out", "--base-url", "/assets/"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let hash = site.manifest().hash().unwrap();
    let ended = site.run(&["version", "--out", "out"]);
    assert_eq!((ended.code, ended.stdout, &*ended.stderr), (Some(0), format!("{hash} (manifest)\n"), ""));
}

#[test]
fn an_output_dir_that_is_named_must_be_there() {
    let site = Site::new(&[("fingerpost.toml", "out = \"from-file\"")]);
    let ended = site.run(&["version", "--out", "nope"]);
    let problem = format!(
        "error: {} was not found; run `fingerpost collect <source> --out nope` to make it\n",
        site.shown("nope/staticfiles.json")
    );
    assert_eq!((ended.code, &*ended.stdout, ended.stderr), (Some(1), "", problem));

    // One that the settings name may still be to come.
    assert_eq!(site.run(&["version"]).stdout, "unknown (unknown)\n");
}

#[test]
fn a_manifest_that_cannot_be_read_has_no_version() {
    let site =
        Site::new(&[("out/staticfiles.json", "[]"), ("fingerpost.toml", "out = \"out\""), ("file", "")]);
    for args in [&["version"][..], &["version", "--out", "out"]] {
        let ended = site.run(args);
        assert_eq!((ended.code, &*ended.stdout), (Some(1), ""), "{args:?}");
        let problem =
            format!("error: manifest {} is not a JSON object\n", site.shown("out/staticfiles.json"));
        assert_eq!(ended.stderr, problem);
    }

    let ended = site.run(&["version", "--out", "file"]);
    assert_eq!((ended.code, &*ended.stdout), (Some(1), ""));

    std::fs::remove_file(site.path("out/staticfiles.json")).unwrap();
    std::fs::create_dir(site.path("out/staticfiles.json")).unwrap();
    let ended = site.run(&["version"]);
    let problem = format!("error: cannot read {}: ", site.shown("out/staticfiles.json"));
    assert_eq!((ended.code, ended.stderr.starts_with(&problem)), (Some(1), true), "{}", ended.stderr);
}
