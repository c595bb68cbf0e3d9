//! Lists the releases of an output directory.

use std::{collections::HashSet, path::Path};

use fingerpost::{
    __private::quoted,
    Store,
    manifest::{Digest, Entry, MANIFEST_NAME, Manifest, Release},
};
use serde::Serialize;

use crate::{
    diagnostics::{Diagnostics, Error, ErrorKind, Problem},
    output::history::History,
};

/// The releases of an output directory. Serializes to the JSON of `fingerpost releases --json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReleaseList {
    /// Number of the current release: the newest release with the manifest in `staticfiles.json`. `None` if the manifest is in
    /// no release, or does not exist.
    pub current: Option<u64>,
    /// All releases, the newest first.
    pub releases: Vec<ReleaseSummary>,
    /// Problems that did not stop the run.
    pub warnings: Vec<Problem>,
}

/// One release of a [`ReleaseList`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReleaseSummary {
    /// Number of the release.
    pub number: u64,
    /// The publication time, in seconds since 1970, UTC.
    pub published: u64,
    /// Number of the release that this release replaced, or 0 if no release was replaced. See [`Release::replaces`].
    pub replaces: u64,
    /// Number of assets.
    pub files: usize,
    /// Total size of the assets in bytes. `None` if the manifest has no sizes, like the manifests of other programs.
    pub bytes: Option<u64>,
    /// Bytes that a visitor with an empty cache downloads for all assets, each as its smallest variant.
    pub first_download: Option<u64>,
    /// Differences from the replaced release. `None` if that release is not retained.
    pub changes: Option<ReleaseChanges>,
}

/// The differences between a release and the release that it replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReleaseChanges {
    /// Number of assets that the replaced release lacks.
    pub added: usize,
    /// Number of assets whose hashed path differs.
    pub changed: usize,
    /// Number of assets that only the replaced release has.
    pub removed: usize,
    /// Bytes that a visitor with the files of the replaced release downloads: the new files, each as its delta or its smallest
    /// variant. Only browsers that support compression dictionaries (RFC 9842) use deltas.
    pub download: Option<u64>,
}

/// Lists the releases of an output directory, with their sizes and changes.
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # let (source, out) = (site.path().join("static"), site.path().join("dist"));
/// # std::fs::create_dir(&source)?;
/// # std::fs::write(source.join("unchanged.css"), "u{}")?;
/// use fingerpost::DirStore;
/// use fingerpost_collect::{CollectConfig, collect, releases};
///
/// for content in ["a{}", "body{}"] {
///     std::fs::write(source.join("app.css"), content)?;
///     collect(&CollectConfig::new(&out).source(&source))?;
/// }
/// let list = releases(&DirStore::new(&out))?;
/// assert_eq!((list.current, list.releases.len()), (Some(2), 2));
/// let newest = &list.releases[0];
/// assert_eq!((newest.number, newest.files, newest.bytes), (2, 2, Some(9)));
/// let changes = newest.changes.as_ref().unwrap();
/// assert_eq!((changes.added, changes.changed, changes.download), (0, 1, Some(6)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`ErrorKind::Manifest`] if there is neither a release nor a manifest, or if the manifest is damaged. Damaged releases are
///   skipped with a warning.
/// - [`ErrorKind::Output`] if the store cannot be read.
pub fn releases(store: &dyn Store) -> Result<ReleaseList, Error> {
    let place = store.place();
    let history = History::read(store, Path::new(&place))?;
    if history.is_empty() {
        let message = format!(
            "{} has no releases; run `fingerpost collect`, or correct the path of the output directory",
            quoted(place)
        );
        return Err(Problem::new(ErrorKind::Manifest, message).into());
    }
    let mut diagnostics = Diagnostics::default();
    let (mut list, mut earlier) = (ReleaseList::default(), None::<Release>);
    for &number in &history.numbers {
        let Some(release) = history.try_release(number, &mut diagnostics) else { continue };
        if history.manifest() == Some(&release.manifest) {
            list.current = Some(number);
        }
        let replaced = earlier.take().filter(|earlier| earlier.number == release.replaces);
        let replaced = replaced.or_else(|| history.release(release.replaces).ok());
        list.releases.push(ReleaseSummary::new(&release, replaced.as_ref()));
        earlier = Some(release);
    }
    list.releases.reverse();
    warn_without_current(&list, &history, &mut diagnostics);
    list.warnings = diagnostics.remarks.warnings;
    Ok(list)
}

fn warn_without_current(list: &ReleaseList, history: &History<'_>, diagnostics: &mut Diagnostics) {
    if list.current.is_some() {
        return;
    }
    let manifest = history.place.join(MANIFEST_NAME);
    let state = history.state_without_release();
    let message = format!("{} {state}, so no release is current", quoted(manifest.display()));
    diagnostics.warn(ErrorKind::Manifest, message);
}

impl ReleaseSummary {
    fn new(release: &Release, replaced: Option<&Release>) -> Self {
        let &Release { number, published, replaces, ref manifest, .. } = release;
        let size = |(_, entry): (_, &Entry)| Some(entry.info.as_ref()?.size);
        let nothing = Manifest::default();
        let before = replaced.map(|replaced| &replaced.manifest).or((replaces == 0).then_some(&nothing));
        Self {
            number,
            published,
            replaces,
            files: manifest.len(),
            bytes: manifest.iter().map(size).sum(),
            first_download: manifest.iter().map(|(_, entry)| smallest(entry)).sum(),
            changes: before.map(|before| ReleaseChanges::between(before, manifest)),
        }
    }
}

impl ReleaseChanges {
    fn between(before: &Manifest, after: &Manifest) -> Self {
        let is_added = |path: &str| before.get(path).is_none();
        let is_changed =
            |(path, entry): (&str, &Entry)| before.get(path).is_some_and(|old| old.hashed != entry.hashed);
        let cached: HashSet<_> = before.iter().map(|(_, entry)| entry.hashed.as_str()).collect();
        let new = after.iter().filter(|(_, entry)| !cached.contains(entry.hashed.as_str()));
        let dictionaries = before.iter().filter_map(|(_, entry)| Some(entry.info.as_ref()?.sha256));
        let dictionaries: HashSet<_> = dictionaries.collect();
        Self {
            added: after.iter().filter(|(path, _)| is_added(path)).count(),
            changed: after.iter().filter(|(path, entry)| is_changed((path, entry))).count(),
            removed: before.iter().filter(|(path, _)| after.get(path).is_none()).count(),
            download: new.map(|(_, entry)| smallest_for(entry, &dictionaries)).sum(),
        }
    }
}

/// Returns the size of the delta from one of these earlier files, or of the smallest variant.
fn smallest_for(entry: &Entry, dictionaries: &HashSet<Digest>) -> Option<u64> {
    let mut deltas = entry.info.iter().flat_map(|info| &info.deltas);
    let delta = deltas.find(|delta| dictionaries.contains(&delta.from));
    delta.map_or_else(|| smallest(entry), |delta| Some(delta.size))
}

/// Returns the size of the smallest variant, or the size of the file if there are no variants.
fn smallest(entry: &Entry) -> Option<u64> {
    let info = entry.info.as_ref()?;
    info.encodings.values().map(|variant| variant.size).chain([info.size]).min()
}
