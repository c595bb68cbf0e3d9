//! The encoders. Their output depends only on the input and the level, never on the time, the file name or the threads.

use std::io::{self, Write};

use fingerpost::manifest::Encoding;
use flate2::GzBuilder;

use crate::compression::Compression;

/// RFC 1952, OS: "unknown", so that the output is the same on every system.
const UNKNOWN_SYSTEM: u8 = 255;

/// Compresses the `size` bytes that `feed` writes.
pub(super) fn encode<E: From<io::Error>>(
    compression: Compression,
    #[cfg_attr(
        not(any(feature = "brotli", feature = "zstd")),
        expect(unused, reason = "gzip needs no hint")
    )]
    size: u64,
    feed: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<Vec<u8>, E> {
    let level = compression.level();
    match compression.encoding() {
        Encoding::Gzip => {
            let header = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM);
            let encoder = header.write(Vec::new(), flate2::Compression::new(level.into()));
            Ok(in_blocks(encoder, feed)?.finish()?)
        }
        #[cfg(feature = "brotli")]
        Encoding::Br => {
            let size_hint = usize::try_from(size).unwrap_or(usize::MAX);
            let quality = level.into();
            let params = brotli::enc::BrotliEncoderParams { quality, size_hint, ..Default::default() };
            let encoder = brotli::CompressorWriter::with_params(Vec::new(), BLOCK, &params);
            Ok(in_blocks(encoder, feed)?.into_inner())
        }
        #[cfg(feature = "zstd")]
        Encoding::Zstd => {
            let mut encoder = zstd::Encoder::new(Vec::new(), level.into())?;
            encoder.set_pledged_src_size(Some(size))?;
            Ok(in_blocks(encoder, feed)?.finish()?)
        }
        _ => Err(io::Error::from(io::ErrorKind::Unsupported).into()),
    }
}

/// The number of bytes per write to an encoder. With `gzip:1`, the output depends on the size of the writes.
const BLOCK: usize = 256 * 1024;

/// Writes the bytes of `feed` to an encoder in blocks of [`BLOCK`] bytes.
fn in_blocks<W: Write, E: From<io::Error>>(
    encoder: W,
    feed: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<W, E> {
    let mut blocks = Blocks { block: Vec::new(), encoder };
    feed(&mut blocks)?;
    blocks.encoder.write_all(&blocks.block)?;
    Ok(blocks.encoder)
}

struct Blocks<W> {
    block: Vec<u8>,
    encoder: W,
}

impl<W: Write> Write for Blocks<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        if self.block.len() == BLOCK {
            self.encoder.write_all(&self.block)?;
            self.block.clear();
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression_settings::check;

    /// Returns varied text, longer than one block.
    fn text() -> Vec<u8> {
        (0..60_000_u32)
            .flat_map(|n| format!("a{} ", n.wrapping_mul(2_654_435_761) >> 20).into_bytes())
            .collect()
    }

    fn encode_in_pieces(compression: Compression, bytes: &[u8], piece: usize) -> Vec<u8> {
        let feed = |to: &mut dyn Write| bytes.chunks(piece).try_for_each(|piece| to.write_all(piece));
        encode::<io::Error>(compression, bytes.len() as u64, feed).unwrap()
    }

    #[test]
    fn compressed_bytes_do_not_depend_on_the_chunk_size() {
        let text = text();
        for encoding in Encoding::ALL.into_iter().filter(|&encoding| check(encoding).is_ok()) {
            // The highest levels take long in a debug build.
            for level in [*encoding.levels().start(), 5, encoding.default_level()] {
                let compression = format!("{encoding}:{level}").parse().unwrap();
                let whole = encode_in_pieces(compression, &text, usize::MAX);
                assert!(encode_in_pieces(compression, &text, 4093) == whole, "{compression}");
                assert!(whole.len() < text.len() * 3 / 4, "{compression}: {}", whole.len());
            }
        }
    }

    #[test]
    fn gzip_header_has_no_time_and_no_operating_system() {
        let gzip = encode_in_pieces(Encoding::Gzip.into(), &text(), usize::MAX);
        // RFC 1952: method, flags, time; the operating system is byte 9.
        assert_eq!(gzip[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
        assert_eq!(gzip[9], UNKNOWN_SYSTEM);
    }
}
