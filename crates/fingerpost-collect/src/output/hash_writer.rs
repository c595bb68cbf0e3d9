use std::io::{self, Write};

use fingerpost::manifest::Digest;
use sha2::{Digest as _, Sha256};

/// A writer that hashes the written bytes.
pub(crate) struct HashWriter<W> {
    writer: W,
    hasher: Sha256,
}

impl<W: Write> HashWriter<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self { writer, hasher: Sha256::new() }
    }

    /// Returns the inner writer, and the SHA-256 of all written bytes.
    pub(crate) fn finish(self) -> (W, Digest) {
        (self.writer, <[u8; 32]>::from(self.hasher.finalize()).into())
    }
}

impl<W: Write> Write for HashWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
