//! Tests deltas behind a shared cache: nginx with `proxy_cache`.

use std::io::Read as _;

use axum::body::{Body, Bytes};
use http::{Request, Response};

use super::{Site, dictionary, script};
use crate::tools::{HttpClient, Nginx, header, is_large};

/// Decodes a response for a client that has this version.
fn decode(response: &Response<Bytes>, version: u32) -> Vec<u8> {
    let mut decoded = Vec::new();
    let body = &response.body()[..];
    match header(response, "content-encoding") {
        "-" => return body.to_vec(),
        "br" => brotli::Decompressor::new(body, 4096).read_to_end(&mut decoded),
        "dcz" => {
            let old = script(version).into_bytes();
            zstd::Decoder::with_ref_prefix(&body[40..], &old).expect("a decoder").read_to_end(&mut decoded)
        }
        other => panic!("{other}"),
    }
    .expect("a response that the client can decode");
    decoded
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn clients_with_different_dictionaries_share_a_cache() {
    let site = Site::start("app.js").await;
    (2..=5).for_each(|version| site.deploy(version));
    let configuration = format!(
        "proxy_cache_path cache keys_zone=assets:1m;
        server {{
            listen 80;
            location / {{
                proxy_pass {};
                proxy_cache assets;
                add_header X-Cache $upstream_cache_status;
            }}
        }}",
        site.origin
    );
    let Some(nginx) = Nginx::start(&configuration) else { return };
    let (client, url) = (HttpClient::default(), nginx.url(&site.path()));
    let count = if is_large() { 1_000 } else { 150 };
    let (mut hits, mut deltas) = (0, 0);
    for number in 0..count {
        // The file has deltas from versions 2 to 4. Version 1 is too old, and version 0 was never published.
        let (version, accepted) =
            (number * 7 % 6, ["br, dcz", "br", "identity", "gzip, br, zstd, dcz"][number as usize % 4]);
        let mut request = Request::get(&url).header("accept-encoding", accepted);
        if number % 5 > 0 {
            request = request.header("available-dictionary", dictionary(version));
        }
        let response = client.send(request.body(Body::empty()).expect("a request")).await;
        let expects_delta = number % 5 > 0 && (2..5).contains(&version) && accepted.contains("dcz");
        assert_eq!(header(&response, "content-encoding") == "dcz", expects_delta, "{number}");
        assert!(decode(&response, version) == script(5).into_bytes(), "{number}");
        assert_eq!(header(&response, "vary"), "Accept-Encoding, Available-Dictionary");
        deltas += u32::from(expects_delta);
        hits += u32::from(header(&response, "x-cache") == "HIT");
    }
    assert!(deltas > 20 && hits > count / 2, "{deltas} deltas, {hits} of {count} from the cache");
}
