//! Feature `watch`: cached hits avoid system calls, and a change that causes no event is visible within 250 ms.
#![cfg(target_os = "linux")]

#[path = "it/support/child.rs"]
#[allow(dead_code, reason = "the other tests need more of it")]
mod child;

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

use fingerpost::{Assets, manifest::ContentHash};
use tempfile::TempDir;

/// The age from which the cache trusts an unchanged file.
const AGED: Duration = Duration::from_millis(2_100);

/// The longest time for which a change may stay invisible.
const LIMIT: Duration = Duration::from_millis(250);

fn write_in_place(file: &Path, content: &str) {
    File::options().write(true).truncate(true).open(file).unwrap().write_all(content.as_bytes()).unwrap();
}

fn url_of(content: &str) -> String {
    format!("/static/a.css?v={}", ContentHash::from_content(content.as_bytes()))
}

/// Creates a source directory with one file whose times are trusted and whose URL is cached.
fn settled() -> (TempDir, Assets) {
    settled_in("")
}

/// [`settled`], with the source directory at this path of the directory.
fn settled_in(source: &str) -> (TempDir, Assets) {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join(source);
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("a.css"), "one").unwrap();
    let assets = Assets::dev(source).unwrap();
    thread::sleep(AGED);
    assert_eq!(assets.url("a.css").unwrap(), *url_of("one"));
    (dir, assets)
}

/// Polls until `is_seen`; the last poll that missed the change must have begun within the limit.
fn in_time(changed: Instant, is_seen: impl Fn() -> bool) {
    loop {
        let asked = changed.elapsed();
        if is_seen() {
            return;
        }
        assert!(asked < LIMIT, "a call {asked:?} after the change returned the old content");
    }
}

/// Polls until the URL has the hash of `content`.
fn seen_in_time(assets: &Assets, changed: Instant, content: &str) {
    in_time(changed, || assets.url("a.css").unwrap() == *url_of(content));
}

#[test]
fn edit_is_visible_within_the_limit() {
    let (dir, assets) = settled();
    for content in ["two", "six", "ten"] {
        write_in_place(&dir.path().join("a.css"), content);
        seen_in_time(&assets, Instant::now(), content);
    }
}

#[test]
fn edit_without_a_watcher_event_is_visible_within_the_limit() {
    let (dir, assets) = settled();
    // A second name of the file, in a directory without a watcher, as with a bind mount.
    let elsewhere = tempfile::tempdir_in(dir.path().parent().unwrap()).unwrap();
    let other_name = elsewhere.path().join("a.css");
    fs::hard_link(dir.path().join("a.css"), &other_name).unwrap();
    thread::sleep(AGED);
    assert_eq!(assets.url("a.css").unwrap(), *url_of("one"));
    write_in_place(&other_name, "two");
    seen_in_time(&assets, Instant::now(), "two");
}

#[test]
fn replaced_directory_is_visible_within_the_limit() {
    let (above, assets) = settled_in("site/static");
    let at = |path: &str| above.path().join(path);
    for (here, there) in [("site/static", "other/static"), ("site", "other")] {
        // Both files have the same length and times that are trusted.
        fs::create_dir_all(at("other/static")).unwrap();
        fs::write(at("site/static/a.css"), "one").unwrap();
        fs::write(at("other/static/a.css"), "two").unwrap();
        thread::sleep(AGED);
        assert_eq!(assets.url("a.css").unwrap(), *url_of("one"));
        fs::rename(at(here), at("away")).unwrap();
        fs::rename(at(there), at(here)).unwrap();
        seen_in_time(&assets, Instant::now(), "two");
        fs::remove_dir_all(at("away")).unwrap();
    }
}

#[test]
fn deleted_and_recreated_file_is_visible_within_the_limit() {
    let (dir, assets) = settled();
    fs::remove_file(dir.path().join("a.css")).unwrap();
    in_time(Instant::now(), || assets.url("a.css").is_err());
    fs::write(dir.path().join("a.css"), "two").unwrap();
    assert_eq!(assets.url("a.css").unwrap(), *url_of("two"));
}

/// Without a watcher a cached result is valid for the whole limit.
#[test]
fn edit_in_a_symlinked_source_dir_triggers_an_event() {
    let dir = tempfile::tempdir().unwrap();
    let [real, link] = ["real", "link"].map(|name| dir.path().join(name));
    fs::create_dir(&real).unwrap();
    symlink(&real, &link).unwrap();
    fs::write(real.join("a.css"), "one").unwrap();
    let assets = Assets::dev(&link).unwrap();
    let is_heard_of = (0..5).any(|i| {
        thread::sleep(AGED);
        let (looked, content) = (Instant::now(), format!("edit {i}"));
        assets.url("a.css").unwrap();
        write_in_place(&link.join("a.css"), &content);
        while assets.url("a.css").unwrap() != *url_of(&content) {}
        looked.elapsed() < LIMIT / 2
    });
    assert!(is_heard_of, "every change became visible only after the limit");
}

/// Counts the system calls of one thread between two lookups of files that do not exist, with `strace` if it is
/// installed; with `CI=true` it has to be. The test below needs no tool and detects only accesses to the file itself.
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
    let said = child::alone_in(process, || {
        let (_dir, assets) = settled();
        let between = |begin, end, count| {
            assert!(!Path::new(begin).exists());
            (0..count).for_each(|_| drop(assets.url("a.css").unwrap()));
            assert!(!Path::new(end).exists());
        };
        let in_time = (0..20).any(|_| {
            thread::sleep(LIMIT);
            let asked = Instant::now();
            between("/a look begins", "/a look ends", 1);
            between("/hits begin", "/hits end", 1_000);
            asked.elapsed() < LIMIT
        });
        if in_time { "in time" } else { "never in time" }.to_owned()
    });
    assert_eq!(said, "in time");
    let trace = fs::read_to_string(dir.path().join("calls")).unwrap();
    assert_eq!(calls_between(&trace, "/a look begins", "/a look ends").len(), 1, "one `stat` is due");
    assert_eq!(calls_between(&trace, "/hits begin", "/hits end"), [""; 0]);
}

/// The last calls of the same thread between these two.
fn calls_between<'t>(trace: &'t str, begin: &str, end: &str) -> Vec<&'t str> {
    let calls: Vec<_> = trace.lines().filter_map(|line| line.split_once(' ')).collect();
    let at = |text| calls.iter().rposition(|(_, call)| call.contains(text)).unwrap();
    let (begin, end) = (at(begin), at(end));
    let is_own =
        |(thread, call): &&(&str, &str)| *thread == calls[begin].0 && !call.trim_start().starts_with("<...");
    calls[begin + 1..end].iter().filter(is_own).map(|(_, call)| *call).collect()
}

/// Watchers get no event if a parent of their directory is moved, but every `stat` of its files then fails. So a
/// successful call shows that there was no `stat`.
#[test]
fn watched_cache_hit_does_not_stat_the_file() {
    let above = tempfile::tempdir().unwrap();
    let (here, away) = (above.path().join("here"), above.path().join("away"));
    fs::create_dir_all(here.join("static")).unwrap();
    fs::write(here.join("static/a.css"), "one").unwrap();
    let assets = Assets::dev(here.join("static")).unwrap();
    thread::sleep(AGED);
    let hit_without_a_look = (0..20).any(|_| {
        thread::sleep(LIMIT);
        let looked = Instant::now();
        assets.url("a.css").unwrap();
        fs::rename(&here, &away).unwrap();
        let answer = assets.url("a.css");
        let in_time = looked.elapsed() < LIMIT;
        thread::sleep(LIMIT);
        assert!(assets.url("a.css").is_err(), "a `stat` is due, and the file is gone");
        fs::rename(&away, &here).unwrap();
        assert!(!in_time || answer.is_ok(), "{answer:?}");
        in_time
    });
    assert!(hit_without_a_look, "no call returned within the limit");
}
