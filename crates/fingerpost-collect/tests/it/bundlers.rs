//! Tests of the manifests of Vite and of other bundlers.

use std::fs;

use fingerpost::{AssetPath, Settings, manifest::Manifest};
use fingerpost_collect::{CollectConfig, ErrorKind, collect};

use crate::site::{Site, warnings};

const MANIFEST: &str = r#"{
  "_shared-Ds4o.css": {"file": "assets/shared-Ds4o.css", "src": "_shared-Ds4o.css"},
  "_shared-DA2b.js": {"file": "assets/shared-DA2b.js", "name": "shared", "css": ["assets/shared-Ds4o.css"], "imports": ["_loop-CyCl.js"]},
  "_loop-CyCl.js": {"file": "assets/loop-CyCl.js", "name": "loop", "imports": ["_shared-DA2b.js"]},
  "src/main.ts": {"file": "assets/main-BRBm.js", "name": "main", "src": "src/main.ts", "isEntry": true,
    "imports": ["_shared-DA2b.js"], "dynamicImports": ["src/lazy.ts"], "css": ["assets/main-Gq3x.css"], "assets": ["assets/logo-CoVD.svg"]},
  "src/lazy.ts": {"file": "assets/lazy-OSdE.js", "name": "lazy", "src": "src/lazy.ts", "isDynamicEntry": true},
  "src/logo.svg": {"file": "assets/logo-CoVD.svg", "src": "src/logo.svg"}
}"#;

/// Returns a site with the output of a build in `dist`.
fn site() -> Site {
    let site = Site::new(&[("static/css/site.css", "body{background:url(../vite/assets/logo-CoVD.svg)}")]);
    site.write("dist/.vite/manifest.json", MANIFEST);
    for (name, text) in [
        (
            "assets/main-BRBm.js",
            "import{a}from'./shared-DA2b.js';a;import('./lazy-OSdE.js')\n//# sourceMappingURL=main-BRBm.js.map\n",
        ),
        ("assets/main-BRBm.js.map", "{\"version\":3}"),
        ("assets/shared-DA2b.js", "import'./loop-CyCl.js';export const a=1"),
        ("assets/loop-CyCl.js", "import'./shared-DA2b.js'"),
        ("assets/lazy-OSdE.js", "export const b=2"),
        ("assets/main-Gq3x.css", "a{background:url(/static/vite/assets/logo-CoVD.svg)}"),
        ("assets/shared-Ds4o.css", "b{color:red}"),
        ("assets/logo-CoVD.svg", "<svg/>"),
        ("favicon.svg", "<svg/>"),
    ] {
        site.write(&format!("dist/{name}"), text);
    }
    site
}

fn config(site: &Site) -> CollectConfig {
    site.config().vite(site.path("dist"))
}

fn paths(texts: &[&str]) -> Vec<AssetPath> {
    texts.iter().map(|text| AssetPath::parse(text).unwrap()).collect()
}

#[test]
fn files_that_the_manifest_names_keep_their_names() {
    let site = site();
    collect(&config(&site)).unwrap();
    let manifest = site.manifest("out");
    for (path, entry) in &manifest {
        let is_kept = path.starts_with("vite/assets/") && !path.ends_with(".map");
        assert_eq!(entry.hashed == **path, is_kept, "{path}");
    }
    assert_eq!(manifest.len(), 10);
    let style = site.read(&format!("out/{}", site.hashed("css/site.css")));
    assert_eq!(style, "body{background:url(../vite/assets/logo-CoVD.svg)}");
    assert_eq!(collect(&config(&site)).unwrap().release, None);
}

#[test]
fn manifest_contains_entries_imports_and_styles() {
    let site = site();
    collect(&config(&site)).unwrap();
    let manifest = site.manifest("out");
    let entries: Vec<_> = manifest.entries().iter().map(|(name, path)| (&**name, &**path)).collect();
    let expected = [
        ("src/lazy.ts", "vite/assets/lazy-OSdE.js"),
        ("src/logo.svg", "vite/assets/logo-CoVD.svg"),
        ("src/main.ts", "vite/assets/main-BRBm.js"),
    ];
    assert_eq!(entries, expected);
    let info = |path: &str| manifest.get(path).unwrap().info.clone().unwrap();
    let main = info("vite/assets/main-BRBm.js");
    assert_eq!(main.imports, paths(&["vite/assets/shared-DA2b.js"]));
    assert_eq!(main.styles, paths(&["vite/assets/main-Gq3x.css"]));
    assert_eq!(info("vite/assets/shared-DA2b.js").styles, paths(&["vite/assets/shared-Ds4o.css"]));
    assert_eq!(Manifest::parse(&manifest.to_json(), "again").unwrap(), manifest);
}

#[test]
fn rebuild_that_changes_only_a_source_map_is_published() {
    let site = site();
    collect(&config(&site)).unwrap();
    site.write("dist/assets/main-BRBm.js.map", "{\"version\":3,\"sources\":[]}");
    assert_eq!(collect(&config(&site)).unwrap().release, Some(2));
}

#[test]
fn renamed_entry_changes_the_hash_of_the_manifest() {
    let site = site();
    let before = collect(&config(&site)).unwrap().hash;
    site.write("dist/.vite/manifest.json", MANIFEST.replace("src/lazy.ts", "src/lazier.ts"));
    let report = collect(&config(&site)).unwrap();
    assert_ne!(report.hash, before);
    assert_eq!(report.release, Some(2));
}

#[test]
fn single_style_sheet_of_a_build_belongs_to_every_entry() {
    let site = Site::new(&[]);
    let manifest = r#"{"src/a.ts": {"file": "a-1.js", "src": "src/a.ts", "isEntry": true},
        "src/b.ts": {"file": "b-1.js", "src": "src/b.ts", "isEntry": true},
        "_c-1.js": {"file": "c-1.js"}, "style.css": {"file": "style-1.css", "src": "style.css"}}"#;
    site.write("dist/.vite/manifest.json", manifest);
    ["a-1.js", "b-1.js", "c-1.js", "style-1.css"]
        .iter()
        .for_each(|file| site.write(&format!("dist/{file}"), ""));
    collect(&config(&site)).unwrap();
    let manifest = site.manifest("out");
    let styles = |path: &str| manifest.get(path).unwrap().info.clone().unwrap().styles;
    let all = ["vite/a-1.js", "vite/b-1.js", "vite/c-1.js"].map(styles);
    assert_eq!(all, [paths(&["vite/style-1.css"]), paths(&["vite/style-1.css"]), vec![]]);
}

#[test]
fn unusable_manifests_of_vite_are_rejected() {
    let site = site();
    let place = site.quoted_path("dist/.vite/manifest.json");
    let again = "; run `vite build` again";
    for (json, reason) in [
        ("{\n  \"a\": }", "cannot be read: expected value at line 2 column 8"),
        ("[]", "cannot be read: invalid type: sequence, expected an object at line 1 column 0"),
        (
            r#"{"a": {"file": 3}}"#,
            "cannot be read: invalid type: integer `3`, expected a string at line 1 column 16",
        ),
        (r#"{"a": {}, "a": {}}"#, "cannot be read: `a` occurs twice at line 1 column 13"),
        (r#"{"src/a.ts": {"src": "src/a.ts"}}"#, "has no `file` for `src/a.ts`"),
        (
            r#"{"src/a.ts": {"file": "a.js", "imports": ["_b.js"]}}"#,
            "has no chunk `_b.js`, which another chunk imports",
        ),
        (
            r#"{"src/a.ts": {"file": "../a.js"}}"#,
            "has an invalid file name for `src/a.ts`: path `../a.js` leaves the asset directory",
        ),
        (
            r#"{"src/a.ts": {"file": "a.js", "css": ["https://example.com/a.css"]}}"#,
            "has an invalid file name for `src/a.ts`: path `https://example.com/a.css` has a scheme (`https`)",
        ),
    ] {
        site.write("dist/.vite/manifest.json", json);
        let problems = site.problems_of(&config(&site));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(&format!("manifest {place} {reason}")), "{}", problems[0]);
        assert!(problems[0].ends_with(again), "{}", problems[0]);
    }
}

#[test]
fn missing_build_is_reported_with_the_command_to_run() {
    let site = Site::new(&[("static/a.css", "")]);
    let place = site.quoted_path("dist/.vite/manifest.json");
    let problem = format!(
        "manifest {place} was not found; run `vite build`, with `build: {{ manifest: true }}` in the configuration of Vite"
    );
    assert_eq!(site.problems_of(&config(&site)), [problem]);
}

#[test]
fn missing_files_and_entries_named_like_assets_are_reported() {
    let site = site();
    site.remove("dist/assets/lazy-OSdE.js");
    site.write("dist/assets/main-BRBm.js", "import'./shared-DA2b.js'");
    site.write("static/src/main.ts", "");
    let problems = [
        "the manifest of the bundler names `vite/assets/lazy-OSdE.js`, which does not exist; run the bundler again, such as \
         `vite build`",
        "`src/main.ts` is both an asset and an entry of the bundler; rename or ignore the asset",
    ];
    assert_eq!(site.problems_of(&config(&site)), problems);
    site.remove("static/src/main.ts");
    let problems = site.problems_of(&config(&site).ignore(["lazy-*", "main-*.css"]));
    let ignored = "the manifest of the bundler names `vite/assets/lazy-OSdE.js`, which does not exist; run the bundler again, \
                   such as `vite build`";
    let reason = "the manifest of the bundler names `vite/assets/main-Gq3x.css`, which is not an asset, because the ignore glob \
                  `main-*.css` matches it";
    assert_eq!(problems, [ignored, reason]);
}

#[test]
fn base_of_vite_that_differs_from_the_base_url_is_reported() {
    let site = site();
    let style = "dist/assets/main-Gq3x.css";
    let place = site.quoted_path(style);
    let problem = |base: &str, served: &str| {
        format!(
            "{place} was built with the base `{base}`, but is served at `{served}`; set `base: './'` in the configuration of \
             Vite, and run `vite build` again"
        )
    };
    site.write(style, "a{background:url(/assets/logo-CoVD.svg)}");
    let first = site.problems_of(&config(&site)).remove(0);
    assert_eq!(first, problem("/", "/static/vite/"));
    site.write(style, "a{background:url(https://cdn.example.com/static/vite/assets/logo-CoVD.svg)}");
    collect(&config(&site).base_url("https://cdn.example.com/static/")).unwrap();
    let elsewhere = config(&site).base_url("/assets/");
    assert_eq!(
        site.problems_of(&elsewhere)[0],
        problem("https://cdn.example.com/static/vite/", "/assets/vite/")
    );
    site.write(style, "a{background:url(logo-CoVD.svg)}");
    collect(&CollectConfig::new(site.path("new")).vite(site.path("dist")).base_url("/assets/")).unwrap();
}

#[test]
fn settings_file_sets_the_output_and_the_prefix_of_vite() {
    let site = site();
    site.write("dist/assets/main-Gq3x.css", "");
    for (prefix, main) in
        [("prefix = 'app/js'", "app/js/assets/main-BRBm.js"), ("prefix = ''", "assets/main-BRBm.js")]
    {
        site.write("fingerpost.toml", format!("out = 'new'\n[vite]\nout = 'dist'\n{prefix}"));
        collect(&CollectConfig::from_settings(Settings::read(site.path("fingerpost.toml")).unwrap()))
            .unwrap();
        assert_eq!(&*site.manifest("new").entries()["src/main.ts"], main);
    }
}

#[test]
fn manifest_of_ten_megabytes_is_read() {
    let site = Site::in_memory();
    let chunk = |number: usize| {
        format!(
            r#""src/page-{number}.ts": {{"file": "a-1.js", "src": "src/page-{number}.ts", "imports": ["src/page-{number}.ts"]}}"#
        )
    };
    let json = format!("{{{}}}", (0..110_000).map(chunk).collect::<Vec<_>>().join(","));
    assert!(json.len() > 10_000_000, "{}", json.len());
    site.write("dist/.vite/manifest.json", json);
    site.write("dist/a-1.js", "");
    collect(&config(&site)).unwrap();
    assert_eq!(site.manifest("out").entries().len(), 110_000);
}

#[test]
fn flat_manifest_names_files_next_to_it() {
    let site = Site::new(&[
        ("static/pack/app.3f2a91bc.js", "import'./chunk.55aa.js'"),
        ("static/pack/app.91bc3f2a.css", "a{}"),
        ("static/pack/logo.1234abcd.svg", "<svg/>"),
        ("static/pack/robots.txt", "allow"),
        ("static/pack/chunk.55aa.js", "0"),
        (
            "static/pack/manifest.json",
            r#"{"app.js": "app.3f2a91bc.js", "app.css": "/static/pack/app.91bc3f2a.css", "img/logo.svg": {"src": "./logo.1234abcd.svg",
               "integrity": "sha256-x"}, "robots.txt": "robots.txt", "chunk.js": "auto/chunk.55aa.js", "entrypoints": {"app": {"assets": {}}}}"#,
        ),
    ]);
    site.write(
        "fingerpost.toml",
        "sources = ['static']\nout = 'out'\n[bundle]\nmanifest = 'static/pack/manifest.json'",
    );
    let config = || CollectConfig::from_settings(Settings::read(site.path("fingerpost.toml")).unwrap());
    collect(&config()).unwrap();
    let manifest = site.manifest("out");
    let entries: Vec<_> = manifest.entries().iter().map(|(name, path)| (&**name, &**path)).collect();
    let expected = [
        ("app.css", "pack/app.91bc3f2a.css"),
        ("app.js", "pack/app.3f2a91bc.js"),
        ("chunk.js", "pack/chunk.55aa.js"),
        ("img/logo.svg", "pack/logo.1234abcd.svg"),
        ("robots.txt", "pack/robots.txt"),
    ];
    assert_eq!(entries, expected);
    assert_eq!(site.hashed("pack/app.3f2a91bc.js"), "pack/app.3f2a91bc.js");
    let info = manifest.get("pack/app.3f2a91bc.js").unwrap().info.clone().unwrap();
    assert_eq!(info.imports, paths(&["pack/chunk.55aa.js"]));
    // The bundler did not put a hash into this name.
    assert_ne!(site.hashed("pack/robots.txt"), "pack/robots.txt");

    let place = site.quoted_path("static/pack/manifest.json");
    let advice = "the bundler must write names relative to its output directory, or URLs below the base URL";
    for (json, problem) in [
        (
            "{",
            "cannot be read: EOF while parsing an object at line 1 column 1; run the bundler again"
                .to_owned(),
        ),
        (
            r#"{"app.js": "../app.js"}"#,
            format!(
                "has the file `../app.js` for `app.js`: path `../app.js` leaves the asset directory; {advice}"
            ),
        ),
        (
            r#"{"app.js": "https://example.com/app.js"}"#,
            format!(
                "has the file `https://example.com/app.js` for `app.js`: the URL is not below the base URL `/static/`; {advice}"
            ),
        ),
    ] {
        site.write("static/pack/manifest.json", json);
        assert_eq!(site.problems_of(&config()), [format!("manifest {place} {problem}")]);
    }
}

#[test]
fn flat_manifest_outside_the_source_directories_is_rejected() {
    let site = Site::new(&[("static/a.css", ""), ("dist/manifest.json", "{}")]);
    site.write(
        "fingerpost.toml",
        "sources = ['static']\nout = 'out'\n[bundle]\nmanifest = 'dist/manifest.json'",
    );
    let config = CollectConfig::from_settings(Settings::read(site.path("fingerpost.toml")).unwrap());
    let problem = format!(
        "manifest {} is in no source directory; add the output directory of the bundler to `sources`",
        site.quoted_path("dist/manifest.json")
    );
    assert_eq!(site.problems_of(&config), [problem]);
    assert_eq!(collect(&config).unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn page_of_vite_refers_to_prehashed_files_without_a_warning() {
    let site = site();
    site.write("dist/index.html", "<script type=module src=\"./assets/main-BRBm.js\"></script>");
    assert_eq!(warnings(&collect(&config(&site)).unwrap()), [""; 0]);
    site.write("dist/index.html", "<link rel=icon href=\"./favicon.svg\">");
    let warnings = warnings(&collect(&config(&site)).unwrap());
    assert!(warnings.len() == 1 && warnings[0].contains("`vite/index.html` has references"), "{warnings:?}");
}

#[test]
fn entry_with_the_name_of_its_file_is_accepted() {
    let site = Site::new(&[]);
    site.write(
        "dist/.vite/manifest.json",
        r#"{"main.js": {"file": "main.js", "src": "main.js", "isEntry": true}}"#,
    );
    site.write("dist/main.js", "");
    site.write("fingerpost.toml", "out = \"out\"\n[vite]\nout = \"dist\"\nprefix = \"\"\n");
    let settings = Settings::read(site.path("fingerpost.toml")).unwrap();
    collect(&CollectConfig::from_settings(settings)).unwrap();
    assert_eq!(site.hashed("main.js"), "main.js");
}

#[test]
fn url_on_another_host_is_not_the_base_of_a_file_without_a_hash() {
    let site = Site::new(&[]);
    site.write(
        "dist/.vite/manifest.json",
        r#"{"src/main.js": {"file": "main.js", "src": "src/main.js", "isEntry": true}}"#,
    );
    site.write("dist/main.js", "fetch(\"https://example.com/main.js\")");
    collect(&config(&site)).unwrap();
}

#[test]
fn base_of_vite_on_another_host_is_an_error() {
    let site = Site::new(&[]);
    let file = "assets/logo-CoVDG0GC.svg";
    let manifest = r#"{"main.js": {"file": "main-BRBmoGS9.js", "src": "main.js", "assets": ["assets/logo-CoVDG0GC.svg"]}}"#;
    site.write("dist/.vite/manifest.json", manifest);
    site.write(&format!("dist/{file}"), "<svg/>");
    site.write("dist/main-BRBmoGS9.js", format!("a='https://old.example.com/static/vite/{file}'"));
    collect(&config(&site)).unwrap();
    let config = config(&site).base_url("https://cdn.example.com/static/");
    let place = site.quoted_path("dist/main-BRBmoGS9.js");
    let message = format!(
        "{place} was built with the base `https://old.example.com/static/vite/`, but is served at \
         `https://cdn.example.com/static/vite/`; set `base: './'` in the configuration of Vite, and run `vite build` again"
    );
    assert_eq!(site.problems_of(&config), [message]);
    site.write("dist/main-BRBmoGS9.js", format!("a='https://cdn.example.com/static/vite/{file}'"));
    site.remove("out/staticfiles.json");
    fs::remove_dir_all(site.path("out")).unwrap();
    collect(&config).unwrap();
}

#[test]
fn names_in_a_flat_manifest_may_begin_with_a_slash() {
    let site = Site::new(&[]);
    site.write("dist/manifest.json", r#"{"/js/app.js": "/static/js/app.3f2a91bc.js"}"#);
    site.write("dist/js/app.3f2a91bc.js", "");
    site.write(
        "fingerpost.toml",
        "sources = [\"dist\"]\nout = \"out\"\n[bundle]\nmanifest = \"dist/manifest.json\"\n",
    );
    let config = || CollectConfig::from_settings(Settings::read(site.path("fingerpost.toml")).unwrap());
    collect(&config()).unwrap();
    assert_eq!(&*site.manifest("out").entries()["js/app.js"], "js/app.3f2a91bc.js");

    site.write("dist/manifest.json", r#"{"/js/app.js": "/js/app.js?id=3f2a"}"#);
    let err = collect(&config()).unwrap_err().to_string();
    let reason = "has the file `/js/app.js?id=3f2a` for `/js/app.js`: the version is in the query; configure the bundler to \
                  write hashes into file names";
    assert!(err.contains(reason), "{err}");
}
