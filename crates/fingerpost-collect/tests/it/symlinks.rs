//! Tests of symlinks in an output directory.

use std::{fs, os::unix::fs::symlink};

use fingerpost_collect::{ErrorKind, collect};

use crate::site::Site;

fn advice(site: &Site, path: &str) -> String {
    let advice = "nothing outside of the output directory is changed; replace the symlink with its target";
    format!("{} is a symlink; {advice}", site.quoted_path(path))
}

#[test]
fn nothing_is_written_through_a_symlink() {
    let site = Site::new(&[("static/css/a.css", "@import 'b.css'"), ("static/css/b.css", "")]);
    fs::create_dir(site.path("out")).unwrap();
    symlink("../static/css", site.path("out/css")).unwrap();
    let before = site.tree("static");
    for dry_run in [false, true] {
        let config = site.config().originals(true).dry_run(dry_run);
        assert_eq!(site.problems_of(&config), [advice(&site, "out/css")], "{dry_run}");
        assert_eq!(site.tree("static"), before);
    }
}

#[test]
fn symlinked_parent_directory_is_detected() {
    let site = Site::new(&[("static/a/b/c/d.css", ""), ("mine/b/c/file", "mine")]);
    fs::create_dir(site.path("out")).unwrap();
    symlink(site.path("mine"), site.path("out/a")).unwrap();
    assert_eq!(site.problems_of(&site.config()), [advice(&site, "out/a")]);
    assert_eq!(site.names("mine"), ["b/c/file"]);
}

#[test]
fn symlinked_metadata_is_rejected() {
    for name in ["out/.fingerpost", "out/.fingerpost/tmp", "out/.fingerpost/releases"] {
        let site = Site::new(&[("static/a.css", ""), ("mine/tmp/file", "mine"), ("mine/file", "mine")]);
        let link = site.path(name);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(site.path("mine"), &link).unwrap();
        let err = collect(&site.config()).unwrap_err();
        assert_eq!((err.kind(), err.to_string()), (ErrorKind::Output, advice(&site, name)));
        assert_eq!(site.names("mine"), ["file", "tmp/file"], "{name}");
    }
}

#[test]
fn symlinked_lock_file_is_not_truncated() {
    let site = Site::new(&[("static/a.css", ""), ("mine", "mine")]);
    fs::create_dir_all(site.path("out/.fingerpost")).unwrap();
    symlink(site.path("mine"), site.path("out/.fingerpost/lock")).unwrap();
    assert_eq!(collect(&site.config()).unwrap_err().to_string(), advice(&site, "out/.fingerpost/lock"));
    assert_eq!(site.read("mine"), "mine");
}

#[test]
fn output_dir_may_be_a_symlink() {
    let site = Site::new(&[("static/css/a.css", "a")]);
    fs::create_dir(site.path("release")).unwrap();
    symlink("release", site.path("out")).unwrap();
    collect(&site.config().originals(true)).unwrap();
    site.assert_intact("out");
    assert_eq!(site.read("release/css/a.css"), "a");
    assert!(site.path("out").is_symlink());
}
