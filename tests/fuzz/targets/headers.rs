//! Checks each response against the response without conditions and ranges: status, body, `ETag`, `Content-Length` and
//! `Content-Range`.
#![no_main]

use std::{fs, sync::LazyLock};

use fingerpost::{Assets, Mode, manifest::Digest};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_http::{AssetServer, Content, EntityTag};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{
        ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_MATCH, IF_NONE_MATCH,
        IF_RANGE, RANGE,
    },
    request::Parts,
};
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    method: u8,
    path: Path<'a>,
    headers: Vec<(Name, Value<'a>)>,
}

#[derive(Debug, Arbitrary)]
enum Path<'a> {
    Known(u8),
    Other(&'a str),
}

#[derive(Debug, Clone, Copy, PartialEq, Arbitrary)]
enum Name {
    AcceptEncoding,
    AvailableDictionary,
    IfMatch,
    IfNoneMatch,
    IfRange,
    Range,
}

#[derive(Debug, Arbitrary)]
enum Value<'a> {
    /// The tag of a representation.
    Tag(u8),
    /// The digest of an earlier version as `Available-Dictionary`.
    Dictionary,
    Part(u16, u16),
    All,
    Other(&'a [u8]),
}

impl Name {
    fn header(self) -> HeaderName {
        match self {
            Self::AcceptEncoding => ACCEPT_ENCODING,
            Self::AvailableDictionary => HeaderName::from_static("available-dictionary"),
            Self::IfMatch => IF_MATCH,
            Self::IfNoneMatch => IF_NONE_MATCH,
            Self::IfRange => IF_RANGE,
            Self::Range => RANGE,
        }
    }
}

struct Site {
    server: AssetServer,
    paths: Vec<String>,
    tags: Vec<HeaderValue>,
    dictionary: HeaderValue,
}

static SITE: LazyLock<Site> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a temporary directory").keep();
    let (source, out) = (dir.join("static"), dir.join("out"));
    fs::create_dir(&source).expect("a new directory");
    let script = |count: u32| (0..count).map(|n| format!("f({n}, {});\n", n * n)).collect::<String>();
    fs::write(source.join("empty.txt"), "").expect("a file");
    fs::write(source.join("a.png"), "not compressible").expect("a file");
    let config = CollectConfig::new(&out)
        .source(&source)
        .originals(true)
        .compress(["gzip:1", "br:1", "zstd:1", "dcz"]);
    for count in [900, 901] {
        fs::write(source.join("app.js"), script(count)).expect("a file");
        collect(&config).expect("a collected site");
    }
    let assets = Assets::builder().collected(&out).mode(Mode::Production).build().expect("assets");
    let mut paths: Vec<_> = assets.iter().map(|(_, url)| url["/static".len()..].to_owned()).collect();
    paths.extend(["/app.js", "/a.png", "/empty.txt", "/missing.js"].map(str::to_owned));
    let sha256 = Digest::from_content(script(900).as_bytes());
    let base64 = data_encoding::BASE64.encode(sha256.as_bytes());
    let dictionary = HeaderValue::try_from(format!(":{base64}:")).expect("a header value");
    let mut site = Site { server: AssetServer::new(&assets), paths, tags: Vec::new(), dictionary };
    for path in &site.paths {
        for encoding in ["", "gzip", "br", "zstd", "dcz"] {
            let mut headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(encoding))]);
            headers.insert(Name::AvailableDictionary.header(), site.dictionary.clone());
            let response =
                site.server.respond_blocking(&request(&Method::GET, path, &headers).expect("a request"));
            site.tags.extend(response.headers().get(ETAG).cloned());
        }
    }
    let encodings = site.tags.iter().collect::<std::collections::HashSet<_>>().len();
    assert!(encodings >= 7, "app.js has five representations, and the other files one each");
    site
});

fn request(method: &Method, path: &str, headers: &HeaderMap) -> Option<Parts> {
    let mut request = Request::builder().method(method).uri(path).body(()).ok()?;
    request.headers_mut().clone_from(headers);
    Some(request.into_parts().0)
}

impl Site {
    fn value(&self, value: &Value<'_>) -> Option<HeaderValue> {
        Some(match value {
            Value::Tag(index) => self.tags[usize::from(*index) % self.tags.len()].clone(),
            Value::Dictionary => self.dictionary.clone(),
            Value::Part(first, last) => HeaderValue::try_from(format!("bytes={first}-{last}")).ok()?,
            Value::All => HeaderValue::from_static("dcz, br, zstd, gzip"),
            Value::Other(bytes) => HeaderValue::from_bytes(bytes).ok()?,
        })
    }
}

fn body(content: &Content) -> &[u8] {
    match content {
        Content::Bytes(bytes) => bytes,
        Content::File(_) => panic!("the files are small"),
    }
}

fn text<'r>(response: &'r Response<Content>, name: &HeaderName) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().expect("an ASCII header"))
}

/// Returns the start and the end in `Content-Range`, and the size of the whole representation.
fn content_range(value: &str) -> Option<(usize, usize, usize)> {
    let (part, size) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = part.split_once('-')?;
    Some((first.parse().ok()?, last.parse::<usize>().ok()? + 1, size.parse().ok()?))
}

fuzz_target!(|input: Input<'_>| {
    let site = &*SITE;
    let path = match input.path {
        Path::Known(index) => &site.paths[usize::from(index) % site.paths.len()],
        Path::Other(path) => path,
    };
    let method = [Method::GET, Method::HEAD, Method::POST][usize::from(input.method) % 3].clone();
    let (mut headers, mut unconditional) = (HeaderMap::new(), HeaderMap::new());
    for (name, value) in &input.headers {
        let Some(value) = site.value(value) else { continue };
        if matches!(name, Name::AcceptEncoding | Name::AvailableDictionary) {
            unconditional.append(name.header(), value.clone());
        }
        headers.append(name.header(), value);
    }
    let Some(parts) = request(&method, path, &headers) else { return };
    let response = site.server.respond_blocking(&parts);
    let bytes = body(response.body());
    if let Some(early) = site.server.respond(&parts) {
        assert_eq!(
            (early.status(), early.headers(), body(early.body())),
            (response.status(), response.headers(), bytes)
        );
    }
    if method != Method::GET {
        assert!(
            bytes.is_empty() || method == Method::POST && response.status() == StatusCode::METHOD_NOT_ALLOWED
        );
    } else if let Some(length) = text(&response, &CONTENT_LENGTH) {
        assert_eq!(length, bytes.len().to_string());
    }
    if method == Method::POST {
        return assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
    let whole =
        site.server.respond_blocking(&request(&Method::GET, path, &unconditional).expect("the same request"));
    let all = body(whole.body());
    let tag = text(&whole, &ETAG);
    if whole.status() == StatusCode::OK {
        assert_eq!(tag, Some(EntityTag::from_digest(&Digest::from_content(all)).as_str()));
        let coding = text(&whole, &CONTENT_ENCODING);
        let accepted = headers.get_all(ACCEPT_ENCODING).iter().any(|value| {
            let value = value.as_bytes().to_ascii_lowercase();
            coding.is_none_or(|coding| {
                value.windows(coding.len()).any(|part| part == coding.as_bytes()) || value.contains(&b'*')
            })
        });
        assert!(coding.is_none() || accepted, "{coding:?}");
        assert!(coding != Some("dcz") || headers.contains_key("available-dictionary"));
    }
    // Ranges refer to the uncompressed file.
    let identity = site
        .server
        .respond_blocking(&request(&Method::GET, path, &HeaderMap::new()).expect("the same request"));
    let (uncompressed, uncompressed_tag) = (body(identity.body()), text(&identity, &ETAG));
    match response.status() {
        StatusCode::OK => {
            assert_eq!((whole.status(), text(&response, &ETAG)), (StatusCode::OK, tag));
            assert!(method == Method::HEAD || bytes == all);
        }
        StatusCode::PARTIAL_CONTENT => {
            let range = text(&response, &CONTENT_RANGE).expect("a range");
            let (start, end, size) = content_range(range).expect("a valid range");
            assert_eq!((size, text(&response, &ETAG)), (uncompressed.len(), uncompressed_tag));
            assert_eq!((method, bytes), (Method::GET, &uncompressed[start..end]));
            assert!(headers.contains_key(RANGE));
        }
        StatusCode::NOT_MODIFIED => {
            let found = text(&response, &ETAG);
            assert!(found == tag || found == uncompressed_tag && headers.contains_key(RANGE));
            assert!(bytes.is_empty() && headers.contains_key(IF_NONE_MATCH));
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            assert_eq!(text(&response, &CONTENT_RANGE), Some(&*format!("bytes */{}", uncompressed.len())));
        }
        StatusCode::PRECONDITION_FAILED => assert!(headers.contains_key(IF_MATCH)),
        status => assert_eq!(status, whole.status()),
    }
});
