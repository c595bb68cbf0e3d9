//! A site on disk, and requests to the site.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use axum::body::Body;
use bytes::Bytes;
use filetime::FileTime;
use fingerpost::{Assets, AssetsBuilder, Mode, Strategy, manifest::Digest};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";
pub(crate) const ONE_HOUR: &str = "public, max-age=3600";

/// A directory with `static` and `dist`.
pub(crate) struct Site(tempfile::TempDir);

impl Site {
    /// Creates a site with these source files.
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        fs::create_dir(site.source()).unwrap();
        for (path, bytes) in files {
            site.write(path, bytes);
        }
        site
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.0.path().join("static")
    }

    pub(crate) fn dist(&self) -> PathBuf {
        self.0.path().join("dist")
    }

    /// Writes a source file with an old modification time.
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.source().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, bytes).unwrap();
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        filetime::set_file_mtime(&file, FileTime::from_system_time(long_ago)).unwrap();
    }

    /// Runs `collect` on the current sources.
    pub(crate) fn collect(&self) -> &Self {
        collect(&CollectConfig::new(self.dist()).source(self.source())).unwrap();
        self
    }

    /// Runs `collect` with compression.
    pub(crate) fn collect_compressed(&self, encodings: &[&str]) -> &Self {
        collect(&CollectConfig::new(self.dist()).source(self.source()).compress(encodings)).unwrap();
        self
    }

    pub(crate) fn builder(&self, mode: Mode) -> AssetsBuilder {
        Assets::builder().source(self.source()).collected(self.dist()).mode(mode)
    }

    pub(crate) fn production(&self) -> Assets {
        self.builder(Mode::Production).build().unwrap()
    }

    pub(crate) fn development(&self) -> Assets {
        self.builder(Mode::Dev).build().unwrap()
    }
}

/// A response with its complete body.
#[derive(Debug)]
pub(crate) struct TestResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl TestResponse {
    /// Returns a header as text, or `-` if the header is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("-", |value| value.to_str().unwrap())
    }

    pub(crate) fn cache_control(&self) -> &str {
        self.header("cache-control")
    }

    #[track_caller]
    pub(crate) fn assert_is(&self, status: u16, cache: &str, body: &[u8]) -> &Self {
        assert_eq!((self.status.as_u16(), self.cache_control()), (status, cache), "{self:?}");
        assert!(*self.body == *body, "{:?} is not {:?}", self.body, Bytes::copy_from_slice(body));
        self
    }

    /// Checks that the response is a 404 with `no-store` and without `ETag`.
    #[track_caller]
    pub(crate) fn assert_not_found(&self) {
        assert_eq!(
            (self.status.as_u16(), self.cache_control(), self.header("etag")),
            (404, "no-store", "-"),
            "{self:?}"
        );
    }
}

/// Sends a request to `files`. `path` is relative to the mount path.
pub(crate) async fn send(
    files: &StaticFiles,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> TestResponse {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = files.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    TestResponse { status: head.status, headers: head.headers, body }
}

pub(crate) async fn get(files: &StaticFiles, path: &str) -> TestResponse {
    send(files, Method::GET, path, &[]).await
}

/// Requests a path until `is_expected` accepts the response.
pub(crate) async fn get_until(
    files: &StaticFiles,
    path: &str,
    headers: &[(&str, &str)],
    is_expected: impl Fn(&TestResponse) -> bool,
) -> TestResponse {
    let begin = Instant::now();
    loop {
        let response = send(files, Method::GET, path, headers).await;
        if is_expected(&response) {
            return response;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "{path}: {:?} {:?}",
            response.status,
            response.headers
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Requests a large file until its digest has been computed.
pub(crate) async fn get_hashed(files: &StaticFiles, path: &str) -> TestResponse {
    get_until(files, path, &[], |response| response.header("etag") != "-").await
}

/// Returns assets with version queries, and a service of these assets.
pub(crate) fn serve_by_version_query(site: &Site, version: &str) -> (Assets, StaticFiles) {
    let assets = site.builder(Mode::Production).strategy(Strategy::VersionQuery).app_version(version);
    let assets = assets.build().unwrap();
    let files = StaticFiles::new(&assets);
    (assets, files)
}

/// Returns the ETag of bytes.
pub(crate) fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", &Digest::from_content(bytes).to_string()[..32])
}

/// Returns the path of a URL below `/static`.
pub(crate) fn path_below_mount(url: &str) -> String {
    url.strip_prefix("/static").unwrap().to_owned()
}
