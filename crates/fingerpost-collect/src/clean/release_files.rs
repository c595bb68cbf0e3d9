use std::collections::HashMap;

use fingerpost::{
    __private::{PublishedRelease, variant_name},
    AssetPath,
    manifest::{Digest, Encoding, Entry, Release},
};

use crate::{
    diagnostics::{Diagnostics, Error, ErrorKind},
    output::history::History,
};

/// The releases of an output directory and the files in their manifests.
#[derive(Default)]
pub(super) struct ReleaseHistory {
    /// In ascending order.
    pub(super) releases: Vec<PublishedRelease>,
    /// The numbers of the releases that contain each file.
    pub(super) files: HashMap<NamedFile, Vec<u64>>,
}

/// A file that a manifest lists. Most files are the same in many releases.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct NamedFile {
    pub(super) asset: AssetPath,
    pub(super) hashed: String,
    /// Length and digest. Absent in manifests of other programs.
    pub(super) content: Option<(u64, Digest)>,
    encodings: Vec<Encoding>,
}

impl ReleaseHistory {
    /// Reads every release. A damaged release is an error, because it could contain any file.
    pub(super) fn read(history: &History<'_>, diagnostics: &mut Diagnostics) -> Result<Self, Error> {
        let mut all = Self::default();
        for &number in &history.numbers {
            match history.release(number) {
                Ok(release) => all.add(&release, history.manifest() == Some(&release.manifest)),
                Err(reason) => diagnostics.problem(ErrorKind::Manifest, unreadable(&reason)),
            }
        }
        diagnostics.check()?;
        Ok(all)
    }

    /// Adds a release. `is_current` means that `staticfiles.json` has the same manifest.
    pub(super) fn add(&mut self, release: &Release, is_current: bool) {
        let &Release { number, published, replaces, ref manifest, .. } = release;
        self.releases.push(PublishedRelease { number, published, replaces, is_current });
        for (path, entry) in manifest {
            self.files.entry(NamedFile::new(path, entry)).or_default().push(number);
        }
    }
}

impl NamedFile {
    fn new(path: &AssetPath, entry: &Entry) -> Self {
        let info = entry.info.as_ref();
        let names = info.into_iter().flat_map(|info| info.encodings.keys());
        Self {
            asset: path.clone(),
            hashed: entry.hashed.clone(),
            content: info.map(|info| (info.size, info.sha256)),
            encodings: names.flat_map(|name| Encoding::from_name(name)).collect(),
        }
    }

    /// Returns the names of the compressed variants.
    pub(super) fn variants(&self) -> impl Iterator<Item = String> {
        self.encodings.iter().map(|encoding| variant_name(&self.hashed, *encoding))
    }
}

fn unreadable(reason: &str) -> String {
    let advice = "the files of this release are unknown, so nothing is removed; restore the release file, or delete it to \
                  retain the files that are only in this release";
    format!("{reason}; {advice}")
}
