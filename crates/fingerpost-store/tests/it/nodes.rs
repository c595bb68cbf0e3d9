//! Tests of servers that poll a bucket for new releases.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use fingerpost::{Assets, Mode, Store as _, manifest::Manifest};
use fingerpost_store::{Bucket, BucketStore, PollEvent, PublishConfig, ReleasePoller, publish};
use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory, path::Path};

use crate::{
    faulty::FaultyStore,
    races::rounds,
    site::{Site, block_on, complete_manifest, read},
};

const INTERVAL: Duration = Duration::from_millis(200);

fn bucket(store: &Arc<impl ObjectStore>) -> Bucket {
    let store: Arc<dyn ObjectStore> = store.clone();
    Bucket::from_object_store(store, "memory://test")
}

fn node(bucket: &Bucket) -> (Assets, BucketStore) {
    let store = BucketStore::new(bucket);
    (Assets::builder().store(store.clone()).mode(Mode::Production).build().unwrap(), store)
}

fn wait_until(what: &str, is_true: impl Fn() -> bool) -> Duration {
    let started = Instant::now();
    while !is_true() {
        assert!(started.elapsed() < Duration::from_secs(20), "timed out waiting for {what}");
        thread::sleep(Duration::from_millis(2));
    }
    started.elapsed()
}

#[test]
fn each_release_reaches_two_nodes_under_load() {
    let (store, site) = (Arc::new(InMemory::new()), Site::new());
    site.collect(&[("a.css", "0"), ("b.js", "0")], 9);
    let bucket = bucket(&store);
    publish(&PublishConfig::new(site.path(), bucket.clone())).unwrap();
    let nodes = [node(&bucket), node(&bucket)];
    let pollers = nodes
        .each_ref()
        .map(|(assets, store)| ReleasePoller::new(assets, store).interval(INTERVAL).start().unwrap());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let load = nodes.each_ref().map(|(assets, _)| scope.spawn(|| render_pages(assets, &*store, &done)));
        for release in 1..=rounds(8, 50) {
            let text = release.to_string();
            let manifest = site.collect(&[("a.css", &text), ("b.js", &text)], 9);
            publish(&PublishConfig::new(site.path(), bucket.clone())).unwrap();
            let url = format!("/static/{}", manifest.get("a.css").unwrap().hashed);
            let is_new = |(assets, _): &(Assets, _)| assets.url("a.css").unwrap() == *url;
            let took = wait_until("a new release", || nodes.iter().all(is_new));
            assert!(took < INTERVAL + Duration::from_secs(1), "{took:?}");
        }
        done.store(true, SeqCst);
        for pages in load {
            assert!(pages.join().unwrap() > 0);
        }
    });
    drop(pollers);
}

/// Reads two assets of the same snapshot from the bucket, until `done`. Returns the number of repetitions.
fn render_pages(assets: &Assets, store: &dyn ObjectStore, done: &AtomicBool) -> usize {
    let mut pages = 0;
    while !done.load(SeqCst) {
        let page = assets.snapshot();
        let [style, script] = ["a.css", "b.js"].map(|path| page.hashed_path(path).unwrap().to_owned());
        let [style, script] = [style, script].map(|name| read(store, &name).expect("a published file"));
        assert_eq!(style, script, "both files belong to one release");
        pages += 1;
        thread::sleep(Duration::from_millis(1));
    }
    pages
}

#[test]
fn nodes_use_the_last_release_during_an_outage_of_the_bucket() {
    let (store, site) = (Arc::new(FaultyStore::default()), Site::new());
    let published = site.collect(&[("a.css", "1"), ("b.js", "1")], 9);
    let publish = || publish(&PublishConfig::new(site.path(), bucket(&store)));
    publish().unwrap();
    // Each `Bucket` sends its requests on a separate thread, so `FaultyStore::unchanged` has a separate entry for each node.
    let nodes = [node(&bucket(&store)), node(&bucket(&store))];
    let events = Arc::new(Mutex::new(Vec::new()));
    let pollers = nodes.each_ref().map(|(assets, store)| {
        let events = events.clone();
        let report = move |event: &PollEvent| events.lock().unwrap().push(event.clone());
        ReleasePoller::new(assets, store).interval(INTERVAL).report(report).start().unwrap()
    });
    let shows = |manifest: &Manifest| {
        let url = format!("/static/{}", manifest.get("a.css").unwrap().hashed);
        nodes.iter().all(|(assets, _)| assets.url("a.css").unwrap() == *url)
    };
    // The third response belongs to a later poll than the first response.
    wait_until("a complete poll of each node", || {
        let unchanged = store.unchanged.lock().unwrap();
        unchanged.values().filter(|count| **count >= 3).count() == 2
    });

    store.is_gone.store(true, SeqCst);
    let next = site.collect(&[("a.css", "2"), ("b.js", "2")], 9);
    let outage = Duration::from_secs(rounds(1, 60) as u64);
    let (started, mut pages) = (Instant::now(), 0);
    while started.elapsed() < outage {
        assert!(shows(&published), "page {pages}");
        pages += 1;
        if pages % 100 == 0 {
            assert!(publish().is_err(), "page {pages}");
        }
        thread::sleep(Duration::from_millis(2));
    }
    let failures = events.lock().unwrap().clone();
    assert_eq!(failures.len(), 2, "one report for each node: {failures:?}");
    assert!(failures.iter().all(|event| matches!(event, PollEvent::Failed(_))), "{failures:?}");
    store.is_gone.store(false, SeqCst);

    wait_until("a recovery of each node", || events.lock().unwrap().len() == 4);
    assert_eq!(events.lock().unwrap()[2..], [PollEvent::Recovered, PollEvent::Recovered]);
    assert!(shows(&published));
    assert_eq!(complete_manifest(&store.inner), published);
    publish().unwrap();
    wait_until("the next release", || shows(&next));
    assert_eq!(complete_manifest(&store.inner), next);
    drop(pollers);
}

#[test]
fn failed_polls_do_not_change_the_release_and_are_reported_once() {
    let (store, site) = (Arc::new(InMemory::new()), Site::new());
    let manifest = site.collect(&[("a.css", "a{}")], 9);
    let bucket = bucket(&store);
    publish(&PublishConfig::new(site.path(), bucket.clone())).unwrap();
    let (assets, bucket_store) = node(&bucket);
    let url = assets.url("a.css").unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let reported = events.clone();
    let poller = ReleasePoller::new(&assets, &bucket_store)
        .interval(Duration::from_millis(20))
        .report(move |event: &PollEvent| reported.lock().unwrap().push(event.clone()))
        .start()
        .unwrap();
    let path = Path::parse("staticfiles.json").unwrap();
    let write = |bytes: Vec<u8>| block_on(store.put(&path, bytes.into())).map(drop).unwrap();
    let count = || events.lock().unwrap().len();

    write(b"{".to_vec());
    wait_until("a failure", || count() == 1);
    block_on(store.delete(&path)).unwrap();
    wait_until("another failure", || count() == 2);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(assets.url("a.css").unwrap(), url, "the release is unchanged");
    write(manifest.to_json());
    wait_until("a recovery", || count() == 3);
    let events = events.lock().unwrap().clone();
    let PollEvent::Failed(reason) = &events[0] else { panic!("{events:?}") };
    assert!(reason.starts_with("manifest `memory://test/staticfiles.json` cannot be read: "), "{reason}");
    assert_eq!(events[1], PollEvent::Failed("the bucket has no manifest".to_owned()));
    assert_eq!(events[2], PollEvent::Recovered);
    drop(poller);
}

#[test]
fn panic_in_a_report_does_not_stop_the_poller() {
    let (store, site) = (Arc::new(InMemory::new()), Site::new());
    site.collect(&[("a.css", "1")], 9);
    let bucket = bucket(&store);
    publish(&PublishConfig::new(site.path(), bucket.clone())).unwrap();
    let (assets, bucket_store) = node(&bucket);
    // The poller also reports a release that was published before the first poll.
    site.collect(&[("a.css", "2")], 9);
    publish(&PublishConfig::new(site.path(), bucket.clone())).unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let reported = events.clone();
    let poller = ReleasePoller::new(&assets, &bucket_store)
        .interval(Duration::ZERO)
        .report(move |event: &PollEvent| {
            reported.lock().unwrap().push(event.clone());
            std::panic::resume_unwind(Box::new("a panic"));
        })
        .start()
        .unwrap();
    wait_until("the first event", || *events.lock().unwrap() == [PollEvent::Reloaded]);
    let manifest = site.collect(&[("a.css", "3")], 9);
    publish(&PublishConfig::new(site.path(), bucket)).unwrap();
    let url = format!("/static/{}", manifest.get("a.css").unwrap().hashed);
    wait_until("the third release", || assets.url("a.css").unwrap() == *url);
    drop(poller);
}

#[test]
fn poller_sends_no_requests_in_development() {
    let (store, site) = (Arc::new(FaultyStore::default()), Site::new());
    site.write("static/a.css", b"1");
    let bucket_store = BucketStore::new(&bucket(&store));
    let source = site.path().join("static");
    let assets =
        Assets::builder().source(source).store(bucket_store.clone()).mode(Mode::Dev).build().unwrap();
    let poller =
        ReleasePoller::new(&assets, &bucket_store).interval(Duration::from_millis(10)).start().unwrap();
    thread::sleep(Duration::from_millis(50));
    assert_eq!(store.requests.load(SeqCst), 0);
    drop(poller);
}

#[test]
fn unchanged_manifest_is_not_downloaded_again() {
    let (store, site) = (Arc::new(FaultyStore::default()), Site::new());
    let manifest = site.collect(&[("a.css", "a{}")], 9);
    let bucket = bucket(&store);
    publish(&PublishConfig::new(site.path(), bucket.clone())).unwrap();
    let bucket_store = BucketStore::new(&bucket);
    let unchanged = || store.unchanged.lock().unwrap().values().sum::<usize>();
    let before = unchanged();
    for _ in 0..3 {
        assert_eq!(bucket_store.read("staticfiles.json").unwrap(), manifest.to_json());
    }
    assert_eq!(unchanged() - before, 2);
    assert_eq!(bucket_store.releases().unwrap(), [1]);
    assert_eq!(bucket_store.place(), "memory://test");
    let err = bucket_store.read("missing.css").unwrap_err();
    assert_eq!(err.kind(), std::io::ErrorKind::NotFound);
}
