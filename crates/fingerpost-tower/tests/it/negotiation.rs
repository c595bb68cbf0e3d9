//! Content negotiation (RFC 9110, §12.5.3), also with missing variants.

use std::fs;

use fingerpost_tower::StaticFiles;
use http::Method;

use super::site::{IMMUTABLE, Site, path_below_mount, send};

fn text() -> Vec<u8> {
    b"a { color: red; background: url(data:) }\n".repeat(200)
}

#[tokio::test]
async fn smallest_accepted_variant_is_sent() {
    let site = Site::new(&[("a.css", &text())]);
    let assets = site.collect_compressed(&["gzip", "br", "zstd"]).production();
    let files = StaticFiles::new(&assets);
    let path = path_below_mount(&assets.url("a.css").unwrap());
    let size = |extension: &str| fs::read(site.dist().join(format!("{}.{extension}", &path[1..]))).unwrap();
    let smallest = ["br", "zst", "gz"].into_iter().min_by_key(|extension| size(extension).len()).unwrap();
    let smallest =
        [("br", "br"), ("zst", "zstd"), ("gz", "gzip")].iter().find(|(e, _)| *e == smallest).unwrap().1;
    for (accepted, encoding) in [
        (Some("gzip"), "gzip"),
        (Some("GZIP"), "gzip"),
        (Some("gzip;q=0"), "-"),
        (Some("br;q=1,gzip;q=0.5"), "br"),
        (Some("*"), smallest),
        (Some("gzip, identity;q=0"), "gzip"),
        (Some("*;q=0, gzip"), "gzip"),
        (Some(""), "-"),
        (None, "-"),
        (Some("gzip, deflate, br, zstd"), smallest),
    ] {
        let accepted = accepted.map(|accepted| ("accept-encoding", accepted));
        let response = send(&files, Method::GET, &path, accepted.as_slice()).await;
        assert_eq!((response.status.as_u16(), response.cache_control()), (200, IMMUTABLE), "{accepted:?}");
        assert_eq!(response.header("content-encoding"), encoding, "{accepted:?}");
        assert_eq!(response.header("vary"), "Accept-Encoding");
        assert_eq!(response.header("content-type"), "text/css; charset=utf-8");
        let expected = match encoding {
            "-" => text(),
            "gzip" => size("gz"),
            "zstd" => size("zst"),
            other => size(other),
        };
        assert!(response.body == expected && response.header("content-length") == expected.len().to_string());
    }
    for accepted in ["identity;q=0", "*;q=0"] {
        let response = send(&files, Method::GET, &path, &[("accept-encoding", accepted)]).await;
        assert_eq!((response.status.as_u16(), response.cache_control()), (406, "no-store"), "{accepted}");
        assert_eq!(response.header("vary"), "Accept-Encoding");
    }
}

#[tokio::test]
async fn files_without_variants_are_sent_only_as_identity() {
    let site = Site::new(&[("a.css", &text())]);
    let files = StaticFiles::new(&site.collect().production());
    for (accepted, status) in [
        ("gzip", 200),
        ("gzip, identity;q=0", 406),
        ("identity;q=0", 406),
        ("*;q=0", 406),
        ("*;q=0, gzip", 406),
    ] {
        let response = send(&files, Method::GET, "/a.css", &[("accept-encoding", accepted)]).await;
        assert_eq!((response.status.as_u16(), response.header("vary")), (status, "-"), "{accepted}");
    }
}

#[tokio::test]
async fn each_encoding_has_its_own_etag() {
    let site = Site::new(&[("a.css", &text())]);
    let files = StaticFiles::new(&site.collect_compressed(&["gzip", "br", "zstd"]).production());
    let mut tags = Vec::new();
    for accepted in ["identity", "gzip;q=1, identity;q=0", "br", "zstd"] {
        let response = send(&files, Method::GET, "/a.css", &[("accept-encoding", accepted)]).await;
        tags.push(response.header("etag").to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4);
}
