//! Serves files of the output directory that are changed, damaged or missing.

use std::fs;

use fingerpost::Mode;
use fingerpost_tower::{AssetServer, StaticFiles};
use http::Method;

use crate::site::{IMMUTABLE, ONE_HOUR, Site, get, get_hashed, get_until, path_below_mount, send, tag};

const CSS: &[u8] = b"body{color:red}";

#[tokio::test]
async fn large_files_are_streamed_and_small_files_are_cached_in_memory() {
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let site = Site::new(&[("small.css", CSS), ("large.bin", &large)]);
    let assets = site.collect().production();
    let files = StaticFiles::new(&assets);
    let [small, large_path] =
        ["small.css", "large.bin"].map(|path| path_below_mount(&assets.url(path).unwrap()));
    for _ in 0..2 {
        get(&files, &small).await.assert_is(200, IMMUTABLE, CSS);
        let response = get_hashed(&files, &large_path).await;
        response.assert_is(200, IMMUTABLE, &large);
        assert_eq!(response.header("etag"), tag(&large));
    }
    fs::remove_dir_all(site.dist()).unwrap();
    get(&files, &small).await.assert_is(200, IMMUTABLE, CSS);
    get(&files, &large_path).await.assert_not_found();
}

#[tokio::test]
async fn cache_capacity_limits_cached_bytes() {
    let site = Site::new(&[("a.txt", b"aaaaaa"), ("b.txt", b"bbbbbb")]);
    let files = StaticFiles::from(AssetServer::new(&site.collect().production()).cache_capacity(10));
    get(&files, "/a.txt").await.assert_is(200, ONE_HOUR, b"aaaaaa");
    get(&files, "/b.txt").await.assert_is(200, ONE_HOUR, b"bbbbbb");
    get(&files, "/b.txt").await.assert_is(200, ONE_HOUR, b"bbbbbb");
    fs::remove_dir_all(site.dist()).unwrap();
    get(&files, "/a.txt").await.assert_is(200, ONE_HOUR, b"aaaaaa");
    get(&files, "/b.txt").await.assert_not_found();
}

#[tokio::test]
async fn bytes_that_differ_from_the_release_are_never_immutable() {
    for size in [40, 200_000] {
        let bytes = vec![b'x'; size];
        let site = Site::new(&[("a.txt", &bytes)]);
        let assets = site.collect().production();
        let hashed = path_below_mount(&assets.url("a.txt").unwrap());
        let file = site.dist().join(&hashed[1..]);
        for damage in [vec![b'y'; size], vec![b'x'; size - 1], vec![b'x'; size + 1], Vec::new()] {
            fs::write(&file, damage).unwrap();
            let files = StaticFiles::new(&assets);
            let first = get(&files, &hashed).await;
            // A large file is hashed in the background.
            assert!(first.status == 404 || size == 200_000, "{first:?}");
            assert_eq!((first.cache_control(), first.header("etag")), ("no-store", "-"));
            get_until(&files, &hashed, &[], |response| response.status == 404).await.assert_not_found();
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        let files = StaticFiles::new(&assets);
        get(&files, &hashed).await.assert_not_found();

        fs::remove_dir(&file).unwrap();
        fs::write(&file, &bytes).unwrap();
        get_hashed(&files, &hashed).await.assert_is(200, IMMUTABLE, &bytes);
    }
}

#[tokio::test]
#[cfg(unix)]
async fn pipes_and_devices_in_place_of_a_file_are_not_read() {
    for size in [40, 200_000] {
        let site = Site::new(&[("a.txt", &vec![b'x'; size])]);
        let assets = site.collect().production();
        let hashed = path_below_mount(&assets.url("a.txt").unwrap());
        let file = site.dist().join(&hashed[1..]);

        fs::remove_file(&file).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        get(&StaticFiles::new(&assets), &hashed).await.assert_not_found();

        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
        get(&StaticFiles::new(&assets), &hashed).await.assert_not_found();

        // A sparse file of 1 TiB, which does not fit into memory.
        fs::remove_file(&file).unwrap();
        fs::File::create(&file).unwrap().set_len(1 << 40).unwrap();
        get(&StaticFiles::new(&assets), &hashed).await.assert_not_found();
    }
}

#[tokio::test]
async fn django_manifest_is_served() {
    let site = Site::new(&[]);
    fs::create_dir(site.dist()).unwrap();
    fs::write(site.dist().join("a.0123456789ab.css"), CSS).unwrap();
    let manifest = r#"{"version": "1.0", "paths": {"a.css": "a.0123456789ab.css", "gone.css": "gone.0123456789ab.css"}}"#;
    fs::write(site.dist().join("staticfiles.json"), manifest).unwrap();
    let files = StaticFiles::new(&site.builder(Mode::Production).build().unwrap());
    let response = get(&files, "/a.0123456789ab.css").await;
    response.assert_is(200, IMMUTABLE, CSS);
    assert_eq!(response.header("etag"), tag(CSS));
    get(&files, "/a.css").await.assert_is(200, ONE_HOUR, CSS);
    get(&files, "/gone.css").await.assert_not_found();
}

#[tokio::test]
async fn missing_or_damaged_variants_are_not_offered() {
    let text = b"a { color: red; background: url(data:) }\n".repeat(200);
    let site = Site::new(&[("a.css", &text)]);
    let assets = site.collect_compressed(&["gzip", "br"]).production();
    let path = path_below_mount(&assets.url("a.css").unwrap());
    let variant = |extension: &str| site.dist().join(format!("{}.{extension}", &path[1..]));
    let accepted = [("accept-encoding", "gzip, br")];

    fs::write(variant("br"), "damaged").unwrap();
    let response = send(&StaticFiles::new(&assets), Method::GET, &path, &accepted).await;
    assert_eq!((response.status.as_u16(), response.header("content-encoding")), (200, "gzip"));

    fs::remove_file(variant("gz")).unwrap();
    let response = send(&StaticFiles::new(&assets), Method::GET, &path, &accepted).await;
    response.assert_is(200, IMMUTABLE, &text);
    assert_eq!(response.header("content-encoding"), "-");
}
