use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::AtomicU64},
};

use fingerpost_tower::VersionLayer;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tower::Layer;

use super::{always, ask, layer, page, request};

/// Keeps counters; there is nothing else.
#[derive(Default)]
struct Counters(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Counters {
    /// As text, by name and labels.
    fn read(&self) -> Vec<String> {
        let counters = self.0.lock().unwrap();
        counters
            .iter()
            .map(|(name, count)| format!("{name} {}", count.load(std::sync::atomic::Ordering::Relaxed)))
            .collect()
    }
}

impl Recorder for Counters {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        Counter::from_arc(Arc::clone(self.0.lock().unwrap().entry(name).or_default()))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        panic!("{key} is no counter")
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        panic!("{key} is no counter")
    }
}

/// What is counted of requests with these headers.
fn counted(requests: &[(&str, &[(&str, &str)])], layers: &[VersionLayer]) -> Vec<String> {
    let (counters, runtime) =
        (Counters::default(), tokio::runtime::Builder::new_current_thread().build().unwrap());
    metrics::with_local_recorder(&counters, || {
        for (path, headers) in requests {
            let answer = match layers {
                [one] => runtime.block_on(ask(one.layer(always(page())), request(path, headers))),
                [outer, inner] => {
                    runtime.block_on(ask(outer.layer(inner.layer(always(page()))), request(path, headers)))
                }
                _ => panic!("one or two layers"),
            };
            assert_eq!(answer.status, 200);
        }
    });
    counters.read()
}

const HEADER: &str = "x-app-requested-version";

#[test]
fn each_request_counts_once_by_what_it_asks_for() {
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
    assert_eq!(counted(requests, &[layer()]), expected);
    assert_eq!(counted(requests, &[layer(), layer()]), expected);
    assert_eq!(counted(requests, &[layer().header(false)]), expected);
}

#[test]
fn a_drain_shows_in_the_counters() {
    let page_of = |version| ("/", [(HEADER, version)]);
    let requests = [page_of("v1"), page_of("v0"), page_of("v0"), page_of("v1"), page_of("v1")];
    let requests: Vec<(&str, &[(&str, &str)])> =
        requests.iter().map(|(path, headers)| (*path, &headers[..])).collect();
    let of = |requests: &[(&str, &[(&str, &str)])]| counted(requests, &[layer()]);
    assert_eq!(
        of(&requests),
        ["fingerpost_requests_total{version=match} 3", "fingerpost_requests_total{version=skew} 2"]
    );
    assert_eq!(
        of(&requests[3..]),
        ["fingerpost_requests_total{version=match} 2"],
        "all have renewed themselves"
    );
}
