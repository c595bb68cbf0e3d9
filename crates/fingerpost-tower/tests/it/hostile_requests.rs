//! Malformed and malicious requests.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use fingerpost::{Assets, DirStore, Mode, Store, Stored, Strategy, Token};
use fingerpost_tower::StaticFiles;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::site::{IMMUTABLE, ONE_HOUR, Site, get, path_below_mount, send};

const SECRET: &[u8] = b"SECRET";

/// Returns a site with a secret file next to its directories, and a service for each mode and strategy.
fn site_and_services() -> (Site, Vec<StaticFiles>) {
    let site = Site::new(&[("css/app.css", b"a{}")]);
    site.collect();
    fs::write(site.source().parent().unwrap().join("secret.txt"), SECRET).unwrap();
    let build_free = |strategy: Strategy, base: &str| -> Assets {
        site.builder(Mode::Production).strategy(strategy).base_url(base).app_version("1").build().unwrap()
    };
    let files = [
        site.production(),
        site.development(),
        build_free(Strategy::VersionQuery, "/static/"),
        build_free(Strategy::PathToken(Token::ordered(7).unwrap()), "/static/{breaker}/"),
        build_free(Strategy::PathToken(Token::opaque("x").unwrap()), "/static/{breaker}/"),
    ];
    let files = files.iter().map(StaticFiles::new).collect();
    (site, files)
}

#[tokio::test]
async fn no_path_encoding_escapes_the_directory() {
    let (site, all) = site_and_services();
    let absolute = site.source().parent().unwrap().join("secret.txt").display().to_string();
    let long = "a/".repeat(4096);
    let paths = [
        "/../secret.txt",
        "/css/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%2fsecret.txt",
        "/%252e%252e%252fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%5c..%5csecret.txt",
        "/....//secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/%e0%80%ae%e0%80%ae/secret.txt",
        "/.%00./secret.txt",
        "/css/app.css%00.png",
        "/css/app.css%0d%0aX-Evil:%201",
        "/%ff%fe",
        "/C:/Windows/win.ini",
        "/c%3a/Windows/win.ini",
        "//etc/passwd",
        "///etc/passwd",
        "/./css/app.css",
        "/css//app.css",
        "/css/app.css/",
        "/css/app.css/..",
        "/css/app.css::$DATA",
        "/css/app.css.",
        "/%",
        "/%2",
        "/%zz",
        &absolute,
        &format!("/{absolute}"),
        &format!("/{long}"),
        &format!("/{long}../../secret.txt"),
    ];
    for files in &all {
        for path in paths {
            for path in [path.to_owned(), format!("/7{path}"), format!("/x{path}")] {
                let Ok(request) = Request::get(&path).body(()) else { continue };
                let response = files.clone().oneshot(request).await.unwrap();
                assert_eq!(response.status(), 404, "{path}");
                assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
                let body = response.into_body().collect().await.unwrap().to_bytes();
                assert!(!body.windows(SECRET.len()).any(|window| window == SECRET), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn oversized_and_malformed_headers_cause_no_server_error() {
    let (_site, all) = site_and_services();
    let many = "gzip;q=0.5,".repeat(100_000);
    let tags = "\"x\",".repeat(250_000);
    let quotes = "\"".repeat(100_000);
    let values: [&[u8]; 12] = [
        many.as_bytes(),
        tags.as_bytes(),
        quotes.as_bytes(),
        b"\xff\xfe\x80",
        b"",
        b"bytes=18446744073709551615-",
        b"bytes=-18446744073709551616",
        b"bytes=0-18446744073709551615",
        b";q=;q=;q=",
        b"gzip;q=999999999999999999999",
        b"W/W/\"x\"",
        b"Sat, 99 Foo 99999 99:99:99 GMT",
    ];
    for files in &all {
        for name in ["accept-encoding", "if-none-match", "if-match", "if-range", "range", "if-modified-since"]
        {
            for value in values {
                let mut request = Request::get("/css/app.css").body(()).unwrap();
                let value = HeaderValue::from_bytes(value).unwrap();
                request.headers_mut().insert(HeaderName::from_static(name), value);
                let response = files.clone().oneshot(request).await.unwrap();
                let status = response.status().as_u16();
                assert!([200, 206, 406, 412, 416].contains(&status), "{name}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn malformed_versions_are_no_store() {
    let (_site, all) = site_and_services();
    let long = "x".repeat(8000);
    for files in &all {
        for version in ["%", "%00", "%ff", "<script>", "%0d%0a", &long, "1%"] {
            let Ok(request) = Request::get(format!("/css/app.css?v={version}")).body(()) else { continue };
            let response = files.clone().oneshot(request).await.unwrap();
            assert_eq!(response.headers()["cache-control"], "no-store", "{version}");
        }
    }
}

#[tokio::test]
async fn file_changed_during_transfer_ends_in_a_body_error() {
    let size = 3 * 1024 * 1024;
    let site = Site::new(&[("large.bin", &vec![b'x'; size])]);
    let assets = site.collect().production();
    let path = path_below_mount(&assets.url("large.bin").unwrap());
    let file = site.dist().join(&path[1..]);
    for change in [vec![b'y'; size], vec![b'x'; size / 2], vec![b'x'; size + 1]] {
        let request = Request::get(&*path).body(()).unwrap();
        let body = StaticFiles::new(&assets).oneshot(request).await.unwrap().into_body();
        fs::write(&file, change).unwrap();
        assert!(body.collect().await.is_err(), "a truncated body was reported as complete");
        fs::write(&file, vec![b'x'; size]).unwrap();
    }
}

#[tokio::test]
async fn concurrent_requests_during_file_replacement_are_consistent() {
    let site = Site::new(&[("a.css", b"one")]);
    let assets = site.development();
    let files = StaticFiles::new(&assets);
    let spawn_client = || {
        let (files, assets) = (files.clone(), assets.clone());
        tokio::spawn(async move {
            for _ in 0..50 {
                let url = assets.url("a.css").unwrap();
                let response = get(&files, &path_below_mount(&url)).await;
                assert!([&b"one"[..], b"two"].contains(&&*response.body));
                let hash = fingerpost::manifest::ContentHash::from_content(&response.body);
                assert_eq!(response.cache_control() == IMMUTABLE, url.ends_with(hash.as_str()), "{url}");
            }
        })
    };
    let clients: Vec<_> = (0..64).map(|_| spawn_client()).collect();
    let other = site.source().parent().unwrap().join("other");
    for round in 0..50 {
        fs::write(&other, if round % 2 == 0 { "two" } else { "one" }).unwrap();
        fs::rename(&other, site.source().join("a.css")).unwrap();
        tokio::task::yield_now().await;
    }
    for client in clients {
        client.await.unwrap();
    }
}

/// An output directory that counts the listings of its releases.
#[derive(Debug)]
struct CountingStore {
    dir: DirStore,
    listings: Arc<AtomicUsize>,
}

impl Store for CountingStore {
    fn place(&self) -> String {
        self.dir.place()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.dir.read(path)
    }

    fn open(&self, path: &str) -> io::Result<Stored> {
        self.dir.open(path)
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        self.listings.fetch_add(1, Relaxed);
        self.dir.releases()
    }
}

#[tokio::test]
async fn unknown_hashed_names_reread_the_releases_at_most_once_a_second() {
    let site = Site::new(&[("a.css", b"a")]);
    let listings = Arc::new(AtomicUsize::new(0));
    let dir = DirStore::new(site.collect().dist());
    let store = CountingStore { dir, listings: Arc::clone(&listings) };
    let assets = Assets::builder().store(store).mode(Mode::Production).build().unwrap();
    let begin = Instant::now();
    let files = StaticFiles::new(&assets);
    let at_start = listings.load(Relaxed);
    let mut request_count = 0;
    while listings.load(Relaxed) == at_start {
        assert!(begin.elapsed() < Duration::from_secs(60), "the releases were not listed again");
        send(&files, Method::GET, &format!("/x.{request_count:012}.css"), &[]).await.assert_not_found();
        request_count += 1;
    }
    assert!(
        begin.elapsed() >= Duration::from_secs(1) && request_count > 10,
        "{request_count} in {:?}",
        begin.elapsed()
    );
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, b"a");
}
