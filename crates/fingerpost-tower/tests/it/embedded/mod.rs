//! Serves files of a pack inside the program. Runs the tests of the output directory with a pack, and tests properties of
//! packs.

pub(crate) mod site;

#[allow(dead_code, reason = "some helpers are used only with an output directory")]
#[path = "../deltas.rs"]
mod deltas;
#[path = "../negotiation.rs"]
mod negotiation;
#[path = "../production.rs"]
mod production;
#[path = "../ranges.rs"]
mod ranges;

use std::{fs, ops::Range, sync::Arc};

use fingerpost::{Assets, Mode, manifest::TarStore};
use fingerpost_tower::{AssetServer, StaticFiles};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use site::{IMMUTABLE, Site, get, get_hashed, path_below_mount, send, tag};

const LARGE: usize = 3_000_000;

fn large() -> Vec<u8> {
    (0..LARGE).map(|number| (number % 251) as u8).collect()
}

/// Requests a file, and returns the position of the only frame of the body in `pack`. Returns `None` if the frame is a copy.
async fn position_of_frame(files: &StaticFiles, path: &str, pack: &[u8]) -> Option<usize> {
    let request = Request::get(path).header("range", "bytes=5-").header("accept-encoding", "gzip");
    let response = files.clone().oneshot(request.body(()).unwrap()).await.unwrap();
    let mut body = response.into_body();
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    let Range { start, end } = pack.as_ptr_range();
    assert!(body.frame().await.is_none(), "the body has one frame");
    (start..end).contains(&frame.as_ptr()).then(|| frame.as_ptr() as usize - start as usize)
}

#[tokio::test]
async fn bytes_are_sent_without_a_copy() {
    let site = Site::new(&[("small.css", &b"a{}".repeat(500)), ("large.bin", &large())]);
    site.collect_compressed(&["gzip"]);
    let pack = site.pack();
    let store = TarStore::from_static("dist.tar", pack);
    let assets = Assets::builder().embedded(Some(store)).mode(Mode::Production).build().unwrap();
    let files = StaticFiles::new(&assets);
    for name in ["small.css", "large.bin"] {
        let path = path_below_mount(&assets.url(name).unwrap());
        for _ in 0..3 {
            let start =
                position_of_frame(&files, &path, pack).await.expect("the frame is a slice of the pack");
            let stored = TarStore::from_static("dist.tar", pack);
            let file = stored.position(&path[1..]).unwrap();
            assert_eq!(start as u64, file.start + 5, "{name}");
        }
    }
}

#[tokio::test]
async fn large_file_is_streamed_with_no_store_until_it_is_hashed() {
    let site = Site::new(&[("large.bin", &large())]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    let path = path_below_mount(&assets.url("large.bin").unwrap());
    let first = get(&files, &path).await;
    first.assert_is(200, "no-store", &large());
    assert_eq!(first.header("etag"), "-");
    let hashed = get_hashed(&files, &path).await;
    hashed.assert_is(200, IMMUTABLE, &large());
    assert_eq!(hashed.header("etag"), tag(&large()));
}

#[test]
fn serving_allocates_no_memory_for_the_bytes() {
    let site = Site::new(&[("a.txt", &[b'a'; 100_000]), ("large.bin", &large())]);
    let files = StaticFiles::from(AssetServer::new(&site.collect().production()).cache_capacity(0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let first = async { (get(&files, "/a.txt").await, get_hashed(&files, "/large.bin").await) };
    runtime.block_on(first);
    for (path, length) in [("/a.txt", 100_000), ("/large.bin", LARGE)] {
        let sent = async {
            let request = Request::get(path).body(()).unwrap();
            let mut body = files.clone().oneshot(request).await.unwrap().into_body();
            body.frame().await.unwrap().unwrap().into_data().unwrap().len()
        };
        let used = allocation_counter::measure(|| assert_eq!(runtime.block_on(sent), length));
        assert!(used.bytes_total < 10_000, "{path}: {used:?}");
    }
}

#[tokio::test]
async fn bytes_that_differ_from_the_manifest_are_never_immutable() {
    let site = Site::new(&[("a.txt", b"aaaaaa"), ("large.bin", &large())]);
    let assets = site.collect().production();
    let mut damaged = site.pack().to_vec();
    for name in ["a.txt", "large.bin"] {
        let path = path_below_mount(&assets.url(name).unwrap());
        let file = TarStore::from_static("dist.tar", site.pack()).position(&path[1..]).unwrap();
        damaged[file.start as usize] ^= 1;
    }
    let store = TarStore::from_static("dist.tar", damaged.leak());
    let assets = Assets::builder().embedded(Some(store)).mode(Mode::Production).build().unwrap();
    let files = StaticFiles::new(&assets);
    for name in ["a.txt", "large.bin"] {
        let path = path_below_mount(&assets.url(name).unwrap());
        let first = get(&files, &path).await;
        assert_eq!((first.cache_control(), first.header("etag")), ("no-store", "-"), "{name}");
        crate::site::get_until(&files, &path, &[], |response| response.status == 404)
            .await
            .assert_not_found();
    }
}

#[tokio::test]
async fn hundreds_of_first_requests_for_a_large_file_do_not_delay_small_files() {
    let site = Site::new(&[("large.bin", &large()), ("small.css", b"a{}")]);
    let assets = site.collect().production();
    let files = Arc::new(StaticFiles::new(&assets));
    let path = path_below_mount(&assets.url("large.bin").unwrap());
    let requests = (0..600).map(|_| {
        let (files, path) = (Arc::clone(&files), path.clone());
        tokio::spawn(async move { send(&files, Method::HEAD, &path, &[]).await.status })
    });
    let requests: Vec<_> = requests.collect();
    get(&files, "/small.css").await.assert_is(200, site::ONE_HOUR, b"a{}");
    for request in requests {
        assert_eq!(request.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn files_on_disk_are_not_read() {
    let site = Site::new(&[("a.css", b"a{}")]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    fs::remove_dir_all(site.dist()).unwrap();
    fs::remove_dir_all(site.source()).unwrap();
    get(&files, &path_below_mount(&assets.url("a.css").unwrap())).await.assert_is(200, IMMUTABLE, b"a{}");
    get(&files, "/a.0123456789ab.css").await.assert_not_found();
    assets.reload().unwrap();
    get(&files, "/a.css").await.assert_is(200, site::ONE_HOUR, b"a{}");
}
