//! Sends many requests to actix-web over sockets while releases are published and reloaded. Half of the requests are
//! hostile. `fingerpost-tower` has a similar test.

use std::{
    env, fs,
    io::Write as _,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::body::Body;
use fingerpost::Assets;
use fingerpost_collect::{CleanConfig, CollectConfig, clean, collect};
use http::{Request, Response};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use crate::{
    conformance::actix,
    tools::{HttpClient, header},
};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

const HOSTILE: [&str; 10] = [
    "/static/../../etc/passwd",
    "/static/%2e%2e%2f%2e%2e%2fetc/passwd",
    "/static/css/app.0123456789ab.css",
    "/static/staticfiles.json",
    "/static/.fingerpost/releases/1.json",
    "/static/css/app.css%00.png",
    "/static//evil.example/x",
    "/_fingerpost/client.0123456789ab.js",
    "/%ff%fe",
    "/",
];

const HEADERS: [(&str, &str); 8] = [
    ("accept-encoding", "gzip;q=0.5, identity;q=0"),
    ("range", "bytes=1-18446744073709551615"),
    ("range", "bytes=99999999-"),
    ("if-none-match", "\"x\", W/\"y\", *"),
    ("if-match", "\"x\""),
    ("cookie", "app_version=v0; app_version=\u{1}"),
    ("x-app-requested-version", "v0"),
    ("accept", "*/*"),
];

/// The number of requests: `FINGERPOST_TEST_REQUESTS`, or 10,000.
fn requests() -> usize {
    env::var("FINGERPOST_TEST_REQUESTS").map_or(10_000, |number| number.parse().expect("a number"))
}

/// Publishes a release whose files contain the number of the release. Deletes all but three releases.
fn publish(dir: &Path, number: usize) {
    let (source, out) = (dir.join("static"), dir.join("dist"));
    fs::create_dir_all(source.join("css")).expect("a new directory");
    let rules = format!("body {{ --release: {number} }}\n").repeat(50);
    fs::write(source.join("css/app.css"), rules).expect("a writable file");
    fs::write(source.join("large.txt"), format!("{number:>9}\n").repeat(30_000)).expect("a writable file");
    collect(&CollectConfig::new(&out).source(source).compress(["gzip"])).expect("a release");
    clean(&CleanConfig::new(out).keep(3).older_than(Duration::ZERO)).expect("a cleaned directory");
}

async fn send(client: &HttpClient, url: &str, header: (&str, &str)) -> Response<()> {
    let Ok(request) = Request::get(url).header(header.0, header.1).body(Body::empty()) else {
        return Response::new(());
    };
    client.send(request).await.map(drop)
}

/// Requests a URL of the active release, as a page would.
async fn visit(client: &HttpClient, origin: &str, url: &str) {
    let response = send(client, &format!("{origin}{url}"), ("accept", "*/*")).await;
    // The digest of a large file is computed in the background.
    let is_pending = url.contains("large") && header(&response, "etag") == "-";
    let cache = if is_pending { "no-store" } else { IMMUTABLE };
    assert_eq!((response.status().as_u16(), header(&response, "cache-control")), (200, cache), "{url}");
}

/// Sends a malformed or malicious request.
async fn attack(client: &HttpClient, origin: &str, number: usize) {
    let path = if number.is_multiple_of(3) { "/static/css/app.css" } else { HOSTILE[number % HOSTILE.len()] };
    let response = send(client, &format!("{origin}{path}"), HEADERS[number % HEADERS.len()]).await;
    let status = response.status().as_u16();
    assert!([200, 206, 304, 404, 406, 409, 412, 416].contains(&status), "{path}: {response:?}");
    let is_error = status >= 400 && path.starts_with("/static/");
    assert!(!is_error || header(&response, "cache-control") == "no-store", "{path}: {response:?}");
}

/// Returns the used memory in KiB, and the number of open files.
fn usage() -> (usize, usize) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
    (memory.unwrap_or_default(), fs::read_dir("/proc/self/fd").map_or(0, Iterator::count))
}

/// Publishes a release each second until `is_over` is set.
async fn publish_each_second(
    dir: Arc<TempDir>,
    assets: Assets,
    releases: &AtomicUsize,
    is_over: &AtomicBool,
) {
    for number in 1.. {
        let (dir, assets) = (Arc::clone(&dir), assets.clone());
        let published = spawn_blocking(move || {
            publish(dir.path(), number);
            assets.reload().expect("a release");
        });
        published.await.expect("a release");
        releases.store(number, Relaxed);
        tokio::time::sleep(Duration::from_secs(1)).await;
        if is_over.load(Relaxed) {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actix_requests_succeed_while_releases_are_published_and_cleaned() {
    const OWN_PROCESS: &str = "FINGERPOST_TEST_SOAKS";
    // The test runs in a child process, so that memory and files of other tests are not counted.
    if env::var_os(OWN_PROCESS).is_none() {
        let test = "soak::actix_requests_succeed_while_releases_are_published_and_cleaned";
        let mut command = Command::new(env::current_exe().expect("a program"));
        let output = command.args([test, "--exact", "--nocapture"]).env(OWN_PROCESS, "1").output();
        let output = output.expect("the program");
        let report = [output.stdout, output.stderr].concat();
        std::io::stderr().write_all(&report).expect("an open stderr");
        assert!(output.status.success() && String::from_utf8_lossy(&report).contains("1 passed"));
        return;
    }
    let dir = Arc::new(TempDir::new().expect("a temporary directory"));
    publish(dir.path(), 0);
    let assets = Assets::production(dir.path().join("dist")).expect("an output directory");
    let (for_server, origin_only) = (assets.clone(), Vec::new());
    let server = spawn_blocking(move || actix(&for_server, origin_only, true)).await.expect("a server");
    let origin = server.origin.clone();

    let (done, releases) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let is_over = Arc::new(AtomicBool::new(false));
    let publisher = {
        let (dir, assets) = (Arc::clone(&dir), assets.clone());
        let (releases, is_over) = (Arc::clone(&releases), Arc::clone(&is_over));
        tokio::spawn(async move { publish_each_second(dir, assets, &releases, &is_over).await })
    };
    let client = |offset: usize| {
        let (assets, origin, client) = (assets.clone(), origin.clone(), HttpClient::default());
        let (done, releases) = (Arc::clone(&done), Arc::clone(&releases));
        tokio::spawn(async move {
            // On a fast machine, the clients continue until the third release is published. The limit of 100 times the
            // requests ends the test if publishing fails.
            let most = || if releases.load(Relaxed) < 3 { requests() * 100 } else { requests() };
            while done.fetch_add(2, Relaxed) < most() {
                let number = done.load(Relaxed) + offset;
                let path = if number % 50 < 2 { "large.txt" } else { "css/app.css" };
                let url = assets.url(path).expect("a URL");
                visit(&client, &origin, &url).await;
                attack(&client, &origin, number).await;
            }
        })
    };
    let clients: Vec<_> = (0..16).map(client).collect();
    while done.load(Relaxed) < requests() / 10 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (memory, open) = usage();
    for client in clients {
        client.await.expect("responses");
    }
    is_over.store(true, Relaxed);
    publisher.await.expect("releases");
    let (memory_now, open_now) = usage();
    let report = format!(
        "{} requests, {} releases, {memory} then {memory_now} KiB, {open} then {open_now} open files\n",
        done.load(Relaxed),
        releases.load(Relaxed)
    );
    std::io::stderr().write_all(report.as_bytes()).expect("an open stderr");
    assert!(releases.load(Relaxed) >= 3);
    // Allocators and three releases retain a few MiB.
    assert!(
        memory_now < memory + 32 * 1024,
        "{memory} KiB after 10 % of the requests, {memory_now} KiB at the end"
    );
    assert!(open_now <= open + 8, "{open} open files after 10 % of the requests, {open_now} at the end");
    drop(server);
}
