//! Snapshots: one release per response.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use fingerpost::{__private::Prebuilt, Assets, Snapshot, Url};

use crate::support::{Dir, Memory, production};

/// Returns assets of a store whose release `n` maps `a.css` to `a.<n>.css`.
fn numbered(first: &str) -> (Memory, Assets) {
    let store = Memory::default();
    release(&store, first);
    let assets = production(&Dir::new()).store(store.clone()).app_version("").build().unwrap();
    (store, assets)
}

fn release(store: &Memory, number: &str) {
    store.publish(&[("a.css", &format!("a.{number}.css")), ("b.css", &format!("b.{number}.css"))]);
}

/// Returns the number in the URL of `a.css`. Checks that all methods for helpers return the same URL.
#[track_caller]
fn number(assets: &Assets) -> String {
    let url = assets.url("a.css").unwrap();
    assert_eq!(assets.absolute_url("a.css").unwrap(), *url);
    assert_eq!(assets.snapshot().url("a.css").unwrap(), *url);
    assert_eq!(assets.iter().next().unwrap().1, *url);
    assert_eq!(Prebuilt::new(assets, Url::clone).get("a.css", Url::clone).unwrap(), url);
    url.strip_prefix("/static/a.").unwrap().strip_suffix(".css").unwrap().to_owned()
}

#[test]
fn snapshot_is_unchanged_by_a_reload() {
    let (store, assets) = numbered("1");
    let snapshot = assets.snapshot();
    release(&store, "2");
    let newer = assets.reload().unwrap();
    assert_eq!(snapshot.url("a.css").unwrap(), "/static/a.1.css");
    assert_eq!(snapshot.clone().iter().next().unwrap().1, "/static/a.1.css");
    assert_eq!(newer.url("a.css").unwrap(), "/static/a.2.css");
    assert_eq!(number(&assets), "2");
}

#[test]
fn scope_pins_its_release_for_all_helpers_on_the_thread() {
    let (store, assets) = numbered("1");
    assets.snapshot().scope(|| {
        release(&store, "2");
        let newer = assets.reload().unwrap();
        assert_eq!(newer.url("a.css").unwrap(), "/static/a.2.css");
        assert_eq!(number(&assets), "1");
        assert_eq!(number(&assets.clone()), "1");
        assert_eq!(number(assets.snapshot().assets()), "1");
    });
    assert_eq!(number(&assets), "2");
}

#[test]
fn innermost_of_nested_scopes_applies() {
    let (store, assets) = numbered("1");
    let one = assets.snapshot();
    release(&store, "2");
    let two = assets.reload().unwrap();
    release(&store, "3");
    assets.reload().unwrap();
    one.scope(|| {
        assert_eq!(number(&assets), "1");
        two.scope(|| {
            assert_eq!(number(&assets), "2");
            one.scope(|| assert_eq!(number(&assets), "1"));
            assert_eq!(number(&assets), "2");
        });
        assert_eq!(number(&assets), "1");
    });
    assert_eq!(number(&assets), "3");
}

#[test]
fn scope_applies_only_to_its_own_assets() {
    let ((store, ours), (_, others)) = (numbered("1"), numbered("9"));
    let (our_snapshot, other_snapshot) = (ours.snapshot(), others.snapshot());
    release(&store, "2");
    ours.reload().unwrap();
    our_snapshot.scope(|| {
        assert_eq!(number(&others), "9");
        other_snapshot
            .scope(|| assert_eq!((number(&ours), number(&others)), ("1".to_owned(), "9".to_owned())));
    });
    // A second instance with the same settings has its own scopes.
    let (_, second) = numbered("1");
    let second_snapshot = second.snapshot();
    second_snapshot.scope(|| assert_eq!(number(&ours), "2"));
}

#[test]
fn panic_in_a_scope_leaves_the_scope() {
    let (store, assets) = numbered("1");
    let one = assets.snapshot();
    release(&store, "2");
    let two = assets.reload().unwrap();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        one.scope(|| two.scope(|| std::panic::resume_unwind(Box::new("the template failed"))))
    }));
    assert!(unwound.is_err());
    assert_eq!(number(&assets), "2");
    one.scope(|| {
        let unwound =
            catch_unwind(AssertUnwindSafe(|| two.scope(|| std::panic::resume_unwind(Box::new("again")))));
        assert!(unwound.is_err());
        assert_eq!(number(&assets), "1");
    });
}

#[test]
fn scope_applies_only_to_its_own_thread() {
    let (store, assets) = numbered("1");
    let one = assets.snapshot();
    release(&store, "2");
    assets.reload().unwrap();
    one.scope(|| {
        assert_eq!(thread::scope(|scope| scope.spawn(|| number(&assets)).join().unwrap()), "2");
        assert_eq!(number(&assets), "1");
    });
}

#[test]
fn current_snapshot_belongs_to_the_innermost_scope_of_any_assets() {
    let ((_, ours), (_, others)) = (numbered("1"), numbered("9"));
    let current = || Snapshot::with_current(|snapshot| number(snapshot.assets()));
    assert_eq!(current(), None);
    assert!(Snapshot::current().is_none());
    ours.snapshot().scope(|| {
        assert_eq!(current().as_deref(), Some("1"));
        others.snapshot().scope(|| assert_eq!(current().as_deref(), Some("9")));
        assert_eq!(current().as_deref(), Some("1"));
        assert_eq!(thread::scope(|scope| scope.spawn(current).join().unwrap()), None);
    });
    assert_eq!(current(), None);
}

#[test]
fn snapshot_may_outlive_its_scope() {
    let (_, assets) = numbered("1");
    let current = assets.snapshot().scope(Snapshot::current).unwrap();
    assert_eq!(current.url("a.css").unwrap(), "/static/a.1.css");
    current.scope(|| assert_eq!(number(Snapshot::current().unwrap().assets()), "1"));
}

#[test]
fn scopes_can_be_entered_and_left_inside_with_current() {
    let ((store, ours), (_, others)) = (numbered("1"), numbered("9"));
    let current = || Snapshot::with_current(|snapshot| snapshot.url("a.css").unwrap().to_string()).unwrap();
    let (one, nine) = ("/static/a.1.css", "/static/a.9.css");
    ours.snapshot().scope(|| {
        let urls = Snapshot::with_current(|snapshot| {
            // The number of scopes exceeds the initial capacity of the list, so that the list reallocates.
            nested(&others.snapshot(), 100, &|| assert_eq!(current(), nine));
            assert_eq!(current(), one);
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                others
                    .snapshot()
                    .scope(|| Snapshot::with_current(|_| std::panic::resume_unwind(Box::new(()))))
            }));
            assert!(unwound.is_err());
            assert_eq!(current(), one);
            release(&store, "2");
            ours.reload().unwrap();
            [current(), snapshot.url("a.css").unwrap().to_string()]
        });
        assert_eq!(urls.unwrap(), [one; 2]);
    });
    assert_eq!(number(&ours), "2");
}

/// Runs `job` in this many nested scopes.
fn nested(snapshot: &Snapshot, depth: usize, job: &dyn Fn()) {
    if depth == 0 { job() } else { snapshot.scope(|| nested(snapshot, depth - 1, job)) }
}

#[test]
fn scope_pins_integrity_and_app_version() {
    let store = Memory::default();
    let release = |hash: &str| {
        let paths = serde_json::json!({"a.css": format!("a.{hash}.css")});
        let manifest = serde_json::json!({"version": "1.1", "hash": hash, "paths": paths});
        store.write(fingerpost::manifest::MANIFEST_NAME, manifest.to_string());
        store.write(&format!("a.{hash}.css"), hash);
    };
    release("one");
    let assets = production(&Dir::new()).store(store.clone()).build().unwrap();
    let one = assets.snapshot();
    release("two");
    let two = assets.reload().unwrap();
    for (snapshot, hash) in [(&one, "one"), (&two, "two")] {
        let integrity = fingerpost::manifest::Digest::from_content(hash.as_bytes()).integrity();
        assert_eq!(snapshot.integrity("a.css").unwrap(), integrity);
        assert_eq!(snapshot.scope(|| assets.integrity("a.css")).unwrap(), integrity);
        assert_eq!(snapshot.scope(|| assets.app_version()), snapshot.app_version());
    }
    assert_eq!(assets.app_version(), two.app_version());
}

#[test]
fn scope_returns_the_result_of_its_closure() {
    let (_, assets) = numbered("1");
    let owned = String::from("moved in and out");
    assert_eq!(assets.snapshot().scope(move || owned), "moved in and out");
}

#[test]
fn scope_outlives_all_other_handles() {
    let (_, assets) = numbered("1");
    let (snapshot, other) = (assets.snapshot(), assets.clone());
    drop(assets);
    snapshot.scope(move || {
        assert_eq!(number(&other), "1");
        drop(other);
    });
    assert_eq!(snapshot.url("a.css").unwrap(), "/static/a.1.css");
}
