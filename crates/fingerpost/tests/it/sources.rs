//! Source directories: order, prefixes, and output directories.

use std::fs;

use fingerpost::{
    Assets, ErrorKind, Mode,
    sources::{IgnoreRules, SourceDir, Sources},
};

use crate::support::{Dir, assert_not_found, assert_served, dev, paths};

#[test]
fn first_source_dir_with_the_file_takes_precedence() {
    let dir = Dir::with_paths(&["one/a.css", "two/a.css", "two/b.css", "three/b.css"]);
    let assets = ["one", "two", "three"]
        .iter()
        .fold(Assets::builder().mode(Mode::Dev), |builder, source| builder.source(dir.path(source)));
    let assets = assets.build().unwrap();
    assert_served(&assets, "a.css", "one/a.css");
    assert_served(&assets, "b.css", "two/b.css");
    dir.write("one/b.css", "one/b.css");
    assert_served(&assets, "b.css", "one/b.css");
    fs::remove_file(dir.path("one/a.css")).unwrap();
    assert_served(&assets, "a.css", "two/a.css");
    fs::remove_file(dir.path("two/a.css")).unwrap();
    assert_not_found(&assets, "a.css");
}

#[test]
fn source_dir_prefix_is_prepended_to_its_asset_paths() {
    let dir = Dir::with_paths(&["static/vendor/own.js", "static/a.css", "dist/htmx.js", "dist/own.js"]);
    let assets = Assets::builder().source_at("vendor/", dir.path("dist")).source(dir.path("static"));
    let assets = assets.mode(Mode::Dev).build().unwrap();
    assert_served(&assets, "vendor/htmx.js", "dist/htmx.js");
    assert_served(&assets, "vendor/own.js", "dist/own.js");
    assert_served(&assets, "a.css", "static/a.css");
    for path in ["htmx.js", "vendor", "vendorhtmx.js", "own.js", "Vendor/htmx.js"] {
        assert_not_found(&assets, path);
    }
    let listed: Vec<_> = assets.iter().map(|(path, _)| path).collect();
    assert_eq!(listed, ["a.css", "vendor/htmx.js", "vendor/own.js"]);
}

#[test]
fn leading_and_trailing_slashes_in_a_prefix_are_accepted() {
    for prefix in ["v", "v/", "/v", "/v/"] {
        let source: SourceDir = format!("{prefix}=dir").parse().unwrap();
        assert_eq!(source.prefix(), Some("v"), "{prefix}");
    }
    for prefix in ["/", "//v", "..", "a/../b"] {
        assert_eq!(
            SourceDir::with_prefix(prefix, "dir").unwrap_err().kind(),
            ErrorKind::InvalidPath,
            "{prefix}"
        );
    }
}

#[test]
fn shadowed_files_are_listed_separately() {
    let dir = Dir::with_paths(&["one/a.css", "two/a.css", "two/b.css"]);
    // A directory that is listed twice does not shadow its own files.
    let dirs = ["one", "two", "one"].map(|source| SourceDir::new(dir.path(source)));
    let listing = Sources::open(dirs.into(), IgnoreRules::default(), None).unwrap().list();
    assert_eq!(paths(&listing), ["a.css", "b.css"]);
    assert_eq!(listing.files.iter().map(|file| file.source).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(listing.shadowed.len(), 1);
    assert_eq!(listing.shadowed[0].file, dir.path("two/a.css"));
}

#[test]
fn replaced_source_dir_is_followed() {
    let dir = Dir::with_paths(&["node_modules/htmx/dist/htmx.js", "node_modules/htmx/dist/old.js"]);
    let assets = Assets::dev(dir.path("node_modules/htmx/dist")).unwrap();
    assert_served(&assets, "htmx.js", "node_modules/htmx/dist/htmx.js");
    for round in 0..10 {
        let content = format!("installed {round}");
        dir.write("staging/htmx/dist/htmx.js", &content);
        fs::rename(dir.path("node_modules"), dir.path("trash")).unwrap();
        assert_not_found(&assets, "htmx.js");
        fs::rename(dir.path("staging"), dir.path("node_modules")).unwrap();
        assert_served(&assets, "htmx.js", &content);
        assert_not_found(&assets, "old.js");
        fs::remove_dir_all(dir.path("trash")).unwrap();
        assert_served(&assets, "htmx.js", &content);
    }
}

#[test]
fn output_dir_is_never_a_source() {
    let dir =
        Dir::with_paths(&["a.css", "dist/a.css", "dist/deep/b.css", "distant/c.css", "deep/dist/d.css"]);
    for output in [dir.path("dist"), dir.path("deep/../dist"), dir.path("dist/")] {
        let assets = dev(&dir).collected(output).build().unwrap();
        assert!(assert_not_found(&assets, "dist/a.css").ends_with(": it is in the output directory"));
        assert_not_found(&assets, "dist/deep/b.css");
        assert_served(&assets, "distant/c.css", "distant/c.css");
        assert_served(&assets, "deep/dist/d.css", "deep/dist/d.css");
        assert_eq!(assets.iter().count(), 3);
    }
}

#[test]
fn output_dir_created_later_is_not_a_source() {
    let dir = Dir::with_paths(&["a.css"]);
    let assets = dev(&dir).collected(dir.path("dist")).build().unwrap();
    dir.write("dist/a.css", "collected");
    assert_not_found(&assets, "dist/a.css");
}
