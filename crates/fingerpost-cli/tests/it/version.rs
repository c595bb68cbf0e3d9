use std::fs;

use fingerpost::{Assets, Mode, Settings};

use crate::site::Site;

#[test]
fn app_version_uses_the_first_configured_source() {
    let site = Site::new(&[("static/a.css", "a")]);
    let environment = [("FINGERPOST_APP_VERSION", "from-environment")];

    let output = site.run(&["version"]);
    assert_eq!((output.code, &*output.stdout), (Some(0), "unknown (unknown)\n"));
    assert!(output.stderr.starts_with("hint: set FINGERPOST_APP_VERSION"), "{}", output.stderr);
    let output = site.run_with(&["version"], environment);
    assert_eq!((&*output.stdout, &*output.stderr), ("from-environment (explicit)\n", ""));

    site.collect();
    let hash = site.manifest().hash().unwrap();
    assert_eq!(site.run(&["version", "--out", "out"]).stdout, format!("{hash} (manifest)\n"));

    site.write("fingerpost.toml", "out = \"out\"\nversion.app = \"from-file\"");
    assert_eq!(site.run(&["version"]).stdout, "from-file (explicit)\n");
    assert_eq!(site.run_with(&["version"], environment).stdout, "from-environment (explicit)\n");
    assert_eq!(
        site.run_with(&["version"], [("FINGERPOST_APP_VERSION", "")]).stdout,
        "from-file (explicit)\n"
    );
}

#[test]
fn app_version_is_available_as_json() {
    let site = Site::new(&[]);
    let output = site.run_with(&["version", "--json"], [("FINGERPOST_APP_VERSION", "v1.2")]);
    let version: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(version, serde_json::json!({ "version": "v1.2", "source": "explicit" }));
}

#[test]
fn app_version_with_invalid_characters_is_an_error() {
    let output = Site::new(&[]).run_with(&["version"], [("FINGERPOST_APP_VERSION", "a b")]);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    assert_eq!(
        output.stderr,
        "error: app version `a b` from FINGERPOST_APP_VERSION may contain only letters, digits and `. _ ~ + -`\n"
    );
}

#[test]
fn broken_manifest_is_an_error() {
    let site = Site::new(&[("out/staticfiles.json", "[]")]);
    let output = site.run(&["version", "--out", "out"]);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    assert!(output.stderr.contains("is not a JSON object"), "{}", output.stderr);
}

#[test]
fn app_version_does_not_depend_on_the_base_url() {
    let site = Site::new(&[("static/a.css", "a")]);
    let output = site.run(&["collect", "static", "--out", "out", "--base-url", "/assets/"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let hash = site.manifest().hash().unwrap();
    let output = site.run(&["version", "--out", "out"]);
    assert_eq!((output.code, output.stdout, &*output.stderr), (Some(0), format!("{hash} (manifest)\n"), ""));
}

#[test]
fn output_dir_given_by_flag_must_have_a_manifest() {
    let site = Site::new(&[("fingerpost.toml", "out = \"from-file\"")]);
    let output = site.run(&["version", "--out", "nope"]);
    let problem = format!(
        "error: {} was not found; run `fingerpost collect <source> --out nope` to create it\n",
        site.quoted_path("nope/staticfiles.json")
    );
    assert_eq!((output.code, &*output.stdout, output.stderr), (Some(1), "", problem));

    // The output directory of the settings file may be missing.
    assert_eq!(site.run(&["version"]).stdout, "unknown (unknown)\n");
}

#[test]
fn unreadable_manifest_is_an_error_of_the_version_command() {
    let site =
        Site::new(&[("out/staticfiles.json", "[]"), ("fingerpost.toml", "out = \"out\""), ("file", "")]);
    for args in [&["version"][..], &["version", "--out", "out"]] {
        let output = site.run(args);
        assert_eq!((output.code, &*output.stdout), (Some(1), ""), "{args:?}");
        let problem =
            format!("error: manifest {} is not a JSON object\n", site.quoted_path("out/staticfiles.json"));
        assert_eq!(output.stderr, problem);
    }

    let output = site.run(&["version", "--out", "file"]);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));

    std::fs::remove_file(site.path("out/staticfiles.json")).unwrap();
    std::fs::create_dir(site.path("out/staticfiles.json")).unwrap();
    let output = site.run(&["version"]);
    let problem = format!("error: cannot read {}: ", site.quoted_path("out/staticfiles.json"));
    assert_eq!((output.code, output.stderr.starts_with(&problem)), (Some(1), true), "{}", output.stderr);
}

/// Returns the app version of a site in production, with the source and the components of the version.
fn production_version(site: &Site) -> String {
    let settings = Settings::read(site.path("fingerpost.toml")).unwrap();
    let assets = Assets::builder().settings(settings).mode(Mode::Production).build().unwrap();
    let (version, snapshot) = (assets.app_version(), assets.snapshot());
    let components: Vec<_> = snapshot.components().map(|(name, files)| format!(" {name}={files}")).collect();
    format!("{version} ({}){}", version.source(), components.concat())
}

#[test]
fn app_version_changes_when_only_templates_change() {
    let settings =
        "sources = [\"static\"]\nout = \"out\"\n[version]\ncomponents = { templates = [\"templates/**\"] }\n";
    let site = Site::new(&[
        ("fingerpost.toml", settings),
        ("static/a.css", "a{}"),
        ("templates/base.html", "one"),
        ("templates/mail/welcome.txt", "welcome"),
    ]);
    let collect = |args: &[&str]| {
        let output = site.run(&[&["collect"], args].concat());
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        output.stderr
    };
    assert!(collect(&[]).contains("release 1 published"));
    let hash = site.manifest().hash().unwrap();
    let first = format!("{hash} (manifest) templates=2");
    assert_eq!(production_version(&site), first);
    assert_eq!(site.run(&["version"]).stdout, format!("{hash} (manifest)\n"));

    // The deployed image contains no templates.
    fs::remove_dir_all(site.path("templates")).unwrap();
    assert_eq!(production_version(&site), first);
    assert_eq!(site.run(&["version"]).stdout, format!("{hash} (manifest)\n"));
    let output = site.run(&["collect"]);
    assert_eq!(output.code, Some(1));
    let location = site.path("").display().to_string();
    let problem = format!(
        "error: component `templates`: `templates/**` matches no file in `{}`; correct `[version] components`\n",
        location.trim_end_matches(std::path::MAIN_SEPARATOR)
    );
    assert_eq!(output.stderr, problem);
    assert_eq!(production_version(&site), first);

    site.write("templates/base.html", "two");
    site.write("templates/mail/welcome.txt", "welcome");
    assert!(collect(&["--dry-run"]).contains("release 2 to publish"));
    assert_eq!(production_version(&site), first);
    let summary = collect(&[]);
    assert!(summary.contains("0 written, 1 unchanged, release 2 published"), "{summary}");
    let new = site.manifest().hash().unwrap();
    assert_ne!(new, hash);
    assert_eq!(production_version(&site), format!("{new} (manifest) templates=2"));
    assert_eq!(site.run(&["version"]).stdout, format!("{new} (manifest)\n"));
    assert!(collect(&[]).contains("nothing to publish"));
}

#[test]
fn settings_can_use_the_git_commit_as_app_version() {
    let site = Site::new(&[
        ("fingerpost.toml", "sources = [\"static\"]\nout = \"out\"\nversion.git = true"),
        ("static/a.css", "a"),
        (".git/HEAD", "0123456789012345678901234567890123456789"),
    ]);
    site.collect();
    let commit = [("GITHUB_SHA", "abcdefabcdefabcdefabcdefabcdefabcdefabcd")];
    assert_eq!(site.run_with(&["version"], commit).stdout, "abcdefa (git)\n");
    let explicit = [("FINGERPOST_APP_VERSION", "v1")];
    assert_eq!(site.run_with(&["version"], explicit).stdout, "v1 (explicit)\n");
}

#[test]
fn manifest_with_a_broken_component_is_an_error() {
    let manifest = r#"{"version": "1.1", "paths": {}, "fingerpost": {"schema": 1, "components": {"a": 1}}}"#;
    let site = Site::new(&[("static/a.css", "a"), ("out/staticfiles.json", manifest)]);
    for args in [&["version", "--out", "out"][..], &["collect", "static", "--out", "out"]] {
        let output = site.run(args);
        let problem =
            format!("error: manifest {} cannot be read: ", site.quoted_path("out/staticfiles.json"));
        assert_eq!((output.code, output.stderr.starts_with(&problem)), (Some(1), true), "{}", output.stderr);
        assert!(output.stderr.contains("expected an object"), "{}", output.stderr);
    }
}

#[test]
fn error_for_the_old_key_names_the_new_key() {
    let site = Site::new(&[("fingerpost.toml", "app_version = \"v1\"")]);
    let output = site.run(&["version"]);
    let problem = format!(
        "error: settings file {}: line 1: unknown key `app_version`; write `app` in the table `[version]`\n",
        site.quoted_path("fingerpost.toml")
    );
    assert_eq!((output.code, output.stderr), (Some(1), problem));
}
