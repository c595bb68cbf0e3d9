//! The swap of the current release.

use fingerpost::{Assets, Snapshot};
use shuttle::thread::{self, JoinHandle};

use crate::{
    check,
    site::{Site, release_of},
};

fn releases(snapshot: &Snapshot) -> [u32; 2] {
    ["a.css", "b.js"].map(|path| {
        // Other threads run between two calls of a template.
        thread::yield_now();
        release_of(&snapshot.url(path).expect("an asset"))
    })
}

/// Publishes and loads releases in another thread.
fn publish(site: &Site, assets: &Assets, times: usize) -> JoinHandle<()> {
    let (site, assets) = (site.clone(), assets.clone());
    thread::spawn(move || {
        for _ in 0..times {
            site.publish();
            assets.reload().expect("a valid manifest");
        }
    })
}

#[test]
fn page_has_the_names_of_one_release() {
    check(|| {
        let site = Site::default();
        let assets = site.assets();
        let publisher = publish(&site, &assets, 2);
        let pages = (0..2).map(|_| {
            let assets = assets.clone();
            thread::spawn(move || {
                let snapshot = assets.snapshot();
                let [first, second] = releases(&snapshot);
                assert_eq!(first, second);
                snapshot.scope(|| {
                    let [style, script] = ["a.css", "b.js"].map(|path| assets.url(path).expect("an asset"));
                    assert_eq!([release_of(&style), release_of(&script)], [first; 2]);
                });
                // A later snapshot is never older.
                assert!(releases(&assets.snapshot())[0] >= first);
            })
        });
        let pages: Vec<_> = pages.collect();
        pages.into_iter().chain([publisher]).for_each(|thread| thread.join().expect("a page"));
        assert_eq!(releases(&assets.snapshot()), [2; 2]);
    });
}

#[test]
fn snapshot_of_a_replaced_release_is_not_current() {
    check(|| {
        let site = Site::default();
        let assets = site.assets();
        let publisher = publish(&site, &assets, 1);
        let snapshot = assets.snapshot();
        let is_current = snapshot.is_current();
        let now = assets.snapshot();
        // The generation changes just before the swap: an old release may already be out of date, but never the reverse.
        assert!(!is_current || releases(&now)[0] >= releases(&snapshot)[0]);
        publisher.join().expect("a successful reload");
        assert_eq!(snapshot.is_current(), releases(&snapshot)[0] == 1);
        assert!(assets.snapshot().is_current());
    });
}
