//! Tests of files that another tool named by their content.

use std::fs;

use fingerpost_collect::{CollectConfig, ErrorKind, collect};

use crate::site::Site;

const ENTRY: &str = "import './dep-CD.js';\nimport '../js/own.js';\n//# sourceMappingURL=main-AB.js.map\n";

fn site() -> Site {
    Site::new(&[
        ("static/lib/main-AB.js", ENTRY),
        ("static/lib/main-AB.js.map", "{\"version\":3,\"sources\":[],\"mappings\":\"\"}"),
        ("static/lib/dep-CD.js", "export const a = 1;"),
        ("static/js/own.js", "import '../lib/dep-CD.js';"),
    ])
}

fn config(site: &Site) -> CollectConfig {
    site.config().prehashed(["lib/**"])
}

#[test]
fn prehashed_files_keep_their_names_and_bytes() {
    let site = site();
    collect(&config(&site)).unwrap();
    let manifest = site.manifest("out");
    for (path, _) in &manifest {
        let is_prehashed = path.starts_with("lib/") && !path.ends_with(".map");
        assert_eq!(manifest.get(path).unwrap().hashed == **path, is_prehashed, "{path}");
    }
    assert_eq!(site.read("out/lib/main-AB.js"), ENTRY);
    let own = &manifest.get("js/own.js").unwrap().hashed;
    assert_eq!(site.read(&format!("out/{own}")), "import '../lib/dep-CD.js';");
    let references = &site.release(1).references;
    let targets = ["js/own.js", "lib/dep-CD.js", "lib/main-AB.js.map"].map(str::to_owned);
    assert_eq!(references["lib/main-AB.js"], targets);
    assert_eq!(collect(&config(&site)).unwrap().release, None);
}

#[test]
fn references_of_prehashed_files_are_checked() {
    let site = Site::new(&[("static/lib/a-1.css", "a{background:url(gone.png)}")]);
    let place = format!("{}:1:18", site.quoted_path("static/lib/a-1.css"));
    let problems = site.problems_of(&config(&site));
    assert_eq!(problems, [format!("{place}: `gone.png` points to `lib/gone.png`, which does not exist")]);
}

#[test]
fn same_name_with_other_bytes_is_an_error() {
    let site = site();
    collect(&config(&site)).unwrap();
    site.write("static/lib/dep-CD.js", "export const a = 2;");
    let problem = "prehashed asset `lib/dep-CD.js` was published with different bytes; browsers cache it for a year; let the \
                   tool that made it put a hash of the content into the name";
    assert_eq!(site.problems_of(&config(&site)), [problem]);
    assert_eq!(collect(&config(&site)).unwrap_err().kind(), ErrorKind::Clash);
    assert_eq!(site.read("out/lib/dep-CD.js"), "export const a = 1;");

    let elsewhere = config(&site).keep_from(site.path("out"));
    site.remove("static/lib/main-AB.js");
    collect(&elsewhere).unwrap_err();

    // The name is still in a retained release after the file is removed.
    site.remove("static/lib/dep-CD.js");
    site.write("static/js/own.js", "");
    collect(&config(&site)).unwrap();
    site.write("static/lib/dep-CD.js", "export const a = 2;");
    assert_eq!(site.problems_of(&config(&site)), [problem]);
}

#[test]
fn changed_source_map_of_the_same_name_is_published() {
    let site = site();
    collect(&config(&site)).unwrap();
    let map = "{\"version\":3,\"sources\":[\"a\"],\"mappings\":\"\"}";
    site.write("static/lib/main-AB.js.map", map);
    assert_eq!(collect(&config(&site)).unwrap().release, Some(2));
    let manifest = site.manifest("out");
    let hashed = &manifest.get("lib/main-AB.js.map").unwrap().hashed;
    assert_ne!(hashed, "lib/main-AB.js.map");
    assert_eq!(site.read(&format!("out/{hashed}")), map);
}

#[test]
fn original_with_the_name_of_an_earlier_prehashed_file_is_an_error() {
    let site = site();
    collect(&config(&site)).unwrap();
    site.write("static/lib/dep-CD.js", "export const a = 2;");
    let problems = site.problems_of(&site.config().originals(true));
    let problem = "asset `lib/dep-CD.js` has a name that was published for `lib/dep-CD.js` before; rename it";
    assert!(problems.contains(&problem.to_owned()), "{problems:?}");
}

#[test]
fn originals_and_variants_of_prehashed_files_are_written_once() {
    let script = "export const a = 1;\n".repeat(50);
    let site = Site::new(&[("static/lib/a-1.js", &script)]);
    let config = || config(&site).originals(true).compress(["gzip"]);
    let report = collect(&config()).unwrap();
    assert_eq!((report.written, report.compressed), (1, 1));
    let files = ["lib/a-1.js", "lib/a-1.js.gz"];
    files.iter().for_each(|file| assert!(site.path(&format!("out/{file}")).is_file(), "{file}"));
    // A run without compression does not remove the variant of the earlier release.
    let report = collect(&self::config(&site).originals(true)).unwrap();
    assert_eq!((report.written, report.release), (0, Some(2)));
    assert!(site.path("out/lib/a-1.js.gz").is_file());
    fs::remove_file(site.path("out/lib/a-1.js.gz")).unwrap();
    collect(&config()).unwrap();
    assert!(site.path("out/lib/a-1.js.gz").is_file());
}

#[test]
fn variant_with_the_name_of_a_prehashed_file_is_an_error() {
    let script = "export const a = 1;\n".repeat(50);
    let site = Site::new(&[("static/lib/a-1.js", &script), ("static/lib/a-1.js.gz", "other bytes")]);
    let problem = "the compressed asset `lib/a-1.js` and the asset `lib/a-1.js.gz` both need `lib/a-1.js.gz` in the output \
                   directory; rename one of them";
    assert_eq!(site.problems_of(&config(&site).compress(["gzip"])), [problem]);
}

#[test]
fn invalid_glob_is_reported() {
    let site = site();
    let problem = "glob `../lib` has a `..` segment, which no asset path has; write it relative to the source directory";
    assert_eq!(site.problems_of(&site.config().prehashed(["../lib"])), [problem]);
}
