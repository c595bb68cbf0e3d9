//! Adopts the variants that the bucket already has.

use std::collections::HashMap;

use fingerpost::{
    __private::{KnownContent, adopt_variants, files_of, quoted, retain_variants},
    manifest::{Entry, FileInfo, Manifest},
};

use crate::{
    error::{Error, ErrorKind},
    objects::Listing,
    remote::{Remote, has_file},
};

/// The maximum number of names in a message.
const MOST_NAMES: usize = 10;

/// Returns the local manifest, with the variants of the bucket for all files that are already published. No published object
/// is then overwritten with other bytes.
///
/// A published variant is omitted if its object is missing in the bucket and this build has other bytes. Fails if the bucket
/// has other bytes under the hashed path itself.
pub(crate) fn adopt<'a>(
    local: &Manifest,
    published: impl Iterator<Item = &'a Manifest>,
    listing: &Listing,
    warnings: &mut Vec<String>,
) -> Result<Manifest, Error> {
    let infos: HashMap<&str, &FileInfo> =
        published.flatten().filter_map(|(_, entry)| Some((&*entry.hashed, entry.info.as_ref()?))).collect();
    let (mut manifest, mut conflicts, mut lost) = (local.clone(), Vec::new(), Vec::new());
    for (path, entry) in local {
        let (Some(info), Some(published)) = (&entry.info, infos.get(&*entry.hashed)) else { continue };
        if info.sha256 != published.sha256 {
            conflicts.push(quoted(&entry.hashed));
            continue;
        }
        let mut adopted = info.clone();
        adopt_variants(&mut adopted, published);
        let unavailable = unavailable(entry, &with_info(entry, &adopted), listing);
        retain_variants(&entry.hashed, &mut adopted, |name| !unavailable.iter().any(|lost| lost == name));
        lost.extend(unavailable);
        if adopted != *info {
            manifest.insert(path.clone(), entry.hashed.clone(), adopted);
        }
    }
    if !conflicts.is_empty() {
        return Err(conflict(conflicts));
    }
    if !lost.is_empty() {
        lost.sort_unstable();
        warnings.push(format!(
            "the bucket has lost {}; the release has no such variants",
            names(lost.iter().map(quoted).collect())
        ));
    }
    Ok(manifest)
}

/// Returns the variants that neither the bucket nor this build has.
fn unavailable(local: &Entry, adopted: &Entry, listing: &Listing) -> Vec<String> {
    let known: Vec<_> = files_of(local).collect();
    let lost = files_of(adopted).filter(|file| !has_file(listing, &file.0, file.1) && !known.contains(file));
    lost.map(|(name, _)| name).collect()
}

fn with_info(entry: &Entry, info: &FileInfo) -> Entry {
    let mut entry = entry.clone();
    entry.info = Some(info.clone());
    entry
}

fn conflict(files: Vec<String>) -> Error {
    let message = format!(
        "the bucket has other bytes under {}; a published file must not change, so give the changed file another name",
        names(files)
    );
    Error::new(ErrorKind::Conflict, message)
}

/// Joins names for a message. Lists at most [`MOST_NAMES`] names.
pub(crate) fn names(mut names: Vec<String>) -> String {
    let others = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    let others = if others == 0 { String::new() } else { format!(" and {others} more") };
    format!("{}{others}", names.join(", "))
}

/// Returns the size and the digest of every published file, by name.
pub(crate) fn published_files(remote: &Remote) -> HashMap<String, KnownContent> {
    remote.manifests().flatten().flat_map(|(_, entry)| files_of(entry)).collect()
}
