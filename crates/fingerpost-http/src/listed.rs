//! Files of the source dirs: as they are now, and whether they still are what a URL stands for.

use std::{
    fs::File,
    io,
    ops::Range,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use fingerpost::{
    AppVersion, AssetPath, ContentHash, Digest, Encoding, ErrorKind, ListedFile, Snapshot, Stamp,
};
use hashbrown::HashMap;
use http::HeaderValue;
use parking_lot::Mutex;

use crate::{
    answer::{Offer, Representation},
    cache_control::Lifetime,
    content::{Content, FilePart},
    found::{Found, Obstacle},
    identity::Identity,
    media_type::media_type,
};

/// Larger files are streamed, and not hashed in development.
const LARGEST_IN_MEMORY: u64 = 8 * 1024 * 1024;

/// Finds files of the source dirs.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// What the files were when they were asked for first, for strategies without a build step.
    first: Mutex<HashMap<Box<str>, First>>,
}

/// What a URL came to stand for when it was asked for first.
#[derive(Debug, Clone)]
struct First {
    version: AppVersion,
    listed: Stamp,
    identity: Identity,
}

/// A file of a source dir, as it is answered under one URL.
pub(crate) struct SourceFile {
    media_type: HeaderValue,
    representation: Representation,
    /// Whether it still is what was listed.
    pub(crate) is_proven: bool,
    pub(crate) lifetime: Lifetime,
    body: Body,
}

enum Body {
    Bytes(Bytes),
    File { path: PathBuf, file: File, stamp: Stamp },
}

impl SourceFile {
    /// The content hash, if the file is not too large for one.
    pub(crate) fn hash(&self) -> Option<ContentHash> {
        self.representation.sha256.as_ref().map(ContentHash::from)
    }

    fn new(path: &AssetPath, sha256: Option<Digest>, body: Body, size: u64) -> Self {
        Self {
            media_type: media_type(path),
            representation: Representation { size, sha256 },
            is_proven: false,
            lifetime: Lifetime::NoStore,
            body,
        }
    }
}

impl Listed {
    /// The file as it is now, in development.
    pub(crate) fn now(path: &AssetPath, snapshot: &Snapshot) -> Option<SourceFile> {
        let opened = snapshot.open_source(path);
        let opened = opened.inspect_err(|err| {
            if err.kind() != ErrorKind::NotFound {
                tracing::warn!("{err}; it is answered as not found");
            }
        });
        let (place, file) = opened.ok()?;
        told(&place, read(path, &place, file, None)).map(|(file, _)| file)
    }

    /// The file as it is now, for a strategy without a build step, and whether it is what was listed at start-up.
    ///
    /// One `stat`, on the open handle. What the bytes were at the first request is what the URL stands for: later ones have
    /// to be the same, so that no two contents are ever kept under it.
    pub(crate) fn listed(&self, path: &AssetPath, snapshot: &Snapshot) -> Option<SourceFile> {
        let listed = snapshot.listed_file(path)?;
        let Some((file, stamp)) = open(listed) else {
            // Another file by now, so all that is asked of one is asked again.
            return Self::now(path, snapshot);
        };
        let version = snapshot.app_version();
        let is_first = |first: &&First| first.version == version && first.listed == listed.stamp;
        let known = self.first.lock().get(path.as_str()).filter(is_first).map(|first| first.identity);
        let (mut file, identity) = told(&listed.file, read(path, &listed.file, file, Some(known)))?;
        file.is_proven = match (identity, known) {
            (None, _) => false,
            (Some(now), Some(first)) => now.sha256 == first.sha256,
            (Some(now), None) => now.stamp == stamp && stamp == listed.stamp,
        };
        if let Some(identity) = identity.filter(|_| file.is_proven) {
            let first = First { version, listed: listed.stamp, identity };
            self.first.lock().insert(path.as_str().into(), first);
        }
        Some(file)
    }
}

/// Tells of what could not be read.
fn told<T>(file: &Path, read: io::Result<T>) -> Option<T> {
    read.inspect_err(|err| {
        tracing::warn!("`{}` cannot be read: {err}; it is answered as not found", file.display())
    })
    .ok()
}

/// Opens a file that was listed, if it may still be the same.
fn open(listed: &ListedFile) -> Option<(File, Stamp)> {
    let file = File::open(&listed.file).ok()?;
    let stamp = Stamp::of(&file.metadata().ok()?);
    let is_same = stamp == listed.stamp || stamp.differs_in_change_time_alone(&listed.stamp);
    is_same.then_some((file, stamp))
}

/// Reads a file. One that is too large for memory is hashed only for the sake of a proof, for which `known` may do.
fn read(
    path: &AssetPath,
    place: &Path,
    mut file: File,
    proof: Option<Option<Identity>>,
) -> io::Result<(SourceFile, Option<Identity>)> {
    let stamp = Stamp::of(&file.metadata()?);
    if stamp.length() <= LARGEST_IN_MEMORY {
        let (identity, bytes) = Identity::read(&mut file, proof.flatten())?;
        let size = bytes.len() as u64;
        let file = SourceFile::new(path, Some(identity.sha256), Body::Bytes(bytes.into()), size);
        return Ok((file, Some(identity)));
    }
    let identity = proof.map(|known| Identity::of(&mut file, known)).transpose()?;
    let stamp = identity.map_or(stamp, |identity| identity.stamp);
    let sha256 = identity.map(|identity| identity.sha256);
    let body = Body::File { path: place.to_owned(), file, stamp };
    Ok((SourceFile::new(path, sha256, body, stamp.length()), identity))
}

impl Found for SourceFile {
    fn offer<'a>(&self, variants: &'a [(Encoding, Representation)]) -> Offer<'a> {
        let media_type = self.media_type.clone();
        Offer { media_type, lifetime: self.lifetime, identity: self.representation, variants }
    }

    fn content(&self, _: Option<Encoding>, part: Option<&Range<u64>>) -> Result<Content, Obstacle> {
        let all = 0..self.representation.size;
        let part = part.unwrap_or(&all);
        match &self.body {
            Body::Bytes(bytes) => Ok(Content::Bytes(bytes.slice(part.start as usize..part.end as usize))),
            Body::File { path, file, stamp } => {
                let part = file.try_clone().and_then(|file| FilePart::new(file, part.clone(), *stamp));
                part.map(Content::File).map_err(|err| {
                    tracing::error!("`{}` cannot be served: {err}", path.display());
                    Obstacle::Gone
                })
            }
        }
    }
}
