//! The version query, without a build step. Unchanged files are cached for a year.

use std::fs;

use http::Method;

use crate::site::{IMMUTABLE, ONE_HOUR, Site, get, get_hashed, send, serve_by_version_query};

#[tokio::test]
async fn proven_versions_are_cached_for_a_year_and_unversioned_requests_for_an_hour() {
    let site = Site::new(&[("a.css", b"one")]);
    let (_, files) = serve_by_version_query(&site, "3f2a91b");
    get(&files, "/a.css?v=3f2a91b").await.assert_is(200, IMMUTABLE, b"one");
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, b"one");
    get(&files, "/a.css?rev=1").await.assert_is(200, ONE_HOUR, b"one");
    for query in ["?v=", "?v=9c01d22", "?v=3F2A91B", "?v=3f2a91b&v=2", "?x=1&v"] {
        get(&files, &format!("/a.css{query}")).await.assert_is(200, "no-store", b"one");
    }
    get(&files, "/nope.css?v=3f2a91b").await.assert_not_found();
}

#[tokio::test]
async fn version_parameter_is_compared_after_decoding() {
    let site = Site::new(&[("a.css", b"one")]);
    let (assets, files) = serve_by_version_query(&site, "1.2+build~7");
    let url = assets.url("a.css").unwrap();
    assert_eq!(&*url, "/static/a.css?v=1.2%2Bbuild~7");
    get(&files, "/a.css?v=1.2%2Bbuild~7").await.assert_is(200, IMMUTABLE, b"one");
    get(&files, "/a.css?v=1.2+build%7E7").await.assert_is(200, IMMUTABLE, b"one");
    get(&files, "/a.css?v=1.2%20build~7").await.assert_is(200, "no-store", b"one");
}

#[tokio::test]
async fn replaced_file_is_sent_with_no_store() {
    let site = Site::new(&[("a.css", b"one"), ("b.css", b"one")]);
    let (_, files) = serve_by_version_query(&site, "3f2a91b");
    // Only `a.css` is requested before the replacement.
    get(&files, "/a.css?v=3f2a91b").await.assert_is(200, IMMUTABLE, b"one");
    for path in ["a.css", "b.css"] {
        fs::write(site.source().join(path), "two").unwrap();
        get(&files, &format!("/{path}?v=3f2a91b")).await.assert_is(200, "no-store", b"two");
        fs::remove_file(site.source().join(path)).unwrap();
        site.write(path, b"six");
        get(&files, &format!("/{path}?v=3f2a91b")).await.assert_is(200, "no-store", b"six");
        get(&files, &format!("/{path}")).await.assert_is(200, ONE_HOUR, b"six");
        fs::remove_file(site.source().join(path)).unwrap();
        get(&files, &format!("/{path}?v=3f2a91b")).await.assert_not_found();
        fs::create_dir(site.source().join(path)).unwrap();
        get(&files, &format!("/{path}?v=3f2a91b")).await.assert_not_found();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn same_bytes_are_still_immutable_after_a_permission_change() {
    use std::os::unix::fs::PermissionsExt as _;

    let site = Site::new(&[("a.css", b"one"), ("b.css", b"one")]);
    let (_, files) = serve_by_version_query(&site, "3f2a91b");
    let path = "/a.css?v=3f2a91b";
    get(&files, path).await.assert_is(200, IMMUTABLE, b"one");
    // File system clocks advance in steps of several milliseconds.
    std::thread::sleep(std::time::Duration::from_millis(20));
    for name in ["a.css", "b.css"] {
        fs::set_permissions(site.source().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    for _ in 0..2 {
        get(&files, path).await.assert_is(200, IMMUTABLE, b"one");
        // The metadata of `b.css` changed before the first request, so the original bytes are unknown.
        get(&files, "/b.css?v=3f2a91b").await.assert_is(200, "no-store", b"one");
    }
}

#[tokio::test]
async fn added_file_is_not_found_until_reload() {
    let site = Site::new(&[("a.css", b"one")]);
    let (assets, files) = serve_by_version_query(&site, "3f2a91b");
    site.write("b.css", b"new");
    get(&files, "/b.css?v=3f2a91b").await.assert_not_found();
    assets.reload().unwrap();
    get(&files, "/b.css?v=3f2a91b").await.assert_is(200, IMMUTABLE, b"new");
}

#[cfg(unix)]
#[tokio::test]
async fn later_symlink_out_of_the_source_dir_is_not_found() {
    let site = Site::new(&[("a.css", b"one")]);
    let outside = Site::new(&[("secret", b"SECRET")]);
    let (_, files) = serve_by_version_query(&site, "3f2a91b");
    fs::remove_file(site.source().join("a.css")).unwrap();
    std::os::unix::fs::symlink(outside.source().join("secret"), site.source().join("a.css")).unwrap();
    get(&files, "/a.css?v=3f2a91b").await.assert_not_found();
    get(&files, "/a.css").await.assert_not_found();
}

#[tokio::test]
async fn large_file_with_the_current_version_is_immutable() {
    let large = vec![b'x'; 9 * 1024 * 1024];
    let site = Site::new(&[("large.bin", &large)]);
    let (_, files) = serve_by_version_query(&site, "3f2a91b");
    for _ in 0..2 {
        get_hashed(&files, "/large.bin?v=3f2a91b").await.assert_is(200, IMMUTABLE, &large);
    }
    fs::write(site.source().join("large.bin"), vec![b'y'; 9 * 1024 * 1024]).unwrap();
    let response = get(&files, "/large.bin?v=3f2a91b").await;
    assert_eq!((response.cache_control(), response.body[0]), ("no-store", b'y'));
}

#[tokio::test]
async fn conditions_and_ranges_are_honored() {
    let site = Site::new(&[("a.css", b"0123456789")]);
    let (_, files) = serve_by_version_query(&site, "3f2a91b");
    let path = "/a.css?v=3f2a91b";
    let tag = get(&files, path).await.header("etag").to_owned();
    send(&files, Method::GET, path, &[("if-none-match", &tag)]).await.assert_is(304, IMMUTABLE, b"");
    send(&files, Method::GET, path, &[("range", "bytes=2-3")]).await.assert_is(206, IMMUTABLE, b"23");
    assert_eq!(send(&files, Method::GET, path, &[("accept-encoding", "identity;q=0")]).await.status, 406);
}

#[tokio::test]
async fn requested_files_are_cached_in_memory_and_checked_on_each_request() {
    let site = Site::new(&[("a.css", b"one"), ("large.txt", &[b'l'; 200_000])]);
    let (_, files) = serve_by_version_query(&site, "3f2a91b");
    for _ in 0..2 {
        get(&files, "/a.css?v=3f2a91b").await.assert_is(200, IMMUTABLE, b"one");
        get_hashed(&files, "/large.txt?v=3f2a91b").await.assert_is(200, IMMUTABLE, &[b'l'; 200_000]);
    }
    // At each request, a file cached in memory is compared with the file on disk.
    fs::remove_file(site.source().join("a.css")).unwrap();
    get(&files, "/a.css?v=3f2a91b").await.assert_not_found();
}

#[cfg(unix)]
#[tokio::test]
async fn named_pipe_in_place_of_a_file_does_not_block() {
    let site = Site::new(&[("a.css", b"one")]);
    let (_, files) = serve_by_version_query(&site, "3f2a91b");
    let file = site.source().join("a.css");
    fs::remove_file(&file).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
    get(&files, "/a.css?v=3f2a91b").await.assert_not_found();
}
