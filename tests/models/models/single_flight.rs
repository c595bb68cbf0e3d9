//! Concurrent reloads share one read of the manifest, and concurrent requests share one hash of a file.

use std::sync::Arc;

use fingerpost::{Assets, manifest::ContentHash};
use shuttle::thread;

use crate::{
    check,
    site::{Site, release_of},
};

#[test]
fn each_reload_returns_a_release_that_was_published_before_or_during_the_reload() {
    check(|| {
        let site = Site::default();
        let assets = site.assets();
        let callers = (0..3).map(|_| {
            let (site, assets) = (site.clone(), assets.clone());
            thread::spawn(move || {
                let published = site.publish();
                let snapshot = assets.reload().expect("a valid manifest");
                let release = release_of(&snapshot.url("a.css").expect("an asset"));
                assert!(
                    release >= published,
                    "release {published} was published before the reload of {release}"
                );
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.join().expect("a successful reload");
        }
        assert_eq!(release_of(&assets.url("a.css").expect("an asset")), 3);
        // The first read is at start-up.
        assert!((2..=4).contains(&site.manifests()), "{} reads", site.manifests());
        assert_eq!(site.overlaps(), 0);
    });
}

#[test]
fn threads_get_the_same_url_of_a_new_file_in_development() {
    let dir = Arc::new(tempfile::tempdir().expect("a temporary directory"));
    std::fs::write(dir.path().join("a.css"), "body{}").expect("a writable directory");
    let expected = format!("/static/a.css?v={}", ContentHash::from_content(b"body{}"));
    check(move || {
        let assets = Assets::dev(dir.path()).expect("a source directory");
        let callers = (0..3).map(|_| {
            let (assets, expected) = (assets.clone(), expected.clone());
            thread::spawn(move || assert_eq!(*assets.url("a.css").expect("an asset"), *expected))
        });
        callers.collect::<Vec<_>>().into_iter().for_each(|caller| caller.join().expect("a URL"));
    });
}
