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
    dir.write(&format!("dist/vite/assets/{main}"), "let a");
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
    let err = assets.url("nothing-like-it").unwrap_err().to_string();
    assert!(err.ends_with(": the entries are `src/logo.svg`, `src/main.ts`"), "{err}");
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
        ["css/app.css", "vite/assets/logo-CoVD.svg", "vite/assets/main-BRBm.js", "vite/favicon.svg"]
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
    // An entry is a name in templates, and not a file that servers know.
    assert_eq!(assets.snapshot().hashed_path("src/main.ts"), None);
    let err = assets.url("nothing-like-it").unwrap_err().to_string();
    assert!(err.ends_with("staticfiles.json`: the entries are `src/main.ts`"), "{err}");
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
fn settings_file_has_the_tables_of_bundlers() {
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
