//! Tests of deltas of prehashed files, whose asset paths differ between builds.

use std::fs;

use fingerpost::{
    DirStore, Settings,
    manifest::{Digest, FileInfo},
};
use fingerpost_collect::{CollectConfig, collect, releases};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use super::{assert_deltas_intact, script, versions};
use crate::site::Site;

/// A chunk: the name of its source, the name of the chunk, the extension and the content.
type Chunk<'a> = (&'a str, &'a str, &'a str, &'a [u8]);

/// The content of a chunk in two builds.
type Versions = (Vec<u8>, Vec<u8>);

/// Replaces the output of Vite.
fn build(site: &Site, chunks: &[Chunk<'_>]) {
    fs::remove_dir_all(site.path("dist")).ok();
    let mut manifest = serde_json::Map::new();
    for (source, name, extension, content) in chunks {
        let file = format!("assets/{name}-{}.{extension}", &Digest::from_content(content).to_string()[..8]);
        site.write(&format!("dist/{file}"), content);
        manifest.insert((*source).to_owned(), json!({ "file": file, "name": name, "src": source }));
    }
    site.write("dist/.vite/manifest.json", Value::from(manifest).to_string());
}

fn config(site: &Site) -> CollectConfig {
    CollectConfig::new(site.path("out")).vite(site.path("dist")).compress(["gzip:1", "dcz:3"])
}

/// Builds and collects chunks, and returns the number of the release.
#[track_caller]
fn publish(site: &Site, chunks: &[Chunk<'_>]) -> Option<u64> {
    build(site, chunks);
    collect(&config(site)).expect("a successful run").release
}

/// Returns the file information of the files with this extension.
fn infos(site: &Site, extension: &str) -> Vec<FileInfo> {
    let manifest = site.manifest("out");
    let files = manifest.iter().filter(|(path, _)| path.ends_with(extension));
    files.map(|(_, entry)| entry.info.clone().unwrap()).collect()
}

#[test]
fn chunk_has_deltas_from_the_chunks_with_the_same_name_in_earlier_builds() {
    let site = Site::in_memory();
    let [first, second, third] = [1, 2, 3].map(|edit| script([edit]).into_bytes());
    for script in [&first, &second, &third] {
        let other = [&script[..], b"other"].concat();
        publish(&site, &[("src/main.ts", "main", "js", script), ("src/other.ts", "other", "js", &other)]);
    }
    let versions: Vec<_> = [&first, &second]
        .into_iter()
        .flat_map(|script| [script.clone(), [&script[..], b"other"].concat()])
        .collect();
    assert_eq!(assert_deltas_intact(&site, &site.manifest("out"), &versions), 4);
    let [main, other] = infos(&site, ".js").try_into().unwrap();
    assert_eq!([&main, &other].map(|info| info.chunk.as_deref()), [Some("main"), Some("other")]);
    assert!(main.deltas.iter().all(|delta| delta.size <= 256), "{:?}", main.deltas);
    let newest = Digest::from_content(&second);
    let delta = main.deltas.iter().find(|delta| delta.from == newest).unwrap();
    let list = releases(&DirStore::new(site.path("out"))).unwrap();
    let download = list.releases[0].changes.as_ref().unwrap().download.unwrap();
    assert!((delta.size..=600).contains(&download), "{download}");

    assert_eq!(collect(&config(&site)).unwrap().release, None);
    assert_eq!(infos(&site, ".js"), [main, other]);
}

#[test]
fn style_sheet_of_a_chunk_has_the_name_of_the_chunk() {
    let site = Site::in_memory();
    for color in ["red", "blue"] {
        let style = ".a { margin: 0 }\n".repeat(300) + &format!(".b {{ color: {color} }}\n");
        let shared = ".c { margin: 0 }\n".repeat(300) + &format!(".d {{ color: {color} }}\n");
        fs::remove_dir_all(site.path("dist")).ok();
        site.write("dist/assets/main-1.js", "");
        site.write(&format!("dist/assets/main-{color}.css"), style);
        site.write(&format!("dist/assets/shared-{color}.css"), shared);
        let css = [format!("assets/main-{color}.css"), format!("assets/shared-{color}.css")];
        let main = json!({ "file": "assets/main-1.js", "name": "main", "css": css });
        site.write("dist/.vite/manifest.json", json!({ "src/main.ts": main }).to_string());
        collect(&config(&site)).unwrap();
    }
    let chunks = infos(&site, ".css").into_iter().map(|info| (info.chunk, info.deltas.len()));
    assert_eq!(chunks.collect::<Vec<_>>(), [(Some("main".to_owned()), 1), (None, 0)]);
}

#[test]
fn several_chunks_with_the_same_name_have_no_deltas() {
    let site = Site::in_memory();
    for edit in [1, 2] {
        let (one, two) = (script([edit]), script([edit + 10]));
        let chunks = [("a/index.ts", one.as_bytes()), ("b/index.ts", two.as_bytes())];
        publish(&site, &chunks.map(|(source, content)| (source, "index", "js", content)));
    }
    let found = infos(&site, ".js").into_iter().map(|info| (info.chunk, info.deltas));
    assert_eq!(found.collect::<Vec<_>>(), [(None, vec![]), (None, vec![])]);
}

#[test]
fn names_in_a_flat_manifest_identify_the_files_of_later_builds() {
    let site = Site::new(&[]);
    let settings = "sources = [\"pack=dist\"]\nout = \"out\"\n[bundle]\nmanifest = \"dist/manifest.json\"\n\
                    [collect]\ncompress = [\"dcz:3\"]\n";
    site.write("fingerpost.toml", settings);
    let versions = [1, 2].map(|edit| script([edit]));
    for (build, version) in versions.iter().enumerate() {
        fs::remove_dir_all(site.path("dist")).ok();
        let file = format!("js/app.{build}a2b3c4d.js");
        site.write(&format!("dist/{file}"), version);
        site.write("dist/manifest.json", json!({ "js/app.js": file }).to_string());
        collect(&CollectConfig::from_settings(Settings::read(site.path("fingerpost.toml")).unwrap()))
            .unwrap();
    }
    assert_eq!(assert_deltas_intact(&site, &site.manifest("out"), &versions), 1);
}

#[test]
fn prehashed_files_without_a_chunk_have_no_deltas() {
    let site = Site::new(&[]);
    for edit in [1, 2] {
        fs::remove_dir_all(site.path("static")).ok();
        site.write(&format!("static/app-{edit}.js"), script([edit]));
        collect(&site.config().prehashed(["*.js"]).compress(["dcz:3"])).unwrap();
    }
    assert_eq!(infos(&site, ".js")[0].deltas, []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("FINGERPOST_TEST_LARGE").is_some() { 1_000 } else { 20 }))]

    #[test]
    fn deltas_of_random_chunks_decode_to_the_new_build(versions in vec(versions(), 1..6), names in vec("[a-c](-[a-c])?", 6)) {
        let site = Site::in_memory();
        let sources: Vec<_> = (0..versions.len()).map(|n| format!("src/{n}.ts")).collect();
        let chunks = |choose: fn(&Versions) -> &Vec<u8>| -> Vec<Chunk<'_>> {
            let chunks = versions.iter().zip(&sources).zip(&names);
            chunks.map(|((version, source), name)| (&**source, &**name, "txt", &**choose(version))).collect()
        };
        publish(&site, &chunks(|(old, _)| old));
        publish(&site, &chunks(|(_, new)| new));
        let old: Vec<_> = versions.iter().map(|(old, _)| old).collect();
        assert_deltas_intact(&site, &site.manifest("out"), &old);
    }
}
