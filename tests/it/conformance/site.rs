//! The site of the conformance test, with every strategy and store.

use std::{fs, io};

use axum::body::Bytes;
use fingerpost::{Assets, DirStore, Mode, Store, Strategy, Token, manifest::Digest};
use fingerpost_collect::{CollectConfig, collect};
use tempfile::TempDir;

pub(super) const SECRET: &str = "correct horse battery staple";

/// A directory with the source files and two releases.
pub(super) struct Site {
    dir: TempDir,
    /// The URL of a file that only the earlier release contains.
    retained: String,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Variant {
    Development,
    Directory,
    Memory,
    OtherOrigin,
    VersionQuery,
    OrderedToken,
    OpaqueToken,
}

impl Variant {
    pub(super) const ALL: [Self; 7] = [
        Self::Development,
        Self::Directory,
        Self::Memory,
        Self::OtherOrigin,
        Self::VersionQuery,
        Self::OrderedToken,
        Self::OpaqueToken,
    ];
}

/// A store that returns every file as bytes, including large files.
#[derive(Debug)]
struct MemoryStore(DirStore);

impl Store for MemoryStore {
    fn place(&self) -> String {
        self.0.place()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.read(path)
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        self.0.releases()
    }
}

impl Site {
    pub(super) fn new() -> Self {
        let mut site = Self { dir: TempDir::new().expect("a temporary directory"), retained: String::new() };
        let rules = "body { --release: 1; color: #8fb1e5 }\n".repeat(60);
        site.write("css/app.css", rules.as_bytes());
        site.write("js/app.js", b"import './b.js';\n");
        site.write("js/b.js", b"export const b = 1;\n");
        site.write("js/long.js", long_script(1).as_bytes());
        site.write("img/logo.png", &[0x89, b'P', b'N', b'G', 0, 255, 13, 10]);
        site.write("a b/\u{2297}.txt", b"unusual");
        site.write("LICENSE", b"noext");
        site.write("empty.txt", b"");
        site.write("page.html", b"<head><title>a file</title></head><img src=/static/img/logo.png>");
        site.write("large.txt", "one line of a long file\n".repeat(13_000).as_bytes());
        site.collect();
        let earlier = Assets::production(site.dist()).expect("an output directory");
        site.retained = earlier.url("css/app.css").expect("a URL").to_string();
        site.write("css/app.css", rules.replace("release: 1", "release: 2").as_bytes());
        site.write("js/long.js", long_script(2).as_bytes());
        site.collect();
        site
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.dir.path().join("static").join(path);
        fs::create_dir_all(file.parent().expect("a parent directory")).expect("a new directory");
        fs::write(file, bytes).expect("a writable file");
    }

    fn collect(&self) {
        let config = CollectConfig::new(self.dist()).source(self.dir.path().join("static"));
        collect(&config.compress(["gzip", "br", "dcz"])).expect("a release");
    }

    fn dist(&self) -> std::path::PathBuf {
        self.dir.path().join("dist")
    }

    pub(super) fn assets(&self, variant: Variant) -> Assets {
        let source = self.dir.path().join("static");
        let production = Assets::builder().mode(Mode::Production);
        let listed = Assets::builder().source(&source).mode(Mode::Production).app_version("v1");
        let token = |token| Strategy::PathToken(token);
        match variant {
            Variant::Development => Assets::builder().source(&source).mode(Mode::Dev),
            Variant::Directory => production.collected(self.dist()),
            Variant::Memory => production.store(MemoryStore(DirStore::new(self.dist()))),
            Variant::OtherOrigin => {
                production.collected(self.dist()).base_url("https://cdn.example.com/static/")
            }
            Variant::VersionQuery => listed.strategy(Strategy::VersionQuery),
            Variant::OrderedToken => listed
                .strategy(token(Token::ordered(7).expect("a valid token")))
                .base_url("/static/{breaker}/"),
            Variant::OpaqueToken => {
                let opaque = Token::opaque("x").and_then(|token| token.previous(["w"]));
                listed.strategy(token(opaque.expect("a valid token"))).base_url("/static/{breaker}/")
            }
        }
        .build()
        .expect("valid settings")
    }

    /// Returns the paths to request: paths of all assets and pages, and paths of earlier releases and deploys.
    pub(super) fn urls(&self, assets: &Assets) -> Vec<String> {
        let mut urls: Vec<_> =
            assets.iter().map(|(_, url)| url.replace("https://cdn.example.com", "")).collect();
        let delta =
            urls.iter().find(|url| url.contains("/long.")).map(|url| format!("{url} {}", dictionary()));
        urls.extend(delta);
        urls.push(self.retained.clone());
        let other_paths = [
            "css/app.css",
            "large.txt",
            "6/css/app.css?x=1",
            "8/js/app.js",
            "w/js/app.js",
            "y/js/app.js",
            "",
        ];
        urls.extend(other_paths.map(|path| format!("/static/{path}")));
        urls.extend(["/version", "/cache/bust", "/_fingerpost/version"].map(str::to_owned));
        urls.push("/_fingerpost/client.0123456789ab.js".to_owned());
        urls.extend(PAGES.iter().map(|(path, ..)| (*path).to_owned()));
        urls
    }
}

/// Returns a script that differs between two versions only in the last line.
fn long_script(version: u32) -> String {
    let lines = (0..400_u32).map(|n| format!("const c{n} = {};\n", n.wrapping_mul(2_654_435_761)));
    lines.chain([format!("const version = {version};\n")]).collect()
}

/// Returns the value of `Available-Dictionary` of a client that has the first version of the script.
pub(super) fn dictionary() -> String {
    let integrity = Digest::from_content(long_script(1).as_bytes()).integrity();
    format!(":{}:", integrity.strip_prefix("sha256-").expect("SHA-256"))
}

type Page = (&'static str, u16, &'static [(&'static str, &'static str)], &'static [u8]);

const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");

const PAGES: &[Page] = &[
    (
        "/",
        200,
        &[HTML, ("etag", "\"page\"")],
        b"<!doctype html><head><title>x</title></head><link href=/static/css/app.css><img src='/static/nope.png'>",
    ),
    (
        "/dated",
        200,
        &[HTML, ("last-modified", "Sat, 01 Jan 2000 00:00:00 GMT"), ("content-md5", "x"), ("accept-ranges", "bytes")],
        b"<head></head><script src=\"/static/js/app.js\"></script>",
    ),
    ("/latin", 200, &[("content-type", "text/html; charset=iso-8859-1")], b"<head><title>\xe4</title></head>"),
    ("/no-head", 200, &[HTML], b"<p>/static/css/app.css"),
    ("/no-page", 200, &[HTML], b""),
    ("/error", 500, &[HTML], b"<head></head><h1>error</h1>"),
    ("/download", 200, &[HTML, ("content-disposition", "attachment")], b"<head></head>"),
    ("/immutable", 200, &[HTML, ("cache-control", "public, immutable")], b"<head></head>"),
    ("/compressed", 200, &[HTML, ("content-encoding", "br")], b"<head></head>"),
    ("/part", 206, &[HTML, ("content-range", "bytes 0-12/20")], b"<head></head>"),
    ("/json", 200, &[("content-type", "application/json"), ("vary", "origin"), ("vary", "accept")], b"{}"),
    ("/redirect", 302, &[("location", "/")], b""),
    ("/no-content", 204, &[], b""),
    ("/unmodified", 304, &[("etag", "\"page\"")], b""),
    ("/missing", 404, &[("content-type", "text/plain")], b"missing"),
];

/// Returns the status, the headers and the body of a page.
pub(super) fn page(path: &str, urls: &[String]) -> (u16, &'static [(&'static str, &'static str)], Bytes) {
    if path == "/urls" {
        return (200, &[("content-type", "text/plain")], urls.join("\n").into());
    }
    let page = PAGES.iter().find(|(known, ..)| *known == path).or(PAGES.last()).expect("a page");
    let (_, status, headers, body) = page;
    (*status, headers, Bytes::from_static(body))
}
