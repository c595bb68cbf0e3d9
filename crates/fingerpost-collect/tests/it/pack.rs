//! Tests of packs: the output directory as one tar file.

use std::{collections::BTreeMap, fs, process::Command};

use fingerpost::{Store as _, manifest::TarStore};
use fingerpost_collect::{CollectConfig, ErrorKind, PackReport, collect};

use crate::site::{Site, warnings};

fn pack_config(site: &Site) -> CollectConfig {
    site.config().compress(["gzip"]).pack(site.path("site.tar"))
}

fn site() -> Site {
    let css = "a { color: red }\n".repeat(100);
    Site::new(&[("static/a.css", &css), ("static/img/b.png", "b"), ("static/empty.txt", "")])
}

#[track_caller]
fn pack(site: &Site) -> PackReport {
    collect(&pack_config(site)).unwrap().pack.expect("a pack")
}

/// Checks that the pack has every published file of the output directory, and no other file.
#[track_caller]
fn assert_contains_output_dir(site: &Site, out: &str) {
    let is_published =
        |name: &String| !name.starts_with(".fingerpost/") || name.starts_with(".fingerpost/releases/");
    let published: BTreeMap<_, _> =
        site.tree(out).into_iter().filter(|(name, _)| is_published(name)).collect();
    let store = TarStore::from_file(site.path("site.tar"));
    for (name, bytes) in &published {
        assert!(store.read(name).unwrap() == *bytes, "{name}");
    }
    let mut tar = tar::Archive::new(fs::File::open(site.path("site.tar")).unwrap());
    let names =
        tar.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().to_str().unwrap().to_owned());
    assert_eq!(names.collect::<Vec<_>>(), published.into_keys().collect::<Vec<_>>());
}

#[test]
fn pack_has_the_current_and_the_retained_releases_with_their_variants() {
    let site = site();
    assert!(pack(&site).written);
    site.write("static/a.css", "a { color: blue }\n".repeat(100));
    site.remove("static/img/b.png");
    let report = pack(&site);
    assert_eq!((report.written, report.bytes), (true, fs::metadata(site.path("site.tar")).unwrap().len()));
    assert_contains_output_dir(&site, "out");
    let names: Vec<_> = site.names("out").into_iter().filter(|name| name.ends_with(".css.gz")).collect();
    assert_eq!(names.len(), 2, "the variants of both releases");
    assert_eq!(TarStore::from_file(site.path("site.tar")).releases().unwrap(), [1, 2]);
}

#[test]
fn equal_output_directories_have_equal_packs() {
    let site = site();
    pack(&site);
    let first = fs::read(site.path("site.tar")).unwrap();
    // The copy has other times, and another order of files on disk.
    let copy = CollectConfig::new(site.path("copy")).source(site.path("static")).compress(["gzip"]);
    for (name, bytes) in site.tree("out").into_iter().rev() {
        site.write(&format!("copy/{name}"), bytes);
    }
    let report = collect(&copy.pack(site.path("copy.tar"))).unwrap();
    assert_eq!(report.release, None);
    assert!(fs::read(site.path("copy.tar")).unwrap() == first);
}

#[test]
fn unchanged_pack_is_not_written() {
    let site = site();
    pack(&site);
    let modified = || fs::metadata(site.path("site.tar")).unwrap().modified().unwrap();
    let before = modified();
    site.wait_for_a_new_time();
    let PackReport { bytes, written, .. } = pack(&site);
    assert_eq!(
        (bytes, written, modified()),
        (fs::metadata(site.path("site.tar")).unwrap().len(), false, before)
    );

    // A truncated, extended or changed pack is written again.
    let whole = fs::read(site.path("site.tar")).unwrap();
    let mut flipped = whole.clone();
    flipped[600] ^= 1;
    for damaged in [&whole[..whole.len() - 1], &[&*whole, &[0]].concat(), &flipped, &[]] {
        site.write("site.tar", damaged);
        assert!(pack(&site).written);
        assert!(fs::read(site.path("site.tar")).unwrap() == whole);
    }
}

#[test]
fn packing_leaves_no_temporary_files() {
    let site = site();
    pack(&site);
    let entries = fs::read_dir(site.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut entries: Vec<_> = entries.collect();
    entries.sort();
    assert_eq!(entries, ["out", "site.tar", "static"]);
}

#[test]
fn pack_with_long_names_is_listed_by_tar() {
    let long = format!("{}/{}.css", "d".repeat(110), "n".repeat(110));
    let site = Site::new(&[(&format!("static/{long}"), "a{}"), ("static/ä.css", "b{}")]);
    pack(&site);
    assert_contains_output_dir(&site, "out");
    let listed = Command::new("tar")
        .arg("tf")
        .arg(site.path("site.tar"))
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("tar");
    assert_eq!((listed.status.success(), &*String::from_utf8_lossy(&listed.stderr)), (true, ""));
    let names = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(names.lines().count(), 4, "{names}");
    assert!(names.lines().any(|name| name == site.hashed(&long)), "{names}");
}

#[test]
fn extracted_pack_is_an_output_directory() {
    let site = site();
    pack(&site);
    fs::create_dir(site.path("extracted")).unwrap();
    let tar = Command::new("tar")
        .arg("xf")
        .arg(site.path("site.tar"))
        .arg("-C")
        .arg(site.path("extracted"))
        .output();
    assert_eq!(String::from_utf8_lossy(&tar.expect("tar").stderr), "", "tar warns about times near 1970");
    site.assert_intact("extracted");
}

#[test]
fn pack_contains_no_plain_names() {
    let site = site();
    collect(&pack_config(&site).originals(true)).unwrap();
    let store = TarStore::from_file(site.path("site.tar"));
    assert!(store.position("a.css").is_err() && store.position(&site.hashed("a.css")).is_ok());
}

#[test]
fn dry_run_writes_no_pack() {
    let site = site();
    assert_eq!(collect(&pack_config(&site).dry_run(true)).unwrap().pack, None);
    assert!(!site.path("site.tar").exists());
}

#[test]
fn failed_run_does_not_change_the_pack() {
    let site = site();
    pack(&site);
    let before = fs::read(site.path("site.tar")).unwrap();
    site.write("static/b.css", "b { background: url(absent.png) }");
    collect(&pack_config(&site)).unwrap_err();
    assert!(fs::read(site.path("site.tar")).unwrap() == before);
}

#[test]
fn missing_file_of_an_earlier_release_is_reported_and_not_packed() {
    let site = site();
    site.collect();
    let old = site.hashed("img/b.png");
    site.remove("static/img/b.png");
    site.collect();
    site.remove(&format!("out/{old}"));
    let report = collect(&site.config().pack(site.path("site.tar"))).unwrap();
    let missing = site.quoted_path(&format!("out/{old}"));
    assert_eq!(warnings(&report), [format!("{missing} is missing; release 1 in the pack lacks this file")]);
    let store = TarStore::from_file(site.path("site.tar"));
    assert_eq!(store.releases().unwrap(), [1, 2]);
}

#[test]
fn pack_never_replaces_published_files_assets_and_directories() {
    let site = site();
    site.write("dir/a", "");
    for (pack, expected) in [
        (
            "out/staticfiles.json",
            format!(
                "is in the output directory {}; use a path outside of this directory",
                site.quoted_path("out")
            ),
        ),
        (
            "static/new/site.tar",
            format!(
                "is in the source directory {}; use a path outside of this directory",
                site.quoted_path("static")
            ),
        ),
        ("dir", "exists and is not a file; use another path, such as `dist/static.tar`".to_owned()),
    ] {
        let problems = site.problems_of(&site.config().pack(site.path(pack)));
        assert_eq!(problems, [format!("the pack {} {expected}", site.quoted_path(pack))]);
    }
}

#[test]
#[cfg(unix)]
fn pack_is_not_written_into_the_sources_through_a_symlink() {
    let site = site();
    std::os::unix::fs::symlink(site.path("static"), site.path("link")).unwrap();
    let err = collect(&site.config().pack(site.path("link/site.tar"))).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Config);
    assert!(err.to_string().contains("is in the source directory"), "{err}");
}

#[test]
#[cfg(unix)]
fn pack_that_cannot_be_written_is_an_error() {
    let site = site();
    site.write("file", "");
    let pack = site.path("file/site.tar");
    let err = collect(&site.config().pack(&pack)).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Output);
    let dir = site.quoted_path("file");
    assert_eq!(err.to_string(), format!("cannot create the directory {dir}: File exists (os error 17)"));
}

/// Creates a site with a pack of two releases, and without an output directory.
fn site_with_earlier_pack() -> Site {
    let site = site();
    pack(&site);
    site.write("static/a.css", "a { color: blue }\n".repeat(100));
    site.remove("static/img/b.png");
    pack(&site);
    fs::rename(site.path("site.tar"), site.path("previous.tar")).unwrap();
    fs::rename(site.path("out"), site.path("before")).unwrap();
    site.write("static/a.css", "a { color: green }\n".repeat(100));
    site
}

fn import_config(site: &Site) -> CollectConfig {
    pack_config(site).keep_from(site.path("previous.tar"))
}

#[test]
fn keep_from_imports_the_same_releases_from_a_pack_and_a_directory() {
    let site = site_with_earlier_pack();
    let report = collect(&import_config(&site)).unwrap();
    assert_eq!((&*report.kept, report.release, warnings(&report)), (&[1, 2][..], Some(3), vec![]));
    assert_contains_output_dir(&site, "out");
    let from_pack = site.tree("out");

    fs::remove_dir_all(site.path("out")).unwrap();
    collect(&pack_config(&site).keep_from(site.path("before"))).unwrap();
    let is_file = |name: &&String| {
        !name.starts_with(".fingerpost/") || name.contains("releases/1.") || name.contains("releases/2.")
    };
    let from_dir = site.tree("out");
    let files = |tree: &BTreeMap<String, Vec<u8>>| {
        tree.iter()
            .filter(|(name, _)| is_file(name))
            .map(|(name, bytes)| (name.clone(), bytes.clone()))
            .collect::<Vec<_>>()
    };
    assert!(files(&from_pack) == files(&from_dir));
}

#[test]
fn pack_can_replace_the_pack_of_keep_from() {
    let site = site_with_earlier_pack();
    for release in [Some(3), None] {
        let config = pack_config(&site).keep_from(site.path("previous.tar")).pack(site.path("previous.tar"));
        assert_eq!(collect(&config).unwrap().release, release);
    }
    assert_eq!(TarStore::from_file(site.path("previous.tar")).releases().unwrap(), [1, 2, 3]);
}

#[test]
fn large_files_of_a_pack_are_imported() {
    let site = site();
    let large: Vec<u8> = (0..9_000_000_u32).map(|number| (number % 253) as u8).collect();
    site.write("static/large_file.mp4", &large);
    pack(&site);
    fs::rename(site.path("site.tar"), site.path("previous.tar")).unwrap();
    let large_file = site.hashed("large_file.mp4");
    fs::remove_dir_all(site.path("out")).unwrap();
    site.remove("static/large_file.mp4");
    assert_eq!(warnings(&collect(&import_config(&site)).unwrap()), [""; 0]);
    assert!(fs::read(site.path("out").join(large_file)).unwrap() == large);
}

#[test]
fn damaged_file_in_an_earlier_pack_is_not_imported() {
    let site = site_with_earlier_pack();
    let mut tar = fs::read(site.path("previous.tar")).unwrap();
    let (name, _) = site.tree("before").into_iter().find(|(name, _)| name.ends_with(".png")).unwrap();
    let part = TarStore::from_file(site.path("previous.tar")).position(&name).unwrap();
    tar[part.start as usize] ^= 1;
    site.write("previous.tar", tar);
    let report = collect(&import_config(&site)).unwrap();
    let file = format!("`{}`", site.path("previous.tar").join(&name).display());
    assert_eq!(
        warnings(&report),
        [
            format!("{file} is damaged; it is not imported"),
            format!(
                "{} is missing; release 1 in the pack lacks this file",
                site.quoted_path(&format!("out/{name}"))
            ),
        ]
    );
}

#[test]
fn unusable_earlier_pack_is_an_error() {
    let site = site_with_earlier_pack();
    let whole = fs::read(site.path("previous.tar")).unwrap();
    let previous = site.quoted_path("previous.tar");
    for (bytes, reason) in [
        (&whole[..whole.len() - 1024], "the pack is cut off after `staticfiles.json`"),
        (&b"<html>404 Not Found</html>"[..], "the pack is not a complete tar file"),
        (&[], "the pack is empty"),
        (&[0; 1024], "the pack has no `staticfiles.json`"),
    ] {
        site.write("previous.tar", bytes);
        let advice = "copy the pack again, or run `fingerpost collect --pack`";
        assert_eq!(
            site.problems_of(&import_config(&site)),
            [format!("cannot import releases from {previous}: {reason}; {advice}")]
        );
    }
    let mut renamed = whole.clone();
    let name = b"empty.e3b0c44298fc.txt\"";
    let at = whole.windows(name.len()).rposition(|part| part == name).unwrap();
    renamed[at..at + name.len()].copy_from_slice(b"empty.e3b0c44298fd.txt\"");
    site.write("previous.tar", renamed);
    let reason = "the pack lacks `empty.e3b0c44298fd.txt`, which its manifest lists";
    let advice = "copy the pack again, or run `fingerpost collect --pack`";
    assert_eq!(
        site.problems_of(&import_config(&site)),
        [format!("cannot import releases from {previous}: {reason}; {advice}")]
    );
    site.remove("previous.tar");
    let advice = "correct `--keep-from`, or omit it at the first deploy";
    assert_eq!(
        site.problems_of(&import_config(&site)),
        [format!("cannot import releases from {previous}: it is neither a directory nor a pack; {advice}")]
    );
}

#[test]
fn path_of_the_pack_is_read_from_the_settings_file() {
    let site = site();
    site.write("fingerpost.toml", "sources = ['static']\nout = 'out'\n[collect]\npack = 'dist/site.tar'\n");
    let settings = fingerpost::Settings::read(site.path("fingerpost.toml")).unwrap();
    assert!(collect(&CollectConfig::from_settings(settings)).unwrap().pack.unwrap().written);
    assert_eq!(TarStore::from_file(site.path("dist/site.tar")).releases().unwrap(), [1]);
}
