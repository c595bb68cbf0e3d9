//! Tests of deltas from earlier versions (`dcz`), and of the content of deltas.

mod again;
mod chunks;
mod limits;

use std::fs;

use fingerpost::{
    __private::delta_name,
    manifest::{Digest, Manifest},
};
use fingerpost_collect::{CollectConfig, Report, collect};
use proptest::{collection::vec, prelude::*, sample::Index};
use zstd::zstd_safe::DCtx;

use crate::site::{Site, warnings};

/// Returns a script of about 100 KB, with one additional line for each edit.
fn script(edits: impl IntoIterator<Item = u32>) -> String {
    let line = |n: u32| format!("const c{n} = {};\n", n.wrapping_mul(2_654_435_761));
    let mut lines: Vec<_> = (0..3_500).map(line).collect();
    for edit in edits {
        lines.insert(700 * (edit as usize % 5), format!("const edit{edit} = {edit};\n"));
    }
    lines.concat()
}

fn config(site: &Site) -> CollectConfig {
    site.config().compress(["gzip:1", "dcz:3"])
}

#[track_caller]
fn run(site: &Site) -> Report {
    collect(&config(site)).expect("a successful run")
}

/// Publishes these versions of `app.js`, one after the other.
fn site(versions: impl IntoIterator<Item = u32>) -> Site {
    let site = Site::new(&[]);
    for version in versions {
        site.write("static/app.js", script([version]));
        run(&site);
    }
    site
}

fn digest(text: impl AsRef<[u8]>) -> Digest {
    Digest::from_content(text.as_ref())
}

/// Decodes a delta, and checks that the frame is a single segment.
#[track_caller]
fn decode(delta: &[u8], old: &[u8], new_size: u64) -> Vec<u8> {
    let (header, frame) = delta.split_at(40);
    assert_eq!(header[..8], [0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0]);
    assert_eq!(header[8..], digest(old).as_bytes()[..]);
    // RFC 8878, section 3.1.1.1: bit 5 of the frame header is the single segment flag.
    assert_eq!((&frame[..4], frame[4] & 0x20), (&[0x28, 0xb5, 0x2f, 0xfd][..], 0x20));
    let mut decoder = DCtx::create();
    decoder.ref_prefix(old).unwrap();
    let mut decoded = Vec::with_capacity(new_size as usize);
    decoder.decompress(&mut decoded, frame).unwrap();
    decoded
}

/// Checks every delta of a manifest against its entry, and decodes the delta. Returns the number of deltas. `versions` contains
/// the earlier versions.
#[track_caller]
fn assert_deltas_intact(site: &Site, manifest: &Manifest, versions: &[impl AsRef<[u8]>]) -> usize {
    let mut count = 0;
    for (path, entry) in manifest {
        let info = entry.info.as_ref().unwrap();
        for delta in &info.deltas {
            let bytes = fs::read(site.path("out").join(delta_name(&entry.hashed, &delta.from))).expect(path);
            assert_eq!((bytes.len() as u64, digest(&bytes)), (delta.size, delta.sha256), "{path}");
            let old = versions.iter().find(|version| digest(version) == delta.from).expect("a known version");
            assert_eq!(digest(decode(&bytes, old.as_ref(), info.size)), info.sha256, "{path}");
            count += 1;
        }
    }
    count
}

fn deltas(site: &Site) -> Vec<String> {
    site.names("out").into_iter().filter(|name| name.ends_with(".dcz")).collect()
}

#[test]
fn one_added_line_in_a_long_script_yields_a_short_delta() {
    let site = Site::new(&[("static/js/app.js", &script([]))]);
    let config = site.config().compress(["gzip", "dcz"]);
    collect(&config).unwrap();
    let first = site.manifest("out");
    assert!(first.dictionaries() && deltas(&site).is_empty());
    assert!(site.read("out/staticfiles.json").contains("    \"dictionaries\": true,\n"));

    site.write("static/js/app.js", script([1]));
    let report = collect(&config).unwrap();
    assert_eq!((report.written, report.compressed, report.release), (1, 2, Some(2)));
    let (manifest, old) = (site.manifest("out"), digest(script([])));
    let entry = manifest.get("js/app.js").unwrap();
    let [delta] = &entry.info.as_ref().unwrap().deltas[..] else { panic!("one delta") };
    assert_eq!(delta.from, old);
    assert!(delta.size <= 256, "{} bytes", delta.size);
    assert_eq!(deltas(&site), [format!("{}.{}.dcz", entry.hashed, &old.to_string()[..12])]);
    assert_eq!(assert_deltas_intact(&site, &manifest, &[script([])]), 1);
    assert_eq!(site.release(2).manifest, manifest);
}

#[test]
fn deltas_are_made_from_the_newest_distinct_versions() {
    let site = site([1, 2, 3, 2, 4, 5]);
    let of_current = || {
        let manifest = site.manifest("out");
        let info = manifest.get("app.js").unwrap().info.clone().unwrap();
        info.deltas.iter().map(|delta| delta.from).collect::<Vec<_>>()
    };
    let sorted = |versions: &[u32]| {
        let mut digests: Vec<_> = versions.iter().map(|version| digest(script([*version]))).collect();
        digests.sort_by_key(ToString::to_string);
        digests
    };
    let versions: Vec<_> = (1..6).map(|version| script([version])).collect();
    assert_eq!(of_current(), sorted(&[4, 2, 3]));
    assert_eq!(assert_deltas_intact(&site, &site.manifest("out"), &versions), 3);

    site.write("static/app.js", script([6]));
    collect(&config(&site).delta_versions(1)).unwrap();
    assert_eq!(of_current(), sorted(&[5]));
    site.write("static/app.js", script([7]));
    collect(&config(&site).delta_versions(0)).unwrap();
    assert_eq!(of_current(), []);
}

#[test]
fn deltas_of_a_published_file_never_change() {
    let site = site([1, 2, 3]);
    let info = |number: u64| {
        let manifest = site.release(number).manifest;
        manifest.get("app.js").unwrap().info.clone().unwrap()
    };
    assert_eq!(info(3).deltas.len(), 2);
    // Version 2 is published again: version 3 is not a new dictionary for version 2.
    site.write("static/app.js", script([2]));
    let report = run(&site);
    assert_eq!((report.compressed, report.release), (0, Some(4)));
    assert_eq!(info(4), info(2));
    assert_eq!(run(&site).release, None);
    // Another level applies to new files only.
    let report = collect(&site.config().compress(["gzip:1", "dcz:9"]).delta_versions(1)).unwrap();
    assert_eq!((report.compressed, report.release), (0, None));
}

#[test]
fn run_without_changes_writes_no_file_and_reads_no_delta() {
    let site = site([1, 2]);
    site.write("static/same.css", ".a { color: red }\n".repeat(100));
    run(&site);
    let config = config(&site).clock(crate::site::later);
    collect(&config).unwrap();
    let before = site.tree("out");
    let names = before.keys().filter(|name| !name.ends_with("/lock"));
    let times = || -> Vec<_> {
        names
            .clone()
            .map(|name| fs::metadata(site.path("out").join(name)).unwrap().modified().unwrap())
            .collect()
    };
    let written = times();
    // An unchanged access time shows that a run does not read the delta.
    let delta = site.path("out").join(&deltas(&site)[0]);
    let accessed = || fs::metadata(&delta).unwrap().accessed().unwrap();
    let first_access = accessed();
    let report = collect(&config).unwrap();
    assert_eq!((report.written, report.compressed, report.release), (0, 0, None));
    assert_eq!((times(), accessed()), (written, first_access));
    assert!(site.tree("out") == before);
}

#[test]
fn deltas_do_not_depend_on_the_number_of_threads() {
    let tree = |threads| {
        let site = Site::new(&[]);
        for version in 0..3 {
            (0..5).for_each(|n| site.write(&format!("static/{n}.js"), script([n, version])));
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(&site));
        }
        let mut tree = site.tree("out");
        tree.retain(|name, _| !name.starts_with(".fingerpost/"));
        assert_eq!(deltas(&site).len(), 5 + 10);
        tree
    };
    assert!(tree(1) == tree(4));
}

#[test]
fn originals_have_no_deltas() {
    let site = Site::new(&[]);
    for version in [1, 2] {
        site.write("static/app.js", script([version]));
        collect(&config(&site).originals(true)).unwrap();
    }
    assert_eq!(deltas(&site).len(), 1);
    assert!(site.names("out").contains(&"app.js.gz".to_owned()));
}

#[test]
fn dry_run_makes_no_deltas() {
    let site = site([1]);
    site.write("static/app.js", script([2]));
    let before = site.tree("out");
    let report = collect(&config(&site).dry_run(true)).unwrap();
    assert_eq!((report.release, warnings(&report)), (Some(2), vec![]));
    assert!(site.tree("out") == before);
    run(&site);
    let report = collect(&config(&site).dry_run(true)).unwrap();
    assert_eq!((report.release, report.compressed), (None, 0));
}

#[test]
fn source_maps_have_deltas_only_if_compress_maps_has_dcz() {
    let site = Site::new(&[("static/a.js.map", &script([1]))]);
    run(&site);
    site.write("static/a.js.map", script([2]));
    run(&site);
    assert_eq!(deltas(&site).len(), 0);
    site.write("static/a.js.map", script([3]));
    collect(&config(&site).compress_maps(["dcz:3"])).unwrap();
    assert_eq!(deltas(&site).len(), 2);
}

#[test]
fn rewritten_references_are_part_of_both_versions() {
    let css = |n: u32| {
        format!("{}\n.a {{ background: url(a.svg) }}\n", ".b { color: red }\n".repeat(100 + n as usize))
    };
    let site = Site::new(&[("static/a.css", &css(0)), ("static/a.svg", "<svg/>")]);
    run(&site);
    let old = site.read(&format!("out/{}", site.hashed("a.css")));
    site.write("static/a.svg", "<svg></svg>");
    run(&site);
    assert_eq!(assert_deltas_intact(&site, &site.manifest("out"), &[old]), 1);
}

/// An old text and a new text. The new text is the old text or an unrelated text, with edits.
fn versions() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let bytes = || prop_oneof![vec(any::<u8>(), 0..400), vec(97..101_u8, 0..4_000), Just(vec![b'a'; 9_000])];
    let edits = vec((any::<Index>(), 0..300_usize, vec(any::<u8>(), 0..60)), 0..6);
    (bytes(), bytes(), edits, any::<bool>()).prop_map(|(old, other, edits, is_unrelated)| {
        let mut new = if is_unrelated { other } else { old.clone() };
        for (start, length, inserted) in edits {
            let start = start.index(new.len() + 1);
            let end = new.len().min(start + length);
            new.splice(start..end, inserted);
        }
        (old, new)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("FINGERPOST_TEST_LARGE").is_some() { 3_000 } else { 40 }))]

    #[test]
    fn deltas_of_random_versions_decode_to_the_new_version(versions in vec(versions(), 1..6), level in 1..=19_u8) {
        let site = Site::in_memory();
        let config = site.config().compress(["gzip:1".to_owned(), format!("dcz:{level}")]);
        for (n, (old, _)) in versions.iter().enumerate() {
            site.write(&format!("static/{n}.txt"), old);
        }
        collect(&config).unwrap();
        for (n, (_, new)) in versions.iter().enumerate() {
            site.write(&format!("static/{n}.txt"), new);
        }
        collect(&config).unwrap();
        let old: Vec<_> = versions.iter().map(|(old, _)| old).collect();
        let count = assert_deltas_intact(&site, &site.manifest("out"), &old);
        assert_eq!(count, deltas(&site).len());
    }
}
