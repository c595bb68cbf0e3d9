//! The releases of a bucket.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::UpdateVersion;

use fingerpost::{
    __private::{KnownContent, Numbering, quoted, release_number},
    manifest::{MANIFEST_NAME, Manifest, Release},
};

use crate::{
    error::{Error, ErrorKind},
    objects::{Listing, Objects},
};

/// The maximum number of concurrent requests.
pub(crate) const CONCURRENCY: usize = 16;

/// The maximum number of objects that are deleted after one check of the lock.
pub(crate) const BATCH: usize = 500;

pub(crate) const RELEASES: &str = ".fingerpost/releases";

/// The state of a bucket.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) listing: Listing,
    pub(crate) current: Option<CurrentManifest>,
    /// The numbers of all releases, in ascending order.
    pub(crate) numbers: Vec<u64>,
    /// The readable releases, in ascending order.
    pub(crate) releases: Vec<Release>,
    /// The reasons why the other releases are unreadable.
    pub(crate) unreadable: Vec<String>,
}

/// The content of `staticfiles.json` in the bucket.
#[derive(Debug, Clone)]
pub(crate) struct CurrentManifest {
    pub(crate) manifest: Manifest,
    pub(crate) bytes: Bytes,
    pub(crate) version: UpdateVersion,
}

impl Remote {
    /// Lists the bucket, and reads the manifest and all releases.
    pub(crate) async fn read(objects: &Objects) -> Result<Self, Error> {
        let listing = objects.list("").await?;
        let numbers = numbers(&listing);
        let current = current(objects).await?;
        let releases = stream::iter(numbers.clone()).map(|number| release(objects, number));
        let read: Vec<_> = releases.buffered(CONCURRENCY).try_collect().await?;
        let (mut releases, mut unreadable) = (Vec::new(), Vec::new());
        for result in read {
            match result {
                Ok(release) => releases.push(release),
                Err(reason) => unreadable.push(reason),
            }
        }
        Ok(Self { listing, current, numbers, releases, unreadable })
    }

    /// Returns the current manifest.
    pub(crate) fn manifest(&self) -> Option<&Manifest> {
        Some(&self.current.as_ref()?.manifest)
    }

    /// Returns the manifests of all readable releases, and the current manifest.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.releases.iter().map(|release| &release.manifest).chain(self.manifest())
    }

    /// Returns the newest release with the current manifest.
    pub(crate) fn current_release(&self) -> Option<&Release> {
        let manifest = self.manifest()?;
        self.releases.iter().rfind(|release| release.manifest == *manifest)
    }

    /// Returns a numbering that records the current manifest. `now` is the time since 1970.
    pub(crate) fn numbering(&self, now: Duration) -> Result<Numbering<'_>, Error> {
        let mut numbering = Numbering::new(&self.numbers, Vec::new(), now);
        if let Some(manifest) = self.manifest() {
            numbering.record_current(manifest, self.current_release().cloned())?;
        }
        Ok(numbering)
    }
}

/// Reads the manifest of a bucket. A damaged manifest is an error.
pub(crate) async fn current(objects: &Objects) -> Result<Option<CurrentManifest>, Error> {
    let Some(object) = objects.get(MANIFEST_NAME).await? else { return Ok(None) };
    let manifest = Manifest::parse(&object.bytes, &objects.url_of(MANIFEST_NAME)).map_err(|err| {
        let advice =
            "restore the object from its release in `.fingerpost/releases/`, or delete it and publish again";
        Error::new(ErrorKind::Manifest, format!("{err}; {advice}"))
    })?;
    Ok(Some(CurrentManifest { manifest, bytes: object.bytes, version: object.version }))
}

/// Returns the numbers of the releases in a listing, in ascending order.
pub(crate) fn numbers(listing: &Listing) -> Vec<u64> {
    let names = listing.range(format!("{RELEASES}/")..).map_while(|(name, _)| name.strip_prefix(RELEASES));
    let mut numbers: Vec<_> = names.filter_map(|name| release_number(name.strip_prefix('/')?)).collect();
    numbers.sort_unstable();
    numbers
}

/// Returns `true` if a listing has a file with this name and size. If the size is unknown, any size matches.
pub(crate) fn has_file(listing: &Listing, name: &str, content: KnownContent) -> bool {
    listing.get(name).is_some_and(|found| content.is_none_or(|(size, _)| *found == size))
}

/// Returns the name of a release file.
pub(crate) fn release_name(number: u64) -> String {
    format!("{RELEASES}/{number}.json")
}

/// Reads a release. Returns the reason if the release is missing or damaged.
pub(crate) async fn release(objects: &Objects, number: u64) -> Result<Result<Release, String>, Error> {
    let (name, place) = (release_name(number), objects.url_of(&release_name(number)));
    Ok(match objects.get(&name).await? {
        Some(object) => Release::parse(&object.bytes, number, &place).map_err(|err| err.to_string()),
        None => Err(format!("{} was deleted by another run", quoted(place))),
    })
}
