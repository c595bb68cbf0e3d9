//! Tests that only missing, outdated or damaged variants are compressed again.

use std::fs;

use fingerpost_collect::{CollectConfig, collect};

use super::{
    RECORD, assert_variants_intact, config, enabled_encodings, incompressible_bytes, run, site, text,
};

#[test]
fn second_run_compresses_and_writes_nothing() {
    for originals in [false, true] {
        let site = site();
        site.write("static/noise.css", incompressible_bytes(5_000));
        let config = config(&site).originals(originals);
        collect(&config).unwrap();
        let before = site.tree("out");
        let written = |name: &String| fs::metadata(site.path("out").join(name)).unwrap().modified().unwrap();
        let times: Vec<_> = before.keys().filter(|name| !name.ends_with("/lock")).map(written).collect();
        let second = collect(&config).unwrap();
        assert_eq!((second.written, second.compressed, second.release), (0, 0, None));
        assert_eq!(site.tree("out"), before);
        assert_eq!(
            before.keys().filter(|name| !name.ends_with("/lock")).map(written).collect::<Vec<_>>(),
            times
        );
    }
}

#[test]
fn lost_or_damaged_compression_cache_does_not_change_the_output() {
    let site = site();
    site.write("static/noise.css", incompressible_bytes(5_000));
    let first = run(&site);
    let published = || {
        let mut tree = site.tree("out");
        tree.remove(".fingerpost/compressed.json");
        tree
    };
    let before = published();
    for damage in [None, Some("{"), Some("[]"), Some(r#"{"schema": 9}"#), Some("\0")] {
        match damage {
            None => site.remove(RECORD),
            Some(text) => site.write(RECORD, text),
        }
        let again = run(&site);
        // Variants that save space are in the manifest. All other variants are compressed again.
        let rejected = enabled_encodings().count();
        assert_eq!((again.written, again.compressed, again.release), (0, rejected, None), "{damage:?}");
        assert!(published() == before, "{damage:?}");
    }
    let edited = site.read(RECORD).replace("null", r#"{"size":1,"sha256":"ab"}"#);
    site.write(RECORD, edited);
    assert_eq!(run(&site).compressed, enabled_encodings().count());
    assert!(published() == before);
    assert_eq!(first.compressed, 3 * enabled_encodings().count());
}

#[test]
fn damaged_or_removed_variant_is_rewritten() {
    let site = site();
    run(&site);
    let before = site.tree("out");
    let variant = format!("out/{}.gz", site.hashed("b.js"));
    site.write(&variant, "short");
    let report = run(&site);
    assert_eq!((report.compressed, report.release), (1, None));
    assert_eq!(site.tree("out"), before);
    site.remove(&variant);
    assert_eq!(run(&site).compressed, 1);
    assert_eq!(site.tree("out"), before);
}

#[test]
fn only_changed_files_are_compressed() {
    let site = site();
    run(&site);
    site.write("static/css/a.css", text(3));
    let report = run(&site);
    assert_eq!((report.compressed, report.release), (enabled_encodings().count(), Some(2)));
    assert_eq!(assert_variants_intact(&site, "out"), 2 * enabled_encodings().count());
}

#[test]
fn changed_compression_level_applies_only_to_new_files() {
    let site = site();
    let at = |level: &str| collect(&site.config().compress([level])).unwrap();
    assert_eq!(at("gzip:9").compressed, 2);
    let before = site.tree("out");
    let again = at("gzip:1");
    assert_eq!((again.compressed, again.release), (0, None));
    assert_eq!(site.tree("out"), before);

    site.write("static/css/a.css", text(3));
    assert_eq!(at("gzip:1").compressed, 1);
    assert_variants_intact(&site, "out");
    let [fine, coarse] = ["gzip:9", "gzip:1"].map(|level| {
        let out = level.replace(':', "");
        collect(&site.config_to(&out).compress([level])).unwrap();
        let variant = |path: &str| site.tree(&out)[&format!("{}.gz", site.hashed(path))].clone();
        (variant("b.js"), variant("css/a.css"))
    });
    let here = |path: &str| site.tree("out")[&format!("{}.gz", site.hashed(path))].clone();
    assert_eq!((here("b.js"), here("css/a.css")), (fine.0, coarse.1));
}

#[test]
fn file_edited_in_the_output_dir_is_repaired_before_compression() {
    let site = site();
    site.collect();
    let hashed = format!("out/{}", site.hashed("css/a.css"));
    site.write(&hashed, text(1).replace("order", "other"));
    assert_eq!(run(&site).repaired, 1);
    assert_eq!(site.read(&hashed), text(1));
    assert_variants_intact(&site, "out");
}

#[test]
fn damaged_variant_of_the_correct_length_is_rewritten() {
    let site = site();
    run(&site);
    let before = site.tree("out");
    let variant = format!("out/{}.gz", site.hashed("b.js"));
    let length = fs::read(site.path(&variant)).unwrap().len();
    site.write(&variant, vec![0; length]);
    let report = run(&site);
    assert_eq!((report.compressed, report.repaired, report.release), (1, 1, None));
    assert_eq!(site.tree("out"), before);
}

#[test]
fn compression_cache_drops_files_of_earlier_releases() {
    let site = site();
    let config = site.config().compress(["gzip"]);
    let mut lengths = Vec::new();
    for seed in 1..6 {
        site.write("static/css/a.css", text(seed));
        collect(&config).unwrap();
        lengths.push(fs::read(site.path(RECORD)).unwrap().len());
    }
    assert!(lengths.last().unwrap().abs_diff(lengths[1]) < 20, "{lengths:?}");
    // The earlier variants are still in the cache.
    site.write("static/css/a.css", text(4));
    assert_eq!(collect(&config).unwrap().compressed, 0);
    assert_variants_intact(&site, "out");
}

#[test]
fn variants_of_an_earlier_output_dir_are_imported() {
    let site = site();
    collect(&CollectConfig::new(site.path("old")).source(site.path("static")).compress(["gzip"])).unwrap();
    let variant = format!("{}.gz", site.manifest("old").get("css/a.css").unwrap().hashed);
    site.write("static/css/a.css", text(3));
    let report = collect(&site.config().compress(["gzip"]).keep_from(site.path("old"))).unwrap();
    assert_eq!(
        fs::read(site.path("out").join(&variant)).ok(),
        fs::read(site.path("old").join(&variant)).ok()
    );
    assert_eq!(report.compressed, 1, "unchanged variants are imported");
    assert_variants_intact(&site, "out");
}

#[test]
fn damaged_variant_of_an_earlier_output_dir_is_not_imported() {
    let site = site();
    let old = CollectConfig::new(site.path("old")).source(site.path("static")).compress(["gzip"]);
    collect(&old).unwrap();
    let variant = format!("old/{}.gz", site.manifest("old").get("css/a.css").unwrap().hashed);
    let length = fs::read(site.path(&variant)).unwrap().len();
    site.write(&variant, vec![0; length]);
    let report = collect(&site.config().compress(["gzip"]).keep_from(site.path("old"))).unwrap();
    assert_eq!(report.compressed, 1);
    assert_eq!(assert_variants_intact(&site, "out"), 2);

    site.write("static/css/a.css", text(3));
    let new = CollectConfig::new(site.path("new")).source(site.path("static")).keep_from(site.path("old"));
    let report = collect(&new).unwrap();
    let warning = format!("{} is damaged; it is not imported", site.quoted_path(&variant));
    assert_eq!(crate::site::warnings(&report), [warning]);
}
