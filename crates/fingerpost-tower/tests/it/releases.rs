//! Releases that come and go while the server runs.

use std::{fs, time::Duration};

use fingerpost_tower::StaticFiles;
use http::Request;
use tower::ServiceExt as _;

use crate::site::{HOUR, IMMUTABLE, Site, below, get};

#[tokio::test]
async fn files_of_retained_releases_stay_immutable() {
    let site = Site::new(&[("a.css", b"one"), ("old.css", b"old")]);
    let first = site.collect().production();
    let [one, old] = ["a.css", "old.css"].map(|path| below(&first.url(path).unwrap()));
    site.write("a.css", b"two");
    fs::remove_file(site.source().join("old.css")).unwrap();
    let second = site.collect().production();
    let files = StaticFiles::new(&second);
    get(&files, &below(&second.url("a.css").unwrap())).await.is(200, IMMUTABLE, b"two");
    get(&files, &one).await.is(200, IMMUTABLE, b"one");
    get(&files, &old).await.is(200, IMMUTABLE, b"old");
    get(&files, "/a.css").await.is(200, HOUR, b"two");
    get(&files, "/old.css").await.is_not_found();
}

#[tokio::test]
async fn a_release_that_was_published_later_is_found_by_its_hashed_paths() {
    let site = Site::new(&[("a.css", b"one")]);
    let old = site.collect().production();
    let files = StaticFiles::new(&old);
    get(&files, "/a.css").await.is(200, HOUR, b"one");

    site.write("a.css", b"two");
    site.write("b.css", b"new");
    let new = site.collect().production();
    let [a, b] = ["a.css", "b.css"].map(|path| below(&new.url(path).unwrap()));
    // A look at most once a second, and one was at start-up.
    tokio::time::sleep(Duration::from_millis(1010)).await;
    let (a, b) = tokio::join!(get(&files, &a), get(&files, &b));
    a.is(200, IMMUTABLE, b"two");
    b.is(200, IMMUTABLE, b"new");
    // Without a hash, it is the release in force that answers.
    get(&files, "/a.css").await.is(200, HOUR, b"one");
    get(&files, "/b.css").await.is_not_found();
    old.reload().unwrap();
    get(&files, "/a.css").await.is(200, HOUR, b"two");
    get(&files, "/b.css").await.is(200, HOUR, b"new");
}

#[tokio::test]
async fn after_a_reload_the_new_release_is_there_at_once() {
    let site = Site::new(&[("a.css", b"0")]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    for round in 1..20 {
        let bytes = round.to_string();
        site.write("a.css", bytes.as_bytes());
        site.collect();
        assets.reload().unwrap();
        get(&files, &below(&assets.url("a.css").unwrap())).await.is(200, IMMUTABLE, bytes.as_bytes());
        get(&files, "/a.css").await.is(200, HOUR, bytes.as_bytes());
    }
}

#[tokio::test]
async fn a_snapshot_in_the_request_is_heeded() {
    let site = Site::new(&[("a.css", b"one")]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    let snapshot = assets.snapshot();
    site.write("a.css", b"two");
    site.collect();
    assets.reload().unwrap();

    let request = |snapshot| Request::get("/a.css").extension(snapshot).body(()).unwrap();
    let [old, new] = [snapshot, assets.snapshot()].map(|snapshot| files.clone().oneshot(request(snapshot)));
    assert_ne!(old.await.unwrap().headers()["etag"], new.await.unwrap().headers()["etag"]);
}

#[tokio::test]
async fn a_broken_manifest_or_release_changes_nothing() {
    let site = Site::new(&[("a.css", b"one")]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    let hashed = below(&assets.url("a.css").unwrap());
    fs::write(site.dist().join("staticfiles.json"), "{").unwrap();
    fs::write(site.dist().join(".fingerpost/releases/7.json"), "[]").unwrap();
    tokio::time::sleep(Duration::from_millis(1010)).await;
    get(&files, "/x.0123456789ab.css").await.is_not_found();
    get(&files, &hashed).await.is(200, IMMUTABLE, b"one");
    get(&files, "/a.css").await.is(200, HOUR, b"one");
}
