//! Packs as stores: complete packs, and packs that are truncated, damaged or foreign.

use std::{fs, io::ErrorKind, panic::catch_unwind};

use fingerpost::{
    AssetPath, Assets, Mode, Store, Stored,
    manifest::{Digest, EncodingInfo, FileInfo, MANIFEST_NAME, Manifest, TarStore},
};
use proptest::prelude::*;
use tar::{EntryType, Header};

const AGAIN: &str = "; copy the pack again, or run `fingerpost collect --pack`";

fn header(kind: EntryType, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o644);
    header
}

/// Returns a tar file of these files.
fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        tar.append_data(&mut header(EntryType::Regular, bytes.len()), name, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Returns a tar file with one empty entry. The name of the entry is not validated.
fn tar_with(name: &[u8], kind: EntryType) -> Vec<u8> {
    let mut header = header(kind, 0);
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_cksum();
    let mut tar = tar::Builder::new(Vec::new());
    tar.append(&header, &b""[..]).unwrap();
    tar.into_inner().unwrap()
}

/// Returns the manifest of one style sheet with a variant.
fn manifest(base_path: &str) -> Vec<u8> {
    let mut info = FileInfo::new(6, Digest::from_content(b"body{}"));
    info.encodings.insert("gzip".to_owned(), EncodingInfo::new(4, Digest::from_content(b"gzip")));
    let mut manifest = Manifest::new(base_path);
    manifest.insert(AssetPath::parse("a.css").unwrap(), "a.7c98040a5416.css", info);
    manifest.to_json()
}

fn whole() -> Vec<u8> {
    tar_of(&[
        (".fingerpost/releases/10.json", b"{}"),
        (".fingerpost/releases/2.json", b"{}"),
        ("a.7c98040a5416.css", b"body{}"),
        ("a.7c98040a5416.css.gz", b"gzip"),
        (MANIFEST_NAME, &manifest("/static/")),
    ])
}

fn store(tar: Vec<u8>) -> TarStore {
    TarStore::from_static("site.tar", tar.leak())
}

fn build(tar: Vec<u8>) -> Result<Assets, fingerpost::Error> {
    Assets::builder().embedded(Some(store(tar))).mode(Mode::Production).build()
}

/// Returns the reason for which a pack is rejected. Checks that the reason is the same in memory and on disk.
#[track_caller]
fn refused(tar: Vec<u8>) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("site.tar");
    fs::write(&file, &tar).unwrap();
    let on_disk = TarStore::from_file(&file).read("a.css").unwrap_err();
    let err = store(tar.clone()).open("a.css").unwrap_err();
    assert_eq!((err.kind(), err.to_string()), (ErrorKind::InvalidData, on_disk.to_string()));
    let start = build(tar).unwrap_err().to_string();
    assert_eq!(start, format!("cannot read `site.tar/staticfiles.json`: {err}"));
    err.to_string().strip_suffix(AGAIN).unwrap().to_owned()
}

#[test]
fn pack_is_a_store_of_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("site.tar");
    fs::write(&file, whole()).unwrap();
    for store in [store(whole()), TarStore::from_file(&file)] {
        assert_eq!(store.releases().unwrap(), [2, 10]);
        assert_eq!(store.read("a.7c98040a5416.css").unwrap(), b"body{}");
        assert_eq!(store.position("a.7c98040a5416.css.gz").unwrap().count(), 4);
        for absent in ["a.css", "", ".fingerpost", "/a.7c98040a5416.css"] {
            assert_eq!(store.read(absent).unwrap_err().kind(), ErrorKind::NotFound, "{absent}");
        }
    }
    assert_eq!(TarStore::from_file(&file).place(), file.display().to_string());
}

#[test]
fn files_of_an_embedded_pack_are_slices_of_the_pack() {
    let tar: &'static [u8] = whole().leak();
    let Stored::Static(bytes) = TarStore::from_static("site.tar", tar).open("a.7c98040a5416.css").unwrap()
    else {
        panic!("not static");
    };
    assert!(bytes == b"body{}" && tar.as_ptr_range().contains(&bytes.as_ptr()));
}

#[test]
fn production_reads_the_embedded_pack_alone() {
    let assets = Assets::builder().source("absent").collected("absent").store(store(Vec::new()));
    let assets = assets.embedded(Some(store(whole()))).mode(Mode::Production).build().unwrap();
    assert_eq!(assets.url("a.css").unwrap(), "/static/a.7c98040a5416.css");
    assert_eq!(assets.store().unwrap().place(), "site.tar");
    assert_eq!(&*assets.reload().unwrap().app_version(), &*assets.app_version());
}

#[test]
fn build_without_the_pack_uses_the_output_directory() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(MANIFEST_NAME), manifest("/static/")).unwrap();
    let builder = || Assets::builder().embedded(None).mode(Mode::Production);
    let assets = builder().collected(dir.path()).build().unwrap();
    assert_eq!(assets.url("a.css").unwrap(), "/static/a.7c98040a5416.css");
    assert_eq!(
        builder().build().unwrap_err().to_string(),
        "a debug build embeds no pack; build with `--release`, or name an output directory with `.collected(…)`"
    );
}

#[test]
fn debug_build_embeds_nothing() {
    // The file does not exist, and this package has no build script.
    #[cfg(debug_assertions)]
    assert!(fingerpost::embed!("absent.tar").is_none() && fingerpost::embed!().is_none());
}

#[test]
fn pack_that_is_cut_off_at_any_byte_is_refused() {
    let whole = whole();
    for length in 0..whole.len() {
        let reason = store(whole[..length].to_vec()).releases().unwrap_err().to_string();
        let reasons = ["is empty", "is not a complete tar file", "is cut off", "is damaged"];
        assert!(reasons.iter().any(|known| reason.contains(known)), "{length}: {reason}");
    }
    assert_eq!(refused(Vec::new()), "the pack is empty");
    // Truncated in the first header.
    assert_eq!(refused(whole[..100].to_vec()), "the pack is not a complete tar file");
    // Truncated in a later header, between two entries, in an entry, and before the last block of zeros.
    assert_eq!(refused(whole[..2100].to_vec()), "the pack is cut off after `.fingerpost/releases/2.json`");
    assert_eq!(refused(whole[..4096].to_vec()), "the pack is cut off after `a.7c98040a5416.css.gz`");
    assert_eq!(refused(whole[..2564].to_vec()), "the pack is cut off in `a.7c98040a5416.css`");
    assert_eq!(refused(whole[..whole.len() - 512].to_vec()), "the pack is cut off after `staticfiles.json`");
}

#[test]
fn damaged_pack_is_refused() {
    let mut flipped = whole();
    flipped[1024] ^= 1;
    assert_eq!(refused(flipped), "the pack is damaged after `.fingerpost/releases/10.json`");
    // A header of zeros equals the end marker of a tar file.
    let mut erased = whole();
    erased[1024..2048].fill(0);
    assert_eq!(refused(erased), "the pack is damaged after `.fingerpost/releases/10.json`");
    let longer = [whole(), vec![0]].concat();
    assert_eq!(refused(longer), "the pack is damaged after `staticfiles.json`");
    assert_eq!(refused(b"not a tar file".repeat(100)), "the pack is not a complete tar file");
}

#[test]
fn foreign_tar_file_is_refused() {
    let foreign = tar_of(&[("README.md", b"hello")]);
    assert_eq!(refused(foreign), "the pack has no `staticfiles.json`");
    assert_eq!(refused(vec![0; 1024]), "the pack has no `staticfiles.json`");
}

#[test]
fn unsafe_names_are_refused() {
    for (name, reason) in [
        (&b"../a.css"[..], "the pack has an unsafe name: path `../a.css` leaves the asset directory"),
        (b"/a.css", "the pack has an unsafe name: path `/a.css` has an empty segment; write `a.css`"),
        (b"a//b.css", "the pack has an unsafe name: path `a//b.css` has an empty segment; write `a/b.css`"),
        (
            b"C:/a.css",
            "the pack has an unsafe name: path `C:/a.css` has a scheme (`C`); an asset path is relative to the asset directory",
        ),
        (b"a\\b.css", "the pack has an unsafe name: path `a\\b.css` contains a backslash; write `a/b.css`"),
        (b"./a.css", "the pack has an unsafe name: path `./a.css` has a `.` segment; write `a.css`"),
        (b"\xff.css", "the pack has the name `\u{fffd}.css`, which is not UTF-8"),
    ] {
        assert_eq!(refused(tar_with(name, EntryType::Regular)), reason);
    }
    assert_eq!(refused(tar_of(&[("a.css", b""), ("a.css", b"")])), "the pack has `a.css` twice");
}

#[test]
fn entries_other_than_regular_files_are_refused() {
    for kind in [EntryType::Directory, EntryType::Symlink, EntryType::Link, EntryType::Fifo, EntryType::Char]
    {
        assert_eq!(refused(tar_with(b"css", kind)), "the pack has `css`, which is not a regular file");
    }
}

#[test]
fn pack_without_a_file_of_its_manifest_is_refused() {
    let json = manifest("/static/");
    let refused = |css: &[u8], gzip: Option<&[u8]>| {
        let css = ("a.7c98040a5416.css", css);
        let gzip = gzip.map(|gzip| ("a.7c98040a5416.css.gz", gzip));
        let files: Vec<_> = [css].into_iter().chain(gzip).chain([(MANIFEST_NAME, &*json)]).collect();
        let err = build(tar_of(&files)).unwrap_err().to_string();
        let reason = err.strip_prefix("cannot read `site.tar/staticfiles.json`: ").unwrap();
        reason.strip_suffix(AGAIN).unwrap().to_owned()
    };
    assert_eq!(refused(b"body{}", None), "the pack lacks `a.7c98040a5416.css.gz`, which its manifest lists");
    assert_eq!(
        refused(b"body{}", Some(b"gz")),
        "`a.7c98040a5416.css.gz` has 2 bytes in the pack, and 4 in its manifest"
    );
    assert_eq!(
        refused(b"body{ }", Some(b"gzip")),
        "`a.7c98040a5416.css` has 7 bytes in the pack, and 6 in its manifest"
    );
}

#[test]
fn unusable_manifest_in_a_pack_is_an_error_with_a_reason() {
    let refused = |json: &[u8]| build(tar_of(&[(MANIFEST_NAME, json)])).unwrap_err().to_string();
    assert_eq!(
        refused(br#"{"version": "1.1", "paths": {}, "fingerpost": {"schema": 2}}"#),
        "manifest `site.tar/staticfiles.json` has schema 2; this program reads 1; run `fingerpost collect` again, or update \
         the program"
    );
    assert_eq!(refused(b"[]"), "manifest `site.tar/staticfiles.json` is not a JSON object");
    let other_base = tar_of(&[
        ("a.7c98040a5416.css", b"body{}"),
        ("a.7c98040a5416.css.gz", b"gzip"),
        (MANIFEST_NAME, &manifest("/assets/")),
    ]);
    assert_eq!(
        build(other_base).unwrap_err().to_string(),
        "manifest `site.tar/staticfiles.json` was made for `/assets/`, and the base URL here is `/static/`; run `fingerpost \
         collect` again with `--base-url /static/`"
    );
}

#[test]
fn missing_pack_on_disk_is_not_found() {
    let err = TarStore::from_file("absent.tar").releases().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::NotFound);
}

#[test]
fn names_of_more_than_a_hundred_bytes_are_found() {
    let long = format!("{}/{}.css", "d".repeat(120), "ä".repeat(90));
    let manifest = format!(r#"{{"version": "1.1", "paths": {{"a.css": "{long}"}}}}"#);
    let tar = tar_of(&[(&long, b"long"), (MANIFEST_NAME, manifest.as_bytes())]);
    assert_eq!(store(tar.clone()).read(&long).unwrap(), b"long");
    // Truncated between the entry for the long name and the entry for the file.
    assert_eq!(refused(tar[..1024].to_vec()), "the pack is not a complete tar file");
}

/// Only `tests/release-check` tests a pack of 2.5 GB, because not every file system supports sparse files.
#[test]
fn large_pack_is_indexed_by_its_headers_alone() {
    let is_large = std::env::var_os("FINGERPOST_TEST_LARGE").is_some();
    let size: u64 = if is_large { 5 << 29 } else { 1 << 26 };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("site.tar");
    let mut file = fs::File::create(&path).unwrap();
    let mut head = header(EntryType::Regular, 0);
    head.set_path("film.0123456789ab.mp4").unwrap();
    head.set_size(size);
    head.set_cksum();
    std::io::Write::write_all(&mut file, head.as_bytes()).unwrap();
    // The pack is a sparse file: the bytes of the `.mp4` occupy no blocks on disk.
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Current(size as i64)).unwrap();
    let manifest = br#"{"version": "1.1", "paths": {"film.mp4": "film.0123456789ab.mp4"}}"#;
    std::io::Write::write_all(&mut file, &tar_of(&[(MANIFEST_NAME, manifest)])).unwrap();
    let store = TarStore::from_file(&path);
    let begin = std::time::Instant::now();
    assert_eq!(store.read(MANIFEST_NAME).unwrap(), manifest);
    assert_eq!(store.position("film.0123456789ab.mp4").unwrap(), 512..512 + size);
    assert!(begin.elapsed() < std::time::Duration::from_secs(1), "the bytes of the film were read");
    file.set_len(size / 2).unwrap();
    let cut = TarStore::from_file(&path).releases().unwrap_err().to_string();
    assert_eq!(cut, format!("the pack is cut off in `film.0123456789ab.mp4`{AGAIN}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damaged_pack_never_causes_a_panic(changes in prop::collection::vec((0..6000_usize, any::<u8>()), 1..8), length in 0..8000_usize) {
        let mut tar = whole();
        for (at, byte) in changes {
            if let Some(changed) = tar.get_mut(at) {
                *changed = byte;
            }
        }
        tar.truncate(length);
        let unwound = catch_unwind(|| {
            let store = TarStore::from_static("site.tar", tar.clone().leak());
            let names = ["a.7c98040a5416.css", MANIFEST_NAME, ".fingerpost/releases/2.json"];
            (names.map(|name| store.read(name).is_ok()), store.releases().is_ok())
        });
        prop_assert!(unwound.is_ok(), "{tar:?}");
    }
}
