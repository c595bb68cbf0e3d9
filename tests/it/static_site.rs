//! The HTTP tests of a published site over a socket. The tests do not depend on the storage of the files.

use std::{collections::BTreeMap, fs, path::Path};

use axum::body::Body;
use fingerpost::{
    DirStore, Store as _,
    manifest::{Digest, FileInfo, MANIFEST_NAME, Manifest, Release},
};
use http::{Method, Request, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::tools::HttpClient;

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Returns the manifest and the retained releases of an output directory.
fn manifests(out: &Path) -> (Manifest, Vec<Manifest>) {
    let store = DirStore::new(out);
    let current = Manifest::parse(&store.read(MANIFEST_NAME).expect("a manifest"), "m").expect("a manifest");
    let releases = store.releases().expect("releases").into_iter().map(|number| {
        let json = fs::read(out.join(Release::file_name(number))).expect("a release");
        Release::parse(&json, number, "r").expect("a release").manifest
    });
    (current, releases.collect())
}

struct Site<'a> {
    origin: &'a str,
    out: &'a Path,
    client: HttpClient,
}

type Headers<'a> = &'a [(&'a str, &'a str)];

struct ReceivedResponse {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl ReceivedResponse {
    fn new(response: Response<axum::body::Bytes>) -> Self {
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("a text").to_owned()));
        let headers = headers.filter(|(name, _)| name != "date").collect();
        Self { status: response.status().as_u16(), headers, body: response.into_body().into() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("-", |value| value)
    }
}

/// Checks the responses of the server at `origin` for every file of an output directory.
pub(crate) async fn check(origin: &str, out: &Path) {
    let (current, releases) = manifests(out);
    assert!(releases.len() > 1, "a site with retained releases");
    let site = Site { origin, out, client: HttpClient::default() };
    for (path, entry) in releases.iter().flatten() {
        site.check_hashed(&entry.hashed, entry.info.as_ref().expect(path)).await;
    }
    for (path, entry) in &current {
        site.check_plain(path, entry.info.as_ref().expect(path)).await;
    }
    site.check_missing(&current).await;
}

impl Site<'_> {
    async fn send(&self, method: Method, path: &str, headers: Headers<'_>) -> ReceivedResponse {
        let segments =
            path.split('/').map(|segment| utf8_percent_encode(segment, NON_ALPHANUMERIC).to_string());
        self.send_raw(method, &segments.collect::<Vec<_>>().join("/"), headers).await
    }

    async fn send_raw(&self, method: Method, path: &str, headers: Headers<'_>) -> ReceivedResponse {
        let mut request = Request::builder().method(method).uri(format!("{}/static/{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        ReceivedResponse::new(self.client.send(request.body(Body::empty()).expect("a request")).await)
    }

    /// Waits until the server has hashed a large file, and returns the response.
    async fn get_hashed(&self, path: &str) -> ReceivedResponse {
        for _ in 0..1000 {
            let response = self.send(Method::GET, path, &[]).await;
            if response.header("etag") != "-" {
                return response;
            }
            assert_eq!((response.status, response.header("cache-control")), (200, "no-store"), "{path}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{path} is never hashed")
    }

    async fn check_hashed(&self, path: &str, info: &FileInfo) {
        let bytes = fs::read(self.out.join(path)).expect(path);
        let whole = self.get_hashed(path).await;
        assert_eq!((whole.status, whole.header("cache-control")), (200, IMMUTABLE), "{path}");
        assert_eq!(whole.header("etag"), tag(&info.sha256), "{path}");
        assert_eq!(whole.header("content-length"), info.size.to_string(), "{path}");
        assert_eq!(whole.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(whole.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(whole.header("vary"), if info.encodings.is_empty() { "-" } else { "Accept-Encoding" });
        assert!(whole.body == bytes, "{path}");
        self.check_variants(path, info).await;
        self.check_methods(path, &whole).await;
        self.check_conditions(path, &whole).await;
        self.check_ranges(path, &bytes, &whole).await;
    }

    async fn check_variants(&self, path: &str, info: &FileInfo) {
        for (encoding, variant) in &info.encodings {
            let extension = if encoding == "gzip" { "gz" } else { encoding };
            let bytes = fs::read(self.out.join(format!("{path}.{extension}"))).expect(path);
            for accepted in
                [encoding.clone(), format!("{encoding}, identity;q=0"), format!("*;q=0, {encoding}")]
            {
                let response = self.send(Method::GET, path, &[("accept-encoding", &accepted)]).await;
                assert_eq!(
                    (response.status, response.header("content-encoding")),
                    (200, &**encoding),
                    "{path}"
                );
                assert_eq!(response.header("etag"), tag(&variant.sha256), "{path}");
                assert!(response.body == bytes, "{path}: {encoding}");
                let not_modified =
                    [("accept-encoding", &*accepted), ("if-none-match", response.header("etag"))];
                assert_eq!(self.send(Method::GET, path, &not_modified).await.status, 304, "{path}");
            }
            let refused = format!("{encoding};q=0");
            let response = self.send(Method::GET, path, &[("accept-encoding", &refused)]).await;
            assert_eq!((response.status, response.header("content-encoding")), (200, "-"), "{path}");
            let name = format!("{path}.{extension}");
            assert_eq!(self.send(Method::GET, &name, &[]).await.status, 404, "{name}");
        }
        let none = self.send(Method::GET, path, &[("accept-encoding", "*;q=0")]).await;
        assert_eq!((none.status, none.header("cache-control")), (406, "no-store"), "{path}");
    }

    async fn check_methods(&self, path: &str, whole: &ReceivedResponse) {
        let head = self.send(Method::HEAD, path, &[]).await;
        assert_eq!((head.status, &head.headers, head.body.len()), (200, &whole.headers, 0), "{path}");
        let post = self.send(Method::POST, path, &[]).await;
        assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"), "{path}");
    }

    async fn check_conditions(&self, path: &str, whole: &ReceivedResponse) {
        let etag = whole.header("etag");
        for condition in [etag, "*", &format!("\"x\", {etag}"), &format!("W/{etag}")] {
            let response = self.send(Method::GET, path, &[("if-none-match", condition)]).await;
            assert_eq!(
                (response.status, response.header("etag"), response.body.len()),
                (304, etag, 0),
                "{path}"
            );
            assert_eq!(response.header("vary"), whole.header("vary"), "{path}");
        }
        let dates = [("if-none-match", "\"x\""), ("if-modified-since", "Sat, 01 Jan 2050 00:00:00 GMT")];
        assert_eq!(self.send(Method::GET, path, &dates).await.status, 200, "{path}");
        assert_eq!(self.send(Method::GET, path, &[("if-match", "\"x\"")]).await.status, 412, "{path}");
    }

    async fn check_ranges(&self, path: &str, bytes: &[u8], whole: &ReceivedResponse) {
        let length = bytes.len();
        for (range, part) in [
            ("bytes=0-13".to_owned(), 0..14),
            (format!("bytes={}-", length / 2), length / 2..length),
            ("bytes=-3".to_owned(), length.saturating_sub(3)..length),
            (format!("bytes=-{}", length + 1000), 0..length),
        ] {
            let response =
                self.send(Method::GET, path, &[("range", &range), ("accept-encoding", "gzip")]).await;
            let part = part.start..part.end.min(length);
            if part.is_empty() {
                assert!([200, 416].contains(&response.status), "{path}: {range}");
                continue;
            }
            let content_range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            assert_eq!((response.status, response.header("content-range")), (206, &*content_range), "{path}");
            assert!(response.body == bytes[part], "{path}: {range}");
        }
        for range in ["bytes=15-0", "bytes=a-b", "items=0-1", "bytes=0-1,3-4"] {
            let response = self.send(Method::GET, path, &[("range", range)]).await;
            assert!(response.status == 200 && response.body == bytes, "{path}: {range}");
        }
        if length > 0 {
            let beyond = format!("bytes={length}-");
            assert_eq!(self.send(Method::GET, path, &[("range", &beyond)]).await.status, 416, "{path}");
            for (tag, status) in [(whole.header("etag"), 206), ("\"x\"", 200)] {
                let headers = [("range", "bytes=0-0"), ("if-range", tag)];
                assert_eq!(self.send(Method::GET, path, &headers).await.status, status, "{path}");
            }
        }
    }

    async fn check_plain(&self, path: &str, info: &FileInfo) {
        let encoded = utf8_percent_encode(path, NON_ALPHANUMERIC).to_string().replace("%2F", "/");
        let hash = &info.sha256.to_string()[..12];
        for (query, cache) in [
            (String::new(), "public, max-age=3600"),
            ("?rev=1".to_owned(), "public, max-age=3600"),
            (format!("?v={hash}"), IMMUTABLE),
            ("?v=000000000000".to_owned(), "no-store"),
            ("?v=".to_owned(), "no-store"),
        ] {
            let response = self.send_raw(Method::GET, &format!("{encoded}{query}"), &[]).await;
            assert_eq!((response.status, response.header("cache-control")), (200, cache), "{path}{query}");
            assert_eq!(Digest::from_content(&response.body), info.sha256, "{path}{query}");
        }
    }

    async fn check_missing(&self, current: &Manifest) {
        let (_, entry) = current.iter().next().expect("an asset");
        let wrong_hash = entry
            .hashed
            .replace(&entry.info.as_ref().expect("an info").sha256.to_string()[..12], "000000000000");
        assert_eq!(self.send(Method::GET, &wrong_hash, &[]).await.status, 404, "{wrong_hash}");
        for path in [
            "nope.css",
            "",
            ".env",
            ".git/config",
            "staticfiles.json",
            ".fingerpost/releases/1.json",
            "fingerpost.tar",
            "..%2fstaticfiles.json",
            "css/../staticfiles.json",
        ] {
            let response = self.send_raw(Method::GET, path, &[]).await;
            let found = (response.status, response.header("cache-control"), response.header("etag"));
            assert_eq!(found, (404, "no-store", "-"), "{path}");
        }
    }
}

fn tag(digest: &Digest) -> String {
    format!("\"{}\"", &digest.to_string()[..32])
}
