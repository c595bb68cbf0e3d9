//! Checks that a publication to a bucket with any manifest, release and lock fails without a change of the manifest, or yields
//! a complete site that `clean` preserves.
#![no_main]

use std::{
    fs,
    path::PathBuf,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use fingerpost::{Assets, Mode, manifest::MANIFEST_NAME};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_store::{
    Bucket, BucketStore, CleanConfig, PublishConfig, RollbackConfig, clean, publish, rollback,
};
use futures_util::TryStreamExt as _;
use libfuzzer_sys::fuzz_target;
use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory, path::Path};

const MANIFEST: &str = MANIFEST_NAME;
const RELEASE: &str = ".fingerpost/releases/1.json";
const LOCK: &str = ".fingerpost/lock";

struct Site {
    out: PathBuf,
    manifest: Vec<u8>,
    release: Vec<u8>,
    objects: Arc<InMemory>,
    bucket: Bucket,
}

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory").keep();
        let (source, out) = (dir.join("static"), dir.join("out"));
        fs::create_dir(&source).expect("a new directory");
        fs::write(source.join("a.css"), "a{}").expect("a file");
        collect(&CollectConfig::new(&out).source(&source)).expect("a collected site");
        let objects = Arc::new(InMemory::new());
        let bucket = Bucket::from_object_store(objects.clone(), "memory:///").wait(false);
        let [manifest, release] = [MANIFEST, RELEASE].map(|name| fs::read(out.join(name)).expect("a file"));
        Self { out, manifest, release, objects, bucket }
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        ready(self.objects.put(&Path::from(name), bytes.to_vec().into())).expect("a written object");
    }

    fn get(&self, name: &str) -> Option<Vec<u8>> {
        let object = ready(self.objects.get(&Path::from(name))).ok()?;
        Some(ready(object.bytes()).expect("the bytes of an object").to_vec())
    }

    fn empty(&self) {
        let all: Vec<_> = ready(self.objects.list(None).try_collect()).expect("a listing");
        for object in all {
            ready(self.objects.delete(&object.location)).expect("a deleted object");
        }
    }

    /// Checks that a server can serve the site in the bucket.
    fn assert_is_complete(&self) {
        let store = BucketStore::new(&self.bucket);
        let assets = Assets::builder().store(store).mode(Mode::Production).build().expect("a published site");
        let url = assets.url("a.css").expect("a published asset");
        let bytes = self.get(url.strip_prefix("/static/").expect("a URL"));
        assert_eq!(bytes.as_deref(), Some(&b"a{}"[..]), "{url}");
    }
}

/// Returns the result of a request to memory, which never waits.
fn ready<T>(request: impl Future<Output = T>) -> T {
    match pin!(request).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the request waits"),
    }
}

thread_local! {
    static SITE: Site = Site::new();
}

fuzz_target!(|input: (u8, &[u8])| SITE.with(|site| {
    let (choice, json) = input;
    site.empty();
    let has_manifest = choice & 1 != 0;
    match (choice >> 1) % 4 {
        0 => {
            site.put(MANIFEST, json);
            site.put(RELEASE, &site.release);
        }
        1 => site.put(RELEASE, json),
        2 => site.put(LOCK, json),
        _ => {
            // The same bytes are a valid manifest and a valid release only by chance.
            site.put(MANIFEST, json);
            site.put(RELEASE, json);
        }
    }
    if has_manifest {
        site.put(MANIFEST, &site.manifest);
    }
    let before = site.get(MANIFEST);
    match publish(&PublishConfig::new(&site.out, site.bucket.clone())) {
        Err(err) => {
            assert!(!err.to_string().is_empty());
            assert_eq!(site.get(MANIFEST), before, "{err}");
        }
        Ok(_) => {
            site.assert_is_complete();
            let config = CleanConfig::new(site.bucket.clone()).keep(1).older_than(Duration::ZERO);
            if clean(&config).is_ok() {
                site.assert_is_complete();
            }
            if rollback(&RollbackConfig::new(site.bucket.clone())).is_err() {
                site.assert_is_complete();
            }
        }
    }
}));
