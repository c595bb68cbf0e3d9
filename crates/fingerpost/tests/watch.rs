//! Feature `watch`: what it spares, and that a silent watcher costs a quarter of a second at most.
#![cfg(target_os = "linux")]

#[path = "it/support/child.rs"]
#[allow(dead_code, reason = "the other tests need more of it")]
mod child;

use std::{
    env,
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use fingerpost::{Assets, ContentHash};
use tempfile::TempDir;

/// What a file has to age before an unchanged one is believed.
const AGED: Duration = Duration::from_millis(2_100);

/// The longest that a change may go unseen, and what a busy machine may add.
const LIMIT: Duration = Duration::from_millis(250);

fn write_in_place(file: &Path, content: &str) {
    File::options().write(true).truncate(true).open(file).unwrap().write_all(content.as_bytes()).unwrap();
}

fn url_of(content: &str) -> String {
    format!("/static/a.css?v={}", ContentHash::of(content.as_bytes()))
}

/// A source dir with one file, old enough to be believed, and asked for once.
fn settled() -> (TempDir, Assets) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.css"), "one").unwrap();
    let assets = Assets::dev(dir.path()).unwrap();
    thread::sleep(AGED);
    assert_eq!(assets.url("a.css").unwrap(), *url_of("one"));
    (dir, assets)
}

/// Asks until the answer is the new one; the last old answer must have begun within the limit.
fn seen_in_time(assets: &Assets, changed: Instant, content: &str) {
    loop {
        let asked = changed.elapsed();
        if assets.url("a.css").unwrap() == *url_of(content) {
            return;
        }
        assert!(asked < LIMIT, "asked {asked:?} after the change and answered with what was before it");
    }
}

#[test]
fn an_edit_is_seen_within_the_limit() {
    let (dir, assets) = settled();
    for content in ["two", "six", "ten"] {
        write_in_place(&dir.path().join("a.css"), content);
        seen_in_time(&assets, Instant::now(), content);
    }
}

#[test]
fn an_edit_that_the_watcher_is_never_told_of_is_seen_within_the_limit() {
    let (dir, assets) = settled();
    // The same file by a name in a directory that nobody watches, as a bind mount has it.
    let elsewhere = tempfile::tempdir_in(dir.path().parent().unwrap()).unwrap();
    let other_name = elsewhere.path().join("a.css");
    fs::hard_link(dir.path().join("a.css"), &other_name).unwrap();
    thread::sleep(AGED);
    assert_eq!(assets.url("a.css").unwrap(), *url_of("one"));
    write_in_place(&other_name, "two");
    seen_in_time(&assets, Instant::now(), "two");
}

#[test]
fn an_edit_in_a_flood_that_overflows_the_queue_is_seen_within_the_limit() {
    let (dir, assets) = settled();
    for i in 0..40_000 {
        let name = dir.path().join(format!("flood-{}", i % 7));
        File::create(&name).unwrap();
        fs::remove_file(name).unwrap();
    }
    write_in_place(&dir.path().join("a.css"), "two");
    seen_in_time(&assets, Instant::now(), "two");
}

#[test]
fn a_directory_that_is_replaced_and_a_file_that_goes_are_seen_within_the_limit() {
    let (dir, assets) = settled();
    fs::remove_file(dir.path().join("a.css")).unwrap();
    let gone = Instant::now();
    while assets.url("a.css").is_ok() {
        assert!(gone.elapsed() < 2 * LIMIT);
    }
    fs::write(dir.path().join("a.css"), "two").unwrap();
    assert_eq!(assets.url("a.css").unwrap(), *url_of("two"));
}

/// Counted by the kernel's own means, if there is `strace`: what one thread calls between two looks at files that are not
/// there. The test below needs no tool and sees looks at the file alone.
#[test]
fn a_hit_that_is_watched_makes_no_system_call() {
    let dir = tempfile::tempdir().unwrap();
    let traced = |trace: &str| {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o"]).arg(dir.path().join(trace)).env("IT_TRACED", "1");
        command
    };
    let can_trace = || traced("nothing").arg("true").status().is_ok_and(|status| status.success());
    if env::var_os("IT_TRACED").is_none() && !can_trace() {
        return writeln!(io::stderr(), "fingerpost: no strace here: system calls are not counted").unwrap();
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
    assert_eq!(calls_between(&trace, "/a look begins", "/a look ends").len(), 1, "what is due is one look");
    assert_eq!(calls_between(&trace, "/hits begin", "/hits end"), [""; 0]);
}

/// The last calls between these two of the same thread.
fn calls_between<'t>(trace: &'t str, begin: &str, end: &str) -> Vec<&'t str> {
    let calls: Vec<_> = trace.lines().filter_map(|line| line.split_once(' ')).collect();
    let at = |text| calls.iter().rposition(|(_, call)| call.contains(text)).unwrap();
    let (begin, end) = (at(begin), at(end));
    let is_own =
        |(thread, call): &&(&str, &str)| *thread == calls[begin].0 && !call.trim_start().starts_with("<...");
    calls[begin + 1..end].iter().filter(is_own).map(|(_, call)| *call).collect()
}

/// A directory that is moved with all that is above it tells its watchers nothing, and every look at it fails. So an answer
/// then shows that nobody looked.
#[test]
fn with_a_healthy_watcher_a_hit_is_no_look_at_the_file() {
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
        assert!(assets.url("a.css").is_err(), "a look is due, and there is nothing to see");
        fs::rename(&away, &here).unwrap();
        assert!(!in_time || answer.is_ok(), "{answer:?}");
        in_time
    });
    assert!(hit_without_a_look, "a call never came back within the limit");
}
