//! The output of Vite and of other bundlers, in development and under each strategy.

use fingerpost::{
    AssetPath, Assets, AssetsBuilder, ErrorKind, Mode, Settings, Strategy,
    manifest::{Digest, FileInfo, Manifest},
};

use crate::support::{Dir, hash};

/// Returns a project with a build of Vite in `dist/vite`.
fn project() -> Dir {
    let dir = Dir::with_files(&[
        ("package.json", "{}"),
        ("static/css/app.css", "body{}"),
        ("static/js/app.js", ""),
        ("src/main.ts", "let a: number"),
        ("src/logo.svg", "<svg/>"),
        ("public/favicon.svg", "<svg/>"),
    ]);
    write_build(&dir, "main-BRBm.js");
    dir
}

fn write_build(dir: &Dir, main: &str) {
    let manifest = format!(
        r#"{{"src/main.ts": {{"file": "assets/{main}", "src": "src/main.ts", "isEntry": true}},
            "src/logo.svg": {{"file": "assets/logo-CoVD.svg", "src": "src/logo.svg"}}}}"#
    );
    dir.write(format!("dist/vite/assets/{main}"), "let a");
    dir.write("dist/vite/assets/logo-CoVD.svg", "<svg/>");
    dir.write("dist/vite/favicon.svg", "<svg/>");
    dir.write("dist/vite/.vite/manifest.json", manifest);
}

fn site(dir: &Dir) -> AssetsBuilder {
    Assets::builder().source(dir.path("static")).vite(dir.path("dist/vite"))
}

fn dev(dir: &Dir) -> AssetsBuilder {
    site(dir).mode(Mode::Dev)
}

#[track_caller]
fn url(assets: &Assets, path: &str) -> String {
    assets.url(path).unwrap().to_string()
}

#[test]
fn development_reads_the_manifest_of_a_build() {
    let dir = project();
    let assets = dev(&dir).build().unwrap();
    assert_eq!(url(&assets, "src/main.ts"), "/static/vite/assets/main-BRBm.js");
    assert_eq!(url(&assets, "src/logo.svg#a"), "/static/vite/assets/logo-CoVD.svg#a");
    assert_eq!(assets.integrity("src/main.ts").unwrap(), Digest::from_content(b"let a").integrity());
    // Chunks import each other without a version. A module with two URLs would run twice.
    assert_eq!(url(&assets, "vite/assets/main-BRBm.js"), "/static/vite/assets/main-BRBm.js");
    assert_eq!(url(&assets, "vite/favicon.svg"), format!("/static/vite/favicon.svg?v={}", hash("<svg/>")));

    write_build(&dir, "main-Gq3x.js");
    assert_eq!(url(&assets, "src/main.ts"), "/static/vite/assets/main-Gq3x.js");
    let err = assets.url("src/man.ts").unwrap_err().to_string();
    assert!(err.ends_with("(did you mean `src/main.ts`?)"), "{err}");
}

#[test]
fn manifest_that_is_missing_or_broken_in_development_is_an_error() {
    let dir = project();
    let assets = dev(&dir).build().unwrap();
    let place = dir.path("dist/vite/.vite/manifest.json");
    std::fs::remove_file(&place).unwrap();
    let missing = format!(
        "manifest `{}` was not found; run `vite build`, with `build: {{ manifest: true }}` in the configuration of Vite",
        place.display()
    );
    let err = assets.url("src/main.ts").unwrap_err();
    assert_eq!((err.kind(), err.to_string()), (ErrorKind::ManifestNotFound, missing.clone()));
    // Assets do not depend on the manifest, and a build removes the manifest for a moment.
    assert_eq!(url(&assets, "css/app.css"), format!("/static/css/app.css?v={}", hash("body{}")));
    assert_eq!(url(&assets, "vite/assets/main-BRBm.js"), "/static/vite/assets/main-BRBm.js");
    assert_eq!(dev(&dir).build().unwrap_err().to_string(), missing);
    assert_eq!(
        site(&dir)
            .strategy(Strategy::PathToken(fingerpost::Token::ordered(7).unwrap()))
            .base_url("/static/{breaker}/")
            .mode(Mode::Production)
            .build()
            .unwrap_err()
            .kind(),
        ErrorKind::ManifestNotFound
    );

    dir.write("dist/vite/.vite/manifest.json", "{\n}}");
    let broken = "cannot be read: trailing characters at line 2 column 2; run `vite build` again";
    let err = assets.url("src/main.ts").unwrap_err().to_string();
    assert_eq!(err, format!("manifest `{}` {broken}", place.display()));
}

#[test]
fn development_server_serves_source_files() {
    let dir = project();
    std::fs::remove_dir_all(dir.path("dist")).unwrap();
    let assets = dev(&dir).vite_dev_server("http://localhost:5173").build().unwrap();
    assert_eq!(url(&assets, "src/main.ts"), "http://localhost:5173/src/main.ts");
    assert_eq!(assets.absolute_url("src/logo.svg").unwrap(), "http://localhost:5173/src/logo.svg");
    assert_eq!(url(&assets, "css/app.css"), format!("/static/css/app.css?v={}", hash("body{}")));
    assert_eq!(url(&assets, "vite/favicon.svg"), format!("/static/vite/favicon.svg?v={}", hash("<svg/>")));
    for path in ["src/man.ts", "../secret"] {
        assert!(assets.url(path).is_err(), "{path}");
    }
    let err = assets.url("nothing-like-it").unwrap_err().to_string();
    let searched = ["static", "public", ""].map(|name| dir.path(name).display().to_string());
    let [sources, public, root] = &searched;
    let root = root.trim_end_matches('/');
    assert_eq!(
        err,
        format!("asset `nothing-like-it` was not found in `{sources}`, `vite={public}`, `{root}`")
    );

    let with_base = dev(&dir).vite_dev_server("http://localhost:5173/static/vite/").build().unwrap();
    assert_eq!(url(&with_base, "src/main.ts"), "http://localhost:5173/static/vite/src/main.ts");
}

#[test]
fn development_server_suffices_without_source_directories() {
    let dir = Dir::with_files(&[("package.json", "{}"), ("src/main.ts", "")]);
    let assets =
        Assets::builder().vite(dir.path("dist")).vite_dev_server("http://localhost:5173").mode(Mode::Dev);
    let assets = assets.build().unwrap();
    assert_eq!(url(&assets, "src/main.ts"), "http://localhost:5173/src/main.ts");
    assert_eq!(assets.url("src/man.ts").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(assets.iter().count(), 0);
}

#[test]
fn development_server_needs_a_host() {
    let dir = project();
    let err = dev(&dir).vite_dev_server("/vite/").build().unwrap_err();
    let expected = "development server `/vite/` has no host; write a URL such as `http://localhost:5173`";
    assert_eq!((err.kind(), err.to_string()), (ErrorKind::InvalidConfig, expected.to_owned()));
    assert_eq!(
        dev(&dir).vite_dev_server("localhost:5173").build().unwrap_err().kind(),
        ErrorKind::InvalidBaseUrl
    );
}

#[test]
fn strategies_without_a_build_step_list_the_build() {
    let dir = project();
    let assets = site(&dir)
        .mode(Mode::Production)
        .strategy(Strategy::VersionQuery)
        .app_version("v1")
        .vite_dev_server("http://localhost:5173")
        .build()
        .unwrap();
    assert_eq!(url(&assets, "src/main.ts"), "/static/vite/assets/main-BRBm.js");
    assert_eq!(url(&assets, "css/app.css"), "/static/css/app.css?v=v1");
    assert_eq!(assets.integrity("src/main.ts").unwrap(), Digest::from_content(b"let a").integrity());
    let listed: Vec<_> = assets.iter().map(|(path, _)| path).collect();
    assert_eq!(
        listed,
        [
            "css/app.css",
            "js/app.js",
            "vite/assets/logo-CoVD.svg",
            "vite/assets/main-BRBm.js",
            "vite/favicon.svg"
        ]
    );
    write_build(&dir, "main-Gq3x.js");
    assert_eq!(url(&assets, "src/main.ts"), "/static/vite/assets/main-BRBm.js");
    assets.reload().unwrap();
    assert_eq!(url(&assets, "src/main.ts"), "/static/vite/assets/main-Gq3x.js");
}

#[test]
fn production_reads_entries_from_the_manifest() {
    let dir = Dir::new();
    let mut manifest = Manifest::new("/static/");
    for name in ["vite/assets/main-BRBm.js", "css/app.css"] {
        let path = AssetPath::parse(name).unwrap();
        manifest.insert(path, name, FileInfo::new(5, Digest::from_content(b"let a")));
    }
    let main = AssetPath::parse("vite/assets/main-BRBm.js").unwrap();
    manifest.insert_entry("src/main.ts", main);
    dir.write("staticfiles.json", String::from_utf8(manifest.to_json()).unwrap());
    let assets = Assets::production(&dir).unwrap();
    assert_eq!(url(&assets, "src/main.ts"), "/static/vite/assets/main-BRBm.js");
    assert_eq!(url(&assets, "/src/main.ts?x=1"), "/static/vite/assets/main-BRBm.js?x=1");
    assert_eq!(assets.integrity("src/main.ts").unwrap(), Digest::from_content(b"let a").integrity());
    assert_eq!(assets.iter().count(), 2);
    // An entry is a name in templates, not a file that servers send.
    assert_eq!(assets.snapshot().hashed_path("src/main.ts"), None);
    let err = assets.url("src/man.ts").unwrap_err().to_string();
    assert!(err.ends_with("staticfiles.json` (did you mean `src/main.ts`?)"), "{err}");
}

#[test]
fn manifest_with_an_entry_without_an_asset_is_rejected() {
    let entries = |entries: &str| {
        let json = format!(
            r#"{{"version": "1.1", "paths": {{"a.js": "a.js"}}, "fingerpost": {{"schema": 1, "entries": {{{entries}}}}}}}"#
        );
        Manifest::parse(json.as_bytes(), "m.json").map_err(|err| err.to_string())
    };
    assert_eq!(&*entries(r#""src/a.ts": "a.js""#).unwrap().entries()["src/a.ts"], "a.js");
    let gone = "manifest `m.json` has no asset `gone.js` for the entry `src/a.ts`";
    assert_eq!(entries(r#""src/a.ts": "gone.js""#).unwrap_err(), gone);
    assert!(
        entries(r#""src/a.ts": "../a.js""#)
            .unwrap_err()
            .contains("path `../a.js` leaves the asset directory")
    );
    assert!(entries(r#""a": "a.js", "a": "a.js""#).unwrap_err().contains("`a` occurs twice"));
}

#[test]
fn settings_file_has_tables_for_bundlers() {
    let dir = project();
    dir.write("frontend/src/other.ts", "");
    let read = |tables: &str| {
        dir.write("fingerpost.toml", format!("sources = ['static']\n{tables}"));
        Settings::read(dir.path("fingerpost.toml"))
    };
    let assets = |tables: &str| {
        let settings = read(tables).unwrap();
        Assets::builder().settings(settings).mode(Mode::Dev).build().unwrap()
    };
    let built = assets("[vite]\nout = 'dist/vite'\nprefix = ''");
    assert_eq!(url(&built, "src/main.ts"), "/static/assets/main-BRBm.js");
    let served =
        assets("[vite]\nout = 'dist/vite'\nroot = 'frontend'\ndev-server = 'http://localhost:5173/'");
    assert_eq!(url(&served, "src/other.ts"), "http://localhost:5173/src/other.ts");

    let errors = |tables: &str| {
        let err = read(tables).unwrap_err().to_string();
        err.split_once("line 3: ").unwrap().1.to_owned()
    };
    let unknown = "unknown key `dev_server` in `[vite]`; did you mean `dev-server`?";
    assert_eq!(errors("[vite]\ndev_server = ''"), unknown);
    let prefix = "`prefix` in `[vite]`: path `../x` leaves the asset directory";
    assert_eq!(errors("[vite]\nprefix = '../x'"), prefix);
    let host = "`dev-server` in `[vite]`: development server `/x` has no host; write a URL such as `http://localhost:5173`";
    assert_eq!(errors("[vite]\ndev-server = '/x'"), host);
    let no_out =
        "`[vite]` has no `out`; write the output directory of `vite build`, such as `out = \"dist/vite\"`";
    let err = read("[vite]\ndev-server = 'http://localhost:5173'").unwrap_err().to_string();
    assert!(err.ends_with(no_out), "{err}");
    assert_eq!(
        errors("[bundle]\nmanifests = 'x'"),
        "unknown key `manifests` in `[bundle]`; did you mean `manifest`?"
    );
}

#[test]
fn flat_manifest_is_read_in_development() {
    let dir = Dir::with_files(&[
        ("static/pack/manifest.json", r#"{"app.js": "app.3f2a91bc.js", "robots.txt": "robots.txt"}"#),
        ("static/pack/app.3f2a91bc.js", ""),
        ("static/pack/robots.txt", ""),
    ]);
    dir.write("fingerpost.toml", "sources = ['static']\n[bundle]\nmanifest = 'static/pack/manifest.json'");
    let settings = Settings::read(dir.path("fingerpost.toml")).unwrap();
    let assets = Assets::builder().settings(settings).mode(Mode::Dev).build().unwrap();
    assert_eq!(url(&assets, "app.js"), "/static/pack/app.3f2a91bc.js");
    assert_eq!(url(&assets, "robots.txt"), format!("/static/pack/robots.txt?v={}", hash("")));
}

/// A build whose entries share chunks and style sheets.
const GRAPH: &str = r#"{
  "_a-1.js": {"file": "a-1.js", "imports": ["_b-1.js"], "css": ["a-1.css"]},
  "_b-1.js": {"file": "b-1.js", "imports": ["_a-1.js", "src/main.ts"], "css": ["b-1.css", "shared-1.css"]},
  "src/main.ts": {"file": "main-1.js", "src": "src/main.ts", "isEntry": true, "imports": ["_b-1.js", "_a-1.js"], "css": ["shared-1.css", "main-1.css"]},
  "src/admin.ts": {"file": "admin-1.js", "src": "src/admin.ts", "isEntry": true, "imports": ["_a-1.js", "src/main.ts"]},
  "src/app.scss": {"file": "app-1.css", "src": "src/app.scss", "isEntry": true},
  "src/logo.svg": {"file": "logo-1.svg", "src": "src/logo.svg"}
}"#;

/// The kind and the file of each tag of `src/main.ts`, in the order of Vite.
const MAIN: [&str; 7] = [
    "script main-1.js",
    "preload a-1.js",
    "preload b-1.js",
    "style a-1.css",
    "style b-1.css",
    "style shared-1.css",
    "style main-1.css",
];

/// Returns the same site in development, under a strategy without a build step, and with a manifest.
fn graph_sites() -> (Dir, Vec<Assets>) {
    let dir = Dir::with_files(&[("static/js/app.js", ""), ("dist/vite/.vite/manifest.json", GRAPH)]);
    let files = [
        "a-1.js",
        "b-1.js",
        "main-1.js",
        "admin-1.js",
        "a-1.css",
        "b-1.css",
        "main-1.css",
        "shared-1.css",
        "app-1.css",
        "logo-1.svg",
    ];
    files.iter().for_each(|file| drop(dir.write(format!("dist/vite/{file}"), "")));
    let listed = site(&dir).mode(Mode::Production).strategy(Strategy::VersionQuery).app_version("v1");
    fingerpost_manifest(&dir);
    let sites = vec![
        dev(&dir).build().unwrap(),
        listed.build().unwrap(),
        Assets::production(dir.path("out")).unwrap(),
    ];
    (dir, sites)
}

/// Writes the manifest that `collect` writes.
fn fingerpost_manifest(dir: &Dir) {
    let asset = |name: &str| AssetPath::parse(&format!("vite/{name}")).unwrap();
    let mut manifest = Manifest::new("/static/");
    let mut insert = |name: &str, imports: &[&str], styles: &[&str]| {
        let mut info = FileInfo::new(0, Digest::from_content(b""));
        info.imports = imports.iter().map(|name| asset(name)).collect();
        info.styles = styles.iter().map(|name| asset(name)).collect();
        manifest.insert(asset(name), &*asset(name), info);
    };
    insert("a-1.js", &["b-1.js"], &["a-1.css"]);
    insert("b-1.js", &["a-1.js", "main-1.js"], &["b-1.css", "shared-1.css"]);
    insert("main-1.js", &["b-1.js", "a-1.js"], &["shared-1.css", "main-1.css"]);
    insert("admin-1.js", &["a-1.js", "main-1.js"], &[]);
    for file in ["a-1.css", "b-1.css", "main-1.css", "shared-1.css", "app-1.css", "logo-1.svg"] {
        insert(file, &[], &[]);
    }
    let entries = [
        ("main.ts", "main-1.js"),
        ("admin.ts", "admin-1.js"),
        ("app.scss", "app-1.css"),
        ("logo.svg", "logo-1.svg"),
    ];
    entries.iter().for_each(|(name, file)| manifest.insert_entry(format!("src/{name}"), asset(file)));
    dir.write("out/staticfiles.json", manifest.to_json());
}

/// Returns the kind and the file of each tag.
#[track_caller]
fn tags(assets: &Assets, entries: &[&str]) -> Vec<String> {
    let tags = assets.tags(entries).unwrap();
    let row = |tag: &str| {
        let (start, rest) = tag.split_once("=\"/static/vite/").unwrap_or_else(|| panic!("{tag}"));
        let kinds = [
            ("<link rel=\"stylesheet\"", "style"),
            ("<link rel=\"modulepreload\"", "preload"),
            ("<script", "script"),
        ];
        let (_, kind) = kinds.iter().find(|(text, _)| start.starts_with(text)).unwrap();
        format!("{kind} {}", rest.split_once('"').unwrap().0)
    };
    tags.lines().map(row).collect()
}

#[test]
fn tags_of_entries_are_in_the_order_of_vite() {
    let (_dir, sites) = graph_sites();
    for assets in &sites {
        assert_eq!(tags(assets, &["src/main.ts"]), MAIN);
    }
}

#[test]
fn each_url_of_several_entries_has_one_tag() {
    let (_dir, sites) = graph_sites();
    for assets in &sites {
        let rows = tags(assets, &["src/main.ts", "src/app.scss", "src/admin.ts", "src/main.ts"]);
        let mut unique = rows.clone();
        unique.sort();
        unique.dedup();
        assert_eq!((rows.len(), unique.len()), (9, 9), "{rows:?}");
        assert!(!rows.contains(&"preload main-1.js".to_owned()), "{rows:?}");
        assert_eq!(tags(assets, &["src/app.scss"]), ["style app-1.css"]);
    }
}

#[test]
fn unknown_entries_are_errors_that_list_the_entries() {
    let (dir, sites) = graph_sites();
    for assets in &sites {
        let list = "; the entries of the bundler are `src/admin.ts`, `src/app.scss`, `src/main.ts`";
        for entry in ["src/man.ts", "js/nothing-like-it.js"] {
            let err = assets.tags([entry]).unwrap_err();
            assert_eq!(err.kind(), ErrorKind::NotFound);
            assert!(err.to_string().ends_with(list), "{err}");
        }
        assert_eq!(assets.tags(["src/logo.svg"]).unwrap_err().kind(), ErrorKind::NotAnEntry);
    }
    std::fs::remove_file(dir.path("dist/vite/main-1.js")).unwrap();
    assert_eq!(sites[0].tags(["src/main.ts"]).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn long_list_of_entries_is_cut() {
    let chunk = |number: usize| format!(r#""src/{number:03}.ts": {{"file": "{number:03}.js"}}"#);
    let manifest = format!("{{{}}}", (0..40).map(chunk).collect::<Vec<_>>().join(","));
    let dir = Dir::with_files(&[("static/a.js", ""), ("dist/vite/.vite/manifest.json", &manifest)]);
    let err = dev(&dir).build().unwrap().tags(["nothing-like-it.js"]).unwrap_err().to_string();
    assert!(err.ends_with("`src/008.ts`, `src/009.ts`, …"), "{err}");
}

#[test]
fn client_of_the_development_server_is_loaded_once_before_the_entries() {
    let dir = project();
    dir.write("src/app.scss", "");
    dir.write("src/page.tsx", "");
    let assets = dev(&dir).vite_dev_server("http://localhost:5173").build().unwrap();
    let server = "http://localhost:5173";
    let client = format!("<script type=\"module\" src=\"{server}/@vite/client\" crossorigin></script>");
    let entry =
        |path: &str| format!("<script type=\"module\" src=\"{server}/src/{path}\" crossorigin></script>");
    let own = format!("<script type=\"module\" src=\"{}\" crossorigin></script>", url(&assets, "js/app.js"));
    let style = format!("<link rel=\"stylesheet\" href=\"{server}/src/app.scss\" crossorigin>");
    let expected = [client, entry("main.ts"), entry("page.tsx"), own.clone(), style].join("\n");
    let entries = ["src/main.ts", "src/app.scss", "src/page.tsx", "src/main.ts", "js/app.js"];
    assert_eq!(assets.tags(entries).unwrap(), expected);
    assert_eq!(assets.tags(["js/app.js"]).unwrap(), own);
    assert_eq!(assets.tags(["src/logo.svg"]).unwrap_err().kind(), ErrorKind::NotAnEntry);
    assert_eq!(assets.tags(["src/gone.ts"]).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn preamble_of_react_refresh_has_the_nonce() {
    let dir = project();
    dir.write(
        "fingerpost.toml",
        "sources = ['static']\n[vite]\nout = 'dist/vite'\ndev-server = 'http://localhost:5173'\nreact = true",
    );
    let settings = Settings::read(dir.path("fingerpost.toml")).unwrap();
    let assets = Assets::builder().settings(settings).mode(Mode::Dev).build().unwrap();
    let expected = r#"<script type="module" nonce="a&quot;b">
import RefreshRuntime from "http://localhost:5173/@react-refresh"
RefreshRuntime.injectIntoGlobalHook(window)
window.$RefreshReg$ = () => {}
window.$RefreshSig$ = () => (type) => type
window.__vite_plugin_react_preamble_installed__ = true
</script>
<script type="module" src="http://localhost:5173/@vite/client" crossorigin nonce="a&quot;b"></script>
<script type="module" src="http://localhost:5173/src/main.ts" crossorigin nonce="a&quot;b"></script>"#;
    assert_eq!(assets.tags_with_nonce(["src/main.ts"], "a\"b").unwrap(), expected);
    assert!(!assets.tags(["js/app.js"]).unwrap().contains("RefreshRuntime"));
}
