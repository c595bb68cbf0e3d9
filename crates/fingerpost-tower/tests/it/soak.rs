//! Many requests, half of them hostile, while releases are published and reloaded.

use std::{
    env, fs,
    io::Write as _,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use fingerpost::Assets;
use fingerpost_collect::{CleanConfig, clean};
use fingerpost_tower::StaticFiles;
use http::Method;
use tokio::task::spawn_blocking;

use crate::site::{IMMUTABLE, Site, TestResponse, path_below_mount, send};

/// Returns the number of requests, from `FINGERPOST_TEST_REQUESTS` or a small default.
fn requests() -> usize {
    env::var("FINGERPOST_TEST_REQUESTS").map_or(20_000, |number| number.parse().unwrap())
}

const HOSTILE: [&str; 8] = [
    "/../../etc/passwd",
    "/%2e%2e%2f%2e%2e%2fetc/passwd",
    "/css/app.0123456789ab.css",
    "/staticfiles.json",
    "/.fingerpost/releases/1.json",
    "/css/app.css%00.png",
    "//evil.example/x",
    "/css",
];

const HEADERS: [(&str, &str); 6] = [
    ("accept-encoding", "gzip;q=0.5, identity;q=0"),
    ("range", "bytes=1-18446744073709551615"),
    ("range", "bytes=99999999-"),
    ("if-none-match", "\"x\", W/\"y\", *"),
    ("if-match", "\"x\""),
    ("accept", "*/*"),
];

/// Publishes a release whose files contain `number`.
fn publish(site: &Site, number: usize) {
    site.write("css/app.css", format!("body {{ --release: {number} }}\n").repeat(50).as_bytes());
    site.write("large.txt", format!("{number:>9}\n").repeat(30_000).as_bytes());
    site.collect_compressed(&["gzip"]);
    clean(&CleanConfig::new(site.dist()).keep(3).older_than(Duration::ZERO)).unwrap();
}

/// Requests a URL of the active release, and checks the response.
async fn visit(files: &StaticFiles, assets: &Assets, path: &str) {
    let url = assets.url(path).unwrap();
    let response = send(files, Method::GET, &path_below_mount(&url), &[]).await;
    // The digest of a large file is computed in the background.
    let is_pending = path == "large.txt" && response.header("etag") == "-";
    let cache = if is_pending { "no-store" } else { IMMUTABLE };
    assert_eq!((response.status.as_u16(), response.cache_control()), (200, cache), "{url}");
}

fn assert_plausible(response: &TestResponse) {
    let status = response.status.as_u16();
    assert!([200, 206, 304, 404, 406, 412, 416].contains(&status), "{response:?}");
    assert!(status < 400 || response.cache_control() == "no-store", "{response:?}");
}

/// Returns the memory in use, in KiB, and the number of open files.
fn usage() -> (usize, usize) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
    (memory.unwrap_or_default(), fs::read_dir("/proc/self/fd").map_or(0, Iterator::count))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_succeed_while_releases_are_published_and_cleaned() {
    const IS_CHILD: &str = "FINGERPOST_TEST_SOAKS";
    // The test runs in a child process, because other tests also use memory and files.
    if env::var_os(IS_CHILD).is_none() {
        let test = "soak::requests_succeed_while_releases_are_published_and_cleaned";
        let mut command = Command::new(env::current_exe().unwrap());
        let output = command.args([test, "--exact", "--nocapture"]).env(IS_CHILD, "1").output().unwrap();
        let report = [output.stdout, output.stderr].concat();
        std::io::stderr().write_all(&report).unwrap();
        assert!(output.status.success() && String::from_utf8_lossy(&report).contains("1 passed"));
        return;
    }
    let site = Arc::new(Site::new(&[]));
    publish(&site, 0);
    let assets = site.production();
    let files = StaticFiles::new(&assets);
    let (done, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let releases = Arc::new(AtomicUsize::new(0));

    let publisher = tokio::spawn({
        let (site, assets) = (Arc::clone(&site), assets.clone());
        let (releases, is_over) = (Arc::clone(&releases), Arc::clone(&is_over));
        async move {
            for number in 1.. {
                let (site, assets) = (Arc::clone(&site), assets.clone());
                let published = spawn_blocking(move || {
                    publish(&site, number);
                    assets.reload().unwrap();
                });
                published.await.unwrap();
                releases.store(number, Relaxed);
                tokio::time::sleep(Duration::from_secs(1)).await;
                if is_over.load(Relaxed) {
                    break;
                }
            }
        }
    });
    let client = |offset: usize| {
        let (files, assets) = (files.clone(), assets.clone());
        let (done, releases) = (Arc::clone(&done), Arc::clone(&releases));
        tokio::spawn(async move {
            // A fast machine could send all requests before three releases are published: the clients then continue until the
            // third release. The limit of 100 times as many requests ends the test if publishing fails.
            let limit = || if releases.load(Relaxed) < 3 { requests() * 100 } else { requests() };
            while done.fetch_add(2, Relaxed) < limit() {
                let number = done.load(Relaxed) + offset;
                visit(&files, &assets, if number % 50 < 2 { "large.txt" } else { "css/app.css" }).await;
                let (path, header) = (HOSTILE[number % HOSTILE.len()], HEADERS[number % HEADERS.len()]);
                let path = if number.is_multiple_of(3) { "/css/app.css" } else { path };
                assert_plausible(&send(&files, Method::GET, path, &[header]).await);
            }
        })
    };

    let clients: Vec<_> = (0..16).map(client).collect();
    let tenth = requests() / 10;
    while done.load(Relaxed) < tenth {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (memory, open) = usage();
    for client in clients {
        client.await.unwrap();
    }
    is_over.store(true, Relaxed);
    publisher.await.unwrap();
    assert!(releases.load(Relaxed) >= 3);
    let (memory_now, open_now) = usage();
    let report = format!(
        "{} requests, {} releases, {memory} then {memory_now} KiB, {open} then {open_now} open files\n",
        done.load(Relaxed),
        releases.load(Relaxed)
    );
    std::io::stderr().write_all(report.as_bytes()).unwrap();
    // Allocators and three releases retain a few MiB. A leak of one file per release would far exceed the limit.
    assert!(
        memory_now < memory + 32 * 1024,
        "{memory} KiB after 10 % of the requests, {memory_now} KiB at the end"
    );
    assert!(open_now <= open + 8, "{open} open files after 10 % of the requests, {open_now} at the end");
}
