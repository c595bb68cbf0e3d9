//! Invariants of all responses, for generated requests.

use std::sync::LazyLock;

use fingerpost::{Assets, Mode, Strategy, Token, manifest::ContentHash};
use fingerpost_tower::StaticFiles;
use http::Method;
use proptest::{
    collection::vec,
    prelude::{ProptestConfig, any, proptest},
    sample::{Index, select},
};
use tokio::runtime::Runtime;

use crate::site::{IMMUTABLE, ONE_HOUR, Site, TestResponse, get, get_until, path_below_mount, send};

/// A service of the site, with one mode and strategy.
struct Served {
    name: &'static str,
    files: StaticFiles,
    /// The versioned URLs. Their responses are immutable.
    urls: Vec<String>,
    /// The paths to request: `urls`, asset paths, and missing files.
    paths: Vec<String>,
}

struct Fixture {
    _site: Site,
    served: Vec<Served>,
    runtime: Runtime,
}

/// The size of a file that is too large for the cache in memory, and for a single read.
const LARGE: usize = 300_000;

const FILES: [&str; 5] = ["css/app.css", "img/a.png", "empty.js", "7/x.txt", "large.txt"];

const ODD: [&str; 12] = [
    "",
    "css",
    "nope.css",
    "css/app.0123456789ab.css",
    "..",
    "999/css/app.css",
    "999/nope.css",
    "2000/x",
    "1000/nope.css",
    "9c01d22/css/app.css",
    "0000000/css/app.css",
    "3f2a91b/nope.css",
];

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let site = Site::new(&[("img/a.png", b"png"), ("empty.js", b""), ("7/x.txt", b"seven")]);
    site.write(
        "large.txt",
        &(0..LARGE).map(|n| b"0123456789abcdefghijklm\n"[(n % 251 + n % 241) % 24]).collect::<Vec<_>>(),
    );
    let publish = |text: &str| {
        site.write("css/app.css", text.repeat(100).as_bytes());
        path_below_mount(&site.collect_compressed(&["gzip", "br"]).production().url("css/app.css").unwrap())
    };
    let retained = publish("a { color: blue }\n");
    let current = publish("a { color: red }\n");
    let build_free = |strategy, base| {
        site.builder(Mode::Production).strategy(strategy).base_url(base).app_version("v1").build().unwrap()
    };
    let with_token = |token| build_free(Strategy::PathToken(token), "/static/{breaker}/");
    let served = |name, assets: &Assets| {
        let urls: Vec<_> = assets.iter().map(|(_, url)| path_below_mount(&url)).collect();
        let others = ODD.iter().chain(&FILES).map(|path| format!("/{path}"));
        let paths = urls.iter().cloned().chain(others).chain([retained.clone(), current.clone()]).collect();
        Served { name, files: StaticFiles::new(assets), urls, paths }
    };
    let mut served = vec![
        served("production", &site.production()),
        served("development", &site.development()),
        served("version query", &build_free(Strategy::VersionQuery, "/static/")),
        served("ordered token", &with_token(Token::ordered(1000).unwrap())),
        served("opaque token", &with_token(Token::opaque("3f2a91b").unwrap().previous(["9c01d22"]).unwrap())),
    ];
    served[0].urls.push(retained.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(hash_large_files(&served));
    Fixture { _site: site, served, runtime }
});

/// Requests the large files until their digests are known. Afterwards equal requests get equal responses.
async fn hash_large_files(served: &[Served]) {
    for Served { files, .. } in served {
        for encoding in ["identity", "gzip", "br"] {
            let headers = [("accept-encoding", encoding)];
            get_until(files, "/large.txt", &headers, |response| response.header("etag") != "-").await;
        }
    }
}

const NAMES: &[&str] =
    &["accept-encoding", "range", "if-none-match", "if-match", "if-range", "if-modified-since", "accept"];

/// Values of headers. `ETAG` is replaced with the current tag of the file.
const VALUES: &[&str] = &[
    "gzip",
    "br;q=0.5, gzip",
    "identity;q=0",
    "*;q=0",
    "*",
    "",
    "bytes=0-1",
    "bytes=-5",
    "bytes=5-",
    "bytes=9999-",
    "bytes=1-0",
    "bytes=0-1,3-4",
    "\"x\"",
    "W/\"x\"",
    "ETAG",
    "W/ETAG",
    "\"x\", ETAG",
    "garbage",
    "Sat, 29 Oct 2044 19:43:31 GMT",
];

fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

fn versions(path: &str) -> impl Iterator<Item = &str> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|parameter| parameter.strip_prefix("v="))
}

impl Served {
    /// Returns `true` if the response must be immutable.
    fn is_proven(&self, path: &str, bytes: &[u8]) -> bool {
        let hash = ContentHash::from_content(bytes);
        let proves =
            |version: &str| version == hash.as_str() || (self.name == "version query" && version == "v1");
        let mut versions = versions(path).peekable();
        self.has_version_in_path(without_query(path)) || versions.peek().is_some() && versions.all(proves)
    }

    /// Returns `true` if the version is in the path. The query is then ignored.
    fn has_version_in_path(&self, plain: &str) -> bool {
        !["development", "version query"].contains(&self.name) && self.urls.iter().any(|url| url == plain)
    }
}

async fn check(served: &Served, path: &str, method: Method, headers: &[(&'static str, &'static str)]) {
    let Served { name, files, .. } = served;
    let whole = send(files, Method::GET, path, &[]).await;
    let filled: Vec<_> =
        headers.iter().map(|(name, value)| (*name, value.replace("ETAG", whole.header("etag")))).collect();
    let filled: Vec<_> = filled.iter().map(|(name, value)| (*name, &**value)).collect();
    let response = send(files, method.clone(), path, &filled).await;
    let context = format!("{name} {method} {path} {filled:?}: {} {:?}", response.status, response.headers);
    let status = response.status.as_u16();

    assert!([200, 206, 301, 304, 404, 405, 406, 412, 416, 503].contains(&status), "{context}");
    assert!(status != 503 || (*name == "ordered token" && path.starts_with("/2000/")), "{context}");
    assert!(
        status == 200 || status == 206 || status == 304 || response.cache_control() == "no-store",
        "{context}"
    );
    if [200, 206, 304].contains(&status) {
        assert_cache_control(served, path, &response, &whole, &context);
    }
    if status == 301 {
        let (_, rest) = path[1..].split_once('/').unwrap();
        assert!(name.ends_with("token") && response.header("location").ends_with(rest), "{context}");
    }
    if status == 304 {
        let tag = response.header("etag").trim_matches('"').to_owned();
        let matches_tag = |(name, value): &(&str, &str)| {
            *name == "if-none-match" && (value.contains(&tag) || *value == "*")
        };
        assert!(filled.iter().any(matches_tag), "{context}");
        assert!(response.body.is_empty() && response.header("content-length") == "-", "{context}");
        assert_eq!(response.cache_control(), whole.cache_control(), "{context}");
    }
    if status == 206 {
        assert!(is_part_of(&response, &whole), "{context}");
    }
    if status == 200 && method == Method::GET {
        assert_eq!(response.header("content-length"), response.body.len().to_string(), "{context}");
        let is_whole = response.body == whole.body;
        assert_eq!(response.header("content-encoding") == "-", is_whole, "{context}");
        assert_eq!(response.header("etag") == whole.header("etag"), is_whole, "{context}");
        assert!(is_whole || response.header("vary") == "Accept-Encoding", "{context}");
    }
    assert_eq!(response.header("x-content-type-options"), "nosniff", "{context}");
    if !headers.iter().any(|(name, _)| *name == "range") {
        let [get, head] = [Method::GET, Method::HEAD].map(|method| send(files, method, path, &filled));
        let (get, head) = (get.await, head.await);
        assert_eq!((get.status, get.headers), (head.status, head.headers), "{context}");
        assert!(head.body.is_empty());
    }
}

fn assert_cache_control(
    served: &Served,
    path: &str,
    response: &TestResponse,
    whole: &TestResponse,
    context: &str,
) {
    let has_unknown_token = served.name == "opaque token" && !FILES.contains(&&without_query(path)[1..]);
    let expected: &[&str] = if served.is_proven(path, &whole.body) {
        &[IMMUTABLE]
    } else if versions(path).next().is_some() || has_unknown_token {
        &["no-store"]
    } else {
        &[ONE_HOUR, "no-cache"]
    };
    assert!(expected.contains(&response.cache_control()), "{expected:?}: {context}");
}

/// Returns `true` if the body is the part of `whole` that `Content-Range` declares.
fn is_part_of(response: &TestResponse, whole: &TestResponse) -> bool {
    let range =
        response.header("content-range").strip_prefix("bytes ").and_then(|range| range.split_once('/'));
    let Some(((first, last), size)) = range.and_then(|(range, size)| Some((range.split_once('-')?, size)))
    else {
        return false;
    };
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    size == whole.body.len().to_string() && whole.body.get(first..=last) == Some(&*response.body)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn responses_to_random_requests_are_consistent(
        position in 0..FIXTURE.served.len(),
        path in any::<Index>(),
        query in select(&["", "", "", "?v=", "?v=v1", "?v=x", "?rev=1", "?v=v1&v=2", "?x=1&v=v1"][..]),
        method in select(&[Method::GET, Method::GET, Method::HEAD, Method::POST][..]),
        headers in vec((select(NAMES), select(VALUES)), 0..4),
    ) {
        let served = &FIXTURE.served[position];
        let path = path.get(&served.paths);
        let path = if query.is_empty() { path.clone() } else { format!("{}{query}", without_query(path)) };
        FIXTURE.runtime.block_on(check(served, &path, method, &headers));
    }
}

/// Cuts a file at these thousandths of its `length`. Returns the start and the end of each piece.
fn pieces(length: usize, cuts: &[usize]) -> Vec<(usize, usize)> {
    let mut ends: Vec<_> = cuts.iter().map(|cut| length * cut / 1000).chain([0, length]).collect();
    ends.sort_unstable();
    ends.dedup();
    ends.windows(2).map(|ends| (ends[0], ends[1])).collect()
}

async fn assert_ranges_add_up(served: &Served, path: &str, cuts: &[usize], encoding: &str) {
    let whole = get(&served.files, path).await;
    let (tag, mut sum) = (whole.header("etag"), Vec::new());
    for (start, end) in pieces(whole.body.len(), cuts) {
        let range = format!("bytes={start}-{}", end - 1);
        let headers = [("range", &*range), ("if-range", tag), ("accept-encoding", encoding)];
        let part = send(&served.files, Method::GET, path, &headers).await;
        let context = format!("{} {path} {range}: {} {:?}", served.name, part.status, part.headers);
        assert_eq!((part.status.as_u16(), part.header("etag")), (206, tag), "{context}");
        assert_eq!(part.header("content-length"), part.body.len().to_string(), "{context}");
        assert!(is_part_of(&part, &whole) && part.body.len() == end - start, "{context}");
        sum.extend_from_slice(&part.body);
    }
    assert!(sum == whole.body, "{} {path} {cuts:?}", served.name);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn ranges_add_up_to_the_whole_file(
        position in 0..FIXTURE.served.len(),
        path in any::<Index>(),
        cuts in vec(0..=1000_usize, 0..6),
        encoding in select(&["", "gzip", "br, *;q=0.1"][..]),
    ) {
        let served = &FIXTURE.served[position];
        let url: &String = path.get(&served.urls);
        FIXTURE.runtime.block_on(assert_ranges_add_up(served, url, &cuts, encoding));
    }
}
