//! The conformance requests for one URL.

use std::{
    fmt, thread,
    time::{Duration, Instant},
};

use crate::{Result, client::Client};

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The headers of GET and HEAD requests. `{etag}`, `{br}` and `{delta}` are the `ETag`s of the uncompressed response,
/// of the Brotli variant, and of the delta. `{dictionary}` is the `Available-Dictionary` of an earlier version.
const HEADERS: &[&[(&str, &str)]] = &[
    &[],
    &[("accept-encoding", "gzip")],
    &[("accept-encoding", "br")],
    &[("accept-encoding", "gzip, br, zstd")],
    &[("accept-encoding", "GZIP")],
    &[("accept-encoding", "br;q=0.5, gzip")],
    &[("accept-encoding", "gzip;q=0")],
    &[("accept-encoding", "*")],
    &[("accept-encoding", "*;q=0")],
    &[("accept-encoding", "*;q=0, gzip")],
    &[("accept-encoding", "identity;q=0")],
    &[("accept-encoding", "gzip, identity;q=0")],
    &[("accept-encoding", "")],
    &[("accept-encoding", "gzip"), ("accept-encoding", "br")],
    &[("accept-encoding", ";q=;q=,,gzip;q=9999999999")],
    &[("accept-encoding", "br, dcz"), ("available-dictionary", UNKNOWN_DICTIONARY)],
    &[("accept-encoding", "br, dcz"), ("available-dictionary", "{dictionary}")],
    &[("accept-encoding", "*"), ("available-dictionary", "{dictionary}")],
    &[("accept-encoding", "br, dcz;q=0"), ("available-dictionary", "{dictionary}")],
    &[("accept-encoding", "dcz, identity;q=0"), ("available-dictionary", "{dictionary}")],
    &[
        ("accept-encoding", "br, dcz"),
        ("available-dictionary", "{dictionary}"),
        ("available-dictionary", "{dictionary}"),
    ],
    &[("accept-encoding", "br, dcz"), ("available-dictionary", "{dictionary}"), ("if-none-match", "{delta}")],
    &[("accept-encoding", "br, dcz"), ("available-dictionary", "{dictionary}"), ("range", "bytes=0-3")],
    &[("accept-encoding", "br, dcz"), ("available-dictionary", "x{dictionary}")],
    &[("if-none-match", "{etag}")],
    &[("if-none-match", "W/{etag}")],
    &[("if-none-match", "\"x\", {etag}")],
    &[("if-none-match", "\"x\"")],
    &[("if-none-match", "*")],
    &[("if-none-match", "")],
    &[("if-none-match", "{br}"), ("accept-encoding", "br")],
    &[("if-none-match", "{etag}"), ("accept-encoding", "br")],
    &[("if-none-match", "\"x\""), ("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")],
    &[("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")],
    &[("if-unmodified-since", "Sat, 01 Jan 2000 00:00:00 GMT")],
    &[("if-match", "{etag}")],
    &[("if-match", "W/{etag}")],
    &[("if-match", "\"x\"")],
    &[("if-match", "*")],
    &[("range", "bytes=0-13")],
    &[("range", "bytes=21-30")],
    &[("range", "bytes=-3")],
    &[("range", "bytes=21-100000000")],
    &[("range", "bytes=-100000000")],
    &[("range", "bytes=100000000-")],
    &[("range", "bytes=-0")],
    &[("range", "bytes=15-0")],
    &[("range", "bytes=a-b")],
    &[("range", "items=0-1")],
    &[("range", "bytes=0-1,3-4")],
    &[("range", "bytes=0-18446744073709551615")],
    &[("range", "bytes=0-3"), ("accept-encoding", "br")],
    &[("range", "bytes=0-3"), ("if-range", "{etag}")],
    &[("range", "bytes=0-3"), ("if-range", "W/{etag}")],
    &[("range", "bytes=0-3"), ("if-range", "\"x\"")],
    &[("range", "bytes=0-3"), ("if-none-match", "{etag}")],
    &[("accept", "text/html"), ("if-none-match", "{etag}")],
    &[("accept", "text/html"), ("if-none-match", "\"x\", W/\"y\"")],
    &[("accept", "text/html"), ("range", "bytes=0-3")],
    &[("accept", "text/html"), ("accept-encoding", "br"), ("sec-fetch-dest", "document")],
    &[("sec-fetch-dest", "style"), ("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")],
    &[("x-app-requested-version", "v1")],
    &[("x-app-requested-version", "v0")],
    &[("x-app-requested-version", "")],
    &[("x-app-requested-version", "v0"), ("x-app-requested-version", "v1")],
    &[("cookie", "a=b; app_version=v1")],
    &[("cookie", "app_version=v0"), ("accept", "text/html")],
    &[("hx-request", "true"), ("x-app-requested-version", "v1")],
    &[("x-forwarded-host", "evil.example"), ("x-original-url", "/etc/passwd")],
];

/// The digest of an empty file.
const UNKNOWN_DICTIONARY: &str = ":47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";

/// The headers of requests with other methods.
const OTHER_HEADERS: &[&[(&str, &str)]] = &[
    &[],
    &[("authorization", "Bearer {bearer}")],
    &[("authorization", "Bearer x")],
    &[("authorization", "Basic x")],
    &[("x-app-requested-version", "v0")],
    &[("if-match", "\"x\"")],
];

const OTHER_METHODS: [&str; 6] = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"];

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path, &[], &[])
    }

    fn new(method: &str, path: &str, headers: &[(&'static str, &str)], values: &[(&str, &str)]) -> Self {
        let fill = |value: &str| {
            values.iter().fold(value.to_owned(), |value, (name, text)| value.replace(name, text))
        };
        let headers = headers.iter().map(|(name, value)| (*name, fill(value))).collect();
        Self { method: method.to_owned(), path: path.to_owned(), headers }
    }
}

/// Returns the requests for a URL and its variations. `line` is a line of the page `/urls`: the URL, and optionally the
/// value of `Available-Dictionary` for an earlier version.
pub(crate) fn requests(client: &mut Client, line: &str, bearer: &str) -> Result<Vec<Request>> {
    let (url, dictionary) = line.split_once(' ').unwrap_or((line, UNKNOWN_DICTIONARY));
    let etag = settled_etag(client, url, &[])?;
    let br = settled_etag(client, url, &[("accept-encoding", "br")])?;
    let delta =
        settled_etag(client, url, &[("accept-encoding", "br, dcz"), ("available-dictionary", dictionary)])?;
    let values = [
        ("{etag}", &*etag),
        ("{br}", &br),
        ("{dictionary}", dictionary),
        ("{delta}", &delta),
        ("{bearer}", bearer),
    ];
    let mut requests = Vec::new();
    for method in ["GET", "HEAD"] {
        requests.extend(HEADERS.iter().map(|headers| Request::new(method, url, headers, &values)));
    }
    for method in OTHER_METHODS {
        requests.extend(OTHER_HEADERS.iter().map(|headers| Request::new(method, url, headers, &values)));
    }
    for variation in variations(url) {
        requests.push(Request::get(&variation));
        requests.push(Request::new("GET", &variation, &[("accept-encoding", "gzip, br")], &[]));
    }
    Ok(requests)
}

/// Returns the `ETag` of a response. For a large file, waits until the server has hashed the file in the background.
fn settled_etag(client: &mut Client, url: &str, headers: &[(&'static str, &str)]) -> Result<String> {
    let begin = Instant::now();
    loop {
        let response = client.send(&Request::new("GET", url, headers, &[]))?;
        let is_large = response.status == 200 && response.body.len() > 128 * 1024;
        match response.header("etag") {
            Some(etag) => return Ok(etag.to_owned()),
            None if is_large && begin.elapsed() < Duration::from_secs(10) => {
                thread::sleep(Duration::from_millis(20));
            }
            None => return Ok("\"none\"".to_owned()),
        }
    }
}

/// Returns outdated, misspelled and hostile variations of a URL.
fn variations(url: &str) -> Vec<String> {
    let (path, query) = url.split_once('?').map_or((url, ""), |(path, query)| (path, query));
    let (folder, name) = path.rsplit_once('/').unwrap_or_default();
    let encoded = name
        .chars()
        .next()
        .filter(char::is_ascii_alphabetic)
        .map_or_else(String::new, |first| format!("{folder}/%{:02x}{}", first as u32, &name[1..]));
    let mut variations = vec![
        encoded,
        format!("{path}?"),
        format!("{path}?v="),
        format!("{path}?v=0123456789ab"),
        format!("{path}?rev=1"),
        format!("{path}?v=%zz&{query}"),
        format!("{path}?{query}&v=0123456789ab"),
        format!("{path}/"),
        format!("{path}/.."),
        format!("{path}%00.png"),
        format!("{path}%0d%0aX-Evil:%201"),
        format!("{path}.gz"),
        format!("{path}.br"),
        format!("{path}::$DATA"),
        format!("{}x", path),
        path.to_uppercase(),
        format!("{folder}/%2e%2e/{name}"),
        format!("{folder}/..%2f{name}"),
        format!("{folder}/%2e%2e%2f%2e%2e%2fetc/passwd"),
        format!("{folder}/..%5c..%5c{name}"),
        format!("{folder}//{name}"),
        format!("{folder}/./{name}"),
        format!("{folder}/%ff%fe"),
        format!("{folder}/%"),
        format!("{folder}/.env"),
        format!("{folder}/.fingerpost/releases/1.json"),
        format!("{folder}/staticfiles.json"),
        format!("{folder}/{}{name}", "a/".repeat(500)),
    ];
    variations.retain(|variation| !variation.is_empty());
    variations
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        self.headers.iter().try_for_each(|(name, value)| write!(f, "\n{name}: {value}"))
    }
}
