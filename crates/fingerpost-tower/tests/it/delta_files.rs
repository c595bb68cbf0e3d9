//! Deltas on disk: damaged files, removed files and new releases.

use std::fs;

use fingerpost::manifest::Digest;
use fingerpost_tower::StaticFiles;

use super::deltas::{ACCEPTED, VARY, decode, dictionary, get_with, hashed, script, site};

#[tokio::test]
async fn damaged_or_missing_delta_is_replaced_by_an_ordinary_encoding() {
    let site = site([1, 2]);
    let assets = site.production();
    let path = hashed(&assets, "app.js");
    let version = &Digest::from_content(&script(1)).to_string()[..12];
    let delta = site.dist().join(format!("{}.{version}.dcz", &path[1..]));
    let mut bytes = fs::read(&delta).unwrap();
    let known = dictionary(&script(1));
    let headers = [ACCEPTED, ("available-dictionary", &*known)];
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&delta, &bytes).unwrap();
    let response = get_with(&StaticFiles::new(&assets), &path, &headers).await;
    assert_eq!((response.status.as_u16(), response.header("content-encoding")), (200, "br"));
    assert_eq!(response.header("vary"), VARY);
    fs::remove_file(&delta).unwrap();
    let response = get_with(&StaticFiles::new(&assets), &path, &headers).await;
    assert_eq!((response.status.as_u16(), response.header("content-encoding")), (200, "br"));
}

#[tokio::test]
async fn deltas_need_no_file_of_the_earlier_version() {
    let site = site([1]);
    let earlier = hashed(&site.production(), "app.js");
    site.write("app.js", &script(2));
    let assets = site.collect_compressed(&["br:5", "dcz"]).production();
    fs::remove_file(site.dist().join(&earlier[1..])).unwrap();
    let (files, path) = (StaticFiles::new(&assets), hashed(&assets, "app.js"));
    let known = dictionary(&script(1));
    let response = get_with(&files, &path, &[ACCEPTED, ("available-dictionary", &known)]).await;
    assert!(decode(&response.body, &script(1)) == script(2));
}

#[tokio::test]
async fn reload_adds_the_deltas_of_the_new_release() {
    let site = site([1]);
    let assets = site.production();
    let files = StaticFiles::new(&assets);
    let first = hashed(&assets, "app.js");
    let response = get_with(&files, &first, &[ACCEPTED]).await;
    assert_eq!(
        (response.header("vary"), response.header("use-as-dictionary")),
        ("Accept-Encoding", r#"match="/static/app.*.js""#)
    );
    site.write("app.js", &script(2));
    site.collect_compressed(&["br:5", "dcz"]);
    assets.reload().unwrap();
    let known = dictionary(&script(1));
    let headers = [ACCEPTED, ("available-dictionary", &*known)];
    let response = get_with(&files, &hashed(&assets, "app.js"), &headers).await;
    assert_eq!(response.header("content-encoding"), "dcz");
    assert_eq!(get_with(&files, &first, &headers).await.header("vary"), "Accept-Encoding");
}
