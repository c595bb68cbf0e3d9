//! Assigns a name to each file with references. The targets of the references get their names first.

use std::{path::Path, sync::OnceLock};

use fingerpost::{
    __private::quoted,
    manifest::{ContentHash, Digest},
};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::{
    diagnostics::{Diagnostics, Error, ErrorKind, Problem},
    output::{buffer::Buffer, cache, content::Content, source_info::Inputs},
    pipeline::{
        asset::{Asset, Source},
        link::{Link, LinkTarget, Links},
        order::{self, Group},
        rewrite::rewrite,
        run_context::Run,
    },
};

/// Rewrites, names and stages all files with references.
pub(crate) fn assign_names(
    waiting: &[Source],
    links: &Links<'_>,
    run: &Run<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Vec<Asset>, Error> {
    let names = waiting.iter().map(|_| OnceLock::new()).collect();
    let naming = NameAssigner { waiting, links, names, run };
    let mut assets = Vec::with_capacity(waiting.len());
    for layer in order::layers(&links.between_waiting()) {
        let named = diagnostics.take_all(layer, |group| naming.name(&group))?;
        assets.extend(named.into_iter().flatten());
    }
    Ok(assets)
}

struct NameAssigner<'a> {
    waiting: &'a [Source],
    links: &'a Links<'a>,
    /// The hash of each file that is already named.
    names: Vec<OnceLock<ContentHash>>,
    run: &'a Run<'a>,
}

impl NameAssigner<'_> {
    fn name(&self, group: &Group) -> Result<Vec<Asset>, Problem> {
        let key = if group.is_cycle { Some(self.name_members(&group.members)?) } else { None };
        group.members.par_iter().map(|&member| self.stage(member, key)).collect()
    }

    fn stage(&self, member: usize, group: Option<Digest>) -> Result<Asset, Problem> {
        let inputs = Inputs { hashes: Some(self.hashes(member)), group };
        let content = || Ok(Content::from(self.rewritten(member, |_| true)?));
        let hash = self.names[member].get().copied();
        let asset = Asset::stage(self.waiting[member].clone(), hash, inputs, content, self.run)?;
        self.names[member].get_or_init(|| asset.hash);
        Ok(asset)
    }

    /// Names the files of a cycle. The bytes of each file contain the names of other files in the cycle. The hash in each
    /// name is therefore computed from the whole group and the asset path. Returns the digest of all inputs.
    fn name_members(&self, members: &[usize]) -> Result<Digest, Problem> {
        let mut sorted = members.to_vec();
        sorted.sort_by_key(|&member| &self.waiting[member].file.path);
        let leaves_group = |link: &&Link<'_>| match link.to {
            LinkTarget::Waiting(number) => members.binary_search(&number).is_err(),
            LinkTarget::AssignedName(_) | LinkTarget::Prehashed => true,
        };
        let key = self.group_key(&sorted, leaves_group);
        let known = |&member: &usize| {
            let named = self.waiting[member].source_info.assigned_name.as_ref()?;
            (named.from.group == Some(key)).then_some(named.hash)
        };
        let hashes = match members.iter().map(known).collect::<Option<Vec<_>>>() {
            Some(hashes) => hashes,
            None => {
                let group = self.group_hash(&sorted, leaves_group)?;
                let hash = |&member: &usize| {
                    let path = self.waiting[member].file.path.as_bytes();
                    ContentHash::from_content(&[&group[..], &[0], path].concat())
                };
                members.iter().map(hash).collect()
            }
        };
        for (&member, hash) in members.iter().zip(hashes) {
            self.names[member].get_or_init(|| hash);
        }
        Ok(key)
    }

    /// Hashes the bytes of all members. Only references that leave the group are rewritten.
    fn group_hash(
        &self,
        sorted: &[usize],
        leaves_group: impl Fn(&&Link<'_>) -> bool,
    ) -> Result<[u8; 32], Problem> {
        let mut hasher = Sha256::new();
        for &member in sorted {
            let bytes = self.rewritten(member, &leaves_group)?;
            hasher.update(self.waiting[member].file.path.as_bytes());
            hasher.update([0]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(&*bytes);
        }
        Ok(hasher.finalize().into())
    }

    /// Digests the inputs of a group hash without reading the files.
    fn group_key(&self, sorted: &[usize], leaves_group: impl Fn(&&Link<'_>) -> bool) -> Digest {
        let mut key = Vec::new();
        for &member in sorted {
            let Source { file, source_info } = &self.waiting[member];
            key.extend_from_slice(file.path.as_bytes());
            key.push(0);
            key.extend_from_slice(source_info.content_id.sha256.as_bytes());
            self.push_hashes(member, &leaves_group, &mut key);
            key.push(b'\n');
        }
        Digest::from_content(&key)
    }

    /// Digests the hashes that are written into a file, with their positions.
    fn hashes(&self, member: usize) -> Digest {
        let mut key = Vec::new();
        self.push_hashes(member, |_| true, &mut key);
        Digest::from_content(&key)
    }

    fn push_hashes(&self, member: usize, wanted: impl Fn(&&Link<'_>) -> bool, key: &mut Vec<u8>) {
        for link in self.links.links_of(member).iter().filter(wanted) {
            let place = link.edit.span.start as u64;
            key.extend_from_slice(&place.to_be_bytes());
            key.extend_from_slice(self.hash(link.to).as_ref().map_or("", ContentHash::as_str).as_bytes());
        }
    }

    /// Returns the bytes of a file with hashes in the `wanted` references.
    fn rewritten(&self, member: usize, wanted: impl Fn(&&Link<'_>) -> bool) -> Result<Buffer, Problem> {
        let Source { file, source_info } = &self.waiting[member];
        let bytes = source_info
            .content_id
            .read_again(&file.file, source_info.is_trusted.then_some(source_info.stamp))?;
        let links = self.links.links_of(member).iter().filter(wanted);
        // Prehashed files have no hash to insert. A file without a name had an error, so nothing will be published.
        let edits = links.filter_map(|link| Some((link.edit, self.hash(link.to)?)));
        rewrite(&bytes, edits).ok_or_else(|| self.invalid_cache(&file.file))
    }

    fn invalid_cache(&self, file: &Path) -> Problem {
        let cache = self.run.options.out.join(cache::FILE);
        let [file, cache] = [file, &cache].map(|path| quoted(path.display()));
        let message =
            format!("{cache} has positions that are not in {file}; remove {cache} and run the command again");
        Problem::new(ErrorKind::Output, message)
    }

    fn hash(&self, to: LinkTarget) -> Option<ContentHash> {
        match to {
            LinkTarget::AssignedName(hash) => Some(hash),
            LinkTarget::Prehashed => None,
            LinkTarget::Waiting(number) => self.names[number].get().copied(),
        }
    }
}
