use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use fingerpost::{
    __private::PublishedRelease,
    AssetPath,
    manifest::{Digest, Encoding, Entry, Manifest, Release},
};

use crate::{
    diagnostics::{
        collector::Diagnostics,
        problem::{Error, ErrorKind, Problem},
    },
    output::{history::History, variant::variant_name},
};

/// All that was published in an output dir, without what cleaning need not know.
pub(super) struct ReleaseHistory {
    /// In rising order.
    pub(super) releases: Vec<PastRelease>,
}

/// One release.
pub(super) struct PastRelease {
    pub(super) number: u64,
    pub(super) published: u64,
    pub(super) replaces: u64,
    /// Whether `staticfiles.json` holds its manifest.
    pub(super) is_current: bool,
    pub(super) files: SharedFiles,
}

type SharedFiles = Vec<Arc<NamedFile>>;

/// A file as a manifest names it. Most are the same in many releases, and kept only once.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct NamedFile {
    pub(super) asset: AssetPath,
    pub(super) hashed: String,
    /// Length and hash, which manifests of other programs do not tell.
    pub(super) content: Option<(u64, Digest)>,
    encodings: Vec<Encoding>,
}

impl ReleaseHistory {
    /// Reads every release. What a damaged one names is unknown, so that any file could be one of its own.
    pub(super) fn read(history: &History<'_>, diagnostics: &mut Diagnostics) -> Result<Self, Error> {
        let (current, all) = (history.manifest(), Mutex::default());
        let releases = diagnostics.take_all(history.numbers.clone(), |number| {
            let release = history.release(number).map_err(|reason| unreadable(&reason))?;
            Ok::<_, Problem>(PastRelease {
                number,
                published: release.published,
                replaces: release.replaces,
                is_current: current == Some(&release.manifest),
                files: files(&release.manifest, &all),
            })
        })?;
        diagnostics.check()?;
        Ok(Self { releases })
    }

    /// The releases, as far as the retention rule depends on them.
    pub(super) fn published(&self) -> Vec<PublishedRelease> {
        let published = |release: &PastRelease| PublishedRelease {
            number: release.number,
            published: release.published,
            replaces: release.replaces,
            is_current: release.is_current,
        };
        self.releases.iter().map(published).collect()
    }

    /// Adds the release by which the manifest in force will be known.
    pub(super) fn add(&mut self, release: &Release) {
        let &Release { number, published, replaces, ref manifest, .. } = release;
        let files = files(manifest, &Mutex::default());
        self.releases.push(PastRelease { number, published, replaces, is_current: true, files });
    }
}

impl NamedFile {
    /// The names of its compressed variants.
    pub(super) fn variants(&self) -> impl Iterator<Item = String> {
        self.encodings.iter().map(|encoding| variant_name(&self.hashed, *encoding))
    }
}

fn files(manifest: &Manifest, all: &Mutex<HashSet<Arc<NamedFile>>>) -> SharedFiles {
    let named = manifest.iter().map(|(path, entry)| Arc::new(named_file(path, entry)));
    let named: Vec<_> = named.collect();
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    let once = |named: Arc<NamedFile>| match all.get(&named) {
        Some(known) => Arc::clone(known),
        None => {
            all.insert(Arc::clone(&named));
            named
        }
    };
    named.into_iter().map(once).collect()
}

fn named_file(path: &AssetPath, entry: &Entry) -> NamedFile {
    let info = entry.info.as_ref();
    let names = info.into_iter().flat_map(|info| info.encodings.keys());
    NamedFile {
        asset: path.clone(),
        hashed: entry.hashed.clone(),
        content: info.map(|info| (info.size, info.sha256)),
        encodings: names.flat_map(|name| Encoding::from_name(name)).collect(),
    }
}

fn unreadable(reason: &str) -> Problem {
    let advice = "what this release names is unknown, so nothing is removed: restore the file, or remove it, and what it \
                  alone named stays";
    Problem::new(ErrorKind::Manifest, format!("{reason}; {advice}"))
}
