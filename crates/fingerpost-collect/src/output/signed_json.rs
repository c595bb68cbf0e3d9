//! JSON followed by the digest of the JSON, to detect damage.

use std::io::{self, BufWriter, Write};

use fingerpost::manifest::Digest;
use serde::{Serialize, de::DeserializeOwned};

use super::hash_writer::HashWriter;

/// Writes JSON and its digest. Streams the JSON, because the whole text would need much memory.
pub(crate) fn write_signed(contents: &impl Serialize, file: impl Write) -> io::Result<()> {
    let mut hash_writer = BufWriter::new(HashWriter::new(file));
    serde_json::to_writer(&mut hash_writer, contents)?;
    let (mut file, digest) = hash_writer.into_inner()?.finish();
    write!(file, "\n{digest}\n")
}

/// Parses JSON that is followed by its digest. Returns `None` for damaged JSON.
pub(crate) fn parse_signed<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (json, digest) = bytes.split_last_chunk::<66>()?;
    if *digest != *format!("\n{}\n", Digest::from_content(json)).as_bytes() {
        return None;
    }
    serde_json::from_slice(json).ok()
}
