//! Names for files that refer to others: each gets its name when all that it refers to have theirs.

use std::sync::OnceLock;

use fingerpost::ContentHash;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::{
    asset::Asset,
    content::Content,
    error::{Error, Problem},
    findings::Findings,
    graph::{self, Group},
    links::{Link, Links, To},
    look::Referring,
    rewrite::rewrite,
    run::Run,
};

/// Rewrites, names and stages all files that wait for others.
pub(crate) fn name_all(
    waiting: &[Referring],
    links: &Links,
    run: &Run<'_>,
    findings: &mut Findings,
) -> Result<Vec<Asset>, Error> {
    let names = waiting.iter().map(|_| OnceLock::new()).collect();
    let naming = Naming { waiting, links, names, run };
    let mut assets = Vec::with_capacity(waiting.len());
    for layer in graph::layers(&links.between_waiting()) {
        let named = findings.take_all(layer, |group| naming.name(&group))?;
        assets.extend(named.into_iter().flatten());
    }
    Ok(assets)
}

struct Naming<'a> {
    waiting: &'a [Referring],
    links: &'a Links,
    /// What has been named so far.
    names: Vec<OnceLock<ContentHash>>,
    run: &'a Run<'a>,
}

impl Naming<'_> {
    fn name(&self, group: &Group) -> Result<Vec<Asset>, Problem> {
        if group.is_cycle {
            self.name_members(&group.members)?;
        }
        group.members.par_iter().map(|&member| self.stage(member)).collect()
    }

    /// Names files that refer to each other: none can be named by bytes that hold the others' names, so a hash of the
    /// whole group and the asset path make the name.
    fn name_members(&self, members: &[usize]) -> Result<(), Problem> {
        let mut group = Sha256::new();
        let mut sorted = members.to_vec();
        sorted.sort_by_key(|&member| &self.waiting[member].file.path);
        for &member in &sorted {
            let leads_out = |link: &&Link| match link.to {
                To::Waiting(number) => members.binary_search(&number).is_err(),
                To::Named(_) => true,
            };
            let bytes = self.rewritten(member, leads_out)?;
            group.update(self.waiting[member].file.path.as_bytes());
            group.update([0]);
            group.update((bytes.len() as u64).to_be_bytes());
            group.update(bytes);
        }
        let group = group.finalize();
        for &member in members {
            let name = [&group[..], &[0], self.waiting[member].file.path.as_bytes()].concat();
            let _ = self.names[member].set(ContentHash::of(&name));
        }
        Ok(())
    }

    fn stage(&self, member: usize) -> Result<Asset, Problem> {
        let content = Content::from(self.rewritten(member, |_| true)?);
        let hash = *self.names[member].get_or_init(|| ContentHash::from(&content.sha256));
        Asset::stage(self.waiting[member].file.path.clone(), hash, &content, self.run)
    }

    /// A file's bytes with the hashes in those references that are wanted.
    fn rewritten(&self, member: usize, wanted: impl Fn(&&Link) -> bool) -> Result<Vec<u8>, Problem> {
        let Referring { file, seen, .. } = &self.waiting[member];
        let bytes = seen.read_again(&file.file)?;
        let links = self.links.of(member).iter().filter(wanted);
        // What has no name has had a problem, and nothing will be published.
        Ok(rewrite(&bytes, links.filter_map(|link| Some((&link.edit, self.hash(link.to)?)))))
    }

    fn hash(&self, to: To) -> Option<ContentHash> {
        match to {
            To::Named(hash) => Some(hash),
            To::Waiting(number) => self.names[number].get().copied(),
        }
    }
}
