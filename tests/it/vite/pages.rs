//! Compares the tags of Fingerpost with the tags in the pages that Vite writes.

use std::{collections::BTreeMap, fs, ops::Range, path::Path};

use fingerpost::{
    Assets, Mode,
    manifest::{MANIFEST_NAME, Manifest},
};
use fingerpost_collect::{CollectConfig, collect};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    graph::write_project,
    project::{build, packages},
};
use crate::tools::is_large;

/// The name and the attributes of a tag.
type Tag = (String, BTreeMap<String, String>);

/// Returns the tags that load scripts and style sheets, without integrity values and nonces.
fn tags(html: &str) -> Vec<Tag> {
    let texts = html.split('<').filter_map(|text| Some(text.split_once('>')?.0));
    let tags = texts.filter_map(|text| {
        let (name, attributes) = text.split_once(' ')?;
        let attribute = |text: &str| {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            (name.to_owned(), value.trim_matches('"').replacen("./", "/static/vite/", 1))
        };
        let attributes = attributes.split_whitespace().map(attribute);
        let attributes = attributes.filter(|(name, _)| name != "integrity" && name != "nonce").collect();
        ["script", "link"].contains(&name).then(|| (name.to_owned(), attributes))
    });
    tags.collect()
}

/// Builds generated projects with `pages` pages each, and compares the tags in both modes. Returns the number of tags.
fn compare(major: u32, numbers: Range<u64>, pages: usize) -> Option<usize> {
    let packages = packages(major)?;
    let dir = TempDir::new().expect("a temporary directory");
    let roots: Vec<_> = numbers.clone().map(|number| dir.path().join(number.to_string())).collect();
    roots.iter().zip(numbers).for_each(|(root, number)| write_project(root, number, pages));
    build(&packages, &roots);
    Some(roots.iter().map(|root| compare_project(root)).sum())
}

fn compare_project(root: &Path) -> usize {
    let (dist, out) = (root.join("dist"), root.join("out"));
    collect(&CollectConfig::new(&out).vite(&dist))
        .unwrap_or_else(|err| panic!("{}: {err:?}", root.display()));
    assert_files_are_unchanged(&dist, &out);
    let production = Assets::production(&out).expect("a manifest");
    let development = Assets::builder().vite(&dist).mode(Mode::Dev).build().expect("a build of Vite");
    let mut count = 0;
    for page in fs::read_dir(&dist).expect("a directory") {
        let page = page.expect("an entry").file_name().into_string().expect("UTF-8");
        if page.ends_with(".html") {
            let expected = tags(&fs::read_to_string(dist.join(&page)).expect("a page"));
            for assets in [&production, &development] {
                let written = assets.tags([&page]).expect("an entry");
                assert_eq!(tags(&written), expected, "{} {page}", root.display());
            }
            count += expected.len();
        }
    }
    count
}

/// Checks that `collect` changes neither the names nor the bytes of the files in the manifest of Vite.
fn assert_files_are_unchanged(dist: &Path, out: &Path) {
    let read = |path: &Path| fs::read(path).expect("a readable file");
    let manifest = Manifest::parse(&read(&out.join(MANIFEST_NAME)), "out").expect("a manifest");
    let chunks: BTreeMap<String, Value> =
        serde_json::from_slice(&read(&dist.join(".vite/manifest.json"))).expect("the manifest of Vite");
    let files = chunks.values().flat_map(|chunk| {
        let lists = ["css", "assets"].into_iter().filter_map(|list| chunk[list].as_array()).flatten();
        lists.chain([&chunk["file"]]).map(|file| file.as_str().expect("a file name").to_owned())
    });
    for file in files {
        let path = format!("vite/{file}");
        assert_eq!(manifest.get(&path).expect(&path).hashed, path);
        assert_eq!(read(&dist.join(&file)), read(&out.join(&path)), "{path}");
    }
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn tags_match_the_pages_of_vite_8() {
    let graphs: u64 = if is_large() { 20 } else { 4 };
    let Some(tags) = compare(8, 0..graphs, 4) else { return };
    assert!(tags as u64 > 15 * graphs, "{tags}");
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn tags_match_the_pages_of_earlier_versions_of_vite() {
    // With several pages, Vite 5 and 7 omit or reorder the style sheets of an earlier page.
    for major in [5, 7] {
        let Some(tags) = compare(major, 1..4, 1) else { return };
        assert!(tags > 8, "{major}: {tags}");
    }
}
