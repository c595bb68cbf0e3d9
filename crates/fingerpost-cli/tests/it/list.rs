use crate::site::Site;

fn collected_site() -> Site {
    let site = Site::new(&[("static/css/app.css", "body{}"), ("static/js/app.js", "let a = 1;\n")]);
    site.collect();
    site
}

#[test]
fn table_lists_all_assets() {
    let site = collected_site();
    let output = site.run(&["list", "--out", "out"]);
    assert_eq!((output.code, &*output.stderr), (Some(0), ""));
    let table = "\
PATH         SIZE  URL                               INTEGRITY
css/app.css   6 B  /static/css/app.7c98040a5416.css  sha256-fJgEClQWV1hGkK4qHMO0KotTsVnMYMXTq7/suurGyUo=
js/app.js    11 B  /static/js/app.dec9932ac327.js    sha256-3smTKsMnFX9i0OGCm4n/7GAEzudwCR3kiBveN8jVUAk=
";
    assert_eq!(output.stdout, table);
    let readme = include_str!("../../README.md");
    let workbox = site.run(&["list", "--out", "out", "--workbox"]).stdout;
    for (command, output) in [("list", table), ("list --workbox", &*workbox)] {
        assert!(readme.contains(&format!("$ fingerpost {command}\n{output}")), "{output}");
    }
}

#[test]
fn json_has_the_url_size_and_integrity_of_each_asset() {
    let site = collected_site();
    site.write("fingerpost.toml", "out = \"out\"");
    let output = site.run(&["list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let integrity = site.manifest().get("css/app.css").unwrap().info.as_ref().unwrap().sha256.integrity();
    let first = serde_json::json!({
        "path": "css/app.css",
        "url": "/static/css/app.7c98040a5416.css",
        "size": 6,
        "integrity": integrity,
    });
    assert_eq!((&list[0], list.as_array().unwrap().len()), (&first, 2));
}

#[test]
fn workbox_manifest_has_hashed_urls_without_revision() {
    let site = collected_site();
    let output = site.run(&["list", "--out", "out", "--workbox"]);
    let list: Vec<serde_json::Value> = serde_json::from_str(&output.stdout).unwrap();
    let integrity = site.manifest().get("css/app.css").unwrap().info.as_ref().unwrap().sha256.integrity();
    let url = "/static/css/app.7c98040a5416.css";
    let first = serde_json::json!({ "url": url, "revision": null, "integrity": integrity });
    assert_eq!((&list[0], list.len()), (&first, 2));
    assert_eq!(list[0].as_object().unwrap().len(), 3);
}

#[test]
fn workbox_manifest_has_prehashed_files() {
    let site = Site::new(&[("static/app-BRBm.js", "let a = 1;\n")]);
    site.write("fingerpost.toml", "out = \"out\"\nsources = [\"static\"]\n[collect]\nprehashed = [\"*.js\"]");
    assert_eq!(site.run(&["collect"]).code, Some(0));
    let list: Vec<serde_json::Value> =
        serde_json::from_str(&site.run(&["list", "--workbox"]).stdout).unwrap();
    assert_eq!((&list[0]["url"], list.len()), (&"/static/app-BRBm.js".into(), 1));
}

#[test]
fn urls_have_the_base_url_of_a_cdn() {
    let site = collected_site();
    let url = |args: &[&str]| {
        let output = site.run(&[&["list", "--out", "out", "--workbox"], args].concat());
        let list: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        list[0]["url"].as_str().unwrap().to_owned()
    };
    let cdn = "https://cdn.example.com/static/";
    assert_eq!(url(&["--base-url", cdn]), format!("{cdn}css/app.7c98040a5416.css"));
    site.write("fingerpost.toml", format!("base-url = \"{cdn}\""));
    assert_eq!(url(&[]), format!("{cdn}css/app.7c98040a5416.css"));
}

#[test]
fn manifest_of_another_program_is_listed() {
    let site = Site::new(&[("out/a.0123456789ab.css", "abc"), ("out/plain.txt", "12345")]);
    let paths = r#"{"a.css": "a.0123456789ab.css", "plain.txt": "plain.txt"}"#;
    site.write("out/staticfiles.json", format!(r#"{{"version": "1.1", "paths": {paths}, "hash": "x"}}"#));
    let json = |flag: &str| {
        let output = site.run(&["list", "--out", "out", flag]);
        serde_json::from_str::<serde_json::Value>(&output.stdout).unwrap()
    };
    let [all, hashed] = ["--json", "--workbox"].map(json);
    assert_eq!([&all[0]["size"], &all[1]["size"]], [3, 5]);
    assert_eq!(all[0]["integrity"], "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    assert_eq!(
        (hashed.as_array().unwrap().len(), &hashed[0]["url"]),
        (1, &"/static/a.0123456789ab.css".into())
    );

    site.write("out/staticfiles.json", r#"{"version": "1.1", "paths": {"a": "gone"}, "hash": "x"}"#);
    let output = site.run(&["list", "--out", "out"]);
    assert_eq!(output.code, Some(1));
    let message = format!("error: cannot read `gone` in {}: ", site.quoted_path("out"));
    assert!(output.stderr.starts_with(&message), "{}", output.stderr);
}

#[test]
fn missing_manifest_is_an_error() {
    let site = Site::new(&[]);
    let output = site.run(&["list", "--out", "nope", "--json"]);
    let message = format!("error: manifest {} was not found", site.quoted_path("nope/staticfiles.json"));
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    assert!(output.stderr.starts_with(&message), "{}", output.stderr);
}
