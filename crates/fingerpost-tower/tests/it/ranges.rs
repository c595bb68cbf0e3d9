//! Range requests (RFC 9110, §14) and conditional requests (§13).

use fingerpost_tower::StaticFiles;
use http::Method;

use super::site::{ONE_HOUR, Site, TestResponse, get_hashed, send};

/// Returns forty distinct bytes.
fn forty_bytes() -> Vec<u8> {
    (b'0'..b'0' + 40).collect()
}

struct Files(StaticFiles);

impl Files {
    async fn new() -> (Site, Self) {
        let site = Site::new(&[
            ("forty.txt", &forty_bytes()),
            ("empty.txt", b""),
            ("large.txt", &vec![b'l'; 300_000]),
        ]);
        let files = StaticFiles::new(&site.collect_compressed(&["gzip"]).production());
        get_hashed(&files, "/large.txt").await;
        (site, Self(files))
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> TestResponse {
        send(&self.0, Method::GET, path, headers).await
    }
}

#[tokio::test]
async fn bytes_of_a_single_range_are_sent() {
    let (_site, files) = Files::new().await;
    for (range, part, content_range) in [
        ("bytes=0-13", 0..14, "bytes 0-13/40"),
        ("bytes=21-30", 21..31, "bytes 21-30/40"),
        ("bytes=-3", 37..40, "bytes 37-39/40"),
        ("bytes=21-100000", 21..40, "bytes 21-39/40"),
        ("bytes=-100000", 0..40, "bytes 0-39/40"),
        ("bytes=7-7", 7..8, "bytes 7-7/40"),
        ("bytes=39-", 39..40, "bytes 39-39/40"),
    ] {
        let response = files.get("/forty.txt", &[("range", range)]).await;
        response.assert_is(206, ONE_HOUR, &forty_bytes()[part.clone()]);
        assert_eq!(response.header("content-range"), content_range);
        assert_eq!(response.header("content-length"), part.len().to_string());
        assert_ne!(response.header("etag"), "-");
    }
}

#[tokio::test]
async fn range_beyond_the_end_is_a_416() {
    let (_site, files) = Files::new().await;
    for range in ["bytes=10000-11000", "bytes=-0", "bytes=40-"] {
        let response = files.get("/forty.txt", &[("range", range)]).await;
        assert_eq!((response.status.as_u16(), response.cache_control()), (416, "no-store"), "{range}");
        assert_eq!(response.header("content-range"), "bytes */40");
    }
}

#[tokio::test]
async fn whole_file_is_sent_for_invalid_and_multiple_ranges() {
    let (_site, files) = Files::new().await;
    let hundred = format!("bytes={}", (0..100).map(|n| format!("{n}-{n}")).collect::<Vec<_>>().join(","));
    for range in ["bytes=15-0", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", "bytes=0-20,10-30", &hundred, "x"]
    {
        files.get("/forty.txt", &[("range", range)]).await.assert_is(200, ONE_HOUR, &forty_bytes());
    }
    for range in ["bytes=0-1", "bytes=-1", "bytes=5-"] {
        files.get("/empty.txt", &[("range", range)]).await.assert_is(200, ONE_HOUR, b"");
    }
    let head = send(&files.0, Method::HEAD, "/forty.txt", &[("range", "bytes=0-1")]).await;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, "40"));
}

#[tokio::test]
async fn ranges_of_a_large_file_add_up_to_the_file() {
    let (_site, files) = Files::new().await;
    let mut sum = Vec::new();
    for range in ["bytes=0-99999", "bytes=100000-199999", "bytes=200000-"] {
        let part = files.get("/large.txt", &[("range", range)]).await;
        assert_eq!(part.status, 206);
        sum.extend_from_slice(&part.body);
    }
    assert_eq!(sum, vec![b'l'; 300_000]);
}

#[tokio::test]
async fn ranges_always_apply_to_the_uncompressed_file() {
    let (_site, files) = Files::new().await;
    let whole = files.get("/large.txt", &[("accept-encoding", "gzip")]).await;
    assert_eq!(whole.header("content-encoding"), "gzip");
    // A client that resumed a compressed download would get bytes of the uncompressed file.
    assert_eq!(whole.header("accept-ranges"), "-");

    let part = files.get("/large.txt", &[("accept-encoding", "gzip"), ("range", "bytes=1-2")]).await;
    part.assert_is(206, ONE_HOUR, b"ll");
    assert_eq!((part.header("content-encoding"), part.header("vary")), ("-", "Accept-Encoding"));
    assert_ne!(part.header("etag"), whole.header("etag"));

    let only = [("accept-encoding", "gzip, identity;q=0"), ("range", "bytes=1-2")];
    let response = files.get("/large.txt", &only).await;
    assert_eq!((response.status.as_u16(), response.header("content-encoding")), (200, "gzip"));
}

#[tokio::test]
async fn if_range_matches_only_the_etag_of_the_uncompressed_file() {
    let (_site, files) = Files::new().await;
    let tag = files.get("/large.txt", &[]).await.header("etag").to_owned();
    let gzip = files.get("/large.txt", &[("accept-encoding", "gzip")]).await.header("etag").to_owned();
    let weak = format!("W/{tag}");
    for (condition, status) in [
        (&*tag, 206),
        (&*weak, 200),
        (&*gzip, 200),
        ("\"other\"", 200),
        ("Sat, 29 Oct 2044 19:43:31 GMT", 200),
        ("garbage", 200),
    ] {
        let response = files.get("/large.txt", &[("range", "bytes=0-1"), ("if-range", condition)]).await;
        assert_eq!(response.status, status, "{condition}");
    }
    // If the `If-Range` condition fails, an unsatisfiable range is ignored.
    let headers = [("range", "bytes=999999-"), ("if-range", "\"other\"")];
    assert_eq!(files.get("/large.txt", &headers).await.status, 200);
}

#[tokio::test]
async fn matching_if_none_match_is_a_304() {
    let (_site, files) = Files::new().await;
    let full = files.get("/large.txt", &[("accept-encoding", "gzip")]).await;
    let tag = full.header("etag");
    let weak = format!("W/{tag}");
    let list = format!("\"a\", {tag}");
    for tags in [tag, &weak, &list, "*"] {
        let headers = [("accept-encoding", "gzip"), ("if-none-match", tags)];
        let response = files.get("/large.txt", &headers).await;
        response.assert_is(304, ONE_HOUR, b"");
        assert_eq!((response.header("etag"), response.header("vary")), (tag, "Accept-Encoding"));
        assert_eq!((response.header("content-length"), response.header("content-type")), ("-", "-"));
    }
    // The tag belongs to another encoding.
    assert_eq!(files.get("/large.txt", &[("if-none-match", tag)]).await.status, 200);
}

#[tokio::test]
async fn conditions_on_dates_are_ignored() {
    let (_site, files) = Files::new().await;
    for date in ["Sat, 29 Oct 2044 19:43:31 GMT", "Sat, 29 Oct 1994 19:43:31 GMT", "garbage"] {
        for name in ["if-modified-since", "if-unmodified-since"] {
            let headers = [(name, date), ("if-none-match", "\"other\"")];
            files.get("/forty.txt", &headers).await.assert_is(200, ONE_HOUR, &forty_bytes());
            files.get("/forty.txt", &headers[..1]).await.assert_is(200, ONE_HOUR, &forty_bytes());
        }
    }
}

#[tokio::test]
async fn non_matching_if_match_is_a_412() {
    let (_site, files) = Files::new().await;
    let tag = files.get("/forty.txt", &[]).await.header("etag").to_owned();
    for (tags, status) in [(&*tag, 200), ("*", 200), ("\"other\"", 412), ("", 412)] {
        let response = files.get("/forty.txt", &[("if-match", tags)]).await;
        assert_eq!(response.status, status, "{tags}");
    }
}
