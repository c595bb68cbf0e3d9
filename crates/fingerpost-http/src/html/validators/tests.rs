use std::fs;

use fingerpost::{Assets, Mode};
use http::{Request, Response};

use super::*;

/// Creates a release with one asset and its hashed path.
fn release(hashed: &str, version: &str) -> Snapshot {
    release_with_map(hashed, version, "{}")
}

fn release_with_map(hashed: &str, version: &str, importmap: &str) -> Snapshot {
    let dir = tempfile::tempdir().unwrap();
    let section = format!(r#"{{"schema": 1, "importmap": {importmap}}}"#);
    let manifest =
        format!(r#"{{"version": "1.1", "paths": {{"a.css": "{hashed}"}}, "fingerpost": {section}}}"#);
    fs::write(dir.path().join("staticfiles.json"), manifest).unwrap();
    let assets = Assets::builder().collected(dir.path()).mode(Mode::Production).app_version(version);
    assets.build().unwrap().snapshot()
}

fn current() -> Snapshot {
    release("a.1.css", "1")
}

fn development() -> Snapshot {
    Assets::dev(tempfile::tempdir().unwrap().path()).unwrap().snapshot()
}

type Headers<'h> = &'h [(&'h str, &'h str)];

const PAGE: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

fn begin_as(
    snapshot: &Snapshot,
    layer: &'static str,
    method: &str,
    headers: Headers<'_>,
) -> (HtmlExchange, HeaderMap) {
    let mut request = Request::builder().method(method);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    (HtmlExchange::begin(layer, "", snapshot, &mut parts), parts.headers)
}

fn begin(snapshot: &Snapshot, headers: Headers<'_>) -> (HtmlExchange, HeaderMap) {
    begin_as(snapshot, "html", "GET", headers)
}

fn finish(exchange: &HtmlExchange, status: u16, headers: Headers<'_>) -> (HtmlChange, HeaderMap) {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let (mut parts, ()) = response.body(()).unwrap().into_parts();
    (exchange.finish(&mut parts), parts.headers)
}

/// Returns the tag of the rewritten page if the application sends the tag `inner`.
fn tag(snapshot: &Snapshot, inner: &str) -> String {
    let (exchange, _) = begin(snapshot, &[]);
    let (change, headers) = finish(&exchange, 200, &[HTML, ("etag", inner)]);
    assert_eq!(change, HtmlChange::Body(HtmlEncoding::default()));
    text(&headers, "etag")
}

const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");

#[track_caller]
fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

/// Returns the sorted header names without duplicates.
fn names(headers: &HeaderMap) -> Vec<&str> {
    let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn etag_becomes_weak_and_changes_with_the_release_and_the_app_version() {
    let one = tag(&current(), "\"x\"");
    let hash = one.strip_prefix("W/\"x-html.").unwrap().strip_suffix('"').unwrap();
    assert!(hash.len() == 12 && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{one}");
    assert_eq!(tag(&release("a.1.css", "1"), "\"x\""), one, "the tag is the same on all servers");
    assert_eq!(tag(&current(), "W/\"x\""), one);
    assert_ne!(tag(&release("a.2.css", "1"), "\"x\""), one);
    assert_ne!(tag(&release("a.1.css", "2"), "\"x\""), one);
    assert_ne!(tag(&current(), "\"y\""), one);
    let (mut request, ()) = Request::new(()).into_parts();
    let other = HtmlExchange::begin("html", "other settings", &current(), &mut request);
    assert_ne!(text(&finish(&other, 200, &[HTML, ("etag", "\"x\"")]).1, "etag"), one);
}

#[test]
fn invalid_etags_and_all_etags_in_development_are_removed() {
    for bad in ["x", "\"x", "w/\"x\"", "", "\"x\", \"y\""] {
        assert_eq!(tag(&current(), bad), "", "{bad}");
    }
    assert_eq!(tag(&development(), "\"x\""), "");
}

#[test]
fn headers_describing_the_unchanged_page_are_removed() {
    let (exchange, _) = begin(&current(), &[]);
    let headers = [
        HTML,
        ("last-modified", "Sat, 29 Oct 1994 19:43:31 GMT"),
        ("accept-ranges", "bytes"),
        ("content-length", "12"),
        ("content-md5", "x"),
        ("digest", "x"),
        ("content-digest", "x"),
        ("repr-digest", "x"),
        ("cache-control", "no-cache"),
        ("content-encoding", "identity"),
        ("vary", "cookie"),
    ];
    let (_, headers) = finish(&exchange, 200, &headers);
    assert_eq!(names(&headers), ["cache-control", "content-encoding", "content-type", "vary"]);
}

#[test]
fn responses_that_are_not_html_pages_are_unchanged() {
    let (exchange, _) = begin(&current(), &[]);
    let own =
        [("etag", "\"x\""), ("last-modified", "x"), ("content-length", "3"), ("accept-ranges", "bytes")];
    let with = |status, more: Headers<'_>| {
        let headers = [&own, more].concat();
        let (change, after) = finish(&exchange, status, &headers);
        (change, names(&after).len() == headers.len() && text(&after, "etag") == "\"x\"")
    };
    for (status, more) in [
        (200, &[("content-type", "text/css")][..]),
        (200, &[("content-type", "application/xhtml+xml")]),
        (200, &[("content-type", "text/html; charset=utf-16")]),
        (200, &[]),
        (200, &[HTML, ("content-encoding", "gzip")]),
        (200, &[HTML, ("content-encoding", "identity, br")]),
        (200, &[HTML, ("cache-control", "public, max-age=31536000, immutable")]),
        (200, &[HTML, ("cache-control", "Immutable")]),
        (200, &[HTML, ("cache-control", "no-cache, No-Transform")]),
        (101, &[HTML]),
        (204, &[HTML]),
        (205, &[HTML]),
        (206, &[HTML, ("content-range", "bytes 0-2/3")]),
        (304, &[HTML]),
    ] {
        assert_eq!(with(status, more), (HtmlChange::Nothing, true), "{status} {more:?}");
    }
    for status in [200, 201, 404, 500] {
        assert_eq!(with(status, &[HTML]).0, HtmlChange::Body(HtmlEncoding::default()), "{status}");
    }
}

#[test]
fn responses_that_are_not_html_pages_cause_no_allocation() {
    let (snapshot, css) = (current(), [("content-type", "text/css"), ("etag", "\"x\"")]);
    let (mut request, ()) =
        Request::get("/a.css").header("accept", "text/css").body(()).unwrap().into_parts();
    let mut response = Response::builder();
    for (name, value) in css {
        response = response.header(name, value);
    }
    let (mut response, ()) = response.body(()).unwrap().into_parts();
    let info = allocation_counter::measure(|| {
        let exchange = HtmlExchange::begin("html", "settings", &snapshot, &mut request);
        assert_eq!(exchange.finish(&mut response), HtmlChange::Nothing);
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn head_gets_the_headers_of_get() {
    let response = [HTML, ("etag", "\"x\""), ("content-length", "3"), ("last-modified", "x")];
    let (get, _) = begin_as(&current(), "html", "GET", &[]);
    let (head, _) = begin_as(&current(), "html", "HEAD", &[]);
    let ((_, by_get), (change, by_head)) = (finish(&get, 200, &response), finish(&head, 200, &response));
    assert_eq!(change, HtmlChange::Headers);
    assert_eq!(by_get, by_head);
}

#[test]
fn if_modified_since_is_forwarded_only_for_subresources() {
    let date = ("if-modified-since", "Sat, 29 Oct 1994 19:43:31 GMT");
    for (destination, is_forwarded) in [
        ("style", true),
        ("script", true),
        ("image", true),
        ("font", true),
        ("worker", true),
        ("document", false),
        ("iframe", false),
        ("frame", false),
        ("fencedframe", false),
        ("embed", false),
        ("object", false),
        ("empty", false),
        ("something-new", false),
    ] {
        let (_, headers) = begin(&current(), &[date, ("sec-fetch-dest", destination)]);
        assert_eq!(headers.contains_key(IF_MODIFIED_SINCE), is_forwarded, "{destination}");
    }
    assert!(!begin(&current(), &[date]).1.contains_key(IF_MODIFIED_SINCE));
    let (_, headers) = begin_as(&current(), "html", "HEAD", &[date]);
    assert!(!headers.contains_key(IF_MODIFIED_SINCE));
}

#[test]
fn range_headers_are_removed_from_page_requests() {
    let range = [("range", "bytes=0-1"), ("if-range", "\"x\"")];
    let ranges = |accept| names(&begin(&current(), &[&range[..], accept].concat()).1).len();
    assert_eq!(ranges(&[("accept", "*/*")]), 3);
    assert_eq!(ranges(&[]), 2);
    assert_eq!(ranges(&[PAGE]), 1);
    assert_eq!(ranges(&[("accept", "image/png, Text/HTML;q=0.5")]), 1);
    assert_eq!(ranges(&[("accept", "image/png"), ("accept", "text/html")]), 1);
}

#[test]
fn current_suffix_is_removed_from_a_forwarded_etag() {
    let (current, earlier) = (current(), release("a.0.css", "1"));
    let (ours, old) = (tag(&current, "\"x\""), tag(&earlier, "\"x\""));
    let strong = ours.trim_start_matches("W/").to_owned();
    let forwarded = |accept: &str, list: &str| {
        text(&begin(&current, &[("if-none-match", list), ("accept", accept)]).1, "if-none-match")
    };
    for (list, for_any, for_a_page) in [
        (&*ours, "W/\"x\"", "W/\"x\""),
        (&strong, "\"x\"", "\"x\""),
        (&old, "", ""),
        ("\"y\"", "\"y\"", ""),
        ("*", "*", ""),
        ("not a tag", "not a tag", ""),
        (&format!("{old} ,\"y\", {ours}"), "\"y\", W/\"x\"", "W/\"x\""),
        ("\"x-html.zzzzzzzzzzzz\"", "\"x-html.zzzzzzzzzzzz\"", ""),
        ("\"x-other.0123456789ab\"", "\"x-other.0123456789ab\"", ""),
        ("\"2d-0123456789ab\"", "\"2d-0123456789ab\"", ""),
        ("\"html.0123456789ab\"", "\"html.0123456789ab\"", ""),
        ("\"\"", "\"\"", ""),
    ] {
        assert_eq!(forwarded("*/*", list), for_any, "{list}");
        assert_eq!(forwarded(PAGE.1, list), for_a_page, "{list}");
    }
    let (_, headers) = begin(&development(), &[("if-none-match", &ours)]);
    assert_eq!(headers.len(), 0, "there is no suffix in development");
}

#[test]
fn page_with_a_changed_import_map_is_sent_again() {
    let [before, after] =
        [r#"{"x": "a.css"}"#, r#"{"y": "a.css"}"#].map(|map| release_with_map("a.1.css", "1", map));
    let old = tag(&before, "\"x\"");
    assert_ne!(tag(&after, "\"x\""), old);
    for accept in [PAGE.1, "*/*"] {
        let (exchange, headers) = begin(&after, &[("if-none-match", &old), ("accept", accept)]);
        assert!(!headers.contains_key(IF_NONE_MATCH), "the application cannot respond with 304");
        assert_eq!(
            finish(&exchange, 200, &[HTML, ("etag", "\"x\"")]).0,
            HtmlChange::Body(HtmlEncoding::default())
        );
    }
    let (_, headers) = begin(&before, &[("if-none-match", &old)]);
    assert_eq!(text(&headers, "if-none-match"), "W/\"x\"");
}

#[test]
fn if_none_match_lists_in_several_headers_are_merged() {
    let ours = tag(&current(), "\"x\"");
    let lists = [("if-none-match", "\"y\""), ("if-none-match", &*ours)];
    let (_, headers) = begin(&current(), &lists);
    assert_eq!(headers.get_all(IF_NONE_MATCH).iter().collect::<Vec<_>>(), ["\"y\", W/\"x\""]);
}

#[test]
fn if_modified_since_is_removed_when_if_none_match_is_removed() {
    let old = tag(&release("a.0.css", "1"), "\"x\"");
    let conditions = [
        ("if-none-match", &*old),
        ("if-modified-since", "Sat, 29 Oct 1994 19:43:31 GMT"),
        ("sec-fetch-dest", "image"),
    ];
    assert_eq!(names(&begin(&current(), &conditions).1), ["sec-fetch-dest"]);
    let other = [("if-none-match", "\"y\""), conditions[1], conditions[2]];
    assert_eq!(begin(&current(), &other).1.len(), 3);
}

#[test]
fn if_match_and_conditions_of_unsafe_methods_are_unchanged() {
    let ours = tag(&current(), "\"x\"");
    let conditions = [
        ("if-match", &*ours),
        ("if-unmodified-since", "Sat, 29 Oct 1994 19:43:31 GMT"),
        ("if-none-match", &ours),
        ("if-modified-since", "Sat, 29 Oct 1994 19:43:31 GMT"),
        ("range", "bytes=0-1"),
        PAGE,
    ];
    for method in ["PUT", "POST", "DELETE"] {
        let (_, headers) = begin_as(&current(), "html", method, &conditions);
        assert_eq!(headers.len(), conditions.len(), "{method}");
        assert_eq!(text(&headers, "if-none-match"), ours);
    }
    let (_, headers) = begin(&current(), &conditions);
    assert_eq!(names(&headers), ["accept", "if-match", "if-none-match", "if-unmodified-since"]);
    assert_eq!(text(&headers, "if-match"), ours);
}

#[test]
fn etag_suffix_is_restored_in_a_304_response() {
    let ours = tag(&current(), "\"x\"");
    let list = format!("{ours}, \"y\"");
    let (exchange, _) = begin(&current(), &[("if-none-match", &list)]);
    for tag in ["\"x\"", "W/\"x\""] {
        let (change, headers) =
            finish(&exchange, 304, &[("etag", tag), ("last-modified", "x"), ("vary", "x")]);
        assert_eq!((change, text(&headers, "etag")), (HtmlChange::Nothing, ours.clone()));
        assert_eq!(names(&headers), ["etag", "vary"]);
    }
    for tag in ["\"y\"", "\"z\"", "x"] {
        let (_, headers) = finish(&exchange, 304, &[("etag", tag), ("last-modified", "x")]);
        assert_eq!((text(&headers, "etag"), headers.len()), (tag.to_owned(), 2));
    }
    let (_, headers) = finish(&exchange, 304, &[("etag", "\"x\""), ("cache-control", "immutable")]);
    assert_eq!(text(&headers, "etag"), "\"x\"");
}

#[test]
fn nested_layers_add_and_remove_their_own_etag_suffix() {
    let snapshot = current();
    for (outer, inner) in [("version", "html"), ("html", "html")] {
        let send = |tag: Headers<'_>| {
            let (outside, headers) = begin_as(&snapshot, outer, "GET", tag);
            let middle = text(&headers, "if-none-match");
            let middle = Some(("if-none-match", &*middle)).filter(|(_, list)| !list.is_empty());
            let (inside, headers) = begin_as(&snapshot, inner, "GET", middle.as_slice());
            (outside, inside, text(&headers, "if-none-match"))
        };
        let receive = |outside: &HtmlExchange, inside: &HtmlExchange, status| {
            let (_, headers) = finish(inside, status, &[HTML, ("etag", "\"x\"")]);
            let middle = text(&headers, "etag");
            text(&finish(outside, status, &[HTML, ("etag", &middle)]).1, "etag")
        };
        let (outside, inside, _) = send(&[]);
        let tag = receive(&outside, &inside, 200);
        assert!(tag.starts_with(&format!("W/\"x-{inner}.")) && tag.contains(&format!("-{outer}.")), "{tag}");

        let (outside, inside, forwarded) = send(&[("if-none-match", &tag)]);
        assert_eq!(forwarded, "W/\"x\"");
        assert_eq!(receive(&outside, &inside, 304), tag);
    }
}
