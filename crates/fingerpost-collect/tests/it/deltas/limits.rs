//! Tests of files that have no deltas.

use fingerpost_collect::collect;

use super::{assert_deltas_intact, config, deltas, run};
use crate::site::Site;

/// Returns bytes that cannot be compressed, different for every seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

/// Publishes two versions of one file, and returns the length of the delta.
#[track_caller]
fn delta_between(name: &str, old: &[u8], new: &[u8]) -> Option<usize> {
    let site = Site::in_memory();
    let path = format!("static/{name}");
    site.write(&path, old);
    run(&site);
    site.write(&path, new);
    run(&site);
    let count = assert_deltas_intact(&site, &site.manifest("out"), &[old]);
    assert_eq!(count, deltas(&site).len());
    deltas(&site).first().map(|name| site.read_bytes(&format!("out/{name}")).len())
}

fn edited(bytes: &[u8]) -> Vec<u8> {
    let mut new = bytes.to_vec();
    new.splice(bytes.len() / 2..bytes.len() / 2, *b"edited");
    new
}

#[test]
fn files_that_are_never_compressed_have_no_delta() {
    let bytes = noise(1, 2_000);
    for name in ["a.png", "a.woff2", "a.bin", "LICENSE"] {
        assert_eq!(delta_between(name, &bytes, &edited(&bytes)), None, "{name}");
    }
    assert!(delta_between("a.txt", &bytes, &edited(&bytes)).unwrap() < 100);
}

#[test]
fn files_shorter_than_100_bytes_have_no_delta() {
    let bytes = noise(1, 92);
    let long = [&bytes[..], b"1234567"].concat();
    assert_eq!((long.len(), delta_between("a.txt", &bytes, &long)), (99, None));
    let longer = [&bytes[..], b"12345678"].concat();
    assert_eq!((longer.len(), delta_between("a.txt", &bytes, &longer).is_some()), (100, true));
}

#[test]
fn delta_that_saves_less_than_a_fifth_is_not_published() {
    assert_eq!(delta_between("a.txt", &noise(1, 5_000), &noise(2, 5_000)), None);
    // The delta consists of a header of 40 bytes and about as many bytes as the new part.
    let old = noise(1, 5_000);
    let with_new = |length: usize| [&old[..5_000 - length], &noise(2, length)].concat();
    assert_eq!(delta_between("a.txt", &old, &with_new(4_200)), None);
    assert!(delta_between("a.txt", &old, &with_new(3_700)).unwrap() <= 4_000);
}

#[test]
fn window_covers_both_files() {
    let old = noise(1, 50_000);
    let moved = [&old[25_000..], &old[..25_000]].concat();
    assert!(delta_between("a.txt", &old, &moved).unwrap() < 200);
}

#[test]
fn file_larger_than_the_window_of_browsers_has_no_delta() {
    const MIB: usize = 1024 * 1024;
    let old = noise(1, 7 * MIB);
    assert!(delta_between("a.txt", &old, &edited(&old)).unwrap() < 20_000);
    let new = [&noise(3, 100_000)[..], &noise(2, 9 * MIB)].concat();
    assert_eq!(delta_between("a.txt", &new[..100_000], &new), None);
    let (short, long) = (noise(1, 8 * MIB - 1), noise(1, 8 * MIB));
    assert!(delta_between("a.txt", &long[..7 * MIB], &short).unwrap() < 2 * MIB);
    assert!(delta_between("a.txt", &long, &edited(&long)).unwrap() < 20_000);
    let longer = [&long[..], &noise(2, 3 * MIB)].concat();
    assert_eq!(delta_between("a.txt", &long, &longer), None, "1.375 times the old file");
}

/// Runs only if `FINGERPOST_TEST_LARGE` is set, because the test needs about 600 MB of memory.
#[test]
fn files_of_128_mib_have_no_delta() {
    if std::env::var_os("FINGERPOST_TEST_LARGE").is_none() {
        return;
    }
    const MIB: usize = 1024 * 1024;
    let old = noise(1, 128 * MIB);
    let new = edited(&old);
    assert_eq!(delta_between("a.wasm", &old, &new), None);
    assert!(delta_between("a.wasm", &old[..127 * MIB], &new[MIB..]).is_some_and(|length| length < 2 * MIB));
}

#[test]
fn delta_with_a_too_long_name_is_not_made() {
    let name = format!("{}.txt", "n".repeat(235));
    let bytes = noise(1, 1_000);
    assert_eq!(delta_between(&name, &bytes, &edited(&bytes)), None);
    assert!(delta_between(&name[20..], &bytes, &edited(&bytes)).is_some());
}

/// Tests 200 assets, or 10,000 assets if `FINGERPOST_TEST_LARGE` is set.
#[test]
fn many_changed_assets_have_deltas() {
    let count = if std::env::var_os("FINGERPOST_TEST_LARGE").is_some() { 10_000 } else { 200 };
    let site = Site::in_memory();
    let text = |n: usize, version: usize| noise(n as u64, 300 + version);
    let write = |version| (0..count).for_each(|n| site.write(&format!("static/{n}.txt"), text(n, version)));
    for version in 0..3 {
        write(version);
        let report = collect(&config(&site)).unwrap();
        assert_eq!((report.written, report.warnings.len()), (count, 0));
    }
    assert_eq!(deltas(&site).len(), count + 2 * count);
    let versions: Vec<_> = (0..count).flat_map(|n| [text(n, 0), text(n, 1)]).collect();
    let few = &versions[..versions.len().min(400)];
    if few.len() == versions.len() {
        assert_eq!(assert_deltas_intact(&site, &site.manifest("out"), few), 2 * count);
    }
    let report = collect(&config(&site)).unwrap();
    assert_eq!((report.written, report.compressed, report.release), (0, 0, None));
}
