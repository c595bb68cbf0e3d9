//! Tests of the objects under plain names.

use std::sync::{Arc, atomic::Ordering::SeqCst};

use fingerpost::manifest::{FileInfo, Manifest};
use fingerpost_store::{Bucket, ErrorKind, PublishConfig, PublishReport, RollbackConfig, publish, rollback};
use object_store::{Attribute, ObjectStore, memory::InMemory};

use crate::{
    faulty::FaultyStore,
    site::{self, Site, attributes, block_on, complete_manifest, header, names, read},
};

fn bucket(store: &Arc<impl ObjectStore>) -> Bucket {
    let store: Arc<dyn ObjectStore> = store.clone();
    Bucket::from_object_store(store, "memory://test").lease(std::time::Duration::from_millis(10))
}

/// Collects files with plain names, and publishes the release.
fn publish_with_originals(
    site: &Site,
    store: &Arc<impl ObjectStore>,
    files: &[(&str, &str)],
    level: u8,
) -> PublishReport {
    site.write_originals(&site.collect(files, level));
    publish(&PublishConfig::new(site.path(), bucket(store))).unwrap()
}

fn text(store: &dyn ObjectStore, name: &str) -> String {
    String::from_utf8(read(store, name).unwrap_or_else(|| panic!("{name} is missing"))).unwrap()
}

#[test]
fn plain_names_are_published_with_a_short_cache_policy() {
    let (site, store) = (Site::new(), site::memory());
    let report = publish_with_originals(&site, &store, &[("css/a.css", "1"), ("b.png", "1")], 9);
    assert_eq!((report.release, report.uploaded, report.originals), (Some(1), 4, 4));
    for (name, content, content_type, encoding) in [
        ("css/a.css", "1", "text/css; charset=utf-8", ""),
        ("css/a.css.br", "br 9 1", "text/css; charset=utf-8", "br"),
        ("b.png", "1", "image/png", ""),
    ] {
        assert_eq!(text(&*store, name), content, "{name}");
        let attributes = attributes(&*store, name);
        assert_eq!(header(&attributes, &Attribute::ContentType), content_type, "{name}");
        assert_eq!(header(&attributes, &Attribute::ContentEncoding), encoding, "{name}");
        assert_eq!(header(&attributes, &Attribute::CacheControl), "public, max-age=3600", "{name}");
    }
    let again = publish_with_originals(&site, &store, &[("css/a.css", "1"), ("b.png", "1")], 9);
    assert_eq!((again.release, again.uploaded, again.originals), (None, 0, 0));
    let second = publish_with_originals(&site, &store, &[("css/a.css", "2"), ("b.png", "1")], 9);
    assert_eq!((second.release, second.uploaded, second.originals), (Some(2), 2, 2));
    assert_eq!((text(&*store, "css/a.css"), text(&*store, "css/a.css.br")), ("2".into(), "br 9 2".into()));
}

#[test]
fn only_files_of_the_release_are_published_under_plain_names() {
    let (site, store) = (Site::new(), site::memory());
    site.collect(&[("a.css", "1"), ("b.css", "1")], 9);
    site.write("a.css", b"2");
    site.write("notes.txt", b"1");
    let report = publish(&PublishConfig::new(site.path(), bucket(&store))).unwrap();
    assert_eq!((report.uploaded, report.originals), (4, 0));
    assert!(names(&*store).iter().all(|name| !["a.css", "b.css", "notes.txt"].contains(&&**name)));
}

#[test]
fn lost_plain_name_is_written_again_without_a_new_release() {
    let (site, store) = (Site::new(), site::memory());
    publish_with_originals(&site, &store, &[("a.css", "1")], 9);
    block_on(object_store::ObjectStoreExt::delete(&*store, &"a.css".into())).unwrap();
    let report = publish_with_originals(&site, &store, &[("a.css", "1")], 9);
    assert_eq!((report.release, report.uploaded, report.originals), (None, 0, 1));
    assert_eq!(text(&*store, "a.css"), "1");
}

#[test]
fn plain_variants_equal_the_adopted_variants() {
    let store = site::memory();
    publish_with_originals(&Site::new(), &store, &[("a.css", "1")], 9);
    block_on(object_store::ObjectStoreExt::delete(&*store, &"a.css.br".into())).unwrap();
    // Another build compresses with another level.
    let report = publish_with_originals(&Site::new(), &store, &[("a.css", "1"), ("b.css", "1")], 11);
    assert_eq!((report.uploaded, report.originals), (2, 3));
    assert_eq!((text(&*store, "a.css.br"), text(&*store, "b.css.br")), ("br 9 1".into(), "br 11 1".into()));
}

#[test]
fn published_file_is_not_overwritten_by_a_plain_name() {
    let (site, store) = (Site::new(), site::memory());
    let manifest = site.collect(&[("a.css", "1")], 9);
    publish(&PublishConfig::new(site.path(), bucket(&store))).unwrap();
    let hashed = &*manifest.get("a.css").unwrap().hashed;
    let other = Site::new();
    other.write_originals(&other.collect(&[(hashed, "2")], 9));
    let err = publish(&PublishConfig::new(other.path(), bucket(&store))).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Conflict);
    assert_eq!(
        err.to_string(),
        format!("plain name `{hashed}` is the name of a published file; rename the asset")
    );
    assert_eq!((text(&*store, hashed), complete_manifest(&*store)), ("1".into(), manifest));
}

/// Removes the variants of all files from an output directory, like a build without compression.
fn remove_variants(site: &Site, manifest: &Manifest) {
    let mut without = Manifest::new("/static/");
    for (path, entry) in manifest {
        let info = entry.info.as_ref().unwrap();
        let info = FileInfo::new(info.size, info.sha256);
        without.insert(path.clone(), entry.hashed.clone(), info);
        for name in [path.as_str(), &entry.hashed] {
            let _ = std::fs::remove_file(site.path().join(format!("{name}.br")));
        }
    }
    site.write("staticfiles.json", &without.to_json());
}

#[test]
fn stale_plain_variants_are_deleted() {
    let (site, store) = (Site::new(), site::memory());
    publish_with_originals(&site, &store, &[("a.css", "1"), ("b.css", "1")], 9);
    // `publish` must not delete a variant of another program.
    let other = object_store::path::Path::from("b.css.br");
    block_on(object_store::ObjectStoreExt::put(&*store, &other, "other".into())).unwrap();
    let manifest = site.collect(&[("a.css", "2"), ("b.css", "2")], 9);
    site.write_originals(&manifest);
    remove_variants(&site, &manifest);
    let report = publish(&PublishConfig::new(site.path(), bucket(&store))).unwrap();
    assert_eq!((report.originals, text(&*store, "a.css")), (2, "2".into()));
    assert_eq!((read(&*store, "a.css.br"), text(&*store, "b.css.br")), (None, "other".into()));

    let rollback = || rollback(&RollbackConfig::new(bucket(&store))).unwrap();
    assert_eq!(rollback().restored, 1);
    assert_eq!((text(&*store, "a.css"), text(&*store, "a.css.br")), ("1".into(), "br 9 1".into()));
    assert_eq!(rollback().restored, 2);
    assert_eq!((text(&*store, "a.css"), read(&*store, "a.css.br")), ("2".into(), None));
}

#[test]
fn output_directory_without_plain_names_is_reported_if_the_bucket_has_plain_names() {
    let (site, store) = (Site::new(), site::memory());
    assert_eq!(publish_with_originals(&site, &store, &[("a.css", "1")], 9).warnings, [""; 0]);
    let other = Site::new();
    other.collect(&[("a.css", "2")], 9);
    let report = publish(&PublishConfig::new(other.path(), bucket(&store))).unwrap();
    let expected = "the bucket has plain names such as `a.css`, which are not updated, because the output directory has no plain \
                    names; run `fingerpost collect --originals`, or delete the objects";
    assert_eq!(report.warnings, [expected]);
}

#[test]
fn rollback_that_would_overwrite_a_published_file_suggests_an_option() {
    let (site, store) = (Site::new(), site::memory());
    let manifest = site.collect(&[("a.css", "1")], 9);
    publish(&PublishConfig::new(site.path(), bucket(&store))).unwrap();
    let hashed = &*manifest.get("a.css").unwrap().hashed;
    for content in ["2", "3"] {
        let other = Site::new();
        other.collect(&[(hashed, content)], 9);
        publish(&PublishConfig::new(other.path(), bucket(&store))).unwrap();
    }
    let config = RollbackConfig::new(bucket(&store));
    let err = rollback(&config.clone().originals(true)).unwrap_err();
    assert_eq!(
        err.to_string(),
        format!(
            "plain name `{hashed}` is the name of a published file; run with `--originals=false` to leave all plain names as they \
             are"
        )
    );
    assert_eq!(rollback(&config.originals(false)).unwrap().restored, 2);
}

#[test]
fn interrupted_publication_leaves_no_plain_name_older_than_the_manifest() {
    for requests in 0.. {
        let (site, store) = (Site::new(), site::memory());
        publish_with_originals(&site, &store, &[("a.css", "1")], 9);
        let store = FaultyStore {
            inner: store.fork(),
            requests_before_failure: Some(requests),
            ..FaultyStore::default()
        };
        let store = Arc::new(store);
        let manifest = site.collect(&[("a.css", "2")], 9);
        site.write_originals(&manifest);
        let result = publish(&PublishConfig::new(site.path(), bucket(&store)));
        if complete_manifest(&store.inner) == manifest {
            assert_eq!(text(&store.inner, "a.css"), "2", "{requests}");
        }
        let next = Arc::new(store.inner.fork());
        publish(&PublishConfig::new(site.path(), bucket(&next))).unwrap();
        assert_eq!((text(&*next, "a.css"), complete_manifest(&*next)), ("2".into(), manifest));
        if result.is_ok() {
            break;
        }
    }
}

/// Publishes two releases. The second release contains `files`.
fn two_releases(files: &[(&str, &str)]) -> Arc<InMemory> {
    let (site, store) = (Site::new(), site::memory());
    publish_with_originals(&site, &store, &[("a.css", "1"), ("b.css", "1")], 9);
    publish_with_originals(&site, &store, files, 9);
    store
}

#[test]
fn rollback_restores_plain_names() {
    let store = two_releases(&[("a.css", "2"), ("b.css", "1")]);
    let report = rollback(&RollbackConfig::new(bucket(&store)).dry_run(true)).unwrap();
    assert_eq!((report.release, report.originals, text(&*store, "a.css")), (Some(3), 2, "2".into()));
    let report = rollback(&RollbackConfig::new(bucket(&store))).unwrap();
    assert_eq!((report.release, report.originals), (Some(3), 2));
    assert_eq!((text(&*store, "a.css"), text(&*store, "a.css.br")), ("1".into(), "br 9 1".into()));
    let attributes = attributes(&*store, "a.css.br");
    assert_eq!(header(&attributes, &Attribute::CacheControl), "public, max-age=3600");
    assert_eq!(header(&attributes, &Attribute::ContentEncoding), "br");
}

#[test]
fn rollback_replaces_all_plain_names_or_only_those_of_the_replaced_release() {
    let config = |store: &Arc<InMemory>| RollbackConfig::new(bucket(store));
    let store = two_releases(&[("a.css", "2"), ("b.css", "2")]);
    assert_eq!(rollback(&config(&store).originals(false)).unwrap().originals, 0);
    assert_eq!(text(&*store, "a.css"), "2");

    let store = two_releases(&[("a.css", "2"), ("b.css", "2")]);
    for name in ["b.css", "b.css.br"] {
        block_on(object_store::ObjectStoreExt::delete(&*store, &name.into())).unwrap();
    }
    // `b.css` has no plain name, so only the plain names with the bytes of the replaced release are written.
    assert_eq!(rollback(&config(&store)).unwrap().originals, 2);
    assert_eq!((text(&*store, "a.css"), read(&*store, "b.css")), ("1".into(), None));
    assert_eq!(rollback(&config(&store).originals(true)).unwrap().originals, 4);
    assert_eq!((text(&*store, "a.css"), text(&*store, "b.css")), ("2".into(), "2".into()));
}

#[test]
fn plain_name_that_another_run_writes_is_not_overwritten() {
    let mut refused = 0;
    for requests in 0.. {
        let (site, store) = (Site::new(), site::memory());
        publish_with_originals(&site, &store, &[("a.css", "1")], 9);
        let (inner, other_write) = (store.fork(), Some((requests, "a.css")));
        let store = Arc::new(FaultyStore { inner, other_write, ..FaultyStore::default() });
        site.write_originals(&site.collect(&[("a.css", "2")], 9));
        if let Err(err) = publish(&PublishConfig::new(site.path(), bucket(&store))) {
            assert_eq!(err.to_string(), "another run wrote other bytes to `memory://test/a.css`");
            assert_eq!(text(&store.inner, "a.css"), "other");
            refused += 1;
        }
        if store.requests.load(SeqCst) <= requests {
            break;
        }
    }
    assert!(refused > 0);
}

#[test]
fn plain_name_that_another_run_writes_during_an_upload_in_parts_is_not_overwritten() {
    let (site, store) = (Site::new(), site::memory());
    publish_with_originals(&site, &store, &[("a.css", "1")], 9);
    let store =
        FaultyStore { inner: store.fork(), other_write_in_parts: Some("a.css"), ..FaultyStore::default() };
    let store = Arc::new(store);
    site.write_originals(&site.collect(&[("a.css", &"2".repeat(8 * 1024 * 1024 + 1))], 9));
    let err = publish(&PublishConfig::new(site.path(), bucket(&store))).unwrap_err();
    assert_eq!(err.to_string(), "another run wrote other bytes to `memory://test/a.css`");
    assert_eq!(text(&store.inner, "a.css"), "other");
}
