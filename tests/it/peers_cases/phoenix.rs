//! The tests of the digester of Phoenix, with inputs of our own.

use std::{fs, time::Duration};

use fingerpost_collect::{CleanConfig, clean};

use super::{Group, Site, assert_contains, different, same};

fn sources() -> Site {
    let script = format!("{}\n//# sourceMappingURL=app.js.map", "console.log('a');\n".repeat(50));
    let style = "a{background:url(/static/phoenix.png)}\nb{background:url(../images/relative.png)}\nc{background:url(http://example.com/absolute.png)}";
    let map = format!("{{\"file\":\"app.js\",\"sources\":[{}]}}", "\"a.js\",".repeat(50) + "\"b.js\"");
    let files = [
        ("phoenix.png", "png".repeat(100)),
        ("images/relative.png", "relative".to_owned()),
        ("app.js", script),
        ("app.js.map", map),
        ("css/app.css", style.to_owned()),
    ];
    let site = Site::with("collect.compress = ['gzip']", &[]);
    files.iter().for_each(|(path, content)| site.write_asset(path, content));
    site
}

/// Three releases of one style sheet with variants.
fn releases() -> Site {
    let site = Site::with("collect.compress = ['gzip']", &[]);
    for color in ["red", "green", "blue"] {
        site.write_asset("app.css", format!("a {{ color: {color} }}\n").repeat(50));
        site.collect();
    }
    site
}

fn clean_to(site: &Site, keep: usize, age: Duration) {
    clean(&CleanConfig::new(site.path("out")).keep(keep).older_than(age)).expect("a cleaned directory");
}

fn count(site: &Site, file: &str) -> usize {
    site.files().iter().filter(|found| *found == file).count()
}

pub(super) const CASES: Group = Group {
    peer: "Phoenix",
    ours: "phoenix::cases_of_phoenix",
    cases: &[
        same(
            "compile: fails when the given paths are invalid",
            "A missing source directory is an error.",
            || {
                Site::with("sources = ['nonexistent path']", &[])
                    .try_collect()
                    .expect_err("a missing directory");
            },
        ),
        different(
            "compile: digests and compress files",
            "Plain names are written only with `originals`, because `StaticFiles` serves plain paths from the hashed files.",
            || {
                let site = sources().collected();
                assert!(
                    site.has("app.*.js") && site.has("app.*.js.gz") && site.has("phoenix.*.png"),
                    "{:?}",
                    site.files()
                );
                assert!(site.has("staticfiles.json") && !site.has("phoenix.*.png.gz") && !site.has("app.js"));
            },
        ),
        same(
            "compile: includes existing digests in new cache manifest",
            "Earlier releases are recorded, and their files stay.",
            || {
                let site = releases();
                assert_eq!(count(&site, "app.*.css"), 3);
                assert!(site.path("out/.fingerpost/releases/1.json").is_file());
            },
        ),
        different(
            "compile: excludes compiled files",
            "The output directory must not be a source directory, so published files are never collected again.",
            || {
                let site = Site::with("sources = ['out']", &[]);
                site.write("out/app.css", "a{}");
                site.try_collect().expect_err("an output directory inside of a source directory");
            },
        ),
        same(
            "compile: excludes files that no longer exist from cache manifest",
            "Removed files are not in the manifest.",
            || {
                let site = sources().collected();
                fs::remove_file(site.path("static/phoenix.png")).expect("a file");
                site.write_asset("css/app.css", "a{}");
                site.collect();
                site.assets().url("phoenix.png").expect_err("no asset");
            },
        ),
        same("compile: digests and compress nested files", "Subdirectories are part of the path.", || {
            assert_eq!(sources().collected().url("images/relative.png"), "/static/images/relative.*.png");
        }),
        same(
            "compile: keeps old version in cache manifest when digesting twice",
            "A second run keeps the files of the first.",
            || {
                let site = Site::new(&[("file.js", "console.log('test');")]).collected();
                site.write_asset("file.js", "console.log('test2');");
                site.collect();
                assert_eq!(count(&site, "file.*.js"), 2);
            },
        ),
        same(
            "compile: doesn't duplicate files when digesting and compressing twice",
            "A second run without changes writes nothing.",
            || {
                let site = sources().collected();
                let before = site.files();
                assert_eq!(site.collect().written, 0);
                assert_eq!(site.files(), before);
            },
        ),
        different(
            "compile: digests only absolute and relative asset paths found within stylesheets with vsn",
            "The hash in the name suffices; no `?vsn=d` marks a URL.",
            || {
                let text = sources().collected().text("css/app.css");
                assert!(!text.contains('?'), "{text}");
            },
        ),
        same(
            "compile: digests only absolute and relative asset paths found within stylesheets without vsn",
            "Paths below the base URL and relative paths get the hash, URLs of other hosts do not.",
            || {
                let text = sources().collected().text("css/app.css");
                assert_contains(&text, "url(/static/phoenix.*.png)");
                assert_contains(&text, "url(../images/relative.*.png)");
                assert_contains(&text, "url(http://example.com/absolute.png)");
            },
        ),
        different(
            "compile: sha512 matches content of digested file",
            "The integrity value of the published bytes is SHA-256.",
            || {
                let site = sources().collected();
                let url = site.assets().url("css/app.css").expect("an asset");
                let bytes =
                    fs::read(site.path("out").join(url.trim_start_matches("/static/"))).expect("a file");
                let integrity = fingerpost::manifest::Digest::from_content(&bytes).integrity();
                assert_eq!(site.assets().integrity("css/app.css").expect("an asset"), integrity);
            },
        ),
        same(
            "compile: digests sourceMappingURL asset paths found within javascript source files",
            "The comment at the end of a script gets the hash.",
            || {
                assert!(sources().collected().text("app.js").ends_with("//# sourceMappingURL=app.js.*.map"));
            },
        ),
        different(
            "compile: digests file url paths found within javascript mapping files",
            "`file` in a source map is unchanged: browsers do not use the field, and the script would then refer to a map that refers to the script.",
            || assert_contains(&sources().collected().text("app.js.map"), "\"file\":\"app.js\""),
        ),
        different(
            "compile: does not digest assets within undigested files",
            "With `originals`, plain names have the bytes of the hashed files, so both load the same files.",
            || {
                let site =
                    Site::with("collect.originals = true", &[("a.css", "a{b:url(b.png)}"), ("b.png", "b")])
                        .collected();
                let plain = fs::read_to_string(site.path("out/a.css")).expect("a plain name");
                assert_eq!(super::without_hashes(&plain), "a{b:url(b.*.png)}");
            },
        ),
        same(
            "clean: fails when the given path is invalid",
            "A missing output directory is an error.",
            || {
                clean(&CleanConfig::new("nonexistent path")).expect_err("no directory");
            },
        ),
        different(
            "clean: removes versions over the keep count",
            "`keep` counts the current release too, so `keep(2)` is their count of 1.",
            || {
                let site = releases();
                clean_to(&site, 2, Duration::ZERO);
                assert_eq!((count(&site, "app.*.css"), count(&site, "app.*.css.gz")), (2, 2));
            },
        ),
        different(
            "clean: removes files older than specified number of seconds",
            "A release is removed only if it is both old and beyond the count, because either alone may still be in use.",
            || {
                let site = releases();
                clean_to(&site, 10, Duration::ZERO);
                assert_eq!(count(&site, "app.*.css"), 3);
            },
        ),
        same(
            "clean: cleaning doesn't delete the latest even if the mtime is wrong",
            "The current release stays, whatever the times of its files.",
            || {
                let site = releases();
                let url = site.assets().url("app.css").expect("an asset");
                let file = site.path("out").join(url.trim_start_matches("/static/"));
                filetime::set_file_mtime(&file, filetime::FileTime::zero()).expect("a time");
                clean_to(&site, 1, Duration::ZERO);
                assert!(file.is_file());
            },
        ),
        same(
            "clean: cleaning updates cache manifest to remove cleaned files",
            "A removed release is no longer recorded.",
            || {
                let site = releases();
                clean_to(&site, 1, Duration::ZERO);
                assert!(!site.path("out/.fingerpost/releases/1.json").exists());
            },
        ),
        same(
            "clean: removes compressed versions from all static compressors",
            "All variants are removed with their file.",
            || {
                let site = releases();
                clean_to(&site, 1, Duration::ZERO);
                assert_eq!((count(&site, "app.*.css"), count(&site, "app.*.css.gz")), (1, 1));
            },
        ),
        different(
            "clean_all: no-op when the given path does not contain cache_manifest.json",
            "A missing manifest is an error, so that a misspelled directory is noticed; nothing is removed.",
            || {
                let site = Site::new(&[]);
                site.write("out/app.css", "a{}");
                clean(&CleanConfig::new(site.path("out"))).expect_err("no manifest");
                assert!(site.has("app.css"));
            },
        ),
        different(
            "clean_all: removes all compressed/compiled files including latest and manifest",
            "`clean` never removes the current release; to remove everything, delete the directory.",
            || {
                let site = releases();
                clean_to(&site, 1, Duration::ZERO);
                assert!(site.has("staticfiles.json") && site.has("app.*.css"));
            },
        ),
    ],
};

#[test]
fn cases_of_phoenix() {
    CASES.check();
}
