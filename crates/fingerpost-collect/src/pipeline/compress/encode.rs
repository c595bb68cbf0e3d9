//! The encoders. The output depends only on the input and the level, never on the time, the file name or the threads.

use std::io;

use fingerpost::manifest::Encoding;
use flate2::GzBuilder;

use crate::{
    compression::Compression,
    output::content::{Content, WriteError},
};

/// RFC 1952, OS: "unknown", so that the output is the same on every system.
const UNKNOWN_SYSTEM: u8 = 255;

/// Compresses content in pieces. The result is stored in memory.
pub(super) fn encode(compression: Compression, content: &Content) -> Result<Vec<u8>, WriteError> {
    let level = compression.level();
    match compression.encoding() {
        Encoding::Gzip => {
            let header = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM);
            let mut encoder = header.write(Vec::new(), flate2::Compression::new(level.into()));
            content.write_to(&mut encoder)?;
            Ok(encoder.finish()?)
        }
        #[cfg(feature = "brotli")]
        Encoding::Br => {
            let size_hint = usize::try_from(content.size).unwrap_or(usize::MAX);
            let quality = level.into();
            let params = brotli::enc::BrotliEncoderParams { quality, size_hint, ..Default::default() };
            let mut encoder =
                brotli::CompressorWriter::with_params(Vec::new(), crate::output::content::BLOCK, &params);
            content.write_to(&mut encoder)?;
            Ok(encoder.into_inner())
        }
        #[cfg(feature = "zstd")]
        Encoding::Zstd => {
            let mut encoder = zstd::Encoder::new(Vec::new(), level.into())?;
            encoder.set_pledged_src_size(Some(content.size))?;
            content.write_to(&mut encoder)?;
            Ok(encoder.finish()?)
        }
        _ => Err(io::Error::from(io::ErrorKind::Unsupported).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::buffer::Buffer;

    /// Returns varied text, longer than one block.
    fn text() -> Vec<u8> {
        (0..60_000_u32)
            .flat_map(|n| format!("a{} ", n.wrapping_mul(2_654_435_761) >> 20).into_bytes())
            .collect()
    }

    fn encode_whole(compression: Compression, bytes: &[u8]) -> Vec<u8> {
        encode(compression, &Content::from(Buffer::from(bytes.to_vec()))).ok().unwrap()
    }

    #[test]
    fn gzip_header_has_no_time_and_no_operating_system() {
        let gzip = encode_whole(Encoding::Gzip.into(), &text());
        // RFC 1952: method, flags, time; the operating system is byte 9.
        assert_eq!(gzip[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
        assert_eq!(gzip[9], UNKNOWN_SYSTEM);
    }
}
