//! Feature `watch`: cached hits avoid system calls, and a change that causes no event is visible within 250 ms.
#![cfg(target_os = "linux")]

#[path = "it/support/child.rs"]
#[allow(dead_code, reason = "this test needs only a part of the module")]
mod child;
#[path = "it/support/clock.rs"]
mod clock;

use std::{
    env,
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::symlink,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use fingerpost::{Assets, Mode, manifest::ContentHash};
use tempfile::TempDir;

use crate::clock::{later, wait_for_a_new_time};

/// The longest time for which a change may stay invisible.
const LIMIT: Duration = Duration::from_millis(250);

fn write_in_place(file: &Path, content: &str) {
    File::options().write(true).truncate(true).open(file).unwrap().write_all(content.as_bytes()).unwrap();
}

fn url_of(content: &str) -> String {
    format!("/static/a.css?v={}", ContentHash::from_content(content.as_bytes()))
}

/// Watches a source directory, with a clock that makes the times of its files trusted.
fn watch_dir(source: &Path) -> Assets {
    wait_for_a_new_time(source);
    Assets::builder().source(source).mode(Mode::Dev).clock(later).build().unwrap()
}

/// Creates a source directory with one file whose times are trusted and whose URL is cached.
fn cached_site() -> (TempDir, Assets) {
    cached_site_in("")
}

/// Like [`cached_site`], with the source directory at this path in the temporary directory.
fn cached_site_in(source: &str) -> (TempDir, Assets) {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join(source);
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("a.css"), "one").unwrap();
    let assets = watch_dir(&source);
    assert_eq!(assets.url("a.css").unwrap(), *url_of("one"));
    (dir, assets)
}

/// Polls until `is_seen` returns `true`. The last poll with the old content must begin within the limit.
fn assert_in_time(changed: Instant, is_seen: impl Fn() -> bool) {
    loop {
        let elapsed = changed.elapsed();
        if is_seen() {
            return;
        }
        assert!(elapsed < LIMIT, "a call {elapsed:?} after the change returned the old content");
    }
}

/// Polls until the URL has the hash of `content`.
fn assert_seen_in_time(assets: &Assets, changed: Instant, content: &str) {
    assert_in_time(changed, || assets.url("a.css").unwrap() == *url_of(content));
}

#[test]
fn edit_is_visible_within_the_limit() {
    let (dir, assets) = cached_site();
    for content in ["two", "six", "ten"] {
        write_in_place(&dir.path().join("a.css"), content);
        assert_seen_in_time(&assets, Instant::now(), content);
    }
}

#[test]
fn edit_without_a_watcher_event_is_visible_within_the_limit() {
    let (dir, assets) = cached_site();
    // An edit through a hard link in a directory without a watcher causes no event, like an edit through a bind mount.
    let elsewhere = tempfile::tempdir_in(dir.path().parent().unwrap()).unwrap();
    let other_name = elsewhere.path().join("a.css");
    fs::hard_link(dir.path().join("a.css"), &other_name).unwrap();
    // Waits for the event of the link.
    thread::sleep(LIMIT);
    assert_eq!(assets.url("a.css").unwrap(), *url_of("one"));
    write_in_place(&other_name, "two");
    assert_seen_in_time(&assets, Instant::now(), "two");
}

#[test]
fn replaced_directory_is_visible_within_the_limit() {
    let (above, assets) = cached_site_in("site/static");
    let at = |path: &str| above.path().join(path);
    for (here, there) in [("site/static", "other/static"), ("site", "other")] {
        // Both files have the same length and times that are trusted.
        fs::create_dir_all(at("other/static")).unwrap();
        fs::write(at("site/static/a.css"), "one").unwrap();
        fs::write(at("other/static/a.css"), "two").unwrap();
        // Waits for the events of these writes.
        thread::sleep(LIMIT);
        assert_eq!(assets.url("a.css").unwrap(), *url_of("one"));
        fs::rename(at(here), at("away")).unwrap();
        fs::rename(at(there), at(here)).unwrap();
        assert_seen_in_time(&assets, Instant::now(), "two");
        fs::remove_dir_all(at("away")).unwrap();
    }
}

#[test]
fn deleted_and_recreated_file_is_visible_within_the_limit() {
    let (dir, assets) = cached_site();
    fs::remove_file(dir.path().join("a.css")).unwrap();
    assert_in_time(Instant::now(), || assets.url("a.css").is_err());
    fs::write(dir.path().join("a.css"), "two").unwrap();
    assert_eq!(assets.url("a.css").unwrap(), *url_of("two"));
}

/// A change that becomes visible before the limit proves that an event occurred. Without a watcher, a cached result is
/// valid for the whole limit.
#[test]
fn edit_in_a_symlinked_source_dir_triggers_an_event() {
    let dir = tempfile::tempdir().unwrap();
    let [real, link] = ["real", "link"].map(|name| dir.path().join(name));
    fs::create_dir(&real).unwrap();
    symlink(&real, &link).unwrap();
    fs::write(real.join("a.css"), "one").unwrap();
    let assets = watch_dir(&link);
    let has_event = (0..5).any(|i| {
        thread::sleep(LIMIT);
        let (begin, content) = (Instant::now(), format!("edit {i}"));
        assets.url("a.css").unwrap();
        write_in_place(&link.join("a.css"), &content);
        while assets.url("a.css").unwrap() != *url_of(&content) {}
        begin.elapsed() < LIMIT / 2
    });
    assert!(has_event, "every change became visible only after the limit");
}

/// Counts the system calls of one thread with `strace`. Lookups of missing files separate the sections of the trace. Without
/// `strace` the test is skipped, or fails if `CI=true`. The next test needs no tool, and detects only accesses to the file
/// itself.
#[test]
fn watched_cache_hit_makes_no_system_call() {
    let dir = tempfile::tempdir().unwrap();
    let traced = |trace: &str| {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o"]).arg(dir.path().join(trace)).env("IT_TRACED", "1");
        command
    };
    let can_trace = || traced("nothing").arg("true").status().is_ok_and(|status| status.success());
    if env::var_os("IT_TRACED").is_none() && !can_trace() {
        assert!(
            env::var("CI").as_deref() != Ok("true"),
            "with CI=true `strace` must be installed and permitted to trace"
        );
        return writeln!(
            io::stderr(),
            "fingerpost: skipped: system calls are counted with `strace`, which is not installed"
        )
        .unwrap();
    }
    let mut process = traced("calls");
    process.arg(env::current_exe().unwrap());
    let output = child::in_command(process, || {
        let (_dir, assets) = cached_site();
        let between = |begin, end, count| {
            assert!(!Path::new(begin).exists());
            (0..count).for_each(|_| drop(assets.url("a.css").unwrap()));
            assert!(!Path::new(end).exists());
        };
        let in_time = (0..20).any(|_| {
            thread::sleep(LIMIT);
            let start = Instant::now();
            between("/first call begins", "/first call ends", 1);
            between("/hits begin", "/hits end", 1_000);
            start.elapsed() < LIMIT
        });
        if in_time { "in time" } else { "never in time" }.to_owned()
    });
    assert_eq!(output, "in time");
    let trace = fs::read_to_string(dir.path().join("calls")).unwrap();
    assert_eq!(
        calls_between(&trace, "/first call begins", "/first call ends").len(),
        1,
        "the first call makes one `stat`"
    );
    assert_eq!(calls_between(&trace, "/hits begin", "/hits end"), [""; 0]);
}

/// Returns the calls of one thread between its last call with `begin` and the last call with `end`.
fn calls_between<'t>(trace: &'t str, begin: &str, end: &str) -> Vec<&'t str> {
    let calls: Vec<_> = trace.lines().filter_map(|line| line.split_once(' ')).collect();
    let at = |text| calls.iter().rposition(|(_, call)| call.contains(text)).unwrap();
    let (begin, end) = (at(begin), at(end));
    let is_own =
        |(thread, call): &&(&str, &str)| *thread == calls[begin].0 && !call.trim_start().starts_with("<...");
    calls[begin + 1..end].iter().filter(is_own).map(|(_, call)| *call).collect()
}

/// Moving the parent of a watched directory causes no event, but each later `stat` of a file in the directory fails. A
/// successful call therefore proves that the cache made no `stat`.
#[test]
fn watched_cache_hit_does_not_stat_the_file() {
    let above = tempfile::tempdir().unwrap();
    let (here, away) = (above.path().join("here"), above.path().join("away"));
    fs::create_dir_all(here.join("static")).unwrap();
    fs::write(here.join("static/a.css"), "one").unwrap();
    let assets = watch_dir(&here.join("static"));
    let has_hit = (0..20).any(|_| {
        thread::sleep(LIMIT);
        let begin = Instant::now();
        assets.url("a.css").unwrap();
        fs::rename(&here, &away).unwrap();
        let result = assets.url("a.css");
        let in_time = begin.elapsed() < LIMIT;
        thread::sleep(LIMIT);
        assert!(assets.url("a.css").is_err(), "a call after the limit finds no file");
        fs::rename(&away, &here).unwrap();
        assert!(!in_time || result.is_ok(), "{result:?}");
        in_time
    });
    assert!(has_hit, "no call returned within the limit");
}
