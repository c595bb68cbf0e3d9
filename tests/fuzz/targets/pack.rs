//! Checks that a pack is refused, or yields exactly the files that were written to the pack.
#![no_main]

use std::{fs, io::ErrorKind};

use fingerpost::{
    AssetPath, Store,
    manifest::{MANIFEST_NAME, Manifest, TarStore},
};
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};
use tempfile::TempDir;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    has_manifest: bool,
    files: Vec<File<'a>>,
    /// Modified bytes, modulo the length of the pack.
    edits: Vec<(u16, u8)>,
    /// The number of missing bytes at the end.
    missing: u16,
}

#[derive(Debug, Arbitrary)]
struct File<'a> {
    name: &'a [u8],
    /// Selects the type of the entry. Most files are regular.
    kind: u8,
    content: &'a [u8],
}

const KINDS: &[u8] = b"1234567gxLK\0S";
const BLOCK: usize = 512;

impl File<'_> {
    fn name(&self) -> &[u8] {
        let name = &self.name[..self.name.len().min(100)];
        name.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    fn is_regular(&self) -> bool {
        matches!(self.entry_type(), b'0' | b'\0')
    }

    /// Returns `true` for an entry that changes the name or the size of the next entry.
    fn is_extension(&self) -> bool {
        matches!(self.entry_type(), b'g' | b'x' | b'L' | b'K')
    }

    fn entry_type(&self) -> u8 {
        *KINDS.get(usize::from(self.kind)).unwrap_or(&b'0')
    }

    fn append_to(&self, pack: &mut Vec<u8>) {
        let mut header = [0; BLOCK];
        header[..self.name().len()].copy_from_slice(self.name());
        header[124..135].copy_from_slice(format!("{:011o}", self.content.len()).as_bytes());
        header[156] = self.entry_type();
        header[257..265].copy_from_slice(b"ustar\x0000");
        pack.extend(header);
        pack.extend(self.content);
        pack.resize(pack.len().next_multiple_of(BLOCK), 0);
    }
}

/// Writes the checksum of each header, because random edits never yield a valid checksum.
fn repair_checksums(pack: &mut [u8]) {
    let mut at = 0;
    while let Some(header) =
        pack.get_mut(at..at + BLOCK).filter(|header| header.iter().any(|byte| *byte != 0))
    {
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let size =
            str::from_utf8(&header[124..135]).ok().and_then(|size| usize::from_str_radix(size, 8).ok());
        at += BLOCK + size.unwrap_or_default().next_multiple_of(BLOCK);
    }
}

thread_local! {
    static DIR: TempDir = tempfile::tempdir().expect("a temporary directory");
}

fuzz_target!(|input: Input<'_>| DIR.with(|dir| {
    let mut pack = Vec::new();
    input.files.iter().for_each(|file| file.append_to(&mut pack));
    let manifest = Manifest::new("/static/").to_json();
    if input.has_manifest {
        File { name: MANIFEST_NAME.as_bytes(), kind: u8::MAX, content: &manifest }.append_to(&mut pack);
    }
    pack.resize(pack.len() + 2 * BLOCK, 0);
    let length = pack.len();
    for (at, byte) in &input.edits {
        pack[usize::from(*at) % length] = *byte;
    }
    repair_checksums(&mut pack);
    pack.truncate(length - usize::from(input.missing).min(length));
    let place = dir.path().join("a.tar");
    fs::write(&place, &pack).expect("a writable file");

    let store = TarStore::from_file(&place);
    let result = store.read(MANIFEST_NAME);
    let is_damaged =
        !input.edits.is_empty() || input.missing > 0 || input.files.iter().any(File::is_extension);
    if let Err(err) = &result {
        assert_ne!(err.kind(), ErrorKind::NotFound, "a pack without a manifest is invalid");
        assert!(err.to_string().lines().count() <= 1, "{err}");
    } else {
        assert!(input.missing == 0, "the pack is cut off");
        assert!(store.releases().expect("an index").is_sorted());
        for file in &input.files {
            let Ok(name) = str::from_utf8(file.name()) else { continue };
            let Ok(position) = store.position(name) else { continue };
            assert!(AssetPath::parse(name).is_ok(), "{name}");
            let bytes = &pack[position.start as usize..position.end as usize];
            assert_eq!(store.read(name).expect("a file of the index"), bytes);
            assert!(is_damaged || bytes == file.content, "{name}");
        }
    }
    if !is_damaged {
        let mut names: Vec<_> = input.files.iter().map(File::name).collect();
        names.extend(input.has_manifest.then_some(MANIFEST_NAME.as_bytes()));
        let has_manifest = names.contains(&MANIFEST_NAME.as_bytes());
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        let is_safe = |name: &&[u8]| str::from_utf8(name).is_ok_and(|name| AssetPath::parse(name).is_ok());
        let is_valid = has_manifest
            && names.len() == count
            && names.iter().all(is_safe)
            && input.files.iter().all(File::is_regular);
        assert_eq!(result.is_ok(), is_valid, "{result:?}");
    }
}));
