//! The import map of pages.

use allocation_counter::measure;
use fingerpost::{
    AppVersion, Assets, AssetsBuilder, Error, ErrorKind, Mode, OnMissing, Settings, Snapshot, Strategy,
    Token,
    manifest::{Digest, Manifest},
};
use serde_json::{Value, json};

use crate::support::{Dir, Site, dev, hash, production, publish, settings};

/// Returns the map of a page in JSON.
#[track_caller]
fn map(snapshot: &Snapshot) -> Value {
    let element = snapshot.importmap().unwrap();
    serde_json::from_str(content(&element)).unwrap_or_else(|err| panic!("{err}: {element}"))
}

/// Returns the content of the element, as browsers parse the element.
#[track_caller]
fn content(element: &str) -> &str {
    let (tag, rest) = element.split_once('>').expect("a start tag");
    assert!(tag.starts_with("<script type=\"importmap\""), "{element}");
    let (content, end) = rest.split_at(rest.find("</script>").expect("an end tag"));
    assert_eq!(end, "</script>", "{element}");
    content
}

fn error(builder: AssetsBuilder) -> Error {
    builder.build().unwrap().snapshot().importmap().unwrap_err()
}

/// Creates an output directory whose manifest has an import map.
fn publish_with_map(files: &[(&str, &str)], imports: &[(&str, &str)]) -> Dir {
    let dir = publish(files, "/static/");
    add_to_manifest(&dir, imports);
    dir
}

fn add_to_manifest(dir: &Dir, imports: &[(&str, &str)]) {
    let file = dir.path("staticfiles.json");
    let mut manifest = Manifest::parse(&std::fs::read(&file).unwrap(), "").unwrap();
    for (name, path) in imports {
        manifest.insert_import(*name, *path);
    }
    std::fs::write(file, manifest.to_json()).unwrap();
}

#[test]
fn sites_without_a_map_write_nothing_and_do_not_allocate() {
    for (mode, assets) in Site::with_paths(&["js/a.js"]).in_both_modes() {
        let snapshot = assets.snapshot();
        let call = || {
            assert_eq!(snapshot.importmap().unwrap(), "", "{mode}");
            assert_eq!(snapshot.importmap_with_nonce("x").unwrap(), "", "{mode}");
            assert_eq!(snapshot.importmap_csp_hash().unwrap(), None, "{mode}");
        };
        assert_eq!(measure(call).count_total, 0, "{mode}");
    }
}

#[test]
fn production_has_hashed_urls_and_integrity_values_from_the_manifest_alone() {
    let files = [("vendor/htmx.js", "htmx"), ("vendor/lit/index.js", "lit"), ("vendor/lit/a.js", "a")];
    let imports = [("htmx", "vendor/htmx.js"), ("lit/", "vendor/lit/"), ("lit/a.js", "vendor/lit/a.js")];
    let assets = production(&publish_with_map(&files, &imports)).build().unwrap();
    let [htmx, a] = [("vendor/htmx", "htmx"), ("vendor/lit/a", "a")]
        .map(|(path, content)| format!("/static/{path}.{}.js", hash(content)));
    assert_eq!(
        map(&assets.snapshot()),
        json!({
            "imports": {"htmx": htmx, "lit/": "/static/vendor/lit/", "lit/a.js": a},
            "integrity": {
                htmx: assets.integrity("vendor/htmx.js").unwrap(),
                a: assets.integrity("vendor/lit/a.js").unwrap(),
            },
        })
    );
}

#[test]
fn production_makes_the_map_once_per_release() {
    let output = publish_with_map(&[("a.js", "a")], &[("a", "a.js")]);
    let assets = production(&output).build().unwrap();
    let call = || drop(assets.snapshot().importmap().unwrap());
    call();
    assert_eq!(measure(call).count_total, 1, "only the output is allocated");
    add_to_manifest(&output, &[("b", "a.js")]);
    assert!(map(&assets.snapshot())["imports"].get("b").is_none());
    assert!(map(&assets.reload().unwrap())["imports"].get("b").is_some());
}

#[test]
fn settings_add_names_that_the_manifest_lacks() {
    let output = publish_with_map(&[("a.js", "a"), ("b.js", "b")], &[("one", "a.js")]);
    let assets = production(&output).import("one", "b.js").import("two", "b.js").build().unwrap();
    let map = map(&assets.snapshot());
    let [a, b] = ["a.js", "b.js"].map(|path| assets.url(path).unwrap());
    assert_eq!(map["imports"], json!({"one": *a, "two": *b}));
}

#[test]
fn development_maps_names_and_plain_urls_to_versioned_urls() {
    let dir = Dir::with_paths(&[
        "vendor/htmx.js",
        "js/app.js",
        "js/b/c.mjs",
        "js/x.png",
        "js/x.js.map",
        "other.js",
    ]);
    let assets = dev(&dir).import("htmx", "vendor/htmx.js").import_modules("js/**").build().unwrap();
    let versioned = |path: &str| format!("/static/{path}?v={}", hash(path));
    let expected = || {
        json!({"imports": {
            "htmx": versioned("vendor/htmx.js"),
            "/static/vendor/htmx.js": versioned("vendor/htmx.js"),
            "/static/js/app.js": versioned("js/app.js"),
            "/static/js/b/c.mjs": versioned("js/b/c.mjs"),
        }})
    };
    let snapshot = assets.snapshot();
    assert_eq!(map(&snapshot), expected());
    assert_eq!(*snapshot.url("js/app.js").unwrap(), versioned("js/app.js"));

    dir.replace("js/app.js", "edited");
    let edited = format!("/static/js/app.js?v={}", hash("edited"));
    assert_eq!(map(&snapshot)["imports"]["/static/js/app.js"], edited);
    dir.write("js/new.js", "js/new.js");
    assert_eq!(map(&snapshot)["imports"]["/static/js/new.js"], versioned("js/new.js"));
    std::fs::remove_file(dir.path("js/new.js")).unwrap();
    assert!(map(&snapshot)["imports"].get("/static/js/new.js").is_none());
}

#[test]
fn development_maps_all_modules_below_a_directory() {
    let dir = Dir::with_paths(&["vendor/lit/index.js", "vendor/lit/d/a.js", "vendor/lit/README.md", "x.js"]);
    let assets = dev(&dir).import("lit/", "vendor/lit/").import("lit/index.js", "x.js").build().unwrap();
    let versioned = |path: &str| format!("/static/{path}?v={}", hash(path));
    assert_eq!(
        map(&assets.snapshot()),
        json!({"imports": {
            "lit/": "/static/vendor/lit/",
            "lit/d/a.js": versioned("vendor/lit/d/a.js"),
            "lit/index.js": versioned("x.js"),
            "/static/x.js": versioned("x.js"),
            "/static/vendor/lit/d/a.js": versioned("vendor/lit/d/a.js"),
            "/static/vendor/lit/index.js": versioned("vendor/lit/index.js"),
        }})
    );
}

#[test]
fn longer_name_takes_precedence_over_a_directory() {
    let dir = Dir::with_paths(&["vendor/lit/more/a.js", "more/a.js"]);
    let assets = dev(&dir).import("lit/", "vendor/lit/").import("lit/more/", "more/").build().unwrap();
    let map = map(&assets.snapshot());
    assert_eq!(map["imports"]["lit/more/a.js"], *assets.url("more/a.js").unwrap());
}

#[test]
fn plain_urls_are_written_as_browsers_resolve_them() {
    let dir = Dir::with_paths(&["js/it's [1] é 100%.js"]);
    let assets = dev(&dir).import_modules("*.js").base_url("https://cdn.example.com/s/").build().unwrap();
    let url = assets.url("js/it's [1] é 100%.js").unwrap();
    assert_eq!(
        map(&assets.snapshot())["imports"],
        json!({
            // `new URL("./it's [1] é 100%25.js", "https://cdn.example.com/s/js/app.js").href`
            "https://cdn.example.com/s/js/it's%20[1]%20%C3%A9%20100%25.js": *url,
            "https://cdn.example.com/s/js/it%27s%20%5B1%5D%20%C3%A9%20100%25.js": *url,
        })
    );
}

#[test]
fn modules_without_a_version_in_their_url_are_left_out() {
    let dir = Dir::with_paths(&["a.js", "b.js"]);
    let with_map =
        |builder: AssetsBuilder| builder.import("a", "a.js").import_modules("*.js").build().unwrap();
    let plain = with_map(dev(&dir).dev_version_query(false));
    assert_eq!(map(&plain.snapshot()), json!({"imports": {"a": "/static/a.js"}}));

    let sources = || Assets::builder().source(&dir).mode(Mode::Production);
    let token = Strategy::PathToken(Token::ordered(7).unwrap());
    let token = with_map(sources().strategy(token).base_url("/static/{breaker}/"));
    assert_eq!(map(&token.snapshot()), json!({"imports": {"a": "/static/7/a.js"}}));

    let query = with_map(sources().strategy(Strategy::VersionQuery).app_version("v1"));
    let [a, b] = ["/static/a.js?v=v1", "/static/b.js?v=v1"];
    let expected = json!({"imports": {"a": a, "/static/a.js": a, "/static/b.js": b}});
    assert_eq!(map(&query.snapshot()), expected);
}

#[test]
fn names_cannot_end_the_element() {
    let names = ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "a\"b\\c\u{1}\u{2028}d", "é&'"];
    let dir = Dir::with_paths(&["a.js"]);
    for name in names {
        let snapshot = dev(&dir).import(name, "a.js").build().unwrap().snapshot();
        assert_eq!(map(&snapshot)["imports"][name], map(&snapshot)["imports"]["/static/a.js"], "{name}");
        let element = snapshot.importmap().unwrap();
        assert!(!content(&element).contains('<'), "{element}");
    }
}

#[test]
fn nonce_is_escaped_and_an_empty_nonce_is_left_out() {
    let dir = Dir::with_paths(&["a.js"]);
    let snapshot = dev(&dir).import("a", "a.js").build().unwrap().snapshot();
    let tag = |nonce: &str| {
        let element = snapshot.importmap_with_nonce(nonce).unwrap();
        format!("{}>", element.split_once(">{").unwrap().0)
    };
    assert_eq!(tag("rAnd0m+/="), "<script type=\"importmap\" nonce=\"rAnd0m+/=\">");
    assert_eq!(
        tag("\"><script>&'"),
        "<script type=\"importmap\" nonce=\"&quot;&gt;&lt;script&gt;&amp;&#39;\">"
    );
    assert_eq!(tag(""), "<script type=\"importmap\">");
}

#[test]
fn csp_hash_is_the_hash_of_the_content() {
    let output = publish_with_map(&[("a.js", "a")], &[("a", "a.js")]);
    let source = Dir::with_paths(&["a.js"]);
    for builder in [production(&output), dev(&source).import("a", "a.js")] {
        let snapshot = builder.build().unwrap().snapshot();
        let element = snapshot.importmap_with_nonce("x").unwrap();
        let hash = Digest::from_content(content(&element).as_bytes()).integrity();
        assert_eq!(snapshot.importmap_csp_hash().unwrap(), Some(format!("'{hash}'")));
    }
}

#[test]
fn unknown_assets_are_errors_with_the_nearest_names() {
    let dir = Dir::with_paths(&["vendor/htmx.js", "vendor/lit/index.js"]);
    let place = dir.path("").display().to_string();
    let place = place.trim_end_matches('/');
    let err = error(dev(&dir).import("htmx", "vendor/htm.js"));
    assert_eq!(
        err.to_string(),
        format!(
            "import `htmx`: asset `vendor/htm.js` was not found in `{place}` (did you mean `vendor/htmx.js`?)"
        )
    );
    assert_eq!(err.kind(), ErrorKind::NotFound);
    let err = error(dev(&dir).import("lit/", "vendor/li/"));
    assert_eq!(
        err.to_string(),
        format!(
            "import `lit/`: directory `vendor/li/` has no assets in `{place}` (did you mean `vendor/lit/`?)"
        )
    );
    assert_eq!(err.kind(), ErrorKind::NotFound);

    let lenient = dev(&dir).on_missing(OnMissing::Plain).import("a", "a.js").import("b/", "b/");
    assert_eq!(
        map(&lenient.build().unwrap().snapshot())["imports"],
        json!({"a": "/static/a.js", "b/": "/static/b/"})
    );
}

#[test]
fn invalid_names_and_globs_are_errors_of_the_builder() {
    let dir = Dir::with_paths(&["a.js"]);
    let refused = |builder: AssetsBuilder| builder.build().unwrap_err().to_string();
    assert_eq!(
        refused(dev(&dir).import("./a.js", "a.js")),
        "import `./a.js` is a path; write a bare name such as `htmx`, or add the path to `modules`"
    );
    assert_eq!(
        refused(dev(&dir).import_modules("../js/**")),
        "glob `../js/**` has a `..` segment, which no asset path has; write it relative to the source directory"
    );
}

#[test]
fn settings_file_has_a_table_for_the_map() {
    let read = |toml: &str| {
        let dir = Dir::with_files(&[("fingerpost.toml", toml)]);
        Settings::read(dir.path("fingerpost.toml"))
    };
    let table = read("[importmap]\nmodules = ['js/**']\nimports.htmx = '/vendor/htmx.js'\n").unwrap();
    assert_eq!(table.import_modules, ["js/**"]);
    assert_eq!(table.imports["htmx"], "vendor/htmx.js");
    for (toml, reason) in [
        (
            "[importmap]\nimports = {'lit/' = 'lit'}",
            "line 2: `imports` in `[importmap]`: import `lit/` ends in `/`, so its path must too; write `lit/`",
        ),
        (
            "[importmap]\nmodules = ['../js']",
            "line 2: `modules` in `[importmap]`: glob `../js` has a `..` segment, which no asset path has; write it relative to the source directory",
        ),
        (
            "[importmap]\nimport = {}",
            "line 2: unknown key `import` in `[importmap]`; did you mean `imports`?",
        ),
    ] {
        let err = read(toml).unwrap_err().to_string();
        assert!(err.ends_with(&format!("fingerpost.toml`: {reason}")), "{err}");
    }

    let dir = Dir::with_paths(&["a.js", "b.js"]);
    let file = settings(|settings| drop(settings.imports.insert("a".into(), "b.js".into())));
    let assets = dev(&dir).settings(file).import("a", "a.js").build().unwrap();
    let map = map(&assets.snapshot());
    assert_eq!(map["imports"]["a"], *assets.url("a.js").unwrap(), "the builder takes precedence");
}

#[test]
fn release_changes_with_the_map() {
    let output = publish_with_map(&[("a.js", "a"), ("b.js", "b")], &[("x", "a.js")]);
    let assets = production(&output).app_version("v1").build().unwrap();
    let mut ids = vec![assets.snapshot().release_id()];
    for (name, path) in [("x", "b.js"), ("y", "b.js")] {
        add_to_manifest(&output, &[(name, path)]);
        ids.push(assets.reload().unwrap().release_id());
        ids.push(assets.reload().unwrap().release_id());
    }
    assert!(ids[1] == ids[2] && ids[3] == ids[4], "{ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[test]
fn manifest_hash_has_the_lines_of_the_map_before_the_components() {
    let output = publish_with_map(&[("a.js", "a")], &[("lit", "a.js"), ("htmx", "a.js")]);
    let expected = format!("a.js\0a.{}.js\nimportmap\0htmx\0a.js\nimportmap\0lit\0a.js\n", hash("a"));
    let version: AppVersion = production(&output).build().unwrap().app_version();
    assert_eq!(*version, hash(expected));
}

#[test]
fn manifest_with_an_unusable_map_is_rejected() {
    let parse = |map: &str| {
        let json = format!(
            r#"{{"version": "1.1", "paths": {{}}, "fingerpost": {{"schema": 1, "importmap": {map}}}}}"#
        );
        Manifest::parse(json.as_bytes(), "m.json").map(|manifest| manifest.importmap().len()).map_err(|err| {
            assert_eq!(err.kind(), ErrorKind::InvalidManifest);
            err.to_string()
        })
    };
    assert_eq!(parse("{}"), Ok(0));
    assert_eq!(parse(r#"{"lit/": "lit/"}"#), Ok(1));
    assert_eq!(
        parse(r#"{"x": "../x.js"}"#).unwrap_err(),
        "manifest `m.json` cannot be read: import `x` cannot be mapped: path `../x.js` leaves the asset directory"
    );
    assert!(parse(r#"{"x": "a", "x": "b"}"#).unwrap_err().contains("`x` occurs twice"));
    assert!(parse(r#"{"x": 1}"#).unwrap_err().contains("invalid type: integer `1`, expected a string"));
}

#[test]
fn preload_header_of_a_site_with_a_map_does_not_disable_the_map() {
    let output = publish_with_map(&[("a.js", "a"), ("a.css", "a")], &[("a", "a.js")]);
    let header = production(&output).build().unwrap().snapshot().preload_header(["a.js", "a.css"]).unwrap();
    let relations: Vec<_> = header.split(", ").filter_map(|link| link.split("; integrity").next()).collect();
    assert_eq!(
        relations,
        [
            format!("</static/a.{}.css>; rel=preload; as=style; crossorigin", hash("a")),
            format!("</static/a.{}.js>; rel=preload; as=script; crossorigin", hash("a")),
        ]
    );
}

#[test]
fn tags_and_map_have_the_same_integrity_value() {
    let output = publish_with_map(&[("a.js", "a")], &[("a", "a.js")]);
    let snapshot = production(&output).build().unwrap().snapshot();
    let map = map(&snapshot);
    let url = snapshot.url("a.js").unwrap();
    let integrity = map["integrity"][&*url].as_str().unwrap();
    let tags = snapshot.tags(["a.js"]).unwrap();
    assert!(tags.contains(&format!("src=\"{url}\" integrity=\"{integrity}\"")), "{tags}");
}
