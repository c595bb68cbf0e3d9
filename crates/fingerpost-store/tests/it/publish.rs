use std::{sync::Arc, time::Duration};

use fingerpost::{Store as _, manifest::Manifest};
use fingerpost_store::{
    Bucket, BucketStore, Error, ErrorKind, PublishConfig, PublishReport, download_pack, publish,
};
use object_store::{Attribute, ObjectStore};

use crate::site::{self, Site, attributes, complete_manifest, header, names, release};

fn bucket(store: &Arc<impl ObjectStore>) -> Bucket {
    let store: Arc<dyn ObjectStore> = store.clone();
    Bucket::from_object_store(store, "memory://test").lease(Duration::from_millis(300))
}

fn config(site: &Site, store: &Arc<impl ObjectStore>) -> PublishConfig {
    PublishConfig::new(site.path(), bucket(store))
}

#[track_caller]
fn publish_site(site: &Site, store: &Arc<impl ObjectStore>) -> PublishReport {
    publish(&config(site, store)).unwrap()
}

#[test]
fn files_are_uploaded_with_their_attributes_and_the_release_is_numbered() {
    let (site, store) = (Site::new(), site::memory());
    let manifest = site.collect(&[("css/a.css", "a{}"), ("b.png", "png")], 9);
    let report = publish_site(&site, &store);
    assert_eq!((report.release, report.files, report.objects), (Some(1), 2, 4));
    assert_eq!((report.uploaded, report.skipped), (4, 0));
    assert_eq!(complete_manifest(&*store), manifest);
    let first = release(&*store, 1).unwrap();
    assert_eq!((first.manifest, first.replaces), (manifest.clone(), 0));
    assert_eq!(first.references["a.css"], ["b.png"]);

    let hashed = &manifest.get("css/a.css").unwrap().hashed;
    for (name, content_type, encoding, cache_control) in [
        (hashed.clone(), "text/css; charset=utf-8", "", "public, max-age=31536000, immutable"),
        (format!("{hashed}.br"), "text/css; charset=utf-8", "br", "public, max-age=31536000, immutable"),
        ("staticfiles.json".to_owned(), "application/json", "", "no-cache"),
        (".fingerpost/releases/1.json".to_owned(), "application/json", "", "no-cache"),
    ] {
        let attributes = attributes(&*store, &name);
        assert_eq!(header(&attributes, &Attribute::ContentType), content_type, "{name}");
        assert_eq!(header(&attributes, &Attribute::ContentEncoding), encoding, "{name}");
        assert_eq!(header(&attributes, &Attribute::CacheControl), cache_control, "{name}");
        let sha256 = fingerpost::manifest::Digest::from_content(&site::read(&*store, &name).unwrap());
        assert_eq!(header(&attributes, &Attribute::Metadata("sha256".into())), sha256.to_string(), "{name}");
    }
    assert_eq!(names(&*store).iter().filter(|name| name.contains("probe")).count(), 0);
}

#[test]
fn second_release_uploads_only_new_files() {
    let (site, store) = (Site::new(), site::memory());
    site.collect(&[("a.css", "a{}"), ("b.css", "b{}")], 9);
    publish_site(&site, &store);
    let manifest = site.collect(&[("a.css", "a{}"), ("b.css", "b{c:d}")], 9);
    let report = publish_site(&site, &store);
    assert_eq!((report.release, report.uploaded, report.skipped), (Some(2), 2, 2));
    assert_eq!(complete_manifest(&*store), manifest);
    assert_eq!(release(&*store, 2).unwrap().replaces, 1);
}

#[test]
fn build_with_other_compression_adopts_the_published_variants() {
    let (site, store) = (Site::new(), site::memory());
    let manifest = site.collect(&[("a.css", "a{}")], 9);
    publish_site(&site, &store);
    let other = Site::new();
    other.collect(&[("a.css", "a{}")], 11);
    let report = publish_site(&other, &store);
    assert_eq!((report.release, report.uploaded), (None, 0));

    other.collect(&[("a.css", "a{}"), ("b.css", "b{}")], 11);
    let report = publish_site(&other, &store);
    assert_eq!((report.release, report.uploaded), (Some(2), 2));
    let second = complete_manifest(&*store);
    assert_eq!(second.get("a.css"), manifest.get("a.css"));
}

#[test]
fn deltas_are_uploaded_and_adopted_with_their_file() {
    let (site, store) = (Site::new(), site::memory());
    let mut manifest = site.collect(&[("a.css", "a{b}")], 9);
    let name = site.add_delta(&mut manifest, "a.css", "a{}", "a delta");
    assert_eq!(publish_site(&site, &store).uploaded, 3);
    assert_eq!(complete_manifest(&*store), manifest);
    let attributes = attributes(&*store, &name);
    assert_eq!(header(&attributes, &Attribute::ContentEncoding), "dcz");
    assert_eq!(header(&attributes, &Attribute::ContentType), "text/css; charset=utf-8");
    assert_eq!(header(&attributes, &Attribute::CacheControl), "public, max-age=31536000, immutable");
    assert_eq!(BucketStore::new(&bucket(&store)).read(&name).unwrap(), b"a delta");

    // Another build of the same file made another delta.
    let other = Site::new();
    let mut second = other.collect(&[("a.css", "a{b}"), ("b.css", "b{}")], 11);
    other.add_delta(&mut second, "a.css", "a{}", "another delta");
    assert_eq!(publish_site(&other, &store).uploaded, 2);
    assert_eq!(complete_manifest(&*store).get("a.css"), manifest.get("a.css"));
}

#[test]
fn other_bytes_under_a_published_name_are_an_error() {
    let (site, store) = (Site::new(), site::memory());
    let manifest = site.collect(&[("a.css", "a{}")], 9);
    publish_site(&site, &store);
    let json = String::from_utf8(manifest.to_json()).unwrap();
    let digest = manifest.get("a.css").unwrap().info.as_ref().unwrap().sha256.to_string();
    let changed = json.replace(&digest, &"0".repeat(64));
    std::fs::write(site.path().join("staticfiles.json"), changed).unwrap();
    let err = publish(&config(&site, &store)).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Conflict);
    let hashed = &manifest.get("a.css").unwrap().hashed;
    assert_eq!(
        err.to_string(),
        format!(
            "the bucket has other bytes under `{hashed}`; a published file must not change, so give the changed file another name"
        )
    );
}

#[test]
fn missing_and_damaged_files_are_reported_and_nothing_is_published() {
    let (site, store) = (Site::new(), site::memory());
    let manifest = site.collect(&[("a.css", "a{}"), ("b.css", "b{}")], 9);
    let file = |path: &str| site.path().join(&manifest.get(path).unwrap().hashed);
    std::fs::write(file("a.css"), "x{}").unwrap();
    let err = publish(&config(&site, &store)).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::File);
    assert_eq!(site::read(&*store, "staticfiles.json"), None);
    // The first run may have uploaded the other file.
    let store = site::memory();
    std::fs::remove_file(file("b.css")).unwrap();
    let err = publish(&config(&site, &store)).unwrap_err();
    let expected = format!(
        "missing or damaged: `{}`; run `fingerpost collect --verify` to write the files again",
        file("b.css").display()
    );
    assert_eq!(err.to_string(), expected);
    assert_eq!(site::read(&*store, "staticfiles.json"), None);
}

/// Removes or damages the file of release 1, and publishes `files` with another compression level.
#[track_caller]
fn publish_without_the_first_release_file(
    record: Option<&[u8]>,
    files: &[(&str, &str)],
) -> Result<PublishReport, Error> {
    let store = site::memory();
    let first = Site::new();
    first.collect(&[("a.css", "a{}"), ("b.css", "b{}")], 9);
    publish_site(&first, &store);
    if record.is_some() {
        first.collect(&[("a.css", "a{}"), ("c.css", "c{}")], 9);
        publish_site(&first, &store);
    }
    let name = ".fingerpost/releases/1.json".into();
    match record {
        Some(bytes) => {
            let write = object_store::ObjectStoreExt::put(&*store, &name, bytes.to_vec().into());
            site::block_on(write).map(drop).unwrap();
        }
        None => site::block_on(object_store::ObjectStoreExt::delete(&*store, &name)).unwrap(),
    }
    let files_in = || names(&*store).into_iter().filter(|name| name.contains(".css"));
    let before: Vec<_> = files_in().map(|name| (site::read(&*store, &name), name)).collect();
    let other = Site::new();
    other.collect(files, 11);
    let result = publish(&config(&other, &store));
    for (bytes, name) in before {
        assert_eq!(site::read(&*store, &name), bytes, "{name} was overwritten");
    }
    complete_manifest(&*store);
    result
}

#[test]
fn files_of_the_manifest_without_a_release_are_not_overwritten() {
    let report = publish_without_the_first_release_file(None, &[("a.css", "a{}"), ("d.css", "d{}")]).unwrap();
    assert_eq!((report.release, report.uploaded), (Some(2), 2));
}

#[test]
fn files_of_an_unreadable_release_are_not_overwritten() {
    let err = publish_without_the_first_release_file(Some(b"{"), &[("b.css", "b{}")]).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Conflict);
    let text = err.to_string();
    assert!(text.starts_with("the bucket has other bytes under `b."), "{text}");
    let reason = ".css.br`, which an unreadable release may list: manifest `memory://test/.fingerpost/releases/1.json` cannot be read";
    assert!(text.contains(reason), "{text}");
    assert!(text.ends_with("; restore the release file, or delete it if no page uses the release"), "{text}");
    let report =
        publish_without_the_first_release_file(Some(b"{"), &[("a.css", "a{}"), ("d.css", "d{}")]).unwrap();
    assert_eq!((report.release, report.uploaded), (Some(3), 2));
}

#[test]
fn dry_run_writes_nothing() {
    let (site, store) = (Site::new(), site::memory());
    site.collect(&[("a.css", "a{}")], 9);
    let report = publish(&config(&site, &store).dry_run(true)).unwrap();
    assert_eq!((report.release, report.uploaded, report.dry_run), (Some(1), 2, true));
    assert_eq!(names(&*store), [""; 0]);
}

#[test]
fn missing_and_damaged_files_of_earlier_releases_are_left_out_of_a_pack() {
    let (site, store) = (Site::new(), site::memory());
    let first = site.collect(&[("a.css", "1"), ("b.css", "1")], 9);
    publish_site(&site, &store);
    let second = site.collect(&[("a.css", "2")], 9);
    publish_site(&site, &store);
    let hashed =
        |manifest: &Manifest, path| object_store::path::Path::from(&*manifest.get(path).unwrap().hashed);
    let delete = |path: &object_store::path::Path| {
        site::block_on(object_store::ObjectStoreExt::delete(&*store, path)).unwrap();
    };
    delete(&hashed(&first, "a.css"));
    site::block_on(object_store::ObjectStoreExt::put(&*store, &hashed(&first, "b.css"), "damaged".into()))
        .unwrap();
    let pack = site.path().join("bucket.tar");
    let bucket = Bucket::from_object_store(store.clone(), "memory://test");
    assert!(download_pack(&bucket, &pack).unwrap());
    let mut tar = tar::Archive::new(std::fs::File::open(&pack).unwrap());
    let names: Vec<_> =
        tar.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
    let current = hashed(&second, "a.css").to_string();
    assert!(names.contains(&current) && names.contains(&"staticfiles.json".to_owned()), "{names:?}");
    let lost = [hashed(&first, "a.css").to_string(), hashed(&first, "b.css").to_string()];
    assert!(!names.iter().any(|name| lost.contains(name)), "{names:?}");

    delete(&hashed(&second, "a.css"));
    let expected = format!(
        "`memory://test/{current}` was deleted, which the current release lists; run the command again, or publish again to upload \
         the file"
    );
    assert_eq!(download_pack(&bucket, &pack).unwrap_err().to_string(), expected);
}

#[test]
fn bucket_without_a_manifest_has_no_pack() {
    let (site, store) = (Site::new(), site::memory());
    site.collect(&[("a.css", "1")], 9);
    publish_site(&site, &store);
    // The first publication was killed before the write of the manifest.
    site::block_on(object_store::ObjectStoreExt::delete(&*store, &"staticfiles.json".into())).unwrap();
    let pack = site.path().join("bucket.tar");
    assert!(!download_pack(&bucket(&store), &pack).unwrap());
    assert!(!pack.exists());
}
