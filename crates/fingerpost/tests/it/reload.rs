//! Reloads of a running site.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Barrier,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
    time::Duration,
};

use fingerpost::{__private::Prebuilt, Assets, ErrorKind, Store, manifest::MANIFEST_NAME};

use crate::support::{Dir, Done, Memory, hash, production, publish};

#[test]
fn reload_switches_to_the_current_manifest() {
    let (dir, newer) = (publish(&[("a.css", "one")], "/static/"), publish(&[("b.css", "two")], "/static/"));
    let assets = production(&dir).build().unwrap();
    std::fs::rename(newer.path(MANIFEST_NAME), dir.path(MANIFEST_NAME)).unwrap();
    assert_eq!(assets.url("a.css").unwrap(), *format!("/static/a.{}.css", hash("one")));
    assert_eq!(assets.reload().unwrap().url("b.css").unwrap(), *format!("/static/b.{}.css", hash("two")));
    assert_eq!(assets.url("b.css").unwrap(), *format!("/static/b.{}.css", hash("two")));
    assert_eq!(assets.url("a.css").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn failed_reload_changes_nothing() {
    let dir = publish(&[("a.css", "one")], "/static/");
    let good = std::fs::read(dir.path(MANIFEST_NAME)).unwrap();
    let assets = production(&dir).build().unwrap();
    let (url, version) = (assets.url("a.css").unwrap(), assets.app_version());
    let assert_unchanged = || {
        assert_eq!((assets.url("a.css").unwrap(), assets.app_version()), (url.clone(), version.clone()));
        assert_eq!(assets.iter().count(), 1);
    };
    for bad in [
        &b"{"[..],
        b"",
        &good[..good.len() / 2],
        br#"{"version": "9", "paths": {}}"#,
        br#"{"version": "1.1", "paths": {}, "fingerpost": {"schema": 1, "base_path": "/other/", "files": {}}}"#,
    ] {
        dir.write(MANIFEST_NAME, bad);
        assert_eq!(assets.reload().unwrap_err().kind(), ErrorKind::InvalidManifest);
        assert_unchanged();
    }
    std::fs::remove_file(dir.path(MANIFEST_NAME)).unwrap();
    assert_eq!(assets.reload().unwrap_err().kind(), ErrorKind::ManifestNotFound);
    assert_unchanged();
    dir.write("staticfiles.json/x", "");
    assert_eq!(assets.reload().unwrap_err().kind(), ErrorKind::Unreadable);
    assert_unchanged();
    std::fs::remove_dir_all(dir.path(MANIFEST_NAME)).unwrap();
    dir.write(MANIFEST_NAME, good);
    assert_eq!(assets.reload().unwrap().url("a.css").unwrap(), url);
}

#[test]
fn reload_in_development_checks_the_source_dirs() {
    let dir = Dir::with_paths(&["static/a.css"]);
    let assets = Assets::dev(dir.path("static")).unwrap();
    std::fs::rename(dir.path("static"), dir.path("moved")).unwrap();
    assert_eq!(assets.url("a.css").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(assets.reload().unwrap_err().kind(), ErrorKind::SourceNotFound);
    std::fs::rename(dir.path("moved"), dir.path("static")).unwrap();
    assert!(assets.url("a.css").is_ok());
    assert!(assets.reload().unwrap().url("a.css").is_ok());
}

/// A store that reads its manifest slowly. The first read after `gate` is set waits for all callers.
#[derive(Debug, Clone)]
struct Slow {
    inner: Memory,
    gate: Arc<AtomicBool>,
    callers: Arc<Barrier>,
}

impl Store for Slow {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if self.gate.swap(false, SeqCst) {
            self.callers.wait();
        }
        thread::sleep(Duration::from_millis(100));
        self.inner.read(path)
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        self.inner.releases()
    }
}

#[test]
fn concurrent_reloads_share_their_work() {
    const CALLERS: usize = 64;
    let inner = Memory::with_paths(&[("a.css", "a.1.css")]);
    let gate = Arc::new(AtomicBool::new(false));
    let store =
        Slow { inner: inner.clone(), gate: Arc::clone(&gate), callers: Arc::new(Barrier::new(CALLERS)) };
    let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
    let before = inner.reads();
    gate.store(true, SeqCst);
    thread::scope(|scope| {
        scope.spawn(|| assets.reload().unwrap());
        for _ in 1..CALLERS {
            scope.spawn(|| {
                // The first reload is still running, and may have read the manifest before this publish.
                store.callers.wait();
                inner.publish(&[("a.css", "a.2.css")]);
                assert_eq!(assets.reload().unwrap().url("a.css").unwrap(), "/static/a.2.css");
            });
        }
    });
    let reads = inner.reads() - before;
    assert!((2..=16).contains(&reads), "{reads} reads for {CALLERS} reloads");
}

/// A store that returns a new release at every read. All hashed paths of a release contain its number.
#[derive(Debug, Default)]
struct Numbered(AtomicUsize);

const NAMES: [&str; 3] = ["a.css", "b.js", "c.svg"];

impl Store for Numbered {
    fn place(&self) -> String {
        "numbered".to_owned()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path != MANIFEST_NAME {
            return Err(io::ErrorKind::NotFound.into());
        }
        let number = self.0.fetch_add(1, SeqCst);
        let paths: serde_json::Map<_, _> =
            NAMES.map(|name| (name.to_owned(), format!("{number}/{name}").into())).into_iter().collect();
        let hash = number.to_string();
        Ok(serde_json::json!({"version": "1.1", "hash": hash, "paths": paths}).to_string().into_bytes())
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        Ok(Vec::new())
    }
}

#[test]
fn page_rendered_in_a_scope_never_mixes_releases() {
    let assets = production(&Dir::new()).store(Numbered::default()).build().unwrap();
    let prebuilt = Prebuilt::new(&assets, |url| url.to_string());
    let done = AtomicBool::new(false);
    let number = |url: &str| url.split('/').nth(2).unwrap().parse::<usize>().unwrap();
    let page = || {
        let helpers = NAMES.iter().cycle().take(12).enumerate();
        let numbers = helpers.map(|(i, name)| match i % 4 {
            0 => number(&assets.url(name).unwrap()),
            1 => number(&prebuilt.get(name, String::clone).unwrap()),
            2 => number(&assets.iter().next().unwrap().1),
            _ => number(&assets.absolute_url(&format!("{name}?x=1")).unwrap()),
        });
        numbers.collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let _done = Done(&done);
        for _ in 0..4 {
            scope.spawn(|| {
                let (mut last, mut pages) = (0, 0);
                while pages < 20 || !done.load(Relaxed) {
                    let numbers = assets.snapshot().scope(page);
                    assert!(numbers.iter().all(|number| *number == numbers[0]), "{numbers:?}");
                    assert!(numbers[0] >= last, "releases never get older");
                    last = numbers[0];
                    pages += 1;
                }
            });
        }
        for _ in 0..500 {
            assets.reload().unwrap();
        }
    });
    assert_eq!(number(&assets.url("a.css").unwrap()), 500);
}

/// A store that panics while its flag is set.
#[derive(Debug, Clone, Default)]
struct Panicking(Arc<AtomicBool>);

impl Store for Panicking {
    fn place(&self) -> String {
        "panicking".to_owned()
    }

    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        if self.0.load(SeqCst) {
            resume_unwind(Box::new("a panic of the store"));
        }
        Ok(br#"{"version": "1.1", "paths": {"a.css": "a.1.css"}}"#.to_vec())
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        Ok(Vec::new())
    }
}

#[test]
fn panic_of_the_store_does_not_affect_the_release_or_the_next_reload() {
    let store = Panicking::default();
    let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
    store.0.store(true, SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| assets.reload())).is_err());
    assert_eq!(assets.url("a.css").unwrap(), "/static/a.1.css");
    store.0.store(false, SeqCst);
    assert!(assets.reload().is_ok());
}
