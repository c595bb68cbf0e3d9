//! Deltas for clients that have an earlier version (RFC 9842).

use std::{fs, io::Read as _};

use data_encoding::BASE64;
use fingerpost::{Assets, manifest::Digest};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use http::Method;

use super::site::{IMMUTABLE, Site, TestResponse, path_below_mount, send, tag};

pub(crate) const ACCEPTED: (&str, &str) = ("accept-encoding", "gzip, deflate, br, zstd, dcb, dcz");
pub(crate) const VARY: &str = "Accept-Encoding, Available-Dictionary";

/// A script of about 100 KB. Each version has one line that is in no other version.
pub(crate) fn script(version: u32) -> Vec<u8> {
    let line = |n: u32| format!("const c{n} = {};\n", n.wrapping_mul(2_654_435_761));
    let mut lines: Vec<_> = (0..3_500).map(line).collect();
    lines.insert(1_000 * version as usize, format!("const version = {version};\n"));
    lines.concat().into_bytes()
}

/// Publishes these versions of `app.js`, one after the other.
pub(crate) fn site(versions: impl IntoIterator<Item = u32>) -> Site {
    let site = Site::new(&[]);
    for version in versions {
        site.write("app.js", &script(version));
        site.collect_compressed(&["br:5", "dcz"]);
    }
    site
}

pub(crate) fn dictionary(bytes: &[u8]) -> String {
    format!(":{}:", BASE64.encode(Digest::from_content(bytes).as_bytes()))
}

pub(crate) fn hashed(assets: &Assets, path: &str) -> String {
    path_below_mount(&assets.url(path).unwrap())
}

/// Decodes a delta like a browser.
pub(crate) fn decode(delta: &[u8], old: &[u8]) -> Vec<u8> {
    let (header, frame) = delta.split_at(40);
    assert_eq!(header[..8], [0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0]);
    assert_eq!(header[8..], Digest::from_content(old).as_bytes()[..]);
    let mut decoded = Vec::new();
    zstd::Decoder::with_ref_prefix(frame, old).unwrap().read_to_end(&mut decoded).unwrap();
    decoded
}

pub(crate) async fn get_with(files: &StaticFiles, path: &str, headers: &[(&str, &str)]) -> TestResponse {
    send(files, Method::GET, path, headers).await
}

#[tokio::test]
async fn returning_client_gets_the_delta_of_its_version() {
    let site = site([1, 2, 3]);
    let assets = site.production();
    let (files, path) = (StaticFiles::new(&assets), hashed(&assets, "app.js"));
    for version in [1, 2] {
        let old = script(version);
        let response =
            get_with(&files, &path, &[ACCEPTED, ("available-dictionary", &dictionary(&old))]).await;
        assert_eq!((response.status.as_u16(), response.cache_control()), (200, IMMUTABLE));
        assert_eq!(response.header("content-encoding"), "dcz");
        assert_eq!(response.header("vary"), VARY);
        assert_eq!(response.header("etag"), tag(&response.body));
        assert_eq!(response.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(response.header("use-as-dictionary"), r#"match="/static/app.*.js""#);
        assert_eq!(response.header("accept-ranges"), "-");
        assert!(response.body.len() <= 256, "{}", response.body.len());
        assert!(decode(&response.body, &old) == script(3));
    }
}

#[tokio::test]
async fn all_other_clients_get_ordinary_encodings() {
    let site = site([1, 2]);
    let assets = site.production();
    let (files, path) = (StaticFiles::new(&assets), hashed(&assets, "app.js"));
    let known = dictionary(&script(1));
    let short = format!(":{}:", BASE64.encode(&[0; 31]));
    let long = format!(":{}:", BASE64.encode(&[0; 33]));
    let huge = format!(":{}:", "A".repeat(10_000));
    fn available(value: &str) -> (&str, &str) {
        ("available-dictionary", value)
    }
    for (headers, expected) in [
        (vec![ACCEPTED], "br"),
        (vec![ACCEPTED, available(&dictionary(b"unknown"))], "br"),
        (vec![ACCEPTED, available(&dictionary(&script(2)))], "br"),
        (vec![ACCEPTED, available(&known), available(&known)], "br"),
        (vec![ACCEPTED, available(":not base64:")], "br"),
        (vec![ACCEPTED, available(&short)], "br"),
        (vec![ACCEPTED, available(&long)], "br"),
        (vec![ACCEPTED, available(&huge)], "br"),
        (vec![("accept-encoding", "gzip, br"), available(&known)], "br"),
        (vec![("accept-encoding", "*"), available(&known)], "br"),
        (vec![("accept-encoding", "br, dcz;q=0"), available(&known)], "br"),
        (vec![("accept-encoding", "identity"), available(&known)], "-"),
        (vec![available(&known)], "-"),
        (vec![ACCEPTED, available(&known)], "dcz"),
    ] {
        let response = get_with(&files, &path, &headers).await;
        let (status, encoding) = (response.status.as_u16(), response.header("content-encoding"));
        assert_eq!((status, encoding), (200, expected), "{headers:?}");
        assert_eq!((response.header("vary"), response.header("etag")), (VARY, &*tag(&response.body)));
        assert_eq!(response.header("use-as-dictionary"), r#"match="/static/app.*.js""#);
    }
}

#[tokio::test]
async fn conditions_ranges_and_head_apply_to_deltas() {
    let site = site([1, 2]);
    let assets = site.production();
    let (files, path) = (StaticFiles::new(&assets), hashed(&assets, "app.js"));
    let known = dictionary(&script(1));
    let headers = [ACCEPTED, ("available-dictionary", &*known)];
    let whole = get_with(&files, &path, &headers).await;
    let head = send(&files, Method::HEAD, &path, &headers).await;
    assert_eq!((head.headers, head.body.len()), (whole.headers.clone(), 0));

    let etag = whole.header("etag");
    let again = get_with(&files, &path, &[&headers[..], &[("if-none-match", etag)]].concat()).await;
    assert_eq!((again.status.as_u16(), again.header("vary"), again.header("etag")), (304, VARY, etag));
    assert_eq!(again.header("use-as-dictionary"), "-");

    let part = get_with(&files, &path, &[&headers[..], &[("range", "bytes=5-9")]].concat()).await;
    assert_eq!(
        (part.status.as_u16(), part.header("content-encoding"), part.header("vary")),
        (206, "-", VARY)
    );
    assert_eq!(part.body, script(2)[5..10]);
    assert_eq!(part.header("use-as-dictionary"), "-");
    let beyond = get_with(&files, &path, &[&headers[..], &[("range", "bytes=999999-")]].concat()).await;
    assert_eq!((beyond.status.as_u16(), beyond.header("vary")), (416, VARY));
    let none = [("accept-encoding", "identity;q=0"), ("available-dictionary", &*known)];
    let none = get_with(&files, &path, &none).await;
    assert_eq!((none.status.as_u16(), none.header("vary")), (406, VARY));
}

#[tokio::test]
async fn only_hashed_paths_of_compressible_types_have_dictionary_headers() {
    let site = site([1, 2]);
    site.write("img/a.png", &[7; 300]);
    site.write("new.css", &b".a { color: red }\n".repeat(50));
    site.collect_compressed(&["br:5", "dcz"]);
    let assets = site.production();
    let files = StaticFiles::new(&assets);
    let hash = |path: &str| hashed(&assets, path).rsplit('.').nth(1).unwrap().to_owned();
    let known = dictionary(&script(1));
    for (path, dictionary, vary) in [
        (hashed(&assets, "app.js"), r#"match="/static/app.*.js""#, VARY),
        ("/app.js".to_owned(), "-", "Accept-Encoding"),
        (format!("/app.js?v={}", hash("app.js")), "-", "Accept-Encoding"),
        ("/app.js?v=0".to_owned(), "-", "Accept-Encoding"),
        (hashed(&assets, "img/a.png"), "-", "-"),
        // A first version has no deltas.
        (hashed(&assets, "new.css"), r#"match="/static/new.*.css""#, "Accept-Encoding"),
    ] {
        let response = get_with(&files, &path, &[ACCEPTED, ("available-dictionary", &known)]).await;
        assert_eq!(
            (response.header("use-as-dictionary"), response.header("vary")),
            (dictionary, vary),
            "{path}"
        );
        assert_eq!(response.header("content-encoding") == "dcz", vary == VARY, "{path}");
    }
    let response = get_with(&files, "/app.000000000000.js", &[ACCEPTED]).await;
    assert_eq!((response.status.as_u16(), response.header("vary")), (404, "-"));

    let development = StaticFiles::new(&site.development());
    let response = get_with(&development, "/app.js", &[ACCEPTED, ("available-dictionary", &known)]).await;
    assert_eq!((response.status.as_u16(), response.header("use-as-dictionary")), (200, "-"));
    assert_eq!((response.header("content-encoding"), response.header("vary")), ("-", "-"));
}

#[tokio::test]
async fn site_without_deltas_has_no_dictionary_headers() {
    let site = site([1, 2]);
    site.collect_compressed(&["br:5"]);
    let assets = site.production();
    let (files, path) = (StaticFiles::new(&assets), hashed(&assets, "app.js"));
    let known = dictionary(&script(1));
    let response = get_with(&files, &path, &[ACCEPTED, ("available-dictionary", &known)]).await;
    assert_eq!((response.header("content-encoding"), response.header("vary")), ("br", "Accept-Encoding"));
    assert_eq!(response.header("use-as-dictionary"), "-");
}

#[tokio::test]
async fn pattern_has_the_spelling_of_the_request() {
    let site = Site::new(&[("a(b)*c{d}+e:f.js", &script(1))]);
    let assets = site.collect_compressed(&["br:5", "dcz"]).production();
    let files = StaticFiles::new(&assets);
    let path = hashed(&assets, "a(b)*c{d}+e:f.js");
    let hash = path.rsplit('.').nth(1).unwrap();
    for (path, pattern) in [
        (path.clone(), r#"match="/static/a%28b%29\\*c%7Bd%7D\\+e{\\:}f.*.js""#),
        (format!("/a(b)*c%7bd%7d+e:f.{hash}.js"), r#"match="/static/a\\(b\\)\\*c%7bd%7d\\+e{\\:}f.*.js""#),
    ] {
        let response = get_with(&files, &path, &[ACCEPTED]).await;
        assert_eq!(
            (response.status.as_u16(), response.header("use-as-dictionary")),
            (200, pattern),
            "{path}"
        );
    }
}

#[tokio::test]
async fn chunk_of_a_bundler_is_the_dictionary_for_the_next_version() {
    let site = Site::new(&[]);
    let build = site.dist().with_file_name("build");
    for version in [1, 2] {
        let file = format!("assets/index-AbC-12_{version}.js");
        fs::remove_dir_all(&build).ok();
        fs::create_dir_all(build.join("assets")).unwrap();
        fs::create_dir_all(build.join(".vite")).unwrap();
        fs::write(build.join(&file), script(version)).unwrap();
        let manifest =
            format!(r#"{{"src/index.ts": {{"file": "{file}", "name": "index", "isEntry": true}}}}"#);
        fs::write(build.join(".vite/manifest.json"), manifest).unwrap();
        let config = CollectConfig::new(site.dist()).vite(&build).compress(["br:5", "dcz"]);
        collect(&config.pack(site.dist().with_extension("tar"))).unwrap();
    }
    let assets = site.production();
    let (files, path) = (StaticFiles::new(&assets), path_below_mount(&assets.url("src/index.ts").unwrap()));
    assert_eq!(path, "/vite/assets/index-AbC-12_2.js");
    let pattern = r#"match="/static/vite/assets/index-*.js""#;
    let response =
        get_with(&files, &path, &[ACCEPTED, ("available-dictionary", &dictionary(&script(1)))]).await;
    assert_eq!((response.status.as_u16(), response.cache_control()), (200, IMMUTABLE));
    assert_eq!((response.header("content-encoding"), response.header("vary")), ("dcz", VARY));
    assert_eq!(response.header("use-as-dictionary"), pattern);
    assert!(decode(&response.body, &script(1)) == script(2));
    // Pages of the earlier release still load the earlier file.
    let earlier = get_with(&files, "/vite/assets/index-AbC-12_1.js", &[ACCEPTED]).await;
    assert_eq!((earlier.cache_control(), earlier.header("vary")), (IMMUTABLE, "Accept-Encoding"));
    assert_eq!(earlier.header("use-as-dictionary"), pattern);
}
