//! The positions of the files in a pack, and the checks of a pack.

use std::{
    fmt::Display,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    str,
};

use hashbrown::{HashMap, hash_map::Entry as MapEntry};
use tar::{Archive, Entry, EntryType};

use super::{MANIFEST_NAME, Manifest, variant::files_of};
use crate::{quote::quoted, url::asset_path::AssetPath};

/// The block size of a tar file. Each header and each file is padded to a multiple of the block size.
const BLOCK: u64 = 512;

/// Two blocks of zeros end a tar file.
const END: usize = 2 * BLOCK as usize;

/// The position of each file in a pack.
pub(super) struct PackIndex(Files);

type Files = HashMap<Box<str>, Range<u64>, foldhash::fast::RandomState>;

impl PackIndex {
    /// Reads the headers and the manifest of a pack. Fails if the pack is incomplete, damaged or unsafe.
    pub(super) fn read(mut pack: impl Read + Seek) -> io::Result<Self> {
        let length = pack.seek(SeekFrom::End(0))?;
        pack.rewind()?;
        if length == 0 {
            return Err(invalid("the pack is empty"));
        }
        let mut files = Files::default();
        let (mut end, mut last) = (0, None::<Box<str>>);
        let mut archive = Archive::new(&mut pack);
        for entry in archive.entries_with_seek()? {
            let entry = entry.map_err(|err| unreadable(err, length, &last))?;
            let name = name_of(&entry)?;
            let start = entry.raw_file_position();
            let stop = start.checked_add(entry.size()).filter(|stop| *stop <= length);
            let stop =
                stop.ok_or_else(|| invalid(format_args!("the pack is cut off in {}", quoted(&name))))?;
            match files.entry(name.clone()) {
                MapEntry::Vacant(free) => drop(free.insert(start..stop)),
                MapEntry::Occupied(_) => {
                    return Err(invalid(format_args!("the pack has {} twice", quoted(&name))));
                }
            }
            (end, last) = (stop.next_multiple_of(BLOCK), Some(name));
        }
        check_end(&mut pack, end, &last)?;
        if !files.contains_key(MANIFEST_NAME) {
            return Err(invalid(format_args!("the pack has no `{MANIFEST_NAME}`")));
        }
        Ok(Self(files))
    }

    pub(super) fn get(&self, path: &str) -> Option<Range<u64>> {
        self.0.get(path).cloned()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// Checks that each file of the manifest is in the pack, with the same size.
    pub(super) fn check_files(&self, manifest: &Manifest) -> io::Result<()> {
        for (name, content) in manifest.iter().flat_map(|(_, entry)| files_of(entry)) {
            let Some(Range { start, end }) = self.get(&name) else {
                let name = quoted(name);
                return Err(invalid(format_args!("the pack lacks {name}, which its manifest lists")));
            };
            if let Some((size, _)) = content.filter(|(size, _)| *size != end - start) {
                let (name, found) = (quoted(name), end - start);
                return Err(invalid(format_args!(
                    "{name} has {found} bytes in the pack, and {size} in its manifest"
                )));
            }
        }
        Ok(())
    }
}

/// Replaces an error of the tar reader, because the messages of the tar reader contain bytes of the pack.
fn unreadable(err: io::Error, length: u64, last: &Option<Box<str>>) -> io::Error {
    match last {
        _ if err.kind() != io::ErrorKind::Other => err,
        None => invalid("the pack is not a complete tar file"),
        Some(_) if length.is_multiple_of(BLOCK) => {
            invalid(format_args!("the pack is damaged{}", after(last)))
        }
        Some(_) => invalid(format_args!("the pack is cut off{}", after(last))),
    }
}

/// Returns the name of a regular file.
fn name_of(entry: &Entry<'_, impl Read>) -> io::Result<Box<str>> {
    let bytes = entry.path_bytes();
    let Ok(name) = str::from_utf8(&bytes) else {
        let name = quoted(String::from_utf8_lossy(&bytes));
        return Err(invalid(format_args!("the pack has the name {name}, which is not UTF-8")));
    };
    if entry.header().entry_type() != EntryType::Regular {
        return Err(invalid(format_args!("the pack has {}, which is not a regular file", quoted(name))));
    }
    AssetPath::parse(name).map_err(|err| invalid(format_args!("the pack has an unsafe name: {err}")))?;
    Ok(name.into())
}

/// Checks that the pack ends with two blocks of zeros at `end`. A pack without these blocks may lack files.
fn check_end(pack: &mut (impl Read + Seek), end: u64, last: &Option<Box<str>>) -> io::Result<()> {
    let mut tail = Vec::new();
    pack.seek(SeekFrom::Start(end))?;
    pack.take(END as u64 + 1).read_to_end(&mut tail)?;
    if tail.len() < END {
        return Err(invalid(format_args!("the pack is cut off{}", after(last))));
    }
    if tail.len() > END || tail.iter().any(|byte| *byte != 0) {
        return Err(invalid(format_args!("the pack is damaged{}", after(last))));
    }
    Ok(())
}

fn after(last: &Option<Box<str>>) -> String {
    last.as_ref().map_or_else(|| " at its start".to_owned(), |name| format!(" after {}", quoted(name)))
}

fn invalid(reason: impl Display) -> io::Error {
    let message = format!("{reason}; copy the pack again, or run `fingerpost collect --pack`");
    io::Error::new(io::ErrorKind::InvalidData, message)
}
