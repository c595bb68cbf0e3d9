//! Large files. Each large file is hashed once, on one background thread, while responses are streamed.

use std::{
    fs,
    io::{self, Seek as _},
    path::Path,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use fingerpost::{Assets, DirStore, Mode, Store, Stored, Strategy, manifest::Digest};
use fingerpost_tower::{ContentBody, StaticFiles};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use parking_lot::{Condvar, Mutex};
use tower::ServiceExt as _;

use crate::site::{
    IMMUTABLE, ONE_HOUR, Site, get, get_hashed, get_until, path_below_mount, send, serve_by_version_query,
};

const SIZE: usize = 200_000;

/// Blocks the background thread, and counts the files opened by the thread.
#[derive(Debug, Default)]
struct Gate {
    opened: AtomicUsize,
    /// The handles of all opened files.
    handles: Mutex<Vec<fs::File>>,
    is_closed: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    fn set_closed(&self, is_closed: bool) {
        *self.is_closed.lock() = is_closed;
        self.changed.notify_all();
    }

    fn pass(&self) {
        self.opened.fetch_add(1, Relaxed);
        self.changed.wait_while(&mut self.is_closed.lock(), |is_closed| *is_closed);
    }

    fn opened(&self) -> usize {
        self.opened.load(Relaxed)
    }
}

/// An output directory whose files the background thread opens through a gate.
#[derive(Debug)]
struct GatedStore {
    dir: DirStore,
    gate: Arc<Gate>,
}

impl Store for GatedStore {
    fn place(&self) -> String {
        self.dir.place()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.dir.read(path)
    }

    fn open(&self, path: &str) -> io::Result<Stored> {
        if thread::current().name() == Some("fingerpost-hash") {
            self.gate.pass();
        }
        let stored = self.dir.open(path)?;
        if let Stored::File(file) = &stored {
            self.gate.handles.lock().push(file.try_clone()?);
        }
        Ok(stored)
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        self.dir.releases()
    }
}

fn gated(site: &Site) -> (Assets, StaticFiles, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let store = GatedStore { dir: DirStore::new(site.dist()), gate: Arc::clone(&gate) };
    let assets = Assets::builder().store(store).mode(Mode::Production).build().unwrap();
    let files = StaticFiles::new(&assets);
    (assets, files, gate)
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", &Digest::from_content(bytes).to_string()[..32])
}

#[tokio::test]
async fn large_file_is_streamed_with_no_store_until_it_is_hashed() {
    let large = vec![b'l'; SIZE];
    let site = Site::new(&[("large.bin", &large)]);
    let (assets, files, gate) = gated(site.collect());
    let path = path_below_mount(&assets.url("large.bin").unwrap());
    let tag = tag(&large);
    gate.set_closed(true);
    for path in [&*path, "/large.bin"] {
        let response = get(&files, path).await;
        response.assert_is(200, "no-store", &large);
        assert_eq!((response.header("etag"), response.header("accept-ranges")), ("-", "bytes"));
        let [range, if_range] = [("range", "bytes=2-3"), ("if-range", &*tag)];
        send(&files, Method::GET, path, &[range]).await.assert_is(206, "no-store", b"ll");
        // Without an `ETag` no condition matches.
        send(&files, Method::GET, path, &[range, if_range]).await.assert_is(200, "no-store", &large);
        send(&files, Method::GET, path, &[("if-none-match", &tag)]).await.assert_is(200, "no-store", &large);
        assert_eq!(send(&files, Method::GET, path, &[("if-match", &tag)]).await.status, 412);
        let head = send(&files, Method::HEAD, path, &[]).await;
        assert_eq!((head.cache_control(), head.header("content-length")), ("no-store", &*SIZE.to_string()));
    }
    gate.set_closed(false);
    for (path, cache) in [(&*path, IMMUTABLE), ("/large.bin", ONE_HOUR)] {
        let response = get_hashed(&files, path).await;
        response.assert_is(200, cache, &large);
        assert_eq!(response.header("etag"), tag);
        send(&files, Method::GET, path, &[("if-none-match", &tag)]).await.assert_is(304, cache, b"");
        let part = [("range", "bytes=2-3"), ("if-range", &*tag)];
        send(&files, Method::GET, path, &part).await.assert_is(206, cache, b"ll");
    }
    assert_eq!(gate.opened(), 1);
}

#[tokio::test]
async fn concurrent_first_requests_hash_a_large_file_once_and_delay_no_other_file() {
    let large = vec![b'l'; SIZE];
    let site = Site::new(&[("large.bin", &large), ("other.bin", &[b'o'; SIZE]), ("small.css", b"a{}")]);
    let (assets, files, gate) = gated(site.collect());
    let path = |name| path_below_mount(&assets.url(name).unwrap());
    let (large_path, other, small) = (path("large.bin"), path("other.bin"), path("small.css"));
    gate.set_closed(true);
    let first = (0..600).map(|_| {
        let (files, path) = (files.clone(), large_path.clone());
        tokio::spawn(async move { send(&files, Method::GET, &path, &[("range", "bytes=0-0")]).await })
    });
    for request in first.collect::<Vec<_>>() {
        request.await.unwrap().assert_is(206, "no-store", b"l");
    }
    get(&files, &small).await.assert_is(200, IMMUTABLE, b"a{}");
    get(&files, &other).await.assert_is(200, "no-store", &[b'o'; SIZE]);
    gate.set_closed(false);
    get_hashed(&files, &large_path).await.assert_is(200, IMMUTABLE, &large);
    get_hashed(&files, &other).await.assert_is(200, IMMUTABLE, &[b'o'; SIZE]);
    assert_eq!(gate.opened(), 2);
}

#[tokio::test]
async fn digest_of_a_large_file_is_reused_in_the_next_release() {
    let large = vec![b'l'; SIZE];
    let site = Site::new(&[("large.bin", &large), ("a.css", b"one")]);
    let (assets, files, gate) = gated(site.collect());
    let path = path_below_mount(&assets.url("large.bin").unwrap());
    get_hashed(&files, &path).await;
    site.write("a.css", b"two");
    site.collect();
    assets.reload().unwrap();
    get(&files, &path).await.assert_is(200, IMMUTABLE, &large);
    // The file is now only in a retained release.
    fs::remove_file(site.source().join("large.bin")).unwrap();
    site.collect();
    assets.reload().unwrap();
    get(&files, &path).await.assert_is(200, IMMUTABLE, &large);
    assert_eq!(gate.opened(), 1);
}

#[tokio::test]
async fn large_file_replaced_during_hashing_is_hashed_again() {
    let large = vec![b'l'; SIZE];
    let site = Site::new(&[("large.bin", &large)]);
    let (assets, files, gate) = gated(site.collect());
    let path = path_below_mount(&assets.url("large.bin").unwrap());
    let file = site.dist().join(&path[1..]);
    gate.set_closed(true);
    get(&files, &path).await.assert_is(200, "no-store", &large);
    while gate.opened() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    fs::remove_file(&file).unwrap();
    fs::write(&file, vec![b'x'; SIZE]).unwrap();
    gate.set_closed(false);
    get_until(&files, &path, &[], |response| response.status == 404).await.assert_not_found();

    fs::remove_file(&file).unwrap();
    fs::write(&file, &large).unwrap();
    assert_eq!(get(&files, &path).await.cache_control(), "no-store");
    get_hashed(&files, &path).await.assert_is(200, IMMUTABLE, &large);
}

#[tokio::test]
async fn large_file_without_a_manifest_digest_is_hashed_in_the_background() {
    let large = vec![b'l'; SIZE];
    let site = Site::new(&[]);
    fs::create_dir(site.dist()).unwrap();
    let file = site.dist().join("large.0123456789ab.bin");
    fs::write(&file, &large).unwrap();
    let manifest = r#"{"version": "1.1", "paths": {"large.bin": "large.0123456789ab.bin"}}"#;
    fs::write(site.dist().join("staticfiles.json"), manifest).unwrap();
    let (_assets, files, gate) = gated(&site);
    for mut handle in gate.handles.lock().drain(..) {
        assert_eq!(handle.stream_position().unwrap(), 0, "the file was read at startup");
    }
    let (path, tag) = ("/large.0123456789ab.bin", tag(&large));
    for path in [path, "/large.bin"] {
        let response = get(&files, path).await;
        response.assert_is(200, "no-store", &large);
        assert_eq!(response.header("etag"), "-");
    }
    for (path, cache) in [(path, IMMUTABLE), ("/large.bin", ONE_HOUR)] {
        let response = get_hashed(&files, path).await;
        response.assert_is(200, cache, &large);
        assert_eq!(response.header("etag"), tag);
        let part = [("range", "bytes=2-3"), ("if-range", &*tag)];
        send(&files, Method::GET, path, &part).await.assert_is(206, cache, b"ll");
    }
    assert_eq!(gate.opened(), 1);

    // The first digest defines the content of the URL. After the new bytes are hashed, the response is a 404.
    fs::remove_file(&file).unwrap();
    fs::write(&file, vec![b'x'; SIZE]).unwrap();
    get(&files, path).await.assert_is(200, "no-store", &[b'x'; SIZE]);
    get_until(&files, path, &[], |response| response.status == 404).await.assert_not_found();
}

#[cfg(unix)]
#[tokio::test]
async fn large_file_that_changes_while_queued_is_queued_once() {
    let site = Site::new(&[("first.bin", &[b'f'; SIZE]), ("large.bin", &[b'l'; SIZE])]);
    let (assets, files, gate) = gated(site.collect());
    let [first, large] = ["first.bin", "large.bin"].map(|name| path_below_mount(&assets.url(name).unwrap()));
    gate.set_closed(true);
    get(&files, &first).await.assert_is(200, "no-store", &[b'f'; SIZE]);
    for number in 0..3 {
        get(&files, &large).await.assert_is(200, "no-store", &[b'l'; SIZE]);
        // File system clocks advance in steps of several milliseconds.
        tokio::time::sleep(Duration::from_millis(20)).await;
        fs::hard_link(site.dist().join(&large[1..]), site.source().join(number.to_string())).unwrap();
    }
    get(&files, &large).await.assert_is(200, "no-store", &[b'l'; SIZE]);
    gate.set_closed(false);
    get_hashed(&files, &large).await.assert_is(200, IMMUTABLE, &[b'l'; SIZE]);
    assert_eq!(gate.opened(), 2);
}

#[tokio::test]
async fn variants_of_large_files_are_hashed() {
    // Pseudorandom text. The compressed text has about half of the size, and is still large.
    let mut number = 1_u32;
    let mut next = || {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (number >> 28) as u8
    };
    let text: Vec<u8> = (0..SIZE * 4).map(|_| next()).collect();
    let site = Site::new(&[("large.txt", &text)]);
    let (assets, files, gate) = gated(site.collect_compressed(&["gzip"]));
    let path = path_below_mount(&assets.url("large.txt").unwrap());
    let gzip = fs::read(site.dist().join(format!("{}.gz", &path[1..]))).unwrap();
    assert!(gzip.len() > SIZE);
    let accepted = [("accept-encoding", "gzip")];
    let response = send(&files, Method::GET, &path, &accepted).await;
    response.assert_is(200, "no-store", &gzip);
    assert_eq!((response.header("etag"), response.header("vary")), ("-", "Accept-Encoding"));

    let response = get_until(&files, &path, &accepted, |response| response.header("etag") != "-").await;
    response.assert_is(200, IMMUTABLE, &gzip);
    assert_eq!(response.header("etag"), tag(&gzip));
    assert_eq!(gate.opened(), 1, "the uncompressed file was hashed without a request");

    // A damaged variant is not used.
    fs::write(site.dist().join(format!("{}.gz", &path[1..])), vec![0; gzip.len()]).unwrap();
    let response =
        get_until(&files, &path, &accepted, |response| response.header("content-encoding") == "-").await;
    assert_eq!(response.body, text);
}

#[tokio::test]
async fn background_thread_ends_with_its_server() {
    let site = Site::new(&[("large.bin", &[b'l'; SIZE]), ("other.bin", &[b'o'; SIZE])]);
    let (assets, files, gate) = gated(site.collect());
    gate.set_closed(true);
    for name in ["large.bin", "other.bin"] {
        get(&files, &format!("/{name}")).await;
    }
    let gate = {
        let weak: Weak<Gate> = Arc::downgrade(&gate);
        drop((files, assets));
        gate.set_closed(false);
        drop(gate);
        weak
    };
    let begin = Instant::now();
    while gate.upgrade().is_some() {
        assert!(begin.elapsed() < Duration::from_secs(60), "the thread has not released the store");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A store that returns bytes instead of files.
#[derive(Debug)]
struct MemoryStore(DirStore);

impl Store for MemoryStore {
    fn place(&self) -> String {
        "memory".into()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.read(path)
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        self.0.releases()
    }
}

#[tokio::test]
async fn large_files_of_a_store_without_files_are_hashed_once() {
    let large = vec![b'l'; SIZE];
    let site = Site::new(&[("large.bin", &large)]);
    let store = MemoryStore(DirStore::new(site.collect().dist()));
    let assets = Assets::builder().store(store).mode(Mode::Production).build().unwrap();
    let files = StaticFiles::new(&assets);
    let path = path_below_mount(&assets.url("large.bin").unwrap());
    let response = get_hashed(&files, &path).await;
    response.assert_is(200, IMMUTABLE, &large);
    assert_eq!(response.header("etag"), tag(&large));

    // Bytes are hashed once, because a store must return the same bytes each time.
    let file = site.dist().join(&path[1..]);
    fs::write(&file, vec![b'x'; SIZE]).unwrap();
    get(&files, &path).await.assert_is(200, IMMUTABLE, &[b'x'; SIZE]);
    fs::write(&file, vec![b'x'; SIZE - 1]).unwrap();
    get(&files, &path).await.assert_not_found();
}

#[tokio::test]
async fn large_source_file_is_streamed_with_no_store_until_it_is_hashed() {
    let large = vec![b'l'; SIZE];
    let site = Site::new(&[("large.bin", &large)]);
    let (_, files) = serve_by_version_query(&site, "1");
    for path in ["/large.bin?v=1", "/large.bin"] {
        let response = get(&files, path).await;
        response.assert_is(200, "no-store", &large);
        assert_eq!(response.header("etag"), "-");
        send(&files, Method::GET, path, &[("range", "bytes=-2")]).await.assert_is(206, "no-store", b"ll");
    }
    get_hashed(&files, "/large.bin?v=1").await.assert_is(200, IMMUTABLE, &large);
    get(&files, "/large.bin").await.assert_is(200, ONE_HOUR, &large);
}

#[cfg(unix)]
#[tokio::test]
async fn large_source_file_with_a_changed_change_time_is_rehashed_in_the_background() {
    let large = vec![b'l'; SIZE];
    let site = Site::new(&[("large.bin", &large)]);
    let (_, files) = serve_by_version_query(&site, "1");
    get_hashed(&files, "/large.bin?v=1").await.assert_is(200, IMMUTABLE, &large);
    let file = site.source().join("large.bin");
    fs::hard_link(&file, site.dist()).unwrap();
    get(&files, "/large.bin?v=1").await.assert_is(200, "no-store", &large);
    get_hashed(&files, "/large.bin?v=1").await.assert_is(200, IMMUTABLE, &large);

    // Write other bytes, then restore length and modification time.
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, vec![b'x'; SIZE]).unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    for _ in 0..2 {
        get_hashed(&files, "/large.bin?v=1").await.assert_is(200, "no-store", &[b'x'; SIZE]);
    }
}

#[tokio::test]
async fn digest_of_a_large_source_file_is_reused_in_the_next_version() {
    let large = vec![b'l'; SIZE];
    let site = Site::new(&[("large.bin", &large)]);
    let settings = site.source().join("../version");
    fs::write(&settings, "1").unwrap();
    let assets = site.builder(Mode::Production).strategy(Strategy::VersionQuery);
    let assets = assets.component("version", [&settings]).build().unwrap();
    let files = StaticFiles::new(&assets);
    let first = path_below_mount(&assets.url("large.bin").unwrap());
    get_hashed(&files, &first).await.assert_is(200, IMMUTABLE, &large);
    fs::write(&settings, "2").unwrap();
    assets.reload().unwrap();
    let second = path_below_mount(&assets.url("large.bin").unwrap());
    assert_ne!(first, second);
    get(&files, &second).await.assert_is(200, IMMUTABLE, &large);
}

/// The size of a file that is never hashed on the thread of a request.
#[cfg(unix)]
const HUGE: usize = 5 * 1024 * 1024;

/// Sends a request, and waits until the clock of the file system has advanced. The body of the response is not read.
#[cfg(unix)]
async fn start_download(files: &StaticFiles, path: &str, range: &str) -> http::Response<ContentBody> {
    let request = Request::get(path).header("range", range).body(()).unwrap();
    let response = files.clone().oneshot(request).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    response
}

#[cfg(unix)]
type Change = fn(&Path);

/// Changes that do not modify the bytes of an open file, each with the name of the file to change.
#[cfg(unix)]
const HARMLESS_CHANGES: [(&str, Change); 5] = {
    use std::os::unix::fs::PermissionsExt as _;

    [
        ("deleted.bin", |file| fs::remove_file(file).unwrap()),
        ("renamed.bin", |file| fs::rename(file, file.with_extension("old")).unwrap()),
        ("linked.bin", |file| fs::hard_link(file, file.with_extension("linked")).unwrap()),
        ("restricted.bin", |file| fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap()),
        ("replaced.bin", |file| {
            let other = file.with_extension("other");
            fs::write(&other, vec![b'y'; HUGE]).unwrap();
            fs::rename(other, file).unwrap();
        }),
    ]
};

#[cfg(unix)]
#[tokio::test]
async fn download_is_complete_although_its_file_is_deleted_replaced_linked_or_restricted() {
    for size in [3 * 1024 * 1024, HUGE] {
        let bytes = vec![b'x'; size];
        let site = Site::new(&HARMLESS_CHANGES.map(|(name, _)| (name, &*bytes)));
        let assets = site.collect().production();
        let hashed_names = (StaticFiles::new(&assets), site.dist());
        let version_query = (serve_by_version_query(&site, "1").1, site.source());
        for ((files, dir), is_hashed) in [(&hashed_names, true), (&version_query, false)] {
            let mut downloads = Vec::new();
            for (name, change) in HARMLESS_CHANGES {
                let path = path_below_mount(&assets.url(name).unwrap());
                let path = if is_hashed { path } else { format!("/{name}?v=1") };
                get_hashed(files, &path).await;
                let all = start_download(files, &path, "bytes=0-").await;
                let part = start_download(files, &path, "bytes=5-2000000").await;
                assert_eq!(all.headers()["cache-control"], IMMUTABLE, "{path}");
                change(&dir.join(path[1..].trim_end_matches("?v=1")));
                downloads.extend([(path.clone(), all, size), (path, part, 1_999_996)]);
            }
            for (path, response, length) in downloads {
                let body = response.into_body().collect().await;
                let body = body.unwrap_or_else(|err| panic!("{path}: {err}")).to_bytes();
                assert!(body.len() == length && body.iter().all(|byte| *byte == b'x'), "{path}");
            }
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn download_without_an_etag_does_not_wait_for_the_hash() {
    let site = Site::new(&HARMLESS_CHANGES.map(|(name, _)| (name, &[b'x'; HUGE][..])));
    let (assets, gated_files, gate) = gated(site.collect());
    let version_query = serve_by_version_query(&site, "1").1;
    gate.set_closed(true);
    for (name, change) in HARMLESS_CHANGES {
        let hashed = path_below_mount(&assets.url(name).unwrap());
        let source = format!("/{name}?v=2");
        let hashed_body = start_download(&gated_files, &hashed, "bytes=0-").await;
        let source_body = start_download(&version_query, &source, "bytes=0-").await;
        change(&site.dist().join(&hashed[1..]));
        change(&site.source().join(name));
        for response in [hashed_body, source_body] {
            assert_eq!(response.headers()["cache-control"], "no-store");
            let body = response.into_body().collect().await;
            assert_eq!(body.unwrap_or_else(|err| panic!("{name}: {err}")).to_bytes().len(), HUGE);
        }
    }
    gate.set_closed(false);
}

#[cfg(unix)]
#[tokio::test]
async fn last_bytes_wait_for_the_background_thread_and_block_no_other_request() {
    let site = Site::new(&[("large.bin", &[b'x'; HUGE]), ("other.bin", &[b'o'; SIZE]), ("a.css", b"a{}")]);
    let (assets, files, gate) = gated(site.collect());
    let path = |name| path_below_mount(&assets.url(name).unwrap());
    let (large, other, small) = (path("large.bin"), path("other.bin"), path("a.css"));
    get_hashed(&files, &large).await;
    // More downloads than tokio has threads for blocking work.
    let mut downloads = Vec::new();
    for _ in 0..600 {
        let request = Request::get(&*large).header("range", "bytes=-300000").body(()).unwrap();
        downloads.push(files.clone().oneshot(request).await.unwrap().into_body());
        gate.handles.lock().clear();
    }
    gate.set_closed(true);
    get(&files, &other).await.assert_is(200, "no-store", &[b'o'; SIZE]);
    tokio::time::sleep(Duration::from_millis(20)).await;
    fs::remove_file(site.dist().join(&large[1..])).unwrap();
    for body in &mut downloads {
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        let last = tokio::time::timeout(Duration::from_millis(1), body.frame()).await;
        assert!(first.len() == 256 * 1024 && last.is_err(), "the end of the body waits for the digest");
    }
    get(&files, &small).await.assert_is(200, IMMUTABLE, b"a{}");
    gate.set_closed(false);
    for body in downloads {
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), 300_000 - 256 * 1024);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn download_of_other_bytes_with_the_old_modification_time_ends_in_a_body_error() {
    let site = Site::new(&[("large.bin", &[b'x'; HUGE])]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    let path = path_below_mount(&assets.url("large.bin").unwrap());
    get_hashed(&files, &path).await;
    let response = start_download(&files, &path, "bytes=0-").await;
    let file = site.dist().join(&path[1..]);
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, vec![b'y'; HUGE]).unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    fs::remove_file(&file).unwrap();
    assert!(response.into_body().collect().await.is_err(), "a changed file was reported as complete");
}
