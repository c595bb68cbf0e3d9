//! Tests of concurrent and interrupted runs.

use std::{
    cell::RefCell,
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use fingerpost::manifest::Manifest;
use fingerpost_store::{
    Bucket, CleanConfig, ErrorKind, Progress, PublishConfig, clean, publish, publish_with,
};
use object_store::{ObjectStore, memory::InMemory};

use crate::{
    faulty::FaultyStore,
    site::{Site, block_on, complete_manifest, is_complete, read, release},
};

fn bucket(store: &Arc<impl ObjectStore>, lease: u64) -> Bucket {
    let store: Arc<dyn ObjectStore> = store.clone();
    Bucket::from_object_store(store, "memory://test").lease(Duration::from_millis(lease))
}

pub(crate) fn rounds(few: usize, many: usize) -> usize {
    if env::var_os("FINGERPOST_TEST_LARGE").is_some() { many } else { few }
}

#[test]
fn concurrent_publications_and_cleanups_lose_no_release() {
    let store = Arc::new(FaultyStore { delay: 500, ..FaultyStore::default() });
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| watch(&store, &done));
        for round in 0..rounds(8, 500) {
            publish_twice_and_clean(&store, round);
        }
        done.store(true, SeqCst);
        assert!(reader.join().unwrap() > 0);
    });
}

/// Reads the manifest until `done`, and checks each manifest. Returns the number of checks.
fn watch(store: &Arc<FaultyStore>, done: &AtomicBool) -> usize {
    let mut checks = 0;
    while !done.load(SeqCst) {
        let Some(before) = read(&store.inner, "staticfiles.json") else { continue };
        let manifest = Manifest::parse(&before, "staticfiles.json").unwrap();
        let is_complete = is_complete(&store.inner, &manifest);
        if read(&store.inner, "staticfiles.json") == Some(before) {
            assert!(is_complete, "a file of the visible manifest is missing");
            checks += 1;
        }
        thread::sleep(Duration::from_millis(1));
    }
    checks
}

fn publish_twice_and_clean(store: &Arc<FaultyStore>, round: usize) {
    let sites = [Site::new(), Site::new()];
    // Each site has a new file, a file of an earlier round, and a file that never changes.
    for (number, site) in sites.iter().enumerate() {
        let (new, old) = (format!("{round} {number}"), format!("old {}", round % 3));
        site.collect(&[("new.css", &new), ("old.css", &old), ("same.css", "same")], number as u8);
    }
    let (published, cleaned) = thread::scope(|scope| {
        let publishers: Vec<_> = sites
            .iter()
            .map(|site| scope.spawn(|| publish(&PublishConfig::new(site.path(), bucket(store, 3_000)))))
            .collect();
        let config = CleanConfig::new(bucket(store, 3_000)).keep(1).older_than(Duration::ZERO);
        let cleaner = scope.spawn(move || clean(&config));
        let published: Vec<_> = publishers.into_iter().map(|run| run.join().unwrap().unwrap()).collect();
        (published, cleaner.join().unwrap())
    });
    // In the first round, `clean` may run before a manifest exists.
    if let Err(err) = cleaned {
        assert_eq!((err.kind(), round), (ErrorKind::Manifest, 0), "{err}");
    }
    let numbers: Vec<_> = published.iter().filter_map(|report| report.release).collect();
    assert_eq!(numbers.len(), 2, "each run publishes a release");
    assert_ne!(numbers[0], numbers[1]);
    let last = numbers.iter().max().copied().unwrap();
    let manifest = complete_manifest(&store.inner);
    assert_eq!(release(&store.inner, last).map(|release| release.manifest), Some(manifest));
}

#[test]
fn publication_that_stops_at_any_request_leaves_a_complete_manifest() {
    for applies_the_failed_request in [false, true] {
        let mut completed = 0;
        for requests in 0.. {
            let (store, site) = publish_first_release();
            site.collect(&[("a.css", "new"), ("c.css", "c{}")], 9);
            let faulty = Arc::new(FaultyStore {
                inner: store,
                requests_before_failure: Some(requests),
                applies_the_failed_request,
                ..FaultyStore::default()
            });
            let result = publish(&PublishConfig::new(site.path(), bucket(&faulty, 10)));
            let before = complete_manifest(&faulty.inner);
            // The next run completes, and publishes the same files.
            let store = Arc::new(copy(&faulty.inner));
            publish(&PublishConfig::new(site.path(), bucket(&store, 10))).unwrap();
            let after = complete_manifest(&*store);
            assert!(after.get("c.css").is_some());
            if result.is_ok() {
                assert_eq!(before, after);
                completed = requests;
                break;
            }
        }
        assert!(completed > 15, "{completed}");
    }
}

#[test]
fn clean_that_stops_at_any_request_leaves_a_complete_manifest() {
    let config =
        |store: &Arc<FaultyStore>| CleanConfig::new(bucket(store, 10)).keep(1).older_than(Duration::ZERO);
    for requests in 0.. {
        let (store, site) = publish_first_release();
        site.collect(&[("a.css", "new")], 9);
        let store = Arc::new(store);
        publish(&PublishConfig::new(site.path(), bucket(&store, 10))).unwrap();
        let inner = copy(&store);
        let faulty = Arc::new(FaultyStore {
            inner,
            requests_before_failure: Some(requests),
            ..FaultyStore::default()
        });
        let result = clean(&config(&faulty));
        complete_manifest(&faulty.inner);
        let repeated = Arc::new(FaultyStore { inner: copy(&faulty.inner), ..FaultyStore::default() });
        let report = clean(&config(&repeated)).unwrap();
        assert_eq!(report.kept, [2]);
        complete_manifest(&repeated.inner);
        if result.is_ok() {
            assert!(requests > 10, "{requests}");
            break;
        }
    }
}

/// Returns a bucket with one release, and the site of the release.
fn publish_first_release() -> (InMemory, Site) {
    let (store, site) = (Arc::new(InMemory::new()), Site::new());
    site.collect(&[("a.css", "a{}"), ("b.css", "b{}")], 9);
    publish(&PublishConfig::new(site.path(), bucket(&store, 10))).unwrap();
    (copy(&store), site)
}

fn copy(store: &InMemory) -> InMemory {
    store.fork()
}

#[test]
fn store_without_conditions_is_refused() {
    let store = Arc::new(FaultyStore { ignores_conditions: true, ..FaultyStore::default() });
    let site = Site::new();
    let manifest = site.collect(&[("a.css", "a{}")], 9);
    let err = publish(&PublishConfig::new(site.path(), bucket(&store, 10))).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Unconditional);
    assert_eq!(
        err.to_string(),
        "`memory://test` ignores conditions on writes, so two runs could overwrite each other; if no other run writes to the \
         bucket at the same time, run with `--single-writer`"
    );
    assert_eq!(crate::site::names(&store.inner), [""; 0], "the bucket is empty");
    let report = publish(&PublishConfig::new(site.path(), bucket(&store, 10).single_writer(true))).unwrap();
    assert_eq!(report.release, Some(1));
    assert_eq!(complete_manifest(&store.inner), manifest);
}

#[test]
fn probe_is_deleted_after_a_failed_request() {
    let site = Site::new();
    site.collect(&[("a.css", "a{}")], 9);
    // Request 0 reads the manifest. Requests 1 to 5 write and read the probe.
    for failing_request in 1..6 {
        let failing_request = Some(failing_request);
        let store = Arc::new(FaultyStore { failing_request, ..FaultyStore::default() });
        publish(&PublishConfig::new(site.path(), bucket(&store, 10))).unwrap_err();
        assert_eq!(crate::site::names(&store.inner), [""; 0], "{failing_request:?}");
    }
}

#[test]
fn concurrent_uploads_to_a_store_without_attributes_succeed() {
    let store = Arc::new(FaultyStore { refuses_attributes: true, delay: 5_000, ..FaultyStore::default() });
    let site = Site::new();
    let manifest = site.collect(&[("a.css", "a{}"), ("b.css", "b{}"), ("c.css", "c{}")], 9);
    let config = PublishConfig::new(site.path(), bucket(&store, 10).single_writer(true));
    assert_eq!(publish(&config).unwrap().uploaded, 6);
    assert_eq!(complete_manifest(&store.inner), manifest);
}

#[test]
fn unchanged_release_is_not_written_and_needs_three_requests() {
    let store = Arc::new(FaultyStore::default());
    let site = Site::new();
    site.collect(&[("a.css", "a{}")], 9);
    publish(&PublishConfig::new(site.path(), bucket(&store, 10))).unwrap();
    let (requests, puts) = (store.requests.load(SeqCst), store.put_count());
    let report = publish(&PublishConfig::new(site.path(), bucket(&store, 10))).unwrap();
    assert_eq!((report.release, report.uploaded, report.skipped), (None, 0, 2));
    assert_eq!(store.put_count(), puts);
    assert_eq!(
        store.requests.load(SeqCst) - requests,
        3,
        "a run reads the manifest, the listing and the newest release"
    );
}

#[test]
fn lost_object_is_uploaded_again_without_a_new_release() {
    let store = Arc::new(InMemory::new());
    let site = Site::new();
    let manifest = site.collect(&[("a.css", "a{}")], 9);
    publish(&PublishConfig::new(site.path(), bucket(&store, 10))).unwrap();
    let lost = object_store::path::Path::parse(&manifest.get("a.css").unwrap().hashed).unwrap();
    block_on(object_store::ObjectStoreExt::delete(&*store, &lost)).unwrap();
    let report = publish(&PublishConfig::new(site.path(), bucket(&store, 10))).unwrap();
    assert_eq!((report.release, report.uploaded, report.skipped), (None, 1, 1));
    complete_manifest(&*store);
}

#[derive(Default)]
struct Messages(RefCell<Vec<String>>);

impl Progress for Messages {
    fn waiting(&self, message: &str) {
        self.0.borrow_mut().push(message.to_owned());
    }
}

#[test]
fn held_lock_is_reported_and_expires() {
    let store = Arc::new(InMemory::new());
    let site = Site::new();
    site.collect(&[("a.css", "a{}")], 9);
    let lock = r#"{"holder": "publish, process 7 on host ci", "id": "1", "milliseconds": 300}"#;
    let path = object_store::path::Path::parse(".fingerpost/lock").unwrap();
    block_on(object_store::ObjectStoreExt::put(&*store, &path, lock.into())).unwrap();
    let err = publish(&PublishConfig::new(site.path(), bucket(&store, 300).wait(false))).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Locked);
    assert_eq!(
        err.to_string(),
        "`publish, process 7 on host ci` holds `memory://test/.fingerpost/lock`; run the command again when that run has ended"
    );
    let started = std::time::Instant::now();
    let messages = Messages::default();
    publish_with(&PublishConfig::new(site.path(), bucket(&store, 300)), &messages).unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    let expected = "waiting for `publish, process 7 on host ci`, which holds `memory://test/.fingerpost/lock`; the lock of a run \
                    that was killed expires after 0 s";
    assert_eq!(messages.0.into_inner(), [expected]);
    complete_manifest(&*store);
}

#[test]
fn run_whose_lock_was_taken_over_writes_no_manifest() {
    let mut refused = 0;
    for requests in 0.. {
        let (inner, site) = publish_first_release();
        let before = complete_manifest(&inner);
        let manifest = site.collect(&[("a.css", "new"), ("c.css", "c{}")], 9);
        let faulty =
            FaultyStore { inner, requests_before_takeover: Some(requests), ..FaultyStore::default() };
        let store = Arc::new(faulty);
        let result = publish(&PublishConfig::new(site.path(), bucket(&store, 60_000)));
        let is_over = store.requests.load(SeqCst) <= requests;
        match result {
            Ok(_) => assert_eq!(complete_manifest(&store.inner), manifest),
            Err(err) => {
                assert_eq!(err.kind(), ErrorKind::Locked);
                let expected = "another run took over `memory://test/.fingerpost/lock`, because this run did not renew the lock in \
                                time; run the command again";
                assert_eq!(err.to_string(), expected);
                assert_eq!(complete_manifest(&store.inner), before);
                refused += 1;
            }
        }
        if is_over {
            break;
        }
    }
    assert!(refused > 5, "{refused}");
}

#[test]
fn ages_of_releases_are_computed_with_the_clock_of_the_store() {
    let day = Duration::from_secs(24 * 60 * 60);
    let store = Arc::new(FaultyStore { clock_delay: day * 8, ..FaultyStore::default() });
    let site = Site::new();
    for content in ["1", "2"] {
        site.collect(&[("a.css", content)], 9);
        publish(&PublishConfig::new(site.path(), bucket(&store, 1_000))).unwrap();
    }
    let published = Duration::from_secs(release(&store.inner, 2).unwrap().published);
    let age = fingerpost::__private::now() - published;
    assert!((day * 8..day * 9).contains(&age), "{age:?}");
    let report = clean(&CleanConfig::new(bucket(&store, 1_000)).keep(1).older_than(day * 7)).unwrap();
    assert_eq!((report.removed, report.kept), (vec![], vec![1, 2]));
}

#[test]
fn lock_is_released_during_a_renewal() {
    let store = Arc::new(FaultyStore { renews_after_the_manifest: true, ..FaultyStore::default() });
    let site = Site::new();
    site.collect(&[("a.css", "a{}")], 9);
    publish(&PublishConfig::new(site.path(), bucket(&store, 30))).unwrap();
    let lock = String::from_utf8(read(&store.inner, ".fingerpost/lock").unwrap()).unwrap();
    assert!(lock.contains(r#""holder":"""#), "{lock}");
}
