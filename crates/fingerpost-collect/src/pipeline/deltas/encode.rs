//! The encoder of deltas: the content encoding `dcz` of RFC 9842, section 5.

use std::io;

use fingerpost::manifest::Digest;

/// The first bytes of every delta: a skippable frame of Zstandard. The digest of the earlier version follows.
#[cfg(feature = "zstd")]
const MAGIC: [u8; 8] = [0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0];

const MIB: u64 = 1024 * 1024;

/// Returns `true` if all clients can decode a delta between files of these lengths.
///
/// RFC 9842, section 5: clients support windows of 8 MB or 1.25 times the length of the dictionary, and at most 128 MB. The
/// window of a delta is the length of the new file. Earlier files of 128 MiB and more would need too much memory.
pub(super) fn is_decodable(old: u64, new: u64) -> bool {
    old < 128 * MIB && new < (8 * MIB).max(old + old / 4).min(128 * MIB)
}

/// Returns the binary logarithm of a window that covers both files.
fn window_log(old: u64, new: u64) -> u32 {
    (old + new).next_power_of_two().trailing_zeros().clamp(10, 28)
}

/// Returns the approximate memory use of one delta in bytes.
pub(super) fn memory_use(old: u64, new: u64) -> u64 {
    let tables = (12_u64 << window_log(old, new)).min(128 * MIB);
    old + 3 * new + tables
}

/// Encodes `new` as the difference to `old`, and decodes the result again. Returns `None` if the decoded bytes differ.
///
/// The output depends only on both files, the level and the version of the library.
#[cfg(feature = "zstd")]
pub(super) fn encode(level: u8, old: &[u8], old_sha256: &Digest, new: &[u8]) -> io::Result<Option<Vec<u8>>> {
    use zstd::zstd_safe::{CCtx, CParameter, DCtx, compress_bound, get_error_name};

    let failed = |code| io::Error::other(get_error_name(code));
    let window_log = window_log(old.len() as u64, new.len() as u64);
    let mut encoder = CCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?;
    encoder.set_parameter(CParameter::CompressionLevel(level.into())).map_err(failed)?;
    encoder.set_parameter(CParameter::WindowLog(window_log)).map_err(failed)?;
    // Without long distance matching, the match tables of every level cover at most 8 MiB.
    encoder.set_parameter(CParameter::EnableLongDistanceMatching(window_log > 23)).map_err(failed)?;
    // With a known size, the frame is a single segment, whose window is the length of the new file.
    encoder.set_pledged_src_size(Some(new.len() as u64)).map_err(failed)?;
    encoder.ref_prefix(old).map_err(failed)?;
    let mut frame = Vec::with_capacity(compress_bound(new.len()));
    encoder.compress2(&mut frame, new).map_err(failed)?;
    drop(encoder);

    let mut decoder = DCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?;
    decoder.ref_prefix(old).map_err(failed)?;
    let mut decoded = Vec::with_capacity(new.len());
    let is_same = decoder.decompress(&mut decoded, &frame).is_ok() && decoded == new;
    Ok(is_same.then(|| [&MAGIC, &old_sha256.as_bytes()[..], &frame].concat()))
}

#[cfg(not(feature = "zstd"))]
pub(super) fn encode(_: u8, _: &[u8], _: &Digest, _: &[u8]) -> io::Result<Option<Vec<u8>>> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_of_the_new_file_is_limited_by_the_window_of_clients() {
        for (old, new, expected) in [
            (0, 8 * MIB - 1, true),
            (0, 8 * MIB, false),
            (6 * MIB, 8 * MIB - 1, true),
            (6 * MIB, 8 * MIB, false),
            (8 * MIB, 10 * MIB - 1, true),
            (8 * MIB, 10 * MIB, false),
            (100 * MIB, 125 * MIB - 1, true),
            (100 * MIB, 125 * MIB, false),
            (127 * MIB, 128 * MIB - 1, true),
            (127 * MIB, 128 * MIB, false),
            (128 * MIB, 100, false),
            (u64::MAX, 100, false),
        ] {
            assert_eq!(is_decodable(old, new), expected, "{old} → {new}");
        }
    }

    #[test]
    fn window_covers_both_files() {
        for (old, new, expected) in [
            (0, 100, 10),
            (600, 600, 11),
            (50_000, 50_000, 17),
            (1 << 20, 1 << 20, 21),
            (128 * MIB, 127 * MIB, 28),
        ] {
            assert_eq!(window_log(old, new), expected, "{old} + {new}");
        }
    }
}
