//! What holds for every request.

use std::sync::LazyLock;

use fingerpost::{ContentHash, Mode, Token};
use fingerpost_tower::StaticFiles;
use http::Method;
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::runtime::Runtime;

use crate::site::{Answer, IMMUTABLE, Site, ask, below};

struct World {
    _site: Site,
    files: Vec<(&'static str, StaticFiles)>,
    paths: Vec<String>,
    /// What may be answered as immutable, and with which bytes.
    proven: Vec<(usize, String)>,
    runtime: Runtime,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let text = b"a { color: red }\n".repeat(100);
    let site =
        Site::new(&[("css/app.css", &text), ("img/a.png", b"png"), ("empty.js", b""), ("7/x.txt", b"seven")]);
    site.collect_compressed(&["gzip", "br"]);
    let build_free = |strategy, base| {
        site.builder(Mode::Production).strategy(strategy).base_url(base).app_version("v1").build().unwrap()
    };
    let all = [
        ("production", site.production()),
        ("development", site.development()),
        ("version query", build_free(fingerpost::Strategy::VersionQuery, "/static/")),
        (
            "path token",
            build_free(fingerpost::Strategy::PathToken(Token::ordered(1000).unwrap()), "/static/{breaker}/"),
        ),
    ];
    let mut proven = Vec::new();
    let mut paths: Vec<String> =
        ["css", "", "nope.css", "css/app.0123456789ab.css", "..", "999/css/app.css", "2000/x"]
            .map(|path| format!("/{path}"))
            .into();
    for (position, (_, assets)) in all.iter().enumerate() {
        for (path, url) in assets.iter() {
            proven.push((position, below(&url)));
            paths.extend([format!("/{path}"), below(&url)]);
        }
    }
    paths.sort();
    paths.dedup();
    let files = all.iter().map(|(name, assets)| (*name, StaticFiles::new(assets))).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    World { _site: site, files, paths, proven, runtime }
});

const NAMES: &[&str] =
    &["accept-encoding", "range", "if-none-match", "if-match", "if-range", "if-modified-since", "accept"];

/// `ETAG` stands for the tag of the file as it is.
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

async fn check(position: usize, path: &str, method: Method, headers: &[(&'static str, &'static str)]) {
    let (name, files) = &WORLD.files[position];
    let whole = ask(files, Method::GET, path, &[]).await;
    let filled: Vec<_> =
        headers.iter().map(|(name, value)| (*name, value.replace("ETAG", whole.header("etag")))).collect();
    let filled: Vec<_> = filled.iter().map(|(name, value)| (*name, &**value)).collect();
    let answer = ask(files, method.clone(), path, &filled).await;
    let context = format!("{name} {method} {path} {filled:?}: {} {:?}", answer.status, answer.headers);
    let status = answer.status.as_u16();

    assert!([200, 206, 301, 304, 404, 405, 406, 412, 416, 503].contains(&status), "{context}");
    assert!(status != 503 || (*name == "path token" && path.starts_with("/2000/")), "{context}");
    assert!(!(400..600).contains(&status) || answer.cache() == "no-store", "{context}");
    if answer.cache() == IMMUTABLE {
        let is_url = WORLD.proven.iter().any(|(other, url)| *other == position && url == path);
        let hash = format!("?v={}", ContentHash::of(&whole.body));
        assert!(is_url || path.ends_with(&hash), "{context}");
    }
    if status == 304 {
        let tag = answer.header("etag").trim_matches('"').to_owned();
        let names_it = |(name, value): &(&str, &str)| {
            *name == "if-none-match" && (value.contains(&tag) || *value == "*")
        };
        assert!(filled.iter().any(names_it), "{context}");
        assert!(answer.body.is_empty() && answer.header("content-length") == "-", "{context}");
        assert_eq!(answer.cache(), whole.cache(), "{context}");
    }
    if status == 206 {
        assert!(part_of(&answer, &whole), "{context}");
    }
    if status == 200 && method == Method::GET {
        assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{context}");
        assert!(answer.header("content-encoding") != "-" || answer.body == whole.body, "{context}");
    }
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{context}");
    if !headers.iter().any(|(name, _)| *name == "range") {
        let [get, head] = [Method::GET, Method::HEAD].map(|method| ask(files, method, path, &filled));
        let (get, head) = (get.await, head.await);
        assert_eq!((get.status, get.headers), (head.status, head.headers), "{context}");
        assert!(head.body.is_empty());
    }
}

/// Whether these are the bytes that the answer says they are.
fn part_of(answer: &Answer, whole: &Answer) -> bool {
    let range = answer.header("content-range").strip_prefix("bytes ").and_then(|range| range.split_once('/'));
    let Some(((first, last), size)) = range.and_then(|(range, size)| Some((range.split_once('-')?, size)))
    else {
        return false;
    };
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    size == whole.body.len().to_string() && whole.body.get(first..=last) == Some(&*answer.body)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_answer_keeps_its_promises(
        position in 0..4_usize,
        path in 0..WORLD.paths.len(),
        query in select(&["", "", "", "?v=", "?v=v1", "?v=x", "?rev=1", "?v=v1&v=2"][..]),
        method in select(&[Method::GET, Method::GET, Method::HEAD, Method::POST][..]),
        headers in vec((select(NAMES), select(VALUES)), 0..4),
    ) {
        let path = format!("{}{query}", WORLD.paths[path]);
        if !path.contains('?') || query.is_empty() {
            WORLD.runtime.block_on(check(position, &path, method, &headers));
        } else {
            let path = path.split('?').next().unwrap().to_owned() + query;
            WORLD.runtime.block_on(checked_cache(position, &path));
        }
    }
}

/// With a version that somebody made up: immutable only where it proves something.
async fn checked_cache(position: usize, path: &str) {
    let (name, files) = &WORLD.files[position];
    let answer = ask(files, Method::GET, path, &[]).await;
    let (plain, query) = path.split_once('?').unwrap();
    let is_url = |url: &str| WORLD.proven.iter().any(|(other, proven)| *other == position && proven == url);
    let by_itself = is_url(plain) && ["production", "path token"].contains(name);
    assert!(answer.cache() != IMMUTABLE || is_url(path) || by_itself, "{name} {path}");
    if query == "rev=1" && !by_itself && answer.status == 200 {
        assert!(["public, max-age=3600", "no-cache"].contains(&answer.cache()), "{name} {path}");
    }
}
