//! Symlinks: development mode and `collect` follow the same symlinks.
#![cfg(unix)]

use std::{fs, os::unix::fs::symlink, path::Path};

use fingerpost::{
    Assets, ErrorKind,
    sources::{IgnoreRules, SourceDir, Sources},
};

use crate::support::{Dir, assert_not_found, assert_served, dev, list, paths, settings};

fn link(dir: &Dir, name: &str, target: impl AsRef<Path>) {
    symlink(target, dir.path(name)).unwrap();
}

fn assets_following_symlinks(dir: &Dir) -> Assets {
    dev(dir).settings(settings(|settings| settings.follow_symlinks = true)).build().unwrap()
}

#[test]
fn symlink_out_of_the_source_dir_is_not_found_and_its_target_is_reported() {
    let (dir, outside) = (Dir::with_paths(&["a.css"]), Dir::with_paths(&["secret.css", "deep/b.css"]));
    link(&dir, "file.css", outside.path("secret.css"));
    link(&dir, "dir", outside.path(""));
    link(&dir, "up", "..");
    link(&dir, "two-steps.css", "file.css");
    let assets = dev(&dir).build().unwrap();
    let real = fs::canonicalize(outside.path("secret.css")).unwrap();
    assert!(assert_not_found(&assets, "file.css").ends_with(&format!(
        ": a symlink points to `{}`, out of the source directory; set `follow-symlinks` to allow it",
        real.display()
    )));
    for path in ["dir/secret.css", "dir/deep/b.css", "two-steps.css"] {
        assert!(assert_not_found(&assets, path).contains("out of the source directory"), "{path}");
    }
    assert_not_found(&assets, &format!("up/{}/a.css", dir.as_ref().file_name().unwrap().display()));

    let listing = list(&dir);
    let mut escapes: Vec<_> = listing.problems.iter().map(|err| (err.kind(), err.to_string())).collect();
    escapes.sort_unstable_by_key(|(_, text)| text.clone());
    assert_eq!(escapes.len(), 4, "{escapes:?}");
    for ((kind, text), name) in escapes.iter().zip(["dir", "file.css", "two-steps.css", "up"]) {
        assert_eq!(*kind, ErrorKind::OutsideSource);
        assert!(text.starts_with(&format!("`{}` is a symlink to `", dir.path(name).display())), "{text}");
    }
}

#[test]
fn symlink_out_of_the_source_dir_is_followed_if_enabled() {
    let (dir, outside) = (Dir::with_paths(&["a.css"]), Dir::with_paths(&["secret.css", "deep/b.css"]));
    link(&dir, "file.css", outside.path("secret.css"));
    link(&dir, "dir", outside.path(""));
    let assets = assets_following_symlinks(&dir);
    assert_served(&assets, "file.css", "secret.css");
    assert_served(&assets, "dir/deep/b.css", "deep/b.css");
    outside.write("secret.css", "changed");
    assert_served(&assets, "file.css", "changed");
}

#[test]
fn symlink_within_the_source_dir_is_served() {
    let dir = Dir::with_paths(&["css/app.css", "other.css"]);
    link(&dir, "file.css", "css/app.css");
    link(&dir, "dir", "css");
    link(&dir, "there-and-back.css", format!("../{}/other.css", dir.as_ref().file_name().unwrap().display()));
    let assets = dev(&dir).build().unwrap();
    assert_served(&assets, "file.css", "css/app.css");
    assert_served(&assets, "dir/app.css", "css/app.css");
    assert_served(&assets, "there-and-back.css", "other.css");
    dir.write("css/app.css", "changed");
    assert_served(&assets, "file.css", "changed");
    fs::remove_file(dir.path("file.css")).unwrap();
    link(&dir, "file.css", "other.css");
    assert_served(&assets, "file.css", "other.css");
}

#[test]
fn symlink_into_another_source_dir_is_not_followed() {
    let dir = Dir::with_paths(&["one/a.css", "two/b.css"]);
    link(&dir, "one/b.css", "../two/b.css");
    let assets =
        Assets::builder().source(dir.path("one")).source(dir.path("two")).mode(fingerpost::Mode::Dev);
    let err = assets.build().unwrap().url("b.css").unwrap_err();
    assert!(err.to_string().contains("out of the source directory"), "{err}");
}

#[test]
fn source_dir_may_be_a_symlink() {
    let (dir, real) = (Dir::new(), Dir::with_paths(&["one/a.css", "two/a.css"]));
    link(&dir, "static", real.path("one"));
    let assets = Assets::dev(dir.path("static")).unwrap();
    assert_served(&assets, "a.css", "one/a.css");
    link(&dir, "next", real.path("two"));
    fs::rename(dir.path("next"), dir.path("static")).unwrap();
    assert_served(&assets, "a.css", "two/a.css");
}

#[test]
fn symlink_loops_and_dangling_symlinks_are_not_found() {
    let dir = Dir::with_paths(&["a.css", "css/b.css"]);
    link(&dir, "here", ".");
    link(&dir, "css/up", "..");
    link(&dir, "css/same", "../css");
    link(&dir, "itself.css", "itself.css");
    link(&dir, "ping.css", "pong.css");
    link(&dir, "pong.css", "ping.css");
    link(&dir, "dangling.css", "nowhere.css");
    link(&dir, "dangling", "/nowhere/at/all");
    let listing = list(&dir);
    let mut problems: Vec<_> = listing.problems.iter().map(ToString::to_string).collect();
    problems.sort_unstable();
    assert_eq!(problems.len(), 5, "{problems:?}");
    for (text, name) in
        problems.iter().zip(["dangling.css", "dangling", "itself.css", "ping.css", "pong.css"])
    {
        assert!(text.starts_with(&format!("cannot read `{}`: ", dir.path(name).display())), "{text}");
    }
    for assets in [dev(&dir).build().unwrap(), assets_following_symlinks(&dir)] {
        let listed: Vec<_> = assets.iter().map(|(path, _)| path).collect();
        assert_eq!(listed, ["a.css", "css/b.css"]);
        for path in ["dangling.css", "dangling/x.css"] {
            assert_not_found(&assets, path);
        }
        for path in ["itself.css", "ping.css"] {
            assert!(assets.url(path).is_err(), "{path}");
        }
        // Unlisted names would work only in development.
        for path in ["here/a.css", "here/here/a.css", "css/up/a.css", "css/up/css/b.css", "css/same/b.css"] {
            assert_not_found(&assets, path);
        }
    }
}

#[test]
fn symlink_to_a_directory_above_the_source_dir_is_a_loop() {
    let dir = Dir::with_paths(&["static/a.css", "secret.css"]);
    link(&dir, "static/up", "..");
    let builder = Assets::builder().source(dir.path("static")).mode(fingerpost::Mode::Dev);
    let assets = builder.settings(settings(|settings| settings.follow_symlinks = true)).build().unwrap();
    assert!(assets.iter().map(|(path, _)| path).eq(["a.css"]));
    assert!(assert_not_found(&assets, "up/secret.css").contains("points to a directory above"));
}

#[test]
fn file_replaced_by_a_symlink_out_of_the_source_dir_is_not_found() {
    let (dir, outside) = (Dir::with_paths(&["a.css", "css/b.css"]), Dir::with_paths(&["a.css"]));
    let assets = dev(&dir).build().unwrap();
    assert_served(&assets, "a.css", "a.css");
    fs::remove_file(dir.path("a.css")).unwrap();
    link(&dir, "a.css", outside.path("a.css"));
    assert_not_found(&assets, "a.css");

    assert_served(&assets, "css/b.css", "css/b.css");
    outside.write("b.css", "css/b.css");
    fs::remove_dir_all(dir.path("css")).unwrap();
    link(&dir, "css", outside.path(""));
    assert_not_found(&assets, "css/b.css");
}

#[test]
fn symlink_into_the_output_dir_is_not_a_source() {
    let dir = Dir::with_paths(&["a.css", "dist/a.css", "dist/css/b.css"]);
    link(&dir, "whole", "dist");
    link(&dir, "part", "dist/css");
    link(&dir, "file.css", "dist/a.css");
    let assets = dev(&dir).collected(dir.path("dist")).build().unwrap();
    for path in ["whole/a.css", "part/b.css", "file.css"] {
        assert_not_found(&assets, path);
    }
    let sources =
        Sources::open(vec![SourceDir::new(dir.as_ref())], IgnoreRules::default(), Some(&dir.path("dist")));
    let listing = sources.unwrap().list();
    assert_eq!(paths(&listing), ["a.css"]);
    assert!(listing.problems.is_empty(), "{:?}", listing.problems);
}

#[test]
fn symlink_is_ignored_by_its_own_name_and_not_by_its_target() {
    let dir = Dir::with_paths(&["a.css", ".config"]);
    link(&dir, ".hidden.css", "a.css");
    link(&dir, "shown.css", ".config");
    // Emacs creates a dangling symlink next to an edited file.
    link(&dir, ".#a.css", "user@host.1234:5678");
    let assets = dev(&dir).build().unwrap();
    assert!(assert_not_found(&assets, ".hidden.css").contains("start with `.`"));
    assert_served(&assets, "shown.css", ".config");
    let listing = list(&dir);
    assert!(listing.problems.is_empty(), "{:?}", listing.problems);
}
