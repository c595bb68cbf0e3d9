//! Tests that the cache saves time and never changes the output.

use std::{
    collections::BTreeSet,
    env,
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

use fingerpost::manifest::{Digest, MANIFEST_NAME};
use fingerpost_collect::{CollectConfig, Rule, Severity, collect};

use crate::site::{Site, later, warnings};

const CACHE: &str = "out/.fingerpost/cache.json";

/// A chain, a cycle that refers to the first file of the chain, a file with a warning, a script with a note, and a
/// file without references.
const FILES: [(&str, &str); 9] = [
    ("static/mark.svg", "<svg/>"),
    ("static/icon.css", "i{background:url(mark.svg)}"),
    ("static/page.css", "@import 'icon.css';"),
    ("static/one.css", "@import 'two.css';"),
    ("static/two.css", "@import 'one.css'; a{background:url(mark.svg)}"),
    ("static/late.css", "a{background:url(late.png)}"),
    ("static/app.js", "import './part.js';\nimport(somewhere);\n"),
    ("static/part.js", "export default 1;"),
    ("static/alone.txt", "alone"),
];

impl Site {
    /// Creates a site and fills the cache.
    fn cached_with(files: &[(&str, &str)]) -> Self {
        let site = Self::new(files);
        collect(&site.config_with_warnings("out")).expect("a run that fills the cache");
        site
    }

    /// Returns settings with the clock [`later`], so that the times of all files are trusted. Missing files are warnings.
    fn config_with_warnings(&self, out: &str) -> CollectConfig {
        self.config_to(out).clock(later).severity(Rule::Missing, Severity::Warn)
    }

    /// Returns the asset paths in the cache.
    fn cached(&self) -> BTreeSet<String> {
        let json: serde_json::Value = serde_json::from_str(&self.cache()).expect("JSON before the last line");
        json[1].as_object().expect("sources").keys().cloned().collect()
    }

    /// Edits the cache and updates its digest, so that `collect` trusts the edited cache.
    fn forge_cache(&self, from: &str, to: &str) {
        let cache = self.cache();
        let json = cache.replace(from, to);
        assert_ne!(json, cache, "{from} is not in the cache");
        self.write(CACHE, format!("{json}\n{}\n", Digest::from_content(json.as_bytes())));
    }

    /// Returns the cache without its digest.
    fn cache(&self) -> String {
        let text = self.read(CACHE);
        text[..text.len() - "\n".len() - 64 - "\n".len()].to_owned()
    }

    /// Runs `collect` and returns the manifest, the bytes of its files, the warnings and the notes.
    fn outcome(&self, config: &CollectConfig, out: &str) -> (String, Vec<Vec<u8>>, Vec<String>, Vec<String>) {
        let report = collect(config).expect("a successful run");
        let manifest = self.manifest(out);
        let bytes = manifest
            .iter()
            .map(|(_, entry)| fs::read(self.path(out).join(&entry.hashed)).expect("a file in the manifest"));
        let bytes = bytes.collect();
        let notes = report.notes.iter().map(ToString::to_string).collect();
        (self.read(&format!("{out}/{MANIFEST_NAME}")), bytes, warnings(&report), notes)
    }

    /// Compares the results of a run with the cache and of a run into an empty directory.
    #[track_caller]
    fn assert_cache_changes_nothing(&self, config: impl Fn(&str) -> CollectConfig) {
        let with = self.outcome(&config("out"), "out");
        let fresh = "fresh";
        let without = self.outcome(&config(fresh), fresh);
        fs::remove_dir_all(self.path(fresh)).expect("an output directory");
        assert_eq!(with, without);
        self.assert_intact("out");
    }

    #[track_caller]
    fn assert_same(&self) {
        self.assert_cache_changes_nothing(|out| self.config_with_warnings(out));
    }

    /// Returns the assets whose hashed paths differ after `change`.
    fn renamed_by(&self, change: impl FnOnce()) -> Vec<String> {
        let before = self.manifest("out");
        self.wait_for_a_new_time();
        change();
        self.assert_same();
        let after = self.manifest("out");
        let differs = |path: &str| before.get(path).map(|e| &e.hashed) != after.get(path).map(|e| &e.hashed);
        after.iter().map(|(path, _)| path.to_string()).filter(|path| differs(path)).collect()
    }
}

#[test]
fn recently_modified_files_are_not_cached() {
    let site = Site::new(&FILES);
    collect(&site.config_with_warnings("out").clock(SystemTime::now)).unwrap();
    assert!(!site.path(CACHE).exists());
    // A file with a time in the future is never cached.
    let alone = File::options().append(true).open(site.path("static/alone.txt")).unwrap();
    alone.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
    site.assert_same();
    let mut expected: BTreeSet<_> =
        FILES.iter().map(|(path, _)| path["static/".len()..].to_owned()).collect();
    expected.remove("alone.txt");
    assert_eq!(site.cached(), expected);
}

#[test]
fn integrity_field_of_an_earlier_version_is_dropped() {
    let site = Site::cached_with(&FILES);
    let manifest = site.read("out/staticfiles.json");
    let field = "\"integrity\":\"sha256-eA==\",\"size\":";
    site.forge_cache("\"size\":", field);
    site.write("out/staticfiles.json", manifest.replace("\"size\":", field));
    let report = collect(&site.config_with_warnings("out")).unwrap();
    assert_eq!((report.written, report.release), (0, None));
    assert_eq!(site.read("out/staticfiles.json"), manifest);
    site.assert_same();
}

#[test]
fn cached_run_has_the_same_output_and_report() {
    let site = Site::cached_with(&FILES);
    assert_eq!(site.cached().len(), FILES.len());
    let cache = site.read(CACHE);
    site.assert_same();
    let report = collect(&site.config_with_warnings("out")).unwrap();
    assert_eq!((report.written, report.release, report.warnings.len()), (0, None, 1));
    assert_eq!(report.notes.len(), 1);
    assert_eq!(site.read(CACHE), cache);
}

#[test]
fn damaged_cache_and_cache_with_another_key_are_ignored() {
    let site = Site::cached_with(&FILES);
    let hashed = site.hashed("page.css");
    let hash = &hashed["page.".len()..][..12];
    let whole = site.read(CACHE);
    site.forge_cache(&format!("\"{hash}\""), "\"000000000000\"");
    let forged = site.read(CACHE);
    // An intact cache of this program is trusted even with a wrong hash. Other caches must be ignored.
    collect(&site.config_with_warnings("out")).unwrap();
    assert_eq!(site.hashed("page.css"), "page.000000000000.css");

    let version = format!("version={}", env!("CARGO_PKG_VERSION"));
    let debug = |debug: bool| format!("debug={debug}");
    let keys = [
        (&*debug(cfg!(debug_assertions)), &*debug(!cfg!(debug_assertions))),
        (&*version, "version=0.0.0"),
        ("analysis=5 ", "analysis=2 "),
        ("analysis=5 ", ""),
        ("base=/static/", "base=/other/"),
        ("js=true", "js=false"),
    ];
    for (key, other) in keys {
        site.write(CACHE, &forged);
        site.forge_cache(key, other);
        site.assert_same();
        assert_eq!(site.hashed("page.css"), hashed, "{other}");
    }
    let damaged = [
        String::new(),
        "garbage".to_owned(),
        "0".repeat(64) + "\n{}",
        format!("{}\n[]", Digest::from_content(b"[]")),
        whole.replace(hash, "000000000000"),
        whole[..whole.len() / 2].to_owned(),
        forged[..forged.len() - 1].to_owned(),
        forged[65..].to_owned(),
    ];
    for cache in damaged {
        site.write(CACHE, &cache);
        site.assert_same();
        assert_eq!(site.hashed("page.css"), hashed, "{cache}");
        assert_eq!(site.read(CACHE), whole, "the cache is rebuilt");
    }
    site.remove(CACHE);
    site.assert_same();
    assert_eq!(site.read(CACHE), whole);
}

#[test]
fn changed_base_url_invalidates_the_cache() {
    let site = Site::cached_with(&[
        ("static/mark.svg", "<svg/>"),
        ("static/a.css", "a{background:url(/static/mark.svg)}b{background:url(/other/mark.svg)}"),
    ]);
    for base in ["/other/", "/static/", "/"] {
        site.assert_cache_changes_nothing(|out| site.config_with_warnings(out).base_url(base));
    }
}

#[test]
fn files_that_cannot_be_parsed_are_cached_with_their_warnings() {
    let utf_16: Vec<u8> = "\u{feff}a{b:url(a.txt)}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let site = Site::new(&[("static/a.txt", "a"), ("static/b.js", "import './x.js'; )")]);
    site.write("static/a.css", &utf_16);
    let report = collect(&site.config_with_warnings("out")).unwrap();
    assert!(site.cached().iter().eq(["a.css", "a.txt", "b.js"]), "{:?}", site.cached());
    assert_eq!(report.warnings.len(), 2);
    assert_eq!(collect(&site.config_with_warnings("out")).unwrap().warnings, report.warnings);
    site.assert_same();
}

/// Edits a file, and restores its modification time. The length of the file must not change.
fn edit_with_old_time(site: &Site, path: &str, text: &str) {
    let file = site.path(path);
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!(metadata.len(), text.len() as u64);
    site.write(path, text);
    File::options().append(true).open(file).unwrap().set_modified(metadata.modified().unwrap()).unwrap();
}

/// Windows has no change time.
#[cfg(unix)]
#[test]
fn edit_with_unchanged_length_and_modification_time_is_detected() {
    let site = Site::cached_with(&FILES);
    let alone = site.renamed_by(|| edit_with_old_time(&site, "static/alone.txt", "ALONE"));
    assert_eq!(alone, ["alone.txt"]);
    let icon =
        site.renamed_by(|| edit_with_old_time(&site, "static/icon.css", "b{background:url(mark.svg)}"));
    assert_eq!(icon, ["icon.css", "page.css"]);
}

#[test]
fn edit_renames_exactly_the_dependent_cached_files() {
    let site = Site::cached_with(&FILES);
    let mark = site.renamed_by(|| site.write("static/mark.svg", "<svg id='2'/>"));
    assert_eq!(mark, ["icon.css", "mark.svg", "one.css", "page.css", "two.css"]);
    let member = site.renamed_by(|| site.write("static/one.css", "@import 'two.css'; b{}"));
    assert_eq!(member, ["one.css", "two.css"]);
    // Without the cycle, both members are named by their own bytes.
    let left = site.renamed_by(|| site.write("static/one.css", "b{}"));
    assert_eq!(left, ["one.css", "two.css"]);
    let joined = site.renamed_by(|| site.write("static/mark.svg", "<svg/>"));
    assert_eq!(joined, ["icon.css", "mark.svg", "page.css", "two.css"]);
}

#[test]
fn added_or_removed_target_is_detected_in_cached_files() {
    let site = Site::cached_with(&FILES);
    assert_eq!(site.renamed_by(|| site.write("static/late.png", "png")), ["late.css", "late.png"]);
    assert_eq!(site.renamed_by(|| site.remove("static/late.png")), ["late.css"]);
    assert_eq!(site.renamed_by(|| site.remove("static/two.css")), ["one.css"]);
    assert_eq!(site.renamed_by(|| site.remove("static/mark.svg")), ["icon.css", "page.css"]);
}

#[test]
fn moved_or_reordered_source_dirs_invalidate_the_cache() {
    let site = Site::new(&[
        ("a/x.css", "a{background:url(gone.png)}"),
        ("a/x.js", "import(somewhere)"),
        ("b/x.css", "b{background:url(gone.png)}"),
        ("b/x.js", "import(someplace)"),
    ]);
    let config = |out: &str, sources: [&str; 2]| {
        let config = CollectConfig::new(site.path(out)).clock(later).severity(Rule::Missing, Severity::Warn);
        sources.into_iter().fold(config, |config, source| config.source(site.path(source)))
    };
    let rename = |from: &str, to: &str| fs::rename(site.path(from), site.path(to)).unwrap();
    site.assert_cache_changes_nothing(|out| config(out, ["a", "b"]));
    let first = site.hashed("x.css");
    assert_eq!(site.cached().len(), 2);

    // The results of `stat` stay the same, but the names change.
    rename("a", "c");
    rename("b", "a");
    rename("c", "b");
    site.assert_cache_changes_nothing(|out| config(out, ["a", "b"]));
    assert_ne!(site.hashed("x.css"), first);
    site.assert_cache_changes_nothing(|out| config(out, ["b", "a"]));
    assert_eq!(site.hashed("x.css"), first);

    // The same files are in another directory, so the messages contain the new path.
    rename("b", "elsewhere");
    site.assert_cache_changes_nothing(|out| config(out, ["elsewhere", "a"]));
    let report = collect(&config("out", ["elsewhere", "a"])).unwrap();
    let messages = report.notes.iter().chain(&report.warnings).map(ToString::to_string);
    let elsewhere = site.path("elsewhere").display().to_string();
    assert_eq!(messages.filter(|line| line.contains(&elsewhere)).count(), 2);

    rename("elsewhere/x.css", "a/x.css");
    fs::remove_file(site.path("elsewhere/x.js")).unwrap();
    site.assert_cache_changes_nothing(|out| config(out, ["elsewhere", "a"]));
}

#[test]
fn failed_run_fills_the_cache_and_dry_run_does_not() {
    let site = Site::new(&FILES);
    assert!(collect(&site.config_later().dry_run(true)).is_err());
    collect(&site.config_with_warnings("out").dry_run(true)).unwrap();
    assert!(!site.path("out").exists());
    assert_eq!(site.problems_of(&site.config_later()).len(), 1);
    assert_eq!(site.cached().len(), FILES.len());
    site.assert_same();
    assert_eq!(site.renamed_by(|| site.write("static/late.png", "png")), ["late.css", "late.png"]);
}

/// Returns the bytes that this process has read, from the counters of the kernel.
fn bytes_read() -> Option<u64> {
    let counters = fs::read_to_string("/proc/self/io").ok()?;
    counters.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, target) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

const LARGE: usize = 4 * 1024 * 1024;

/// Runs `collect` and returns the bytes read, as a multiple of one large file.
fn count_large_reads(config: &CollectConfig) -> u64 {
    let before = bytes_read().unwrap();
    collect(config).unwrap();
    (bytes_read().unwrap() - before + LARGE as u64 / 8) / LARGE as u64
}

#[test]
fn cached_files_are_not_read() {
    const MARK: &str = "FINGERPOST_TEST_COUNTS_READINGS";
    if bytes_read().is_none() {
        let written = writeln!(
            io::stderr(),
            "skipped: reads are counted with /proc/self/io, which does not exist here"
        );
        return written.expect("standard error can be written to");
    }
    if env::var_os(MARK).is_none() {
        let mut child = Command::new(env::current_exe().unwrap());
        let test = "cache::cached_files_are_not_read";
        let output = child.args([test, "--exact", "--nocapture"]).env(MARK, "1").output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}{errors}");
        return;
    }
    let padding = "x".repeat(LARGE);
    let site = Site::new(&[
        ("static/mark.svg", &padding),
        ("static/a.css", &format!("a{{background:url(mark.svg)}}/*{padding}*/")),
        ("static/b.css", &format!("/*{padding}*/")),
        ("static/c.css", &format!("a{{background:url(/elsewhere.svg)}}/*{padding}*/")),
    ]);
    // With a clock in 1970, no file time is trusted. With the system clock, file times are trusted after two seconds, which
    // may elapse on a slow machine.
    let at_once = site.config().clock(|| SystemTime::UNIX_EPOCH);
    // A file that refers to other assets is read twice: to find the references, and to rewrite them.
    assert_eq!(count_large_reads(&at_once), 5);
    let young = count_large_reads(&at_once);
    assert_eq!(young, 5 + 4, "neither the sources nor the published files are old enough to be trusted");
    let count_reads = || count_large_reads(&site.config_later());
    assert_eq!(count_reads(), 5 + 4);
    assert_eq!(count_reads(), 0);
    site.remove(CACHE);
    assert_eq!(count_reads(), 5);
    site.remove("out/.fingerpost/published.json");
    assert_eq!(count_reads(), 4);
    assert_eq!(count_reads(), 0);

    copy(&site.path("out"), &site.path("copy"));
    fs::remove_dir_all(site.path("out")).unwrap();
    fs::rename(site.path("copy"), site.path("out")).unwrap();
    assert_eq!(count_reads(), 4, "a copy is read once");
    assert_eq!(count_reads(), 0);

    site.write("static/mark.svg", "<svg/>");
    assert_eq!(count_reads(), 1, "only the referring file is read");
    count_reads();
    assert_eq!(count_reads(), 0);
}
