use fingerpost_tower::VersionLayer;
use tower::Layer;

use super::{always, layer, metrics_recorder::Counters, page, request, send};

/// Sends the requests through the layers, and returns the counters.
fn count_requests(requests: &[(&str, &[(&str, &str)])], layers: &[VersionLayer]) -> Vec<String> {
    let (counters, runtime) =
        (Counters::default(), tokio::runtime::Builder::new_current_thread().build().unwrap());
    metrics::with_local_recorder(&counters, || {
        for (path, headers) in requests {
            let response = match layers {
                [one] => runtime.block_on(send(one.layer(always(page())), request(path, headers))),
                [outer, inner] => {
                    runtime.block_on(send(outer.layer(inner.layer(always(page()))), request(path, headers)))
                }
                _ => panic!("expected one or two layers"),
            };
            assert_eq!(response.status, 200);
        }
    });
    counters.read()
}

const HEADER: &str = "x-app-requested-version";

#[test]
fn each_request_is_counted_once_by_its_version_match() {
    let requests: &[(&str, &[(&str, &str)])] = &[
        ("/", &[]),
        ("/a.css", &[("cookie", "theme=dark")]),
        ("/", &[(HEADER, "v1")]),
        ("/_fingerpost/version", &[(HEADER, "v0")]),
        ("/_fingerpost/client.0123456789ab.js", &[]),
        ("/", &[(HEADER, "v0"), ("cookie", "app_version=v1")]),
        ("/", &[("cookie", "app_version=v0")]),
        ("/", &[("cookie", "a=b; app_version=v1")]),
        ("/", &[(HEADER, &"x".repeat(10_000))]),
    ];
    let expected = [
        "fingerpost_requests_total{version=match} 2",
        "fingerpost_requests_total{version=skew} 4",
        "fingerpost_requests_total{version=unversioned} 3",
    ];
    assert_eq!(count_requests(requests, &[layer()]), expected);
    assert_eq!(count_requests(requests, &[layer(), layer()]), expected);
    assert_eq!(count_requests(requests, &[layer().header(false)]), expected);
}
