//! Development mode: the first call after an edit returns the new URL, for every kind of edit.

use std::{
    fs,
    path::Path,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::SystemTime,
};

use filetime::{FileTime, set_file_mtime};
use fingerpost::{Assets, ErrorKind, manifest::Digest};

use crate::support::{Dir, Done, dev, hash, later, wait_for_a_new_time};

/// Checks that the URL has the hash of this content.
#[track_caller]
fn assert_current(assets: &Assets, path: &str, content: &str) {
    let expected = format!("/static/{path}?v={}", hash(content));
    assert_eq!(assets.url(path).unwrap(), *expected);
    assert_eq!(assets.integrity(path).unwrap(), Digest::from_content(content.as_bytes()).integrity());
}

fn modified(file: &Path) -> FileTime {
    FileTime::from_last_modification_time(&fs::metadata(file).unwrap())
}

type Edit = fn(&Dir, &str);

/// Makes each edit to a cached file with trusted times, then immediately requests the URL of the file.
#[track_caller]
fn assert_edits_are_visible(edits: &[(&str, Edit, &str)]) {
    let dir = Dir::new();
    for (path, ..) in edits {
        dir.write(path, "before");
    }
    let assets = dev(&dir).clock(later).build().unwrap();
    for (path, edit, content) in edits {
        assert_current(&assets, path, "before");
        assert_current(&assets, path, "before");
        wait_for_a_new_time(dir.as_ref());
        edit(&dir, path);
        assert_current(&assets, path, content);
        assert_current(&assets, path, content);
    }
}

#[test]
fn edit_of_a_cached_file_is_visible_on_the_next_call() {
    assert_edits_are_visible(&[
        ("in-place.css", |dir, path| drop(dir.write(path, "after")), "after"),
        ("emptied.css", |dir, path| drop(dir.write(path, "")), ""),
        ("by-rename.css", |dir, path| dir.replace(path, "after"), "after"),
        ("same-length-time-set-back.css", edit_with_restored_time, "BEFORE"),
        ("by-rename-same-length-same-time.css", rename_with_restored_time, "BEFORE"),
        ("by-an-older-file.css", |dir, path| replace_with_file_time(dir, path, 1_000_000_000), "older!"),
        ("by-a-file-of-before-1970.css", |dir, path| replace_with_file_time(dir, path, -1_000), "older!"),
        ("by-a-file-of-tomorrow.css", |dir, path| replace_with_file_time(dir, path, 4_000_000_000), "older!"),
        ("deleted-and-recreated.css", delete_and_recreate, "BEFORE"),
        ("only-the-time.css", |dir, path| set_file_mtime(dir.path(path), FileTime::now()).unwrap(), "before"),
        ("time-of-tomorrow-then-edited.css", edit_with_future_time, "BEFORE"),
    ]);
}

fn edit_with_restored_time(dir: &Dir, path: &str) {
    let time = modified(&dir.path(path));
    let file = dir.write(path, "BEFORE");
    set_file_mtime(&file, time).unwrap();
    assert_eq!(modified(&file), time);
}

fn rename_with_restored_time(dir: &Dir, path: &str) {
    let beside = dir.write("beside", "BEFORE");
    set_file_mtime(&beside, modified(&dir.path(path))).unwrap();
    fs::rename(beside, dir.path(path)).unwrap();
}

fn replace_with_file_time(dir: &Dir, path: &str, seconds: i64) {
    let beside = dir.write("beside", "older!");
    set_file_mtime(&beside, FileTime::from_unix_time(seconds, 5)).unwrap();
    fs::rename(beside, dir.path(path)).unwrap();
}

fn delete_and_recreate(dir: &Dir, path: &str) {
    let time = modified(&dir.path(path));
    fs::remove_file(dir.path(path)).unwrap();
    set_file_mtime(dir.write(path, "BEFORE"), time).unwrap();
}

fn edit_with_future_time(dir: &Dir, path: &str) {
    let tomorrow = FileTime::from_unix_time(4_000_000_000, 0);
    let assets = dev(dir).build().unwrap();
    for content in ["during", "BEFORE"] {
        set_file_mtime(dir.write(path, content), tomorrow).unwrap();
        assert_current(&assets, path, content);
    }
}

#[test]
fn recently_written_file_is_not_trusted() {
    let dir = Dir::new();
    let assets = dev(&dir).build().unwrap();
    for round in 0..200 {
        let content = format!("round {round:03}");
        let file = dir.write("a.css", &content);
        set_file_mtime(&file, FileTime::from_unix_time(1_000_000_000, 0)).unwrap();
        assert_current(&assets, "a.css", &content);
    }
}

#[test]
fn deleted_file_is_an_error_on_the_next_call() {
    let dir = Dir::with_paths(&["a.css", "b.css"]);
    let assets = dev(&dir).build().unwrap();
    for _ in 0..3 {
        assert_current(&assets, "a.css", "a.css");
        fs::remove_file(dir.path("a.css")).unwrap();
        assert_eq!(assets.url("a.css").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(assets.integrity("a.css").unwrap_err().kind(), ErrorKind::NotFound);
        fs::create_dir(dir.path("a.css")).unwrap();
        assert_eq!(assets.url("a.css").unwrap_err().kind(), ErrorKind::NotFound);
        fs::remove_dir(dir.path("a.css")).unwrap();
        dir.write("a.css", "a.css");
    }
}

#[test]
fn in_place_edits_are_visible_on_the_next_call_under_concurrent_lookups() {
    let dir = Dir::with_paths(&["a.css"]);
    let (assets, done) = (dev(&dir).build().unwrap(), AtomicBool::new(false));
    thread::scope(|scope| {
        let _done = Done(&done);
        for _ in 0..8 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    assert!(assets.url("a.css").is_ok());
                }
            });
        }
        for round in 0..1_000 {
            let content = format!("round {round:04}");
            fs::write(dir.path("a.css"), &content).unwrap();
            assert_eq!(assets.url("a.css").unwrap(), *format!("/static/a.css?v={}", hash(&content)));
        }
    });
}

/// Requests `path` from 64 threads while the file is replaced 1,000 times.
#[track_caller]
fn assert_only_complete_contents(path: &str) {
    let contents = ["a".repeat(100_000), "b".repeat(100_000)];
    let urls = [0, 1].map(|i| format!("/static/{path}?v={}", hash(&contents[i])));
    let dir = Dir::with_files(&[(path, &contents[0])]);
    let (assets, done) = (dev(&dir).build().unwrap(), AtomicBool::new(false));
    thread::scope(|scope| {
        let _done = Done(&done);
        for _ in 0..64 {
            scope.spawn(|| {
                let mut lookups = 0;
                while lookups < 20 || !done.load(Relaxed) {
                    let url = assets.url(path).unwrap().to_string();
                    assert!(urls.contains(&url), "{url} matches neither content");
                    lookups += 1;
                }
            });
        }
        for round in 1..=1_000 {
            dir.replace(path, &contents[round % 2]);
        }
    });
    assert_eq!(assets.url(path).unwrap(), *urls[0]);
}

#[test]
fn hash_always_matches_a_complete_content_during_replacement() {
    assert_only_complete_contents("css/app.css");
}

#[test]
fn numeric_name_is_found_during_replacement() {
    assert_only_complete_contents("404");
}

/// Returns the number of bytes that this process has read, from the counters of the kernel.
#[cfg(target_os = "linux")]
pub(crate) fn bytes_read() -> Option<u64> {
    let counters = fs::read_to_string("/proc/self/io").ok()?;
    counters.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn bytes_read() -> Option<u64> {
    None
}

const LARGE: usize = 4 * 1024 * 1024;

/// Returns the number of complete reads of the file, as counted by the kernel, rounded to tenths.
fn count_reads(work: impl FnOnce()) -> f64 {
    let before = bytes_read().unwrap();
    work();
    let bytes = bytes_read().unwrap() - before;
    (bytes as f64 / LARGE as f64 * 10.).round() / 10.
}

/// Makes 64 simultaneous calls.
fn call_simultaneously(assets: &Assets, content: &[u8]) {
    let (start, expected) = (Barrier::new(64), format!("/static/large.bin?v={}", hash(content)));
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                start.wait();
                assert_eq!(assets.url("large.bin").unwrap(), *expected);
            });
        }
    });
}

#[test]
fn concurrent_callers_share_one_read_per_change() {
    if bytes_read().is_none() {
        return crate::support::write_note(
            "skipped: reads are counted with /proc/self/io, which does not exist here",
        );
    }
    let counted = crate::support::in_child(|| {
        let (one, two) = (vec![1; LARGE], vec![2; LARGE]);
        let dir = Dir::new();
        dir.write("large.bin", &one);
        let assets = dev(&dir).clock(later).build().unwrap();
        let first = count_reads(|| drop(assets.url("large.bin").unwrap()));
        wait_for_a_new_time(dir.as_ref());
        dir.write("large.bin", &two);
        let changed = count_reads(|| call_simultaneously(&assets, &two));
        let unchanged = count_reads(|| call_simultaneously(&assets, &two));
        let assets = dev(&dir).clock(|| SystemTime::UNIX_EPOCH).build().unwrap();
        let young = count_reads(|| call_simultaneously(&assets, &two));
        // Only overlapping calls share a read, and a busy machine starts some of the 64 threads late.
        assert!((1. ..64.).contains(&young), "{young} reads of a file that was just saved");
        format!("{first} {changed} {unchanged}")
    });
    assert_eq!(counted, "1 1 0");
}

#[test]
fn file_is_read_on_every_call_until_its_times_are_trusted() {
    if bytes_read().is_none() {
        return crate::support::write_note(
            "skipped: reads are counted with /proc/self/io, which does not exist here",
        );
    }
    let counted = crate::support::in_child(|| {
        static IS_LATER: AtomicBool = AtomicBool::new(false);
        let clock = || if IS_LATER.load(Relaxed) { later() } else { SystemTime::now() };
        let (dir, content) = (Dir::new(), vec![1; LARGE]);
        let file = dir.write("large.bin", &content);
        let assets = dev(&dir).clock(clock).build().unwrap();
        let two_calls = || count_reads(|| (0..2).for_each(|_| drop(assets.url("large.bin").unwrap())));
        let after_write = two_calls();
        set_file_mtime(&file, FileTime::from_unix_time(1_000_000_000, 0)).unwrap();
        let with_old_time = two_calls();
        IS_LATER.store(true, Relaxed);
        let with_later_clock = two_calls();
        set_file_mtime(&file, FileTime::from_unix_time(4_000_000_000, 0)).unwrap();
        let with_future_time = two_calls();
        format!(
            "after write {after_write}, old time {with_old_time}, later clock {with_later_clock}, future time {with_future_time}"
        )
    });
    assert_eq!(counted, "after write 2, old time 2, later clock 1, future time 2");
}

#[test]
fn file_that_changes_during_reading_is_read_at_most_three_times() {
    if bytes_read().is_none() {
        return crate::support::write_note(
            "skipped: reads are counted with /proc/self/io, which does not exist here",
        );
    }
    let counted = crate::support::in_child(|| {
        let dir = Dir::new();
        let file = dir.write("large.bin", vec![1; LARGE]);
        let (assets, done) = (dev(&dir).build().unwrap(), AtomicBool::new(false));
        thread::scope(|scope| {
            let _done = Done(&done);
            scope.spawn(|| {
                for nanoseconds in (0..1_000_000_000).cycle().take_while(|_| !done.load(Relaxed)) {
                    set_file_mtime(&file, FileTime::from_unix_time(1_000_000_000, nanoseconds)).unwrap();
                }
            });
            // The other thread may not be scheduled immediately.
            for _ in 0..100 {
                let count = count_reads(|| drop(assets.url("large.bin").unwrap()));
                assert!((1. ..=3.).contains(&count), "{count} reads");
                if count > 1. {
                    return "read again".to_owned();
                }
            }
            "read once".to_owned()
        })
    });
    assert_eq!(counted, "read again");
}
