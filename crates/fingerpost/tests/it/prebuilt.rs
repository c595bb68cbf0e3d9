//! Values of an engine, computed once per URL.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use fingerpost::{__private::Prebuilt, ErrorKind, Url};

use crate::support::{Dir, Done, Memory, dev, hash, production};

thread_local! {
    /// The number of values that this thread has computed. Each test has its own thread.
    static COMPUTED: Cell<usize> = const { Cell::new(0) };
    static FAILS: Cell<bool> = const { Cell::new(false) };
    static SLOW: Cell<bool> = const { Cell::new(false) };
}

fn quoted(url: &Url) -> String {
    COMPUTED.set(COMPUTED.get() + 1);
    if FAILS.get() {
        resume_unwind(Box::new("a failed computation"));
    }
    format!("\"{url}\"")
}

/// Returns the value of `prebuilt` for `path`, and the number of values that were computed.
#[track_caller]
fn get_and_count(prebuilt: &Prebuilt<String>, path: &str) -> (String, usize) {
    COMPUTED.set(0);
    (prebuilt.get(path, String::clone).unwrap(), COMPUTED.get())
}

fn expected(text: &str, computed: usize) -> (String, usize) {
    (format!("\"/static/{text}\""), computed)
}

#[test]
fn prebuilt_values_are_computed_once_per_release() {
    let store = Memory::with_paths(&[("a.css", "a.1.css"), ("b.css", "b.1.css")]);
    let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
    COMPUTED.set(0);
    let prebuilt = Prebuilt::new(&assets, quoted);
    assert_eq!(COMPUTED.get(), 2);
    for _ in 0..3 {
        assert_eq!(get_and_count(&prebuilt, "a.css"), expected("a.1.css", 0));
        assert_eq!(get_and_count(&prebuilt, "b.css"), expected("b.1.css", 0));
    }
    store.publish(&[("a.css", "a.2.css"), ("b.css", "b.2.css"), ("c.css", "c.2.css")]);
    assets.reload().unwrap();
    assert_eq!(get_and_count(&prebuilt, "a.css"), expected("a.2.css", 3));
    assert_eq!(get_and_count(&prebuilt, "b.css"), expected("b.2.css", 0));
}

#[test]
fn prebuilt_value_of_an_unlisted_path_is_computed_on_each_call() {
    let assets = production(&Dir::new()).store(Memory::with_paths(&[("a.css", "a.1.css")])).build().unwrap();
    let prebuilt = Prebuilt::new(&assets, quoted);
    assert_eq!(get_and_count(&prebuilt, "/a.css?x=1#f"), expected("a.1.css?x=1#f", 1));
    assert_eq!(get_and_count(&prebuilt, "css/"), expected("css/", 1));
    assert_eq!(prebuilt.get("b.css", String::len).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(prebuilt.get("../a.css", String::len).unwrap_err().kind(), ErrorKind::InvalidPath);
    assert_eq!(prebuilt.assets().url("a.css").unwrap(), "/static/a.1.css");
}

#[test]
fn prebuilt_value_in_development_changes_with_the_file() {
    let dir = Dir::with_paths(&["a.css"]);
    let prebuilt = Prebuilt::new(&dev(&dir).build().unwrap(), quoted);
    assert_eq!(get_and_count(&prebuilt, "a.css"), expected(&format!("a.css?v={}", hash("a.css")), 1));
    dir.write("a.css", "changed");
    assert_eq!(get_and_count(&prebuilt, "a.css"), expected(&format!("a.css?v={}", hash("changed")), 1));
}

#[test]
fn prebuilt_values_in_a_scope_belong_to_its_release() {
    let store = Memory::with_paths(&[("a.css", "a.1.css"), ("gone.css", "gone.1.css")]);
    let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
    let (prebuilt, one) = (Prebuilt::new(&assets, quoted), assets.snapshot());
    store.publish(&[("0.css", "0.2.css"), ("a.css", "a.2.css")]);
    let two = assets.reload().unwrap();
    // The first call after the reload is made in a scope of the older release.
    assert_eq!(one.scope(|| get_and_count(&prebuilt, "a.css").0), expected("a.1.css", 0).0);
    assert_eq!(one.scope(|| get_and_count(&prebuilt, "gone.css").0), expected("gone.1.css", 0).0);
    assert_eq!(get_and_count(&prebuilt, "a.css"), expected("a.2.css", 2));
    assert_eq!(one.scope(|| get_and_count(&prebuilt, "a.css").0), expected("a.1.css", 0).0);
    assert_eq!(one.scope(|| get_and_count(&prebuilt, "gone.css").0), expected("gone.1.css", 0).0);
    assert_eq!(get_and_count(&prebuilt, "a.css"), expected("a.2.css", 0));
    assert_eq!(two.scope(|| get_and_count(&prebuilt, "0.css")), expected("0.2.css", 0));
    assert!(one.scope(|| prebuilt.get("0.css", String::len)).is_err());
}

#[test]
fn panic_during_prebuilding_does_not_poison_the_table() {
    let store = Memory::with_paths(&[("a.css", "a.1.css")]);
    let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
    let prebuilt = Prebuilt::new(&assets, quoted);
    store.publish(&[("a.css", "a.2.css")]);
    assets.reload().unwrap();
    FAILS.set(true);
    for _ in 0..2 {
        let unwound = catch_unwind(AssertUnwindSafe(|| prebuilt.get("a.css", String::len)));
        assert!(unwound.is_err());
    }
    FAILS.set(false);
    assert_eq!(get_and_count(&prebuilt, "a.css"), expected("a.2.css", 1));
    let failing = || prebuilt.get("a.css", |_| -> usize { resume_unwind(Box::new("a failed read")) });
    assert!(catch_unwind(AssertUnwindSafe(failing)).is_err());
    assert_eq!(get_and_count(&prebuilt, "a.css"), expected("a.2.css", 0));
    assert!(assets.reload().is_ok());
}

#[test]
fn one_thread_computes_all_values_and_others_do_not_wait() {
    static COMPUTING: Barrier = Barrier::new(2);
    static ALL: AtomicUsize = AtomicUsize::new(0);
    fn slow(url: &Url) -> String {
        ALL.fetch_add(1, Relaxed);
        if url.contains("slow.2") && SLOW.get() {
            COMPUTING.wait();
            COMPUTING.wait();
        }
        url.to_string()
    }
    let store = Memory::with_paths(&[("a.css", "a.1.css"), ("slow.css", "slow.1.css")]);
    let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
    let prebuilt = Prebuilt::new(&assets, slow);
    let get = |path| prebuilt.get(path, String::clone).unwrap();
    let take_count = || ALL.swap(0, Relaxed);
    assert_eq!(take_count(), 2);
    store.publish(&[("a.css", "a.2.css"), ("slow.css", "slow.2.css")]);
    assets.reload().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            SLOW.set(true);
            assert_eq!(get("a.css"), "/static/a.2.css");
        });
        COMPUTING.wait();
        let before = take_count();
        let meanwhile = [get("a.css"), get("slow.css"), get("a.css")];
        let per_call = take_count();
        COMPUTING.wait();
        assert_eq!(meanwhile, ["/static/a.2.css", "/static/slow.2.css", "/static/a.2.css"]);
        assert_eq!((before, per_call), (2, 3));
    });
    assert_eq!([get("a.css"), get("slow.css")], ["/static/a.2.css", "/static/slow.2.css"]);
    assert_eq!(take_count(), 0);
}

#[test]
fn closure_receiving_a_value_may_look_up_another_value() {
    let assets = production(&Dir::new()).store(Memory::with_paths(&[("a.css", "a.1.css")])).build().unwrap();
    let prebuilt = Prebuilt::new(&assets, quoted);
    let nested = prebuilt.get("a.css", |outer| {
        assets.reload().unwrap();
        let inner = prebuilt.get("a.css", String::clone).unwrap();
        format!("{outer} {inner} {}", assets.url("a.css").unwrap())
    });
    assert_eq!(nested.unwrap(), r#""/static/a.1.css" "/static/a.1.css" /static/a.1.css"#);
}

#[test]
fn thread_never_gets_a_value_of_an_older_release() {
    let names: Vec<String> = (0..50).map(|i| format!("{i:02}.css")).collect();
    let paths = |release: usize| -> Vec<(String, String)> {
        // The order of the names differs between releases.
        names.iter().skip(release % 2).map(|name| (name.clone(), format!("{release}/{name}"))).collect()
    };
    let publish = |store: &Memory, release| {
        let paths = paths(release);
        store.publish(&paths.iter().map(|(path, hashed)| (&**path, &**hashed)).collect::<Vec<_>>());
    };
    let store = Memory::default();
    publish(&store, 0);
    let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
    let prebuilt = Prebuilt::new(&assets, quoted);
    let (done, start) = (AtomicBool::new(false), Barrier::new(5));
    thread::scope(|scope| {
        let _done = Done(&done);
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                let mut last = 0;
                while !done.load(Relaxed) {
                    let value = prebuilt.get("25.css", String::clone).unwrap();
                    let number = value.strip_prefix("\"/static/").unwrap().strip_suffix("/25.css\"").unwrap();
                    let number: usize = number.parse().unwrap();
                    assert!(number >= last, "{number} after {last}");
                    last = number;
                }
            });
        }
        start.wait();
        for release in 1..=200 {
            publish(&store, release);
            assets.reload().unwrap();
            assert_eq!(get_and_count(&prebuilt, "25.css").0, expected(&format!("{release}/25.css"), 0).0);
        }
    });
}
