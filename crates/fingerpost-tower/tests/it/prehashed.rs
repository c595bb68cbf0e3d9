//! Files that a bundler named by their content.

use std::time::Duration;

use fingerpost::manifest::MANIFEST_NAME;
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;

use crate::site::{IMMUTABLE, ONE_HOUR, Site, get};

fn collect_prehashed(site: &Site) {
    let config = CollectConfig::new(site.dist()).source(site.source()).compress(["gzip"]);
    collect(&config.prehashed(["vite/assets/**"])).unwrap();
}

#[tokio::test]
async fn prehashed_files_are_immutable() {
    let site = Site::new(&[
        ("vite/assets/main-BRBmoGS9.js", b"1"),
        ("vite/assets/main-BRBmoGS9.js.map", b"{}"),
        ("a.css", b"a"),
    ]);
    collect_prehashed(&site);
    let files = StaticFiles::new(&site.production());
    get(&files, "/vite/assets/main-BRBmoGS9.js").await.assert_is(200, IMMUTABLE, b"1");
    get(&files, "/vite/assets/main-BRBmoGS9.js?x=1").await.assert_is(200, IMMUTABLE, b"1");
    get(&files, "/vite/assets/main-BRBmoGS9.js.map").await.assert_is(200, ONE_HOUR, b"{}");
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, b"a");
    get(&files, "/vite/assets/main-CRBmoGS9.js").await.assert_not_found();
}

#[tokio::test]
async fn prehashed_files_of_earlier_and_later_releases_are_served() {
    let site = Site::new(&[("vite/assets/main-BRBmoGS9.js", b"1")]);
    collect_prehashed(&site);
    let old = StaticFiles::new(&site.production());
    std::fs::remove_file(site.source().join("vite/assets/main-BRBmoGS9.js")).unwrap();
    site.write("vite/assets/main-Gq3x_-Y1.js", b"2");
    collect_prehashed(&site);
    let new = StaticFiles::new(&site.production());
    // Releases are listed at most once a second. The first listing is at startup.
    tokio::time::sleep(Duration::from_millis(1010)).await;
    for files in [&old, &new] {
        get(files, "/vite/assets/main-BRBmoGS9.js").await.assert_is(200, IMMUTABLE, b"1");
        get(files, "/vite/assets/main-Gq3x_-Y1.js").await.assert_is(200, IMMUTABLE, b"2");
    }
}

#[tokio::test]
async fn prehashed_files_with_any_name_are_found_in_later_releases() {
    let site = Site::new(&[("vite/assets/lib.1.4.1.min.js", b"1")]);
    collect_prehashed(&site);
    let files = StaticFiles::new(&site.production());
    let names = ["lib.1.4.2.min.js", "main-BRBmoGS9ab.js", "app-3f2a91bc0d4e3f2a91bc.js"];
    for name in names {
        site.write(&format!("vite/assets/{name}"), b"2");
    }
    collect_prehashed(&site);
    tokio::time::sleep(Duration::from_millis(1010)).await;
    for name in names {
        get(&files, &format!("/vite/assets/{name}")).await.assert_is(200, IMMUTABLE, b"2");
    }
}

#[tokio::test]
async fn unchanged_name_in_a_manifest_of_another_program_proves_nothing() {
    let site = Site::new(&[]);
    std::fs::create_dir(site.dist()).unwrap();
    let manifest = r#"{"version": "1.1", "paths": {"main-BRBmoGS9.js": "main-BRBmoGS9.js"}}"#;
    std::fs::write(site.dist().join(MANIFEST_NAME), manifest).unwrap();
    std::fs::write(site.dist().join("main-BRBmoGS9.js"), "1").unwrap();
    let files = StaticFiles::new(&site.production());
    get(&files, "/main-BRBmoGS9.js").await.assert_is(200, ONE_HOUR, b"1");
}
