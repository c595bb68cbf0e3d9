use std::{
    io,
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::quoted,
    Store,
    manifest::{Digest, MANIFEST_NAME, Manifest, Release},
};

use crate::diagnostics::{
    collector::Diagnostics,
    problem::{ErrorKind, Problem},
};

/// What an output dir has published so far.
pub(crate) struct History<'a> {
    store: &'a dyn Store,
    /// The output dir as messages name it.
    pub(crate) place: PathBuf,
    /// The numbers of all releases that are remembered, in rising order.
    pub(crate) numbers: Vec<u64>,
    pub(crate) current: Option<Current>,
}

/// What `staticfiles.json` holds.
pub(crate) struct Current {
    digest: Digest,
    pub(crate) manifest: Manifest,
}

impl<'a> History<'a> {
    /// Reads what `store` has published. Messages name its files below `place`.
    pub(crate) fn read(store: &'a dyn Store, place: &Path) -> Result<Self, Problem> {
        let numbers = store
            .releases()
            .map_err(|err| Problem::output("list", &place.join(".fingerpost/releases"), &err))?;
        let current = match store.read(MANIFEST_NAME) {
            Ok(json) => Some(Current::parse(&json, &place.join(MANIFEST_NAME))?),
            Err(err) if err.kind() == io::ErrorKind::NotFound => None,
            Err(err) => return Err(Problem::output("read", &place.join(MANIFEST_NAME), &err)),
        };
        Ok(Self { store, place: place.to_owned(), numbers, current })
    }

    /// What is in force.
    pub(crate) fn manifest(&self) -> Option<&Manifest> {
        Some(&self.current.as_ref()?.manifest)
    }

    /// Whether nothing was ever published here.
    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.current.is_none()
    }

    pub(crate) fn release(&self, number: u64) -> Result<Release, String> {
        let name = Release::file_name(number);
        let file = self.place.join(&name);
        let json = self.store.read(&name.to_string_lossy());
        let json = json.map_err(|err| format!("cannot read {}: {err}", quoted(file.display())))?;
        Release::parse(&json, number, &file.display().to_string()).map_err(|err| err.to_string())
    }

    /// The releases, the newest first. One that cannot be read is passed over with a warning: it is history, and must not
    /// stand in the way of what is to be published now.
    pub(crate) fn releases(&self, diagnostics: &mut Diagnostics) -> impl Iterator<Item = Release> {
        self.numbers.iter().rev().filter_map(|&number| {
            self.release(number)
                .map_err(|err| {
                    diagnostics.warn(ErrorKind::Manifest, format!("{err}; this release is skipped"))
                })
                .ok()
        })
    }

    /// The newest release that holds this manifest.
    pub(crate) fn holder(&self, manifest: &Manifest, diagnostics: &mut Diagnostics) -> Option<Release> {
        self.releases(diagnostics).find(|release| release.manifest == *manifest)
    }
}

impl Current {
    fn parse(json: &[u8], place: &Path) -> Result<Self, Problem> {
        let manifest = Manifest::parse(json, &place.display().to_string()).map_err(|err| {
            let advice = "restore it, or remove it and collect again";
            Problem::new(ErrorKind::Manifest, format!("{err}; {advice}"))
        })?;
        Ok(Self { digest: Digest::from_content(json), manifest })
    }

    /// Whether the file is just as it would be written now.
    pub(crate) fn is(&self, manifest: &Manifest) -> bool {
        self.manifest == *manifest && Digest::from_content(&manifest.to_json()) == self.digest
    }
}
