//! The tags and the preload header of entries.

use std::collections::BTreeMap;

use allocation_counter::measure;
use fingerpost::{
    AssetPath, Assets, ErrorKind, Mode, OnMissing, Snapshot, Strategy, Token,
    manifest::{Digest, FileInfo, MANIFEST_NAME, Manifest},
};

use crate::support::{Dir, Memory, Site, dev, production, warnings};

/// Creates a manifest of assets without hashes in their names, each with its imports and style sheets.
fn manifest(files: &[(&str, &[&str], &[&str])]) -> Manifest {
    let parse = |path: &&str| AssetPath::parse(path).unwrap();
    let mut manifest = Manifest::new("/static/");
    for (path, imports, styles) in files {
        let mut info = FileInfo::new(0, Digest::from_content(path.as_bytes()));
        info.imports = imports.iter().map(parse).collect();
        info.styles = styles.iter().map(parse).collect();
        manifest.insert(parse(path), *path, info);
    }
    manifest
}

fn snapshot_of(manifest: &Manifest) -> Snapshot {
    let store = Memory::default();
    store.write(MANIFEST_NAME, manifest.to_json());
    Assets::builder().store(store).mode(Mode::Production).build().unwrap().snapshot()
}

fn snapshot(files: &[(&str, &[&str], &[&str])]) -> Snapshot {
    snapshot_of(&manifest(files))
}

/// Returns the kind and the asset path of each tag. Checks that each tag has the integrity value of its asset.
#[track_caller]
fn summary(snapshot: &Snapshot, entries: &[&str]) -> Vec<String> {
    let tags = snapshot.tags(entries).unwrap();
    let row = |tag: &str| {
        let (start, rest) = tag.split_once("=\"/static/").unwrap();
        let (path, rest) = rest.split_once('"').unwrap();
        let integrity = snapshot.integrity(path).unwrap();
        let kind = match start {
            "<link rel=\"stylesheet\" href" => "style",
            "<link rel=\"modulepreload\" href" => "preload",
            "<script type=\"module\" src" => "script",
            start => panic!("{start}"),
        };
        let end = if kind == "script" { "></script>" } else { ">" };
        assert_eq!(rest, format!(" integrity=\"{integrity}\" crossorigin{end}"));
        format!("{kind} {path}")
    };
    tags.lines().map(row).collect()
}

#[test]
fn imports_are_preloaded_once_between_style_sheets_and_scripts() {
    let snapshot = snapshot(&[
        ("css/app.css", &[], &[]),
        ("js/app.js", &["js/b.js", "js/c.js"], &[]),
        ("js/b.js", &["js/c.js"], &[]),
        ("js/c.js", &[], &[]),
        ("js/other.mjs", &["js/c.js", "js/d.js"], &[]),
        ("js/d.js", &[], &[]),
    ]);
    assert_eq!(summary(&snapshot, &["css/app.css"]), ["style css/app.css"]);
    assert_eq!(
        summary(&snapshot, &["js/app.js", "css/app.css"]),
        ["style css/app.css", "preload js/c.js", "preload js/b.js", "script js/app.js"]
    );
    assert_eq!(
        summary(&snapshot, &["js/app.js", "js/other.mjs", "/js/app.js"]),
        ["preload js/c.js", "preload js/b.js", "preload js/d.js", "script js/app.js", "script js/other.mjs"]
    );
    assert_eq!(
        summary(&snapshot, &["js/app.js", "js/b.js"]),
        ["preload js/c.js", "script js/app.js", "script js/b.js"]
    );
    assert_eq!(snapshot.tags(&[""; 0]).unwrap(), "");
}

#[test]
fn modules_in_import_cycles_have_one_tag_each() {
    let snapshot = snapshot(&[
        ("a.js", &["b.js"], &[]),
        ("b.js", &["a.js", "b.js"], &[]),
        ("c.js", &["c.js", "a.js"], &[]),
    ]);
    assert_eq!(summary(&snapshot, &["a.js"]), ["preload b.js", "script a.js"]);
    assert_eq!(summary(&snapshot, &["b.js"]), ["preload a.js", "script b.js"]);
    assert_eq!(summary(&snapshot, &["c.js"]), ["preload b.js", "preload a.js", "script c.js"]);
}

#[test]
fn style_sheets_of_imports_precede_the_style_sheets_of_the_script() {
    let snapshot = snapshot(&[
        ("main.js", &["a.js", "b.js"], &["main.css", "shared.css"]),
        ("a.js", &["b.js"], &["a.css"]),
        ("b.js", &["main.js"], &["b.css", "shared.css"]),
        ("main.css", &[], &[]),
        ("a.css", &[], &[]),
        ("b.css", &[], &[]),
        ("shared.css", &[], &[]),
    ]);
    assert_eq!(
        summary(&snapshot, &["a.css", "main.js"]),
        [
            "style a.css",
            "style b.css",
            "style shared.css",
            "style main.css",
            "preload b.js",
            "preload a.js",
            "script main.js"
        ]
    );
}

#[test]
fn other_modules_and_unknown_imports_are_not_preloaded() {
    let snapshot = snapshot(&[
        ("app.js", &["data.json", "app.css", "gone.js", "b.MJS"], &["gone.css"]),
        ("app.css", &[], &[]),
        ("b.MJS", &[], &[]),
        ("data.json", &[], &[]),
    ]);
    assert_eq!(summary(&snapshot, &["app.js"]), ["preload b.MJS", "script app.js"]);
}

#[test]
fn long_chains_and_wide_graphs_of_imports_are_followed() {
    let count = 10_000;
    let path = |number: usize| AssetPath::parse(&format!("m{number:05}.js")).unwrap();
    let mut manifest = Manifest::new("/static/");
    for number in 0..count {
        let mut info = FileInfo::new(0, Digest::from_content(b""));
        info.imports =
            if number == 0 { (1..count).map(path).collect() } else { vec![path((number + 1) % count)] };
        manifest.insert(path(number), &*path(number), info);
    }
    let snapshot = snapshot_of(&manifest);
    let tags = |entry: &str| {
        let entry = entry.to_owned();
        let snapshot = snapshot.clone();
        // With this small stack, a recursion over the graph would overflow.
        let thread = std::thread::Builder::new().stack_size(256 * 1024);
        thread.spawn(move || snapshot.tags(&[entry]).unwrap()).unwrap().join().unwrap()
    };
    for entry in ["m00000.js", "m00001.js"] {
        let tags = tags(entry);
        let counts = ["modulepreload", "<script"].map(|text| tags.matches(text).count());
        assert_eq!(counts, [count - 1, 1], "{entry}");
    }
}

#[test]
fn nonce_is_escaped_in_every_tag_and_an_empty_nonce_is_left_out() {
    let snapshot = snapshot(&[("a.js", &["b.js"], &["a.css"]), ("b.js", &[], &[]), ("a.css", &[], &[])]);
    let tags = snapshot.tags_with_nonce(&["a.js"], "\"><script>&'").unwrap();
    let nonce = " crossorigin nonce=\"&quot;&gt;&lt;script&gt;&amp;&#39;\">";
    assert_eq!((tags.lines().count(), tags.matches(nonce).count()), (3, 3), "{tags}");
    assert_eq!(
        snapshot.tags_with_nonce(&["a.js"], "r4nd0m+/==").unwrap().matches(" nonce=\"r4nd0m+/==\">").count(),
        3
    );
    assert_eq!(snapshot.tags_with_nonce(&["a.js"], "").unwrap(), snapshot.tags(&["a.js"]).unwrap());
}

#[test]
fn query_and_fragment_of_an_entry_are_preserved_and_escaped() {
    let snapshot = snapshot(&[("a.js", &["b.js", "a.js"], &[]), ("b.js", &[], &[])]);
    let integrity = snapshot.integrity("a.js").unwrap();
    let tags = snapshot.tags(&["a.js?x=1&y=<2>#f", "a.js?x=1&y=<2>#f", "a.js"]).unwrap();
    let attributes = format!("integrity=\"{integrity}\" crossorigin></script>");
    let lines: Vec<_> = tags.lines().skip(1).collect();
    assert!(tags.starts_with("<link rel=\"modulepreload\" href=\"/static/b.js\" "), "{tags}");
    assert_eq!(
        lines,
        [
            format!("<script type=\"module\" src=\"/static/a.js?x=1&amp;y=%3C2%3E#f\" {attributes}"),
            format!("<script type=\"module\" src=\"/static/a.js\" {attributes}")
        ]
    );
}

#[test]
fn without_a_manifest_only_entries_have_tags_and_no_tag_has_integrity() {
    let dir = Dir::with_files(&[("js/app.js", "import './b.js'"), ("js/b.js", ""), ("css/app.css", "")]);
    let url = |assets: &Assets, path| assets.url(path).unwrap();
    let token = Strategy::PathToken(Token::ordered(7).unwrap());
    for assets in [
        dev(&dir),
        Assets::builder()
            .source(&dir)
            .mode(Mode::Production)
            .strategy(Strategy::VersionQuery)
            .app_version("v1"),
        Assets::builder().source(&dir).mode(Mode::Production).strategy(token).base_url("/static/{breaker}/"),
    ] {
        let assets = assets.build().unwrap();
        let (style, script) = (url(&assets, "css/app.css"), url(&assets, "js/app.js"));
        assert_eq!(
            assets.tags(&["js/app.js", "css/app.css", "js/app.js"]).unwrap(),
            format!(
                "<link rel=\"stylesheet\" href=\"{style}\" crossorigin>\n\
                 <script type=\"module\" src=\"{script}\" crossorigin></script>"
            )
        );
        assert_eq!(
            assets.preload_header(["js/app.js", "css/app.css"]).unwrap(),
            format!(
                "<{style}>; rel=preload; as=style; crossorigin, <{script}>; rel=modulepreload; crossorigin"
            )
        );
    }
}

#[test]
fn preload_header_names_the_files_of_the_tags() {
    let snapshot = snapshot(&[("a.js", &["b.js"], &["a.css"]), ("b.js", &[], &[]), ("a.css", &[], &[])]);
    let link = |path: &str, relation: &str| {
        let integrity = snapshot.integrity(path).unwrap();
        format!("</static/{path}>; rel={relation}; crossorigin; integrity=\"{integrity}\"")
    };
    let expected =
        [link("a.css", "preload; as=style"), link("b.js", "modulepreload"), link("a.js", "modulepreload")];
    assert_eq!(snapshot.preload_header(["a.js"]).unwrap(), expected.join(", "));
    assert_eq!(snapshot.preload_header([""; 0]).unwrap(), "");
}

#[test]
fn other_types_and_unknown_names_are_errors_with_the_definition_of_entries() {
    let definition = "an entry is a script (`.js`, `.mjs`) or a style sheet (`.css`)";
    let site = Site::with_paths(&["js/app.js", "js/logo.js", "img/logo.svg", "img/app.png", "LICENSE"]);
    for (mode, assets) in site.in_both_modes() {
        let error = |entry: &str| {
            let err = assets.tags(&["js/app.js", entry]).unwrap_err();
            assert_eq!(assets.preload_header([entry]).unwrap_err().to_string(), err.to_string());
            (err.kind(), err.to_string())
        };
        let other = |asset: &str, near: &str| {
            (ErrorKind::NotAnEntry, format!("asset `{asset}` is not an entry: {definition}{near}"))
        };
        assert_eq!(error("js/logo.svg?x").0, ErrorKind::NotFound, "{mode}");
        assert_eq!(error("img/logo.svg"), other("img/logo.svg", ""));
        assert_eq!(error("img/app.png#x"), other("img/app.png", ""));
        assert_eq!(error("LICENSE"), other("LICENSE", ""));
        assert_eq!(error("js/").0, ErrorKind::NotAnEntry);
        let (kind, message) = error("js/ap.js");
        let end = format!(" (did you mean `js/app.js`?); {definition}");
        assert!(kind == ErrorKind::NotFound && message.ends_with(&end), "{message}");
        let (kind, message) = error("img/logo.js");
        let end = format!(" (did you mean `js/logo.js`?); {definition}");
        assert!(kind == ErrorKind::NotFound && message.ends_with(&end), "{message}");
        let (kind, message) = error("../a.js");
        assert_eq!((kind, &*message), (ErrorKind::InvalidPath, "path `../a.js` leaves the asset directory"));
    }
}

#[test]
fn unknown_entry_gets_its_plain_url_if_missing_assets_are_allowed() {
    let site = Site::with_paths(&["app.js"]);
    for assets in [dev(&site.source), production(&site.output)] {
        let assets = assets.on_missing(OnMissing::Plain).build().unwrap();
        let log = warnings(|| {
            let tags = assets.tags(&["gone.js"]).unwrap();
            assert_eq!(tags, "<script type=\"module\" src=\"/static/gone.js\" crossorigin></script>");
        });
        assert!(log.len() == 1 && log[0].contains("asset `gone.js` was not found"), "{log:?}");
        assert_eq!(assets.tags(&["gone.svg"]).unwrap_err().kind(), ErrorKind::NotAnEntry);
    }
}

#[test]
fn digest_missing_in_the_manifest_is_computed_for_tags() {
    let store = Memory::with_paths(&[("a.js", "a.1.js"), ("b.js", "b.1.js")]);
    store.write("a.1.js", "a()");
    let assets = Assets::builder().store(store.clone()).mode(Mode::Production).build().unwrap();
    let integrity = Digest::from_content(b"a()").integrity();
    let expected = format!(
        "<script type=\"module\" src=\"/static/a.1.js\" integrity=\"{integrity}\" crossorigin></script>"
    );
    assert_eq!(assets.tags(&["a.js"]).unwrap(), expected);
    let reads = store.reads();
    assert_eq!(assets.tags(&["a.js"]).unwrap(), expected);
    assert_eq!(store.reads(), reads);
    assert_eq!(assets.tags(&["b.js"]).unwrap_err().kind(), ErrorKind::Unreadable);
}

#[test]
fn tags_of_a_pinned_release_do_not_change() {
    let dir = Dir::new();
    let publish = |name: &str| {
        let mut manifest = Manifest::new("/static/");
        let info = FileInfo::new(0, Digest::from_content(name.as_bytes()));
        manifest.insert(AssetPath::parse("a.js").unwrap(), name, info);
        dir.write(MANIFEST_NAME, manifest.to_json());
    };
    publish("a.1.js");
    let assets = production(&dir).build().unwrap();
    let pinned = assets.snapshot();
    let first = assets.tags(&["a.js"]).unwrap();
    publish("a.2.js");
    assets.reload().unwrap();
    assert_ne!(assets.tags(&["a.js"]).unwrap(), first);
    assert_eq!(pinned.scope(|| assets.tags(&["a.js"])).unwrap(), first);
    assert_eq!(pinned.tags(&["a.js"]).unwrap(), first);
}

#[test]
fn tags_allocate_only_the_output() {
    let snapshot =
        snapshot(&[("a.js", &["b.js"], &["a.css"]), ("b.js", &["a.js"], &[]), ("a.css", &[], &[])]);
    let call = || drop(snapshot.tags_with_nonce(&["a.js", "a.css"], "r4nd0m").unwrap());
    call();
    let allocations = measure(call);
    let length = snapshot.tags_with_nonce(&["a.js", "a.css"], "r4nd0m").unwrap().len() as u64;
    assert_eq!(allocations.count_total, 1);
    assert_eq!(allocations.bytes_total, length);
}

#[test]
fn each_url_has_one_tag_in_random_graphs() {
    use proptest::prelude::*;

    let graph = prop::collection::vec(prop::collection::vec(0..12_usize, 0..4), 12);
    let entries = prop::collection::vec(0..12_usize, 1..4);
    proptest!(|(graph in graph, entries in entries)| {
        let names: Vec<_> = (0..12).map(|number| format!("{number}.js")).collect();
        let imports: Vec<Vec<&str>> =
            graph.iter().map(|imports| imports.iter().map(|import| &*names[*import]).collect()).collect();
        let files: Vec<_> = names.iter().zip(&imports).map(|(name, imports)| (&**name, &**imports, &[][..])).collect();
        let entries: Vec<_> = entries.iter().map(|entry| &*names[*entry]).collect();
        let rows = summary(&snapshot(&files), &entries);

        let imports: BTreeMap<_, _> = names.iter().map(|name| &**name).zip(&imports).collect();
        let mut expected = BTreeMap::new();
        let mut open = entries.clone();
        while let Some(name) = open.pop() {
            let kind = if entries.contains(&name) { "script" } else { "preload" };
            if expected.insert(name, format!("{kind} {name}")).is_none() {
                open.extend(imports[name]);
            }
        }
        let mut sorted = rows.clone();
        sorted.sort_unstable();
        let mut expected: Vec<_> = expected.into_values().collect();
        expected.sort_unstable();
        prop_assert_eq!(sorted, expected);
    });
}
