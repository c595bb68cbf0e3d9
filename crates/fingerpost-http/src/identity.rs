//! Whether a file on disk still has the bytes that it is known by.

use std::{fs::File, io};

use fingerpost::{Digest, Reading, Stamp};

/// What a file was when it was hashed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity {
    pub(crate) stamp: Stamp,
    pub(crate) sha256: Digest,
    /// Whether the same stamp, seen later, means the same bytes.
    is_trusted: bool,
}

impl Identity {
    /// What the file is now. If it still is what it was, that costs one `stat`; else it is read whole, in constant memory.
    pub(crate) fn of(file: &mut File, known: Option<Self>) -> io::Result<Self> {
        let stamp = Stamp::of(&file.metadata()?);
        if let Some(known) = known.filter(|known| known.is_trusted && known.stamp == stamp) {
            return Ok(known);
        }
        let reading = Reading::of(file, |file| Digest::of_reader(file))?;
        Ok(Self { stamp: reading.stamp, sha256: reading.value.0, is_trusted: reading.is_trusted })
    }

    /// What comes of reading the file whole; `known` may spare the hash.
    pub(crate) fn read(file: &mut File, known: Option<Self>) -> io::Result<(Self, Vec<u8>)> {
        let reading = Reading::of(file, read_to_end)?;
        let spared =
            known.filter(|known| known.is_trusted && reading.is_stable && known.stamp == reading.stamp);
        let identity = spared.unwrap_or_else(|| Self {
            stamp: reading.stamp,
            sha256: Digest::of(&reading.value),
            is_trusted: reading.is_trusted,
        });
        Ok((identity, reading.value))
    }
}

fn read_to_end(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(file, &mut bytes)?;
    Ok(bytes)
}
