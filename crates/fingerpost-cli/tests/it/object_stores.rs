//! Tests of the commands for buckets in emulators of S3, Google Cloud Storage and Azure, which `tests/setup` installs.

use std::{
    collections::BTreeMap,
    env,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    ops::Range,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use fingerpost::{
    __private::{KnownContent, files_of},
    manifest::{Digest, Manifest},
};
use futures_util::TryStreamExt as _;
use object_store::{
    Attribute, ObjectStore, ObjectStoreExt as _, aws::AmazonS3Builder, azure::MicrosoftAzureBuilder,
    gcp::GoogleCloudStorageBuilder,
};
use serde_json::Value;

use crate::{
    bucket_failures::read_request,
    site::{PROGRAM, RunOutput, Site},
};

const AZURE_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG";

/// A running emulator with the bucket `assets`.
struct Emulator {
    processes: Vec<Child>,
    url: &'static str,
    variables: Vec<(&'static str, String)>,
    store: Arc<dyn ObjectStore>,
    /// Flags for a store that ignores conditions.
    flags: &'static [&'static str],
}

impl Drop for Emulator {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn cache() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/.cache")
}

/// Returns the path of an installed tool. Returns `None` if `tests/run` has listed the emulators as not installed.
#[track_caller]
fn tool(path: &str) -> Option<PathBuf> {
    let without = env::var("FINGERPOST_TEST_WITHOUT").unwrap_or_default();
    if without.split(',').any(|name| name == "object-stores") {
        return None;
    }
    let file = cache().join("object-stores").join(path);
    assert!(file.exists(), "{} is not installed: run `tests/setup`", file.display());
    Some(file)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Returns `true` if a server listens on the port. Without a server, a socket may connect to itself, because the port is in
/// the range of client ports.
fn is_listening(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port))
        .is_ok_and(|stream| stream.local_addr().unwrap() != stream.peer_addr().unwrap())
}

fn start(command: &mut Command, port: u16) -> Child {
    let log = Stdio::null;
    let mut process = command.stdin(log()).stdout(log()).stderr(log()).spawn().unwrap();
    let started = Instant::now();
    while !is_listening(port) {
        assert!(process.try_wait().unwrap().is_none(), "{command:?} has exited");
        assert!(started.elapsed() < Duration::from_secs(60), "{command:?} does not listen");
        thread::sleep(Duration::from_millis(50));
    }
    process
}

fn script(name: &str) -> Command {
    let mut python = Command::new(cache().join("object-stores/venv/bin/python"));
    python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/object_stores").join(name));
    python
}

fn create_bucket(kind: &str, origin: &str) {
    let created = script("create_bucket.py").args([kind, origin]).output().unwrap();
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
}

/// Installs the cryptography provider of rustls for the clients of this test.
fn use_ring() {
    fingerpost_store::Bucket::open("memory:///").unwrap();
}

fn s3(command: &mut Command, port: u16) -> Emulator {
    let processes = vec![start(command, port)];
    let origin = format!("http://127.0.0.1:{port}");
    create_bucket("s3", &origin);
    use_ring();
    let store = AmazonS3Builder::new()
        .with_endpoint(&origin)
        .with_allow_http(true)
        .with_bucket_name("assets")
        .with_region("us-east-1")
        .with_access_key_id("test")
        .with_secret_access_key(SECRET)
        .build()
        .unwrap();
    let variables = vec![
        ("AWS_ENDPOINT", origin),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
    ];
    Emulator { processes, url: "s3://assets/static", variables, store: Arc::new(store), flags: &[] }
}

fn moto() -> Option<Emulator> {
    let (program, port) = (tool("venv/bin/moto_server")?, free_port());
    Some(s3(Command::new(program).args(["-H", "127.0.0.1", "-p", &port.to_string()]), port))
}

fn ministack() -> Option<Emulator> {
    let (program, port) = (tool("venv/bin/ministack")?, free_port());
    Some(s3(Command::new(program).env("GATEWAY_PORT", port.to_string()), port))
}

fn azurite() -> Option<Emulator> {
    let (program, port) = (tool("node_modules/.bin/azurite-blob")?, free_port());
    let flags = ["--blobHost", "127.0.0.1", "--inMemoryPersistence", "--skipApiVersionCheck", "--blobPort"];
    let processes = vec![start(Command::new(program).args(flags).arg(port.to_string()), port)];
    let origin = format!("http://127.0.0.1:{port}");
    create_bucket("az", &origin);
    let endpoint = format!("{origin}/devstoreaccount1");
    use_ring();
    let store = MicrosoftAzureBuilder::new()
        .with_endpoint(endpoint.clone())
        .with_allow_http(true)
        .with_account("devstoreaccount1")
        .with_access_key(AZURE_KEY)
        .with_container_name("assets")
        .build()
        .unwrap();
    let variables = vec![
        ("AZURE_STORAGE_ENDPOINT", endpoint),
        ("AZURE_ALLOW_HTTP", "true".to_owned()),
        ("AZURE_STORAGE_ACCOUNT_NAME", "devstoreaccount1".to_owned()),
        ("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY.to_owned()),
    ];
    Some(Emulator { processes, url: "az://assets/static", variables, store: Arc::new(store), flags: &[] })
}

fn google(site: &Site) -> Option<Emulator> {
    let (program, port, proxy_port) = (tool("fake-gcs-server")?, free_port(), free_port());
    let address = format!("127.0.0.1:{port}");
    let flags =
        ["-scheme", "http", "-host", "127.0.0.1", "-backend", "memory", "-public-host", &address, "-port"];
    let server = start(Command::new(program).args(flags).arg(port.to_string()), port);
    let arguments = [proxy_port.to_string(), format!("http://{address}")];
    let proxy = start(script("gcs_proxy.py").args(arguments), proxy_port);
    create_bucket("gs", &format!("http://{address}"));
    let account = format!(
        r#"{{"gcs_base_url": "http://127.0.0.1:{proxy_port}", "disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""}}"#
    );
    site.write("account.json", &account);
    use_ring();
    let store = GoogleCloudStorageBuilder::new()
        .with_service_account_key(account)
        .with_bucket_name("assets")
        .build()
        .unwrap();
    let variables = vec![("GOOGLE_SERVICE_ACCOUNT", site.path("account.json").display().to_string())];
    let (processes, flags) = (vec![proxy, server], &["--single-writer"][..]);
    Some(Emulator { processes, url: "gs://assets/static", variables, store: Arc::new(store), flags })
}

/// An object with the headers that browsers and caches use.
#[derive(Debug, Clone, PartialEq)]
struct StoredObject {
    bytes: Vec<u8>,
    content_type: String,
    encoding: String,
    cache_control: String,
    sha256: String,
    written: String,
}

impl Emulator {
    fn run(&self, site: &Site, args: &[&str]) -> RunOutput {
        self.run_without_flags(site, &[args, self.flags].concat())
    }

    fn run_without_flags(&self, site: &Site, args: &[&str]) -> RunOutput {
        let run = site.run_with(args, self.variables.iter().cloned());
        let printed = format!("{}{}", run.stdout, run.stderr);
        assert!(!printed.contains(SECRET) && !printed.contains(AZURE_KEY), "{printed}");
        run
    }

    #[track_caller]
    fn report(&self, site: &Site, args: &[&str]) -> Value {
        let run = self.run(site, &[args, &["--json"]].concat());
        assert_eq!(run.code, Some(0), "{run:?}");
        serde_json::from_str(&run.stdout).unwrap()
    }

    /// Returns all objects below a prefix. Omits the lock and the probes, because a server may still process the last request
    /// of a killed run.
    fn objects(&self, prefix: &str) -> BTreeMap<String, StoredObject> {
        let prefix = object_store::path::Path::from(prefix);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let list: Vec<_> = self.store.list(Some(&prefix)).try_collect().await.unwrap();
            let mut objects = BTreeMap::new();
            let is_temporary = |name: &str| name.ends_with("/lock") || name.contains("/.fingerpost/probe-");
            for meta in list.iter().filter(|meta| !is_temporary(meta.location.as_ref())) {
                let object = self.store.get(&meta.location).await.unwrap();
                let attributes = object.attributes.clone();
                let header =
                    |attribute| attributes.get(&attribute).map(|value| value.to_string()).unwrap_or_default();
                let name = meta.location.as_ref()[prefix.as_ref().len() + 1..].to_owned();
                let stored = StoredObject {
                    content_type: header(Attribute::ContentType),
                    encoding: header(Attribute::ContentEncoding),
                    cache_control: header(Attribute::CacheControl),
                    sha256: header(Attribute::Metadata("sha256".into())),
                    written: format!("{} {:?}", meta.last_modified, meta.version),
                    bytes: object.bytes().await.unwrap().to_vec(),
                };
                objects.insert(name, stored);
            }
            objects
        })
    }
}

/// Checks the headers of all objects, and all files of the manifest.
#[track_caller]
fn assert_valid(objects: &BTreeMap<String, StoredObject>, is_google: bool) {
    for (name, object) in objects {
        assert_eq!(object.sha256, Digest::from_content(&object.bytes).to_string(), "{name}");
        let is_record = name == "staticfiles.json" || name.starts_with(".fingerpost/");
        let (file, encoding) = match name.rsplit_once('.') {
            Some((file, "br")) => (file, "br"),
            Some((file, "gz")) => (file, "gzip"),
            _ => (name.as_str(), ""),
        };
        let content_type = match file.rsplit_once('.').map(|(_, extension)| extension) {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("json") => "application/json",
            _ => "image/svg+xml",
        };
        let is_plain = ["css/app.css", "js/app.js", "img/a b.svg"].contains(&file);
        let mut cache_control = match (is_record, is_plain) {
            (true, _) => "no-cache".to_owned(),
            (false, true) => "public, max-age=3600".to_owned(),
            (false, false) => "public, max-age=31536000, immutable".to_owned(),
        };
        if is_google && !encoding.is_empty() {
            cache_control.push_str(", no-transform");
        }
        let headers = [&object.content_type, &object.encoding, &object.cache_control];
        assert_eq!(headers, [content_type, encoding, &cache_control], "{name}");
    }
    for (name, content) in files_of_manifest(&objects["staticfiles.json"].bytes) {
        let bytes = &objects.get(&name).unwrap_or_else(|| panic!("{name} is missing")).bytes;
        assert_eq!(Some((bytes.len() as u64, Digest::from_content(bytes))), content, "{name}");
    }
}

fn files_of_manifest(json: &[u8]) -> Vec<(String, KnownContent)> {
    let manifest = Manifest::parse(json, "staticfiles.json").unwrap();
    manifest.iter().flat_map(|(_, entry)| files_of(entry)).collect()
}

fn write_sources(site: &Site, color: &str) {
    site.write("static/css/app.css", format!("body{{color:{color}}}").repeat(40));
    site.write("static/js/app.js", "export const a = 1;\n".repeat(40));
    site.write("static/img/a b.svg", "<svg></svg>".repeat(40));
}

#[track_caller]
fn collect(site: &Site, out: &str, compress: &str) {
    let run = site.run(&["collect", "static", "--out", out, "--compress", compress]);
    assert_eq!(run.code, Some(0), "{run:?}");
}

/// Publishes several releases, rolls back and cleans, and checks the objects after each step.
fn assert_operations(emulator: &Emulator, site: &Site) {
    let url = emulator.url;
    let is_google = url.starts_with("gs:");
    write_sources(site, "red");
    collect(site, "dist", "gzip,br:5");
    let first = emulator.report(site, &["publish", url, "--out", "dist"]);
    assert_eq!((&first["release"], &first["uploaded"], &first["skipped"]), (&1.into(), &9.into(), &0.into()));
    let published = emulator.objects("static");
    assert_valid(&published, is_google);

    let again = emulator.report(site, &["publish", url, "--out", "dist"]);
    assert_eq!((&again["release"], &again["uploaded"]), (&Value::Null, &0.into()));
    collect(site, "fresh", "gzip:1,br:11");
    let fresh = emulator.report(site, &["publish", url, "--out", "fresh"]);
    assert_eq!((&fresh["release"], &fresh["uploaded"]), (&Value::Null, &0.into()));
    assert_eq!(emulator.objects("static"), published, "no object was written");

    let keep = emulator.run_without_flags(site, &["collect", "static", "--out", "kept", "--keep-from", url]);
    assert_eq!(keep.code, Some(0), "{keep:?}");
    assert!(keep.stderr.contains("copied release 1"), "{keep:?}");
    write_sources(site, "green");
    collect(site, "fresh", "gzip:1,br:11");
    let second = emulator.report(site, &["publish", url, "--out", "fresh"]);
    assert_eq!(
        (&second["release"], &second["uploaded"], &second["skipped"]),
        (&2.into(), &3.into(), &6.into())
    );
    let objects = emulator.objects("static");
    assert_valid(&objects, is_google);
    for (name, object) in published.iter().filter(|(_, object)| object.cache_control != "no-cache") {
        assert_eq!(objects.get(name), Some(object), "{name} was overwritten");
    }

    let rolled_back = emulator.report(site, &["rollback", "--at", url]);
    assert_eq!((&rolled_back["release"], &rolled_back["restored"]), (&3.into(), &1.into()));
    let cleaned = emulator.report(site, &["clean", "--at", url, "--keep", "1", "--older-than", "0"]);
    assert_eq!(cleaned["removed"], serde_json::json!([1, 2]));
    assert_eq!(cleaned["files"].as_array().unwrap().len(), 3);
    let objects = emulator.objects("static");
    assert_valid(&objects, is_google);
    assert_eq!(objects["staticfiles.json"].bytes, published["staticfiles.json"].bytes);

    let run = site.run(&["collect", "static", "--out", "plain", "--compress", "gzip,br:5", "--originals"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let plain = emulator.report(site, &["publish", url, "--out", "plain"]);
    assert_eq!((&plain["release"], &plain["originals"]), (&4.into(), &9.into()));
    let again = emulator.report(site, &["publish", url, "--out", "plain"]);
    assert_eq!((&again["release"], &again["originals"]), (&Value::Null, &0.into()));
    let objects = emulator.objects("static");
    assert_valid(&objects, is_google);
    assert_eq!(objects["css/app.css"].bytes, site.read("static/css/app.css").into_bytes());
    let rolled_back = emulator.report(site, &["rollback", "--at", url]);
    assert_eq!((&rolled_back["release"], &rolled_back["originals"]), (&5.into(), &3.into()));
    assert_valid(&emulator.objects("static"), is_google);
}

/// Publishes a file that is uploaded in parts, and checks the object.
fn assert_large_file(emulator: &Emulator, site: &Site) {
    let bytes: Vec<u8> =
        (0..9 * 1024 * 1024_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    site.write("large/a.woff2", &bytes);
    assert_eq!(site.run(&["collect", "large", "--out", "dist-large"]).code, Some(0));
    let url = emulator.url.replace("static", "large");
    let report = emulator.report(site, &["publish", &url, "--out", "dist-large"]);
    assert_eq!((&report["release"], &report["uploaded"]), (&1.into(), &1.into()));
    let again = emulator.report(site, &["publish", &url, "--out", "dist-large"]);
    assert_eq!((&again["release"], &again["uploaded"]), (&Value::Null, &0.into()));
    let objects = emulator.objects("large");
    let (_, object) = objects.iter().find(|(name, _)| name.ends_with(".woff2")).unwrap();
    assert!(object.bytes == bytes);
    assert_eq!(
        (&*object.content_type, &*object.cache_control),
        ("font/woff2", "public, max-age=31536000, immutable")
    );
    assert_eq!(object.sha256, Digest::from_content(&bytes).to_string());

    // The damage is detected during the upload.
    site.write("large/a.woff2", bytes.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(site.run(&["collect", "large", "--out", "dist-large"]).code, Some(0));
    let manifest = site.manifest_in("dist-large");
    site.write(&format!("dist-large/{}", manifest.get("a.woff2").unwrap().hashed), &bytes);
    let run = emulator.run(site, &["publish", &url, "--out", "dist-large"]);
    assert!(run.code == Some(1) && run.stderr.contains("missing or damaged: "), "{run:?}");
    assert_eq!(emulator.objects("large"), objects);
}

/// Starts a server that forwards requests to `port`, and returns the port of the new server. Of each three writes, the
/// server refuses the first write, and drops the response to the second write.
fn broken_connections(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own_port = listener.local_addr().unwrap().port();
    let writes = Arc::new(AtomicU32::new(0));
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, writes) = (client.unwrap(), writes.clone());
            thread::spawn(move || {
                let mut method = [0; 4];
                if client.read_exact(&mut method).is_err() {
                    return;
                }
                let write = if method == *b"PUT " { writes.fetch_add(1, SeqCst) } else { 2 };
                if write % 3 == 0 {
                    // The rest of the request is unread, so the system resets the connection.
                    return;
                }
                let Some(request) = with_close(method, &client) else { return };
                let mut upstream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                upstream.write_all(&request).unwrap();
                let mut response = Vec::new();
                upstream.read_to_end(&mut response).unwrap();
                if write % 3 == 2 {
                    let _ = client.write_all(&response);
                }
            });
        }
    });
    own_port
}

/// Reads the rest of a request, and adds the header `Connection: close`.
fn with_close(start: [u8; 4], client: &TcpStream) -> Option<Vec<u8>> {
    let (head, body) = read_request(start.as_slice().chain(client))?;
    Some([format!("{head}Connection: close\r\n\r\n").into_bytes(), body].concat())
}

#[test]
#[ignore = "needs ministack: run tests/setup"]
fn writes_are_repeated_after_broken_connections() {
    let site = Site::new(&[]);
    // This test does not use moto, because moto responds with 500 to a refused write of JSON.
    let Some(mut emulator) = ministack() else { return };
    write_sources(&site, "red");
    collect(&site, "dist", "gzip,br:5");
    let port = emulator.variables[0].1.rsplit_once(':').unwrap().1.parse().unwrap();
    emulator.variables[0].1 = format!("http://127.0.0.1:{}", broken_connections(port));
    let report = emulator.report(&site, &["publish", emulator.url, "--out", "dist"]);
    assert_eq!((&report["release"], &report["uploaded"]), (&1.into(), &9.into()));
    let objects = emulator.objects("static");
    assert_valid(&objects, false);
    assert_eq!(objects.len(), 11, "9 files, the manifest and one release: {:?}", objects.keys());
}

#[test]
#[ignore = "needs moto: run tests/setup"]
fn releases_are_published_to_moto() {
    let site = Site::new(&[]);
    let Some(emulator) = moto() else { return };
    assert_operations(&emulator, &site);
    assert_large_file(&emulator, &site);
}

#[test]
#[ignore = "needs ministack: run tests/setup"]
fn releases_are_published_to_ministack() {
    let site = Site::new(&[]);
    let Some(emulator) = ministack() else { return };
    assert_operations(&emulator, &site);
    assert_large_file(&emulator, &site);
}

#[test]
#[ignore = "needs Azurite: run tests/setup"]
fn releases_are_published_to_azurite() {
    let site = Site::new(&[]);
    let Some(emulator) = azurite() else { return };
    assert_operations(&emulator, &site);
    assert_large_file(&emulator, &site);
}

#[test]
#[ignore = "needs fake-gcs-server: run tests/setup"]
fn releases_are_published_to_fake_gcs_server_with_a_single_writer() {
    let site = Site::new(&[]);
    let Some(mut emulator) = google(&site) else { return };
    let flags = std::mem::take(&mut emulator.flags);
    write_sources(&site, "red");
    collect(&site, "dist", "gzip,br:5");
    let run = emulator.run(&site, &["publish", emulator.url, "--out", "dist"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("`gs://assets/static` ignores conditions on writes"), "{run:?}");
    emulator.flags = flags;
    assert_operations(&emulator, &site);
    // `fake-gcs-server` does not support uploads in parts, so this test uploads no large file.
}

/// Returns the number of kills. `tests/release-check` sets a larger number.
fn kill_count() -> u32 {
    let count = env::var("FINGERPOST_TEST_KILLS").ok();
    count.map_or(3, |count| count.parse().expect("FINGERPOST_TEST_KILLS is a number"))
}

/// The number of concurrent publications. Most of the time, a publication waits for the lock of a killed run.
const PUBLISHERS: u32 = 6;

/// The maximum number of kills with the same prefix. The number is small, because the test reads all objects of the prefix
/// after each kill.
const KILLS_PER_PREFIX: u32 = 4;

#[test]
#[ignore = "needs moto: run tests/setup"]
fn killed_publication_leaves_a_complete_manifest() {
    let Some(emulator) = moto() else { return };
    let (kills, next, partial) = (kill_count(), AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..PUBLISHERS {
            scope.spawn(|| {
                loop {
                    let first = next.fetch_add(KILLS_PER_PREFIX, SeqCst);
                    if first >= kills {
                        break;
                    }
                    let last = kills.min(first + KILLS_PER_PREFIX);
                    partial.fetch_add(kill_publications(&emulator, first..last), SeqCst);
                }
            });
        }
    });
    let partial = partial.into_inner();
    // The times of the kills vary, so all of a few kills may occur before or after the uploads.
    assert!(kills < 20 || partial >= kills / 20, "only {partial} of {kills} kills were during the uploads");
}

/// Kills one publication for each number, and completes each release. Returns the number of kills during the uploads.
fn kill_publications(emulator: &Emulator, kills: Range<u32>) -> u32 {
    let site = Site::new(&[]);
    let prefix = format!("killed-{}", kills.start);
    let url = format!("s3://assets/{prefix}");
    let arguments = ["publish", &url, "--out", "dist", "--lease", "1s"];
    collect_round(&site, u32::MAX);
    let started = Instant::now();
    emulator.report(&site, &arguments);
    let mut whole_run = started.elapsed();
    let (mut round, mut remaining, mut partial) = (kills.start, kills.len(), 0);
    while remaining > 0 {
        let files = collect_round(&site, round);
        let mut command = site.command(PROGRAM);
        command.args(arguments).envs(emulator.variables.iter().cloned()).stderr(Stdio::null());
        let mut run = command.spawn().unwrap();
        thread::sleep(whole_run * (round * 7 % 24) / 22);
        run.kill().unwrap();
        let is_killed = !run.wait().unwrap().success();
        remaining -= usize::from(is_killed);
        whole_run = if is_killed { whole_run * 21 / 20 } else { whole_run * 9 / 10 };
        let objects = emulator.objects(&prefix);
        assert_valid(&objects, false);
        let uploaded = files.iter().filter(|(name, _)| objects.contains_key(name)).count();
        partial += u32::from(is_killed && (1..files.len()).contains(&uploaded));
        let started = Instant::now();
        emulator.report(&site, &arguments);
        assert!(started.elapsed() < Duration::from_secs(20));
        let objects = emulator.objects(&prefix);
        assert_valid(&objects, false);
        assert_eq!(objects["staticfiles.json"].bytes, site.read("dist/staticfiles.json").into_bytes());
        round += 1;
    }
    partial
}

/// Collects files that differ in each round, and returns the files.
fn collect_round(site: &Site, round: u32) -> Vec<(String, KnownContent)> {
    for number in 0..10 {
        site.write(&format!("static/{number}.css"), format!("a{{b:{round}}}").repeat(number * 9 + 9));
    }
    collect(site, "dist", "gzip");
    files_of_manifest(site.read("dist/staticfiles.json").as_bytes())
}
