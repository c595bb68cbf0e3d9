//! Tests of the compressed variants and their content.

mod again;
mod names;

use std::{fs, io::Read as _};

use fingerpost::{
    Settings,
    manifest::{Digest, Encoding},
};
use fingerpost_collect::{CollectConfig, Progress, Report, collect, collect_with};

use crate::site::Site;

const RECORD: &str = "out/.fingerpost/compressed.json";

/// Returns the encodings of variants whose features are enabled.
fn enabled_encodings() -> impl Iterator<Item = Encoding> {
    Encoding::ALL.into_iter().filter(|encoding| match encoding {
        Encoding::Br => cfg!(feature = "brotli"),
        Encoding::Zstd => cfg!(feature = "zstd"),
        Encoding::Dcz => false,
        _ => true,
    })
}

fn all() -> Vec<String> {
    enabled_encodings().map(|encoding| encoding.to_string()).collect()
}

/// Returns compressible text, different for every seed.
fn text(seed: u32) -> String {
    (0..2_000_u32)
        .map(|n| format!(".c{} {{ order: {seed} }}\n", n.wrapping_mul(2_654_435_761) >> 16))
        .collect()
}

/// Returns bytes that cannot be compressed.
fn incompressible_bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

fn site() -> Site {
    Site::new(&[("static/css/a.css", &text(1)), ("static/b.js", &format!("/*{}*/", text(2)))])
}

fn config(site: &Site) -> CollectConfig {
    site.config().compress(all())
}

#[track_caller]
fn run(site: &Site) -> Report {
    collect(&config(site)).expect("a successful run")
}

fn decode(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    match encoding {
        Encoding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut decoded).map(drop),
        #[cfg(feature = "brotli")]
        Encoding::Br => brotli::BrotliDecompress(&mut &bytes[..], &mut decoded),
        #[cfg(feature = "zstd")]
        Encoding::Zstd => zstd::stream::copy_decode(bytes, &mut decoded),
        _ => panic!("{encoding} is not built in"),
    }
    .expect("a valid variant");
    decoded
}

/// Returns the encodings of an asset in the manifest.
fn encodings(site: &Site, path: &str) -> Vec<String> {
    let manifest = site.manifest("out");
    manifest.get(path).expect("an asset").info.clone().expect("file info").encodings.into_keys().collect()
}

/// Checks every variant in the manifest against its entry and the file. Returns the number of variants.
#[track_caller]
fn assert_variants_intact(site: &Site, out: &str) -> usize {
    let mut variants = 0;
    for (path, entry) in &site.manifest(out) {
        let file = fs::read(site.path(out).join(&entry.hashed)).expect(path);
        for (name, variant) in &entry.info.as_ref().expect(path).encodings {
            let encoding = Encoding::from_name(name).expect("an encoding");
            let variant_path = format!("{}.{}", entry.hashed, encoding.extension());
            let bytes = fs::read(site.path(out).join(&variant_path)).expect(&variant_path);
            assert_eq!(
                (variant.size, variant.sha256),
                (bytes.len() as u64, Digest::from_content(&bytes)),
                "{variant_path}"
            );
            assert!(bytes.len() * 100 <= file.len() * 95, "{variant_path}");
            assert!(decode(encoding, &bytes) == file, "{variant_path}");
            variants += 1;
        }
    }
    variants
}

#[test]
fn variants_are_written_next_to_their_file() {
    let site = site();
    let report = run(&site);
    let count = enabled_encodings().count();
    assert_eq!((report.files, report.written, report.compressed), (2, 2, 2 * count));
    assert_eq!(assert_variants_intact(&site, "out"), 2 * count);
    for encoding in enabled_encodings() {
        let variant = format!("{}.{}", site.hashed("css/a.css"), encoding.extension());
        assert!(site.path("out").join(&variant).is_file(), "{variant}");
    }
    assert_eq!(site.names("out").len(), 1 + 2 + 2 * count);
}

#[test]
fn nothing_is_compressed_by_default() {
    let site = site();
    assert_eq!(site.collect().compressed, 0);
    assert_eq!(assert_variants_intact(&site, "out"), 0);
    assert!(!site.path(RECORD).exists());
}

#[test]
fn files_that_do_not_shrink_have_no_variant() {
    let site = Site::new(&[("static/empty.css", ""), ("static/short.css", &"a".repeat(40))]);
    site.write("static/noise.css", incompressible_bytes(50_000));
    site.write("static/little.css", [incompressible_bytes(10_000), vec![b'a'; 400]].concat());
    for name in ["a.png", "a.woff2", "a.gz", "a.zip", "LICENSE"] {
        site.write(&format!("static/{name}"), text(1));
    }
    let report = run(&site);
    assert_eq!(assert_variants_intact(&site, "out"), 0);
    assert_eq!(report.compressed, 2 * enabled_encodings().count(), "the incompressible files");
    // Compressions that save too little are cached as well.
    assert_eq!(run(&site).compressed, 0);
}

#[test]
fn variants_do_not_depend_on_the_number_of_threads() {
    let files: Vec<_> = (0..20).map(|n| (format!("static/{n}.css"), text(n))).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let trees = [1, 2, 5].map(|threads| {
        let site = Site::new(&files);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&site));
        let mut tree = site.tree("out");
        let metadata = [".fingerpost/lock", ".fingerpost/manifest-times", ".fingerpost/releases/"];
        tree.retain(|name, _| !metadata.iter().any(|start| name.starts_with(start)));
        tree
    });
    assert_eq!(trees[0].len(), 20 * (1 + enabled_encodings().count()) + 2);
    assert_eq!(trees[0], trees[1]);
    assert_eq!(trees[0], trees[2]);
}

#[test]
fn files_with_equal_bytes_are_compressed_once() {
    let site = Site::new(&[("static/a.css", &text(1)), ("static/b/c.css", &text(1))]);
    let report = collect(&site.config().compress(["gzip"])).unwrap();
    assert_eq!((report.compressed, assert_variants_intact(&site, "out")), (1, 2));
}

#[test]
fn source_maps_are_compressed_with_gzip_only_by_default() {
    let site = Site::new(&[("static/a.js.map", &text(1)), ("static/a.css", &text(2))]);
    run(&site);
    assert_eq!(encodings(&site, "a.js.map"), ["gzip"]);
    let mut every = all();
    every.sort();
    assert_eq!(encodings(&site, "a.css"), every);
    collect(&config(&site).compress_maps(all())).unwrap();
    assert_eq!(encodings(&site, "a.js.map"), every);
    collect(&config(&site).compress_maps([""; 0])).unwrap();
    assert_eq!(encodings(&site, "a.js.map"), [""; 0]);
}

#[test]
fn dry_run_reports_the_number_of_compressions() {
    let site = site();
    let run = |config: &CollectConfig, is_dry| {
        let mut report = collect(&config.clone().dry_run(is_dry)).unwrap();
        (report.seconds, report.dry_run) = (0.0, false);
        report
    };
    let dry = |config: &CollectConfig| {
        let before = site.tree("out");
        let report = run(config, true);
        assert_eq!(site.tree("out"), before);
        report
    };
    let real = |config: &CollectConfig| run(config, false);
    for config in [site.config().compress(["gzip"]), config(&site), site.config()] {
        assert_eq!(dry(&config), real(&config));
    }
    let config = config(&site);
    real(&config);
    site.write("static/css/a.css", text(3));
    site.remove(&format!("out/{}", site.hashed("b.js")));
    site.remove(&format!("out/{}.gz", site.hashed("b.js")));
    assert_eq!(dry(&config), real(&config));
    assert_eq!(dry(&config).compressed, 0);
}

#[test]
fn all_invalid_compression_settings_are_reported() {
    let site = site();
    let unknown = "compression `lzma` is unknown; write `gzip`, `br`, `zstd` or `dcz`, optionally with a level, such as `br:11`";
    let level = "compression `gzip:11` has no such level; `gzip` has 1 to 9";
    assert_eq!(
        site.problems_of(&site.config().compress(["lzma"]).compress_maps(["gzip:11"])),
        [unknown, level]
    );
    assert!(!site.path("out").exists());
}

#[cfg(not(all(feature = "brotli", feature = "zstd")))]
#[test]
fn encoding_without_its_feature_is_an_error_that_names_the_feature() {
    let site = site();
    let has_zstd = cfg!(feature = "zstd");
    let absent =
        [(cfg!(feature = "brotli"), "br", "brotli"), (has_zstd, "zstd", "zstd"), (has_zstd, "dcz", "zstd")];
    let absent = absent.into_iter().filter(|(is_here, ..)| !is_here);
    let problems: Vec<_> = absent
        .map(|(_, encoding, feature)| {
            format!(
                "compression `{encoding}` is not built in; omit it, or enable the feature `{feature}` of \
                 `fingerpost-collect`"
            )
        })
        .collect();
    assert_eq!(site.problems_of(&site.config().compress(["gzip", "br", "zstd", "dcz"])), problems);
}

#[test]
fn compression_is_read_from_the_settings_file() {
    let site = site();
    site.write("static/a.js.map", text(4));
    site.write(
        "fingerpost.toml",
        "sources = [\"static\"]\nout = \"out\"\n[collect]\ncompress = [\"gzip:1\"]\ncompress-maps = []",
    );
    let settings = || Settings::read(site.path("fingerpost.toml")).unwrap();
    let config = || CollectConfig::from_settings(settings());
    assert_eq!(collect(&config()).unwrap().compressed, 2);
    assert_eq!(collect(&config().compress(["gzip:2"])).unwrap().compressed, 0);
    assert_eq!(collect(&config().compress_maps(["gzip"])).unwrap().compressed, 1);
    collect(&config().compress([""; 0])).unwrap();
    assert_eq!(assert_variants_intact(&site, "out"), 0);
}

#[test]
fn compression_progress_is_reported() {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    #[derive(Default)]
    struct Counter([AtomicUsize; 2]);
    impl Progress for Counter {
        fn compressing(&self, times: usize) {
            self.0[0].fetch_add(times, Relaxed);
        }
        fn compressed(&self) {
            self.0[1].fetch_add(1, Relaxed);
        }
    }
    let (site, counter) = (site(), Counter::default());
    let report = collect_with(&config(&site), &counter).unwrap();
    assert_eq!(counter.0.map(AtomicUsize::into_inner), [report.compressed; 2]);
}
