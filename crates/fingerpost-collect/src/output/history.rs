use std::{
    io,
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::quoted,
    Store,
    manifest::{Digest, MANIFEST_NAME, Manifest, Release},
};

use crate::diagnostics::{Diagnostics, ErrorKind, Problem};

/// The published releases of an output directory.
pub(crate) struct History<'a> {
    store: &'a dyn Store,
    /// The output directory, for messages.
    pub(crate) place: PathBuf,
    /// The numbers of all recorded releases, in ascending order.
    pub(crate) numbers: Vec<u64>,
    pub(crate) current: Option<Current>,
}

/// The content of `staticfiles.json`.
pub(crate) struct Current {
    digest: Digest,
    pub(crate) manifest: Manifest,
}

impl<'a> History<'a> {
    /// Reads the manifest and the numbers of the releases in `store`. `place` is the output directory, for messages.
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

    /// Returns the current manifest.
    pub(crate) fn manifest(&self) -> Option<&Manifest> {
        Some(&self.current.as_ref()?.manifest)
    }

    /// Returns the reason why no release is current, for messages about the manifest.
    pub(crate) fn state_without_release(&self) -> &'static str {
        if self.current.is_some() { "is not the manifest of any release" } else { "does not exist" }
    }

    /// Returns `true` if nothing was ever published.
    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.current.is_none()
    }

    pub(crate) fn release(&self, number: u64) -> Result<Release, String> {
        self.parse_release(number, self.release_json(number), Release::parse)
    }

    fn parse_release(
        &self,
        number: u64,
        json: Result<Vec<u8>, String>,
        parse: impl Fn(&[u8], u64, &str) -> Result<Release, fingerpost::Error>,
    ) -> Result<Release, String> {
        let json = json?;
        let file = self.place.join(Release::file_name(number));
        parse(&json, number, &file.display().to_string()).map_err(|err| err.to_string())
    }

    /// Returns the JSON of a release.
    pub(crate) fn release_json(&self, number: u64) -> Result<Vec<u8>, String> {
        let name = Release::file_name(number);
        let json = self.store.read(&name.to_string_lossy());
        json.map_err(|err| format!("cannot read {}: {err}", quoted(self.place.join(&name).display())))
    }

    /// Returns the releases, the newest first. Unreadable releases are skipped with a warning, because an unreadable release
    /// must not prevent a new release.
    pub(crate) fn releases(&self, diagnostics: &mut Diagnostics) -> impl Iterator<Item = Release> {
        self.numbers.iter().rev().filter_map(|&number| self.try_release(number, diagnostics))
    }

    /// Returns a release, or `None` with a warning if the release is unreadable.
    pub(crate) fn try_release(&self, number: u64, diagnostics: &mut Diagnostics) -> Option<Release> {
        or_skip(self.release(number), diagnostics)
    }

    /// Parses the JSON of a release like [`History::try_release`].
    pub(crate) fn try_parse(
        &self,
        number: u64,
        json: Result<Vec<u8>, String>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Release> {
        or_skip(self.parse_release(number, json, Release::parse), diagnostics)
    }

    /// Returns the newest release with this manifest.
    pub(crate) fn newest_with(&self, manifest: &Manifest, diagnostics: &mut Diagnostics) -> Option<Release> {
        let parse =
            |json: &[u8], number, place: &str| Release::parse_expecting(manifest, json, number, place);
        let mut releases = self.numbers.iter().rev().filter_map(|&number| {
            or_skip(self.parse_release(number, self.release_json(number), parse), diagnostics)
        });
        releases.find(|release| release.manifest == *manifest)
    }
}

/// Warns about an unreadable release, because it must not prevent a new release.
fn or_skip(release: Result<Release, String>, diagnostics: &mut Diagnostics) -> Option<Release> {
    let skipped = |err| diagnostics.warn(ErrorKind::Manifest, format!("{err}; this release is skipped"));
    release.map_err(skipped).ok()
}

impl Current {
    fn parse(json: &[u8], place: &Path) -> Result<Self, Problem> {
        let manifest = Manifest::parse(json, &place.display().to_string()).map_err(|err| {
            let advice = "restore it, or remove it and run `fingerpost collect` again";
            Problem::new(ErrorKind::Manifest, format!("{err}; {advice}"))
        })?;
        Ok(Self { digest: Digest::from_content(json), manifest })
    }

    /// Returns `true` if `staticfiles.json` has exactly the bytes of `manifest`.
    pub(crate) fn has_bytes_of(&self, manifest: &Manifest) -> bool {
        self.manifest == *manifest && Digest::from_content(&manifest.to_json()) == self.digest
    }
}
