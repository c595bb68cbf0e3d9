//! Releases that are published and removed while the server runs.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use fingerpost::{Assets, DirStore, Mode, Store};
use fingerpost_tower::{AssetServer, StaticFiles};
use http::{Method, Request};
use tower::ServiceExt as _;

use crate::site::{IMMUTABLE, ONE_HOUR, Site, get, path_below_mount, send};

#[tokio::test]
async fn hashed_paths_of_a_later_release_are_found_without_reload() {
    let site = Site::new(&[("a.css", b"one")]);
    let old = site.collect().production();
    let files = StaticFiles::new(&old);
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, b"one");

    site.write("a.css", b"two");
    site.write("b.css", b"new");
    let new = site.collect().production();
    let [a, b] = ["a.css", "b.css"].map(|path| path_below_mount(&new.url(path).unwrap()));
    // Releases are listed at most once a second. The first listing is at startup.
    tokio::time::sleep(Duration::from_millis(1010)).await;
    let (a, b) = tokio::join!(get(&files, &a), get(&files, &b));
    a.assert_is(200, IMMUTABLE, b"two");
    b.assert_is(200, IMMUTABLE, b"new");
    // Paths without a hash are resolved in the active release.
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, b"one");
    get(&files, "/b.css").await.assert_not_found();
    old.reload().unwrap();
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, b"two");
    get(&files, "/b.css").await.assert_is(200, ONE_HOUR, b"new");
}

#[tokio::test]
async fn new_release_is_served_immediately_after_reload() {
    let site = Site::new(&[("a.css", b"0")]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    for round in 1..20 {
        let bytes = round.to_string();
        site.write("a.css", bytes.as_bytes());
        site.collect();
        assets.reload().unwrap();
        get(&files, &path_below_mount(&assets.url("a.css").unwrap())).await.assert_is(
            200,
            IMMUTABLE,
            bytes.as_bytes(),
        );
        get(&files, "/a.css").await.assert_is(200, ONE_HOUR, bytes.as_bytes());
    }
}

#[tokio::test]
async fn snapshot_in_the_request_is_used() {
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
async fn broken_manifest_or_release_changes_nothing() {
    let site = Site::new(&[("a.css", b"one")]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    let hashed = path_below_mount(&assets.url("a.css").unwrap());
    fs::write(site.dist().join("staticfiles.json"), "{").unwrap();
    fs::write(site.dist().join(".fingerpost/releases/7.json"), "[]").unwrap();
    tokio::time::sleep(Duration::from_millis(1010)).await;
    get(&files, "/x.0123456789ab.css").await.assert_not_found();
    get(&files, &hashed).await.assert_is(200, IMMUTABLE, b"one");
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, b"one");
}

/// An output directory with releases that cannot be read while a flag is set.
#[derive(Debug)]
struct FlakyStore {
    dir: DirStore,
    fails: Arc<AtomicBool>,
}

impl Store for FlakyStore {
    fn place(&self) -> String {
        self.dir.place()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path.contains("releases") && self.fails.load(Relaxed) {
            return Err(io::Error::other("simulated failure"));
        }
        self.dir.read(path)
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        self.dir.releases()
    }
}

#[tokio::test]
async fn unreadable_release_is_read_again_later() {
    let site = Site::new(&[("a.css", b"one")]);
    let one = path_below_mount(&site.collect().production().url("a.css").unwrap());
    site.write("a.css", b"two");
    site.collect();
    let fails = Arc::new(AtomicBool::new(true));
    let store = FlakyStore { dir: DirStore::new(site.dist()), fails: Arc::clone(&fails) };
    let assets = Assets::builder().store(store).mode(Mode::Production).build().unwrap();
    let files = StaticFiles::new(&assets);
    get(&files, &one).await.assert_not_found();
    fails.store(false, Relaxed);
    assets.reload().unwrap();
    get(&files, &one).await.assert_is(200, IMMUTABLE, b"one");
}

#[tokio::test]
async fn hashed_path_that_is_also_an_asset_path_is_not_immutable() {
    let site = Site::new(&[]);
    fs::create_dir(site.dist()).unwrap();
    let manifest =
        r#"{"version": "1.1", "paths": {"a.css": "a.css", "b.css": "c.css", "c.css": "c.0123456789ab.css"}}"#;
    fs::write(site.dist().join("staticfiles.json"), manifest).unwrap();
    for name in ["a.css", "c.css", "c.0123456789ab.css"] {
        fs::write(site.dist().join(name), name).unwrap();
    }
    let files = StaticFiles::new(&site.production());
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, b"a.css");
    get(&files, "/a.css?v=1").await.assert_is(200, "no-store", b"a.css");
    get(&files, "/b.css").await.assert_is(200, ONE_HOUR, b"c.css");
    get(&files, "/c.css").await.assert_is(200, ONE_HOUR, b"c.0123456789ab.css");
    get(&files, "/c.0123456789ab.css").await.assert_is(200, IMMUTABLE, b"c.0123456789ab.css");
}

#[tokio::test]
async fn file_whose_length_differs_from_the_manifest_is_not_immutable() {
    let site = Site::new(&[("a.css", b"body { }"), ("large.txt", &[b'l'; 200_000])]);
    let assets = site.collect().production();
    let json = fs::read_to_string(site.dist().join("staticfiles.json")).unwrap();
    for (small, large) in [("3", "200001"), ("100", "199999")] {
        let json = json.replace("\"size\": 8", &format!("\"size\": {small}"));
        let json = json.replace("\"size\": 200000", &format!("\"size\": {large}"));
        fs::write(site.dist().join("staticfiles.json"), json).unwrap();
        fs::remove_dir_all(site.dist().join(".fingerpost")).ok();
        let files = StaticFiles::new(&site.production());
        for path in ["a.css", "large.txt"] {
            get(&files, &path_below_mount(&assets.url(path).unwrap())).await.assert_not_found();
            get(&files, &format!("/{path}")).await.assert_not_found();
        }
    }
}

#[tokio::test]
async fn variants_added_later_are_served_after_reload() {
    let site = Site::new(&[("a.css", &b"a { color: red }\n".repeat(100))]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    let path = path_below_mount(&assets.url("a.css").unwrap());
    let accepted = [("accept-encoding", "gzip")];
    assert_eq!(send(&files, Method::GET, &path, &accepted).await.header("content-encoding"), "-");
    site.collect_compressed(&["gzip"]);
    assets.reload().unwrap();
    assert_eq!(send(&files, Method::GET, &path, &accepted).await.header("content-encoding"), "gzip");
}

#[tokio::test]
async fn unchanged_files_stay_cached_when_a_release_is_published() {
    let site = Site::new(&[("a.css", b"one"), ("same.css", b"same")]);
    let assets = site.collect().production();
    let files = StaticFiles::from(AssetServer::new(&assets).cache_capacity(7));
    let [one, same] = ["a.css", "same.css"].map(|path| path_below_mount(&assets.url(path).unwrap()));
    get(&files, &one).await.assert_is(200, IMMUTABLE, b"one");
    get(&files, &same).await.assert_is(200, IMMUTABLE, b"same");
    site.write("a.css", b"two");
    site.collect();
    assets.reload().unwrap();
    // The cache no longer contains the file that only the earlier release contains.
    let two = path_below_mount(&assets.url("a.css").unwrap());
    get(&files, &two).await.assert_is(200, IMMUTABLE, b"two");
    get(&files, &one).await.assert_is(200, IMMUTABLE, b"one");
    fs::remove_dir_all(site.dist()).unwrap();
    get(&files, &two).await.assert_is(200, IMMUTABLE, b"two");
    get(&files, &same).await.assert_is(200, IMMUTABLE, b"same");
    get(&files, &one).await.assert_not_found();
}
