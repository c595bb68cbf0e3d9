//! Assets at fixed URLs, such as `/sw.js`.

use std::{fs, io};

use axum::{Router, body::Body};
use fingerpost::{
    Assets, DirStore, ErrorKind, Mode, OnMissing, Store, Stored, Strategy, Token, manifest::Digest,
};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::{AssetServer, CachePolicy, StaticFiles};
use http::{Method, Request};
use tower::ServiceExt as _;

use crate::site::{Site, TestResponse, get, get_hashed, send};

fn script(text: &str) -> Vec<u8> {
    format!("addEventListener('fetch', () => {{ {text} }});\n").repeat(30).into_bytes()
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", &Digest::from_content(bytes).to_string()[..32])
}

/// Returns the assets of a site in development, and with each strategy of production.
fn all_strategies(site: &Site) -> Vec<Assets> {
    let production = || site.builder(Mode::Production);
    let token = Token::ordered(1000).unwrap();
    let listed = [
        production().strategy(Strategy::VersionQuery).app_version("1.0"),
        production().strategy(Strategy::PathToken(token)).base_url("/static/{breaker}/"),
    ];
    let listed = listed.map(|builder| builder.build().unwrap());
    [site.development(), site.production()].into_iter().chain(listed).collect()
}

async fn get_with_header(files: &StaticFiles, name: &str, value: &str) -> TestResponse {
    send(files, Method::GET, "/sw.js", &[(name, value)]).await
}

#[tokio::test]
async fn current_bytes_are_served_at_any_url_with_every_strategy() {
    let (bytes, site) = (script("one"), Site::new(&[("js/sw.js", &script("one"))]));
    site.collect_compressed(&["gzip"]);
    for assets in all_strategies(&site) {
        let files = StaticFiles::file(&assets, "js/sw.js").unwrap();
        let hash = &Digest::from_content(&bytes).to_string()[..12];
        for path in ["/sw.js", "/", "/a/b/../c%2F", &format!("/sw.js?v={hash}"), "/sw.js?v=1"] {
            let response = get(&files, path).await;
            response.assert_is(200, "no-cache", &bytes);
            assert_eq!(response.header("etag"), tag(&bytes), "{assets:?} {path}");
            assert_eq!(response.header("content-type"), "text/javascript; charset=utf-8");
            assert_eq!(response.header("x-content-type-options"), "nosniff");
        }
        let head = send(&files, Method::HEAD, "/sw.js", &[]).await;
        head.assert_is(200, "no-cache", b"");
        assert_eq!(head.header("content-length"), bytes.len().to_string());
        get_with_header(&files, "range", "bytes=0-3").await.assert_is(206, "no-cache", b"addE");
        let same = get_with_header(&files, "if-none-match", &tag(&bytes)).await;
        same.assert_is(304, "no-cache", b"");
        assert_eq!(same.header("etag"), tag(&bytes));
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let refused = send(&files, method, "/sw.js", &[]).await;
            assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "GET, HEAD"));
        }
    }
}

#[tokio::test]
async fn variants_are_negotiated() {
    let (bytes, site) = (script("one"), Site::new(&[("sw.js", &script("one"))]));
    let files = StaticFiles::file(&site.collect_compressed(&["gzip"]).production(), "sw.js").unwrap();
    let gzip = get_with_header(&files, "accept-encoding", "gzip").await;
    assert_eq!((gzip.header("content-encoding"), gzip.header("vary")), ("gzip", "Accept-Encoding"));
    assert!(gzip.body.len() < bytes.len() && gzip.header("etag") != tag(&bytes));
    assert_eq!(
        (gzip.cache_control(), get(&files, "/sw.js").await.header("vary")),
        ("no-cache", "Accept-Encoding")
    );
    let refused = get_with_header(&files, "accept-encoding", "identity;q=0").await;
    assert_eq!((refused.status.as_u16(), refused.cache_control()), (406, "no-store"));
}

#[tokio::test]
async fn reload_replaces_the_bytes() {
    let site = Site::new(&[("sw.js", b"one"), ("other.js", b"x")]);
    let assets = site.collect().production();
    let files = StaticFiles::file(&assets, "/sw.js").unwrap();
    for content in ["two", "three"] {
        let before = get(&files, "/sw.js").await;
        site.write("sw.js", content.as_bytes());
        site.collect();
        get(&files, "/sw.js").await.assert_is(200, "no-cache", &before.body);
        assets.reload().unwrap();
        get(&files, "/sw.js").await.assert_is(200, "no-cache", content.as_bytes());
        let stale = get_with_header(&files, "if-none-match", before.header("etag")).await;
        stale.assert_is(200, "no-cache", content.as_bytes());
    }
    fs::remove_file(site.source().join("sw.js")).unwrap();
    site.collect();
    assets.reload().unwrap();
    get(&files, "/sw.js").await.assert_not_found();
}

#[tokio::test]
async fn request_with_an_older_snapshot_gets_the_current_bytes() {
    let site = Site::new(&[("sw.js", b"one")]);
    let assets = site.collect().production();
    let (files, older) = (StaticFiles::file(&assets, "sw.js").unwrap(), assets.snapshot());
    site.write("sw.js", b"two");
    site.collect();
    assets.reload().unwrap();
    let mut request = Request::get("/sw.js").body(Body::empty()).unwrap();
    request.extensions_mut().insert(older);
    let response = files.oneshot(request).await.unwrap();
    assert_eq!(response.headers()["etag"], tag(b"two"));
}

#[tokio::test]
async fn development_serves_the_current_file() {
    let site = Site::new(&[("sw.js", b"one")]);
    let files = StaticFiles::file(&site.development(), "sw.js").unwrap();
    get(&files, "/sw.js").await.assert_is(200, "no-cache", b"one");
    fs::write(site.source().join("sw.js"), "two").unwrap();
    get(&files, "/sw.js").await.assert_is(200, "no-cache", b"two");
    fs::remove_file(site.source().join("sw.js")).unwrap();
    get(&files, "/sw.js").await.assert_not_found();
}

#[tokio::test]
async fn strategy_without_build_step_serves_a_replaced_file() {
    let site = Site::new(&[("sw.js", b"one")]);
    let assets = site.builder(Mode::Production).strategy(Strategy::VersionQuery).app_version("1.0");
    let files = StaticFiles::file(&assets.build().unwrap(), "sw.js").unwrap();
    get(&files, "/sw.js").await.assert_is(200, "no-cache", b"one");
    fs::write(site.source().join("sw.js"), "two").unwrap();
    get(&files, "/sw.js").await.assert_is(200, "no-cache", b"two");
}

#[tokio::test]
async fn large_file_gets_an_etag_after_it_is_hashed() {
    let bytes = vec![b'a'; 200_000];
    let site = Site::new(&[("video.bin", &bytes)]);
    site.collect();
    let listed = site.builder(Mode::Production).strategy(Strategy::VersionQuery).app_version("1.0");
    for assets in [site.production(), listed.build().unwrap()] {
        let files = StaticFiles::file(&assets, "video.bin").unwrap();
        let response = get_hashed(&files, "/video.bin").await;
        response.assert_is(200, "no-cache", &bytes);
        assert_eq!(response.header("etag"), tag(&bytes));
    }
}

#[tokio::test]
async fn cache_policy_can_be_set() {
    let site = Site::new(&[("favicon.ico", b"icon")]);
    let server = AssetServer::file(&site.collect().production(), "favicon.ico").unwrap();
    for (policy, header) in [
        (CachePolicy::Seconds(600), "public, max-age=600"),
        (CachePolicy::NoStore, "no-store"),
        (CachePolicy::Immutable, "no-cache"),
    ] {
        let files = StaticFiles::from(server.clone().unversioned_policy(policy));
        get(&files, "/favicon.ico").await.assert_is(200, header, b"icon");
    }
}

#[tokio::test]
async fn axum_routes_single_files() {
    let site = Site::new(&[("img/favicon.ico", b"icon"), ("robots.txt", b"User-agent: *")]);
    let assets = site.collect().production();
    let app: Router = Router::new()
        .nest_service("/static", StaticFiles::new(&assets))
        .route_service("/favicon.ico", StaticFiles::file(&assets, "img/favicon.ico").unwrap())
        .route_service("/robots.txt", StaticFiles::file(&assets, "robots.txt").unwrap());
    for (path, media_type) in [("/favicon.ico", "image/x-icon"), ("/robots.txt", "text/plain; charset=utf-8")]
    {
        let response = app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
            (200, media_type)
        );
    }
}

#[test]
fn unknown_asset_is_an_error_with_every_strategy() {
    let site = Site::new(&[("sw.js", b"one"), ("js/app.js", b"x")]);
    site.collect();
    for assets in all_strategies(&site) {
        let refused = |path: &str| StaticFiles::file(&assets, path).unwrap_err();
        let err = refused("sw2.js");
        assert_eq!(err.kind(), ErrorKind::NotFound, "{assets:?}");
        assert!(err.to_string().starts_with("asset `sw2.js` was not found in "), "{err}");
        assert!(err.to_string().ends_with("(did you mean `sw.js`?)"), "{err}");
        for (path, kind) in [
            ("js", ErrorKind::NotFound),
            ("", ErrorKind::InvalidPath),
            ("js/", ErrorKind::InvalidPath),
            ("../sw.js", ErrorKind::InvalidPath),
            ("https://example.com/sw.js", ErrorKind::InvalidPath),
            ("sw.js?v=1", ErrorKind::InvalidConfig),
            ("sw.js#a", ErrorKind::InvalidConfig),
        ] {
            assert_eq!(refused(path).kind(), kind, "{assets:?} {path}");
        }
    }
    let message = "`sw.js?v=1` has a query or a fragment; write the asset path alone";
    assert_eq!(StaticFiles::file(&site.development(), "sw.js?v=1").unwrap_err().to_string(), message);
    let lenient = site.builder(Mode::Production).on_missing(OnMissing::Plain).build().unwrap();
    assert_eq!(StaticFiles::file(&lenient, "sw2.js").unwrap_err().kind(), ErrorKind::NotFound);
}

/// A store that panics if releases are listed or read.
#[derive(Debug)]
struct WithoutReleases(DirStore);

impl Store for WithoutReleases {
    fn place(&self) -> String {
        self.0.place()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        assert!(!path.contains(".fingerpost"), "{path}");
        self.0.read(path)
    }

    fn open(&self, path: &str) -> io::Result<Stored> {
        self.0.open(path)
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        panic!("the releases were listed")
    }
}

#[tokio::test]
async fn server_of_one_asset_does_not_read_releases() {
    let site = Site::new(&[("sw.js", b"one"), ("other.js", b"x")]);
    site.collect();
    let assets = Assets::builder().store(WithoutReleases(DirStore::new(site.dist()))).mode(Mode::Production);
    let files = StaticFiles::file(&assets.build().unwrap(), "sw.js").unwrap();
    get(&files, "/sw.js").await.assert_is(200, "no-cache", b"one");
}

#[tokio::test]
async fn manifest_of_another_program_is_served() {
    let site = Site::new(&[]);
    fs::create_dir(site.dist()).unwrap();
    let paths = r#"{"other.js": "other.0123456789ab.js", "sw.js": "sw.0123456789ab.js"}"#;
    fs::write(site.dist().join("staticfiles.json"), format!(r#"{{"version": "1.0", "paths": {paths}}}"#))
        .unwrap();
    fs::write(site.dist().join("sw.0123456789ab.js"), "one").unwrap();
    let files = StaticFiles::file(&site.production(), "sw.js").unwrap();
    let response = get(&files, "/sw.js").await;
    response.assert_is(200, "no-cache", b"one");
    assert_eq!(response.header("etag"), tag(b"one"));
}

#[tokio::test]
async fn files_of_a_site_with_a_bundler_and_an_import_map_are_served() {
    let site = Site::new(&[("sw.js", &script("one")), ("vendor/lit.js", b"export {}")]);
    let build = site.dist().with_file_name("build");
    fs::create_dir_all(build.join(".vite")).unwrap();
    let manifest = r#"{"src/main.ts": {"file": "main-BRBmoGS9.js", "src": "src/main.ts", "isEntry": true}}"#;
    for (name, content) in
        [(".vite/manifest.json", manifest), ("main-BRBmoGS9.js", "import 'lit'"), ("favicon.svg", "<svg/>")]
    {
        fs::write(build.join(name), content).unwrap();
    }
    let config = CollectConfig::new(site.dist()).source(site.source()).vite(&build);
    collect(&config.import("lit", "vendor/lit.js")).unwrap();
    let assets = site.production();
    for (path, content) in [
        ("sw.js", &*script("one")),
        ("vite/favicon.svg", b"<svg/>"),
        ("vite/main-BRBmoGS9.js", b"import 'lit'"),
    ] {
        get(&StaticFiles::file(&assets, path).unwrap(), "/any").await.assert_is(200, "no-cache", content);
    }
}
