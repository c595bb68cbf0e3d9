//! The pack: the output directory as one tar file.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::{files_of, quoted},
    DirStore, Store,
    manifest::{MANIFEST_NAME, Manifest, Release},
    sources::Sources,
};
use serde::Serialize;
use tar::{Builder, Header};

use crate::{
    diagnostics::{Diagnostics, ErrorKind, Problem},
    output::staging::{make_dir, new_file, sync_dir},
};

/// The result of writing a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PackReport {
    /// Length of the pack in bytes.
    pub bytes: u64,
    /// `false` if the pack already had the same content.
    pub written: bool,
}

/// The modification time of every file, in seconds since 1970. `tar` prints a warning for each extracted file with a time
/// near 1970.
const TIME: u64 = 946_684_800;

/// Fails if the pack is not a file, or is in the output directory or a source directory.
pub(crate) fn check_place(pack: &Path, out: &Path, sources: &Sources) -> Result<(), Problem> {
    let shown = quoted(pack.display());
    if fs::metadata(pack).is_ok_and(|found| !found.is_file()) {
        let message =
            format!("the pack {shown} exists and is not a file; use another path, such as `dist/static.tar`");
        return Err(Problem::config(message));
    }
    let real = real(pack);
    let sources = sources.dirs().iter().map(|source| (source.dir(), "source directory"));
    match sources.chain([(out, "output directory")]).find(|(dir, _)| real.starts_with(self::real(dir))) {
        Some((dir, what)) => {
            let dir = quoted(dir.display());
            Err(Problem::config(format!(
                "the pack {shown} is in the {what} {dir}; use a path outside of this directory"
            )))
        }
        None => Ok(()),
    }
}

/// Resolves the symlinks in the part of a path that exists.
fn real(path: &Path) -> PathBuf {
    match (fs::canonicalize(path), path.parent(), path.file_name()) {
        (Ok(real), ..) => real,
        (Err(_), Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    }
}

/// Writes the pack of an output directory, unless the file has the same content already.
pub(crate) fn write_pack(
    pack: &Path,
    out: &Path,
    diagnostics: &mut Diagnostics,
) -> Result<PackReport, Problem> {
    let contents = Contents::read(out, diagnostics)?;
    let failed = |err: io::Error| Problem::output("write the pack", pack, &err);
    if let Ok(existing) = File::open(pack)
        && contents.matches(existing)
    {
        let bytes = fs::metadata(pack).map_err(failed)?.len();
        return Ok(PackReport { bytes, written: false });
    }
    let dir = pack.parent().unwrap_or(Path::new("."));
    make_dir(dir)?;
    let mut file = new_file(dir).map_err(failed)?;
    contents.write_to(file.as_file_mut()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let file = file.persist(pack).map_err(|err| failed(err.error))?;
    sync_dir(dir)?;
    Ok(PackReport { bytes: file.metadata().map_err(failed)?.len(), written: true })
}

/// The files of a pack.
struct Contents {
    out: PathBuf,
    /// The length of each file by name.
    files: BTreeMap<String, u64>,
}

impl Contents {
    /// Lists the files of the manifest and of all releases. Files that are only in earlier releases may be missing.
    fn read(out: &Path, diagnostics: &mut Diagnostics) -> Result<Self, Problem> {
        let mut contents = Self { out: out.to_owned(), files: BTreeMap::new() };
        let store = DirStore::new(out);
        let place = out.join(MANIFEST_NAME);
        let json = store.read(MANIFEST_NAME).map_err(|err| Problem::output("read", &place, &err))?;
        let manifest = Manifest::parse(&json, &place.display().to_string())?;
        contents.add_manifest(&manifest).map_err(|reason| {
            Problem::new(ErrorKind::Output, format!("{reason}; run the command again with `--verify`"))
        })?;
        contents.files.insert(MANIFEST_NAME.to_owned(), json.len() as u64);
        let releases = out.join(".fingerpost/releases");
        let numbers = store.releases().map_err(|err| Problem::output("list", &releases, &err))?;
        for number in numbers {
            contents.add_release(number, &store, diagnostics);
        }
        Ok(contents)
    }

    fn add_release(&mut self, number: u64, store: &DirStore, diagnostics: &mut Diagnostics) {
        let name = Release::file_name(number).to_string_lossy().replace('\\', "/");
        // An invalid release was reported earlier in the run.
        let Ok(json) = store.read(&name) else { return };
        let Ok(release) = Release::parse(&json, number, &name) else { return };
        self.files.insert(name, json.len() as u64);
        if let Err(reason) = self.add_manifest(&release.manifest) {
            diagnostics
                .warn(ErrorKind::Output, format!("{reason}; release {number} in the pack lacks this file"));
        }
    }

    /// Adds the files of a manifest. Fails with the reason if a file is missing or has another length.
    fn add_manifest(&mut self, manifest: &Manifest) -> Result<(), String> {
        let mut missing = None;
        for (name, content) in manifest.iter().flat_map(|(_, entry)| files_of(entry)) {
            if self.files.contains_key(&name) {
                continue;
            }
            let file = self.out.join(&name);
            match fs::metadata(&file) {
                Ok(found) if content.is_none_or(|(size, _)| size == found.len()) && found.is_file() => {
                    self.files.insert(name, found.len());
                }
                Ok(_) => missing = Some(format!("{} is damaged", quoted(file.display()))),
                Err(_) => missing = Some(format!("{} is missing", quoted(file.display()))),
            }
        }
        missing.map_or(Ok(()), Err)
    }

    /// Returns `true` if an existing pack has exactly these files.
    fn matches(&self, existing: File) -> bool {
        let mut comparison = Comparison(BufReader::with_capacity(BUFFER, existing));
        self.write_to(&mut comparison).is_ok() && comparison.is_at_end()
    }

    /// Writes the tar file. Equal contents yield equal bytes.
    fn write_to(&self, target: impl Write) -> io::Result<()> {
        let mut tar = Builder::new(BufWriter::with_capacity(BUFFER, target));
        for (name, &size) in &self.files {
            let mut header = Header::new_gnu();
            header.set_size(size);
            header.set_mode(0o644);
            header.set_mtime(TIME);
            let mut file = File::open(self.out.join(name))?.take(size);
            tar.append_data(&mut header, name, &mut file)?;
            if file.limit() > 0 {
                return Err(io::Error::other(format!("{} has become shorter", quoted(name))));
            }
        }
        tar.into_inner()?.flush()
    }
}

const BUFFER: usize = 256 * 1024;

/// Compares the written bytes with a file. Writing fails at the first difference.
struct Comparison(BufReader<File>);

impl Comparison {
    fn is_at_end(&mut self) -> bool {
        matches!(self.0.read(&mut [0]), Ok(0))
    }
}

impl Write for Comparison {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut existing = vec![0; bytes.len()];
        self.0.read_exact(&mut existing)?;
        if existing == bytes { Ok(bytes.len()) } else { Err(io::Error::other("the pack differs")) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
