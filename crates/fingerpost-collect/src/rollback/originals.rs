//! Updates the files under plain names to the bytes of the restored release.

use std::{collections::BTreeMap, path::Path};

use fingerpost::{
    __private::{KnownContent, quoted, reserved, variant_name, variant_names},
    AssetPath,
    manifest::{Encoding, Entry, Manifest, Release},
};

use crate::{
    diagnostics::{Diagnostic, Diagnostics, Error, ErrorKind, Problem},
    output::{
        Output,
        content::{Content, LARGEST_IN_MEMORY},
        dirs_above,
        staging::Staged,
    },
    pipeline::conflicts::looks_hashed,
};

/// The files to write under plain names, and the stale variants to remove.
pub(super) struct Originals {
    /// The published file for each plain name.
    files: BTreeMap<String, Published>,
    stale: Vec<String>,
}

struct Published {
    asset: AssetPath,
    hashed: String,
    known: KnownContent,
}

impl Originals {
    /// Selects the plain names to write. `release` is the restored release, `current` is the manifest that the rollback
    /// replaces, and `wanted` is the result of
    /// `RollbackConfig::wants_originals`:
    ///
    /// - `Some(true)` selects all assets.
    /// - `Some(false)` selects none.
    /// - `None` selects all assets if each asset of `current` has a file under its plain name. Otherwise, `None` selects
    ///   only the plain names whose file has the bytes of `current`.
    ///
    /// Files that already have the bytes of `release` are omitted.
    pub(super) fn plan(
        release: &Release,
        current: Option<&Manifest>,
        output: &Output,
        wanted: Option<bool>,
    ) -> Self {
        let (mut files, mut stale) = (BTreeMap::new(), Vec::new());
        let has_all = || {
            current.is_some_and(|current| {
                !current.is_empty() && current.iter().all(|(path, _)| output.has_any(path))
            })
        };
        let all = wanted.unwrap_or_else(has_all);
        for (path, entry) in &release.manifest {
            let before = current.and_then(|current| current.get(path));
            // The plain name of a prehashed file is its published name.
            if [Some(entry), before].into_iter().flatten().any(|entry| *entry.hashed == **path) {
                continue;
            }
            if all || (wanted.is_none() && before.is_some_and(|before| is_original(path, before, output))) {
                files.extend(plain_files(path, entry));
                stale.extend(before.into_iter().flat_map(|before| stale_variants(path, before, output)));
            }
        }
        stale.retain(|name| !files.contains_key(name));
        files.retain(|name, file| !file.is_at(name, output));
        Self { files, stale }
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Stages the files. Fails if a file would overwrite a published or reserved file.
    pub(super) fn stage(
        &self,
        (out, number): (&Path, u64),
        output: &Output,
        diagnostics: &mut Diagnostics,
    ) -> Result<Vec<Staged>, Error> {
        let conflicts = self.files.iter().filter_map(|(name, file)| {
            let owner = self.owner(name, output)?;
            let advice = "run with `--originals=false` to leave all plain names as they are";
            Some(format!(
                "asset {} of release {number} has the name of {owner}; {advice}",
                quoted(&file.asset)
            ))
        });
        conflicts.for_each(|message| diagnostics.problem(ErrorKind::Clash, message));
        diagnostics.check()?;
        let files = self.files.iter().collect();
        let staged = diagnostics.take_all(files, |(name, file)| {
            let content = file.content(out)?;
            Ok::<_, Diagnostic>(output.stage(name, &content, true)?)
        })?;
        diagnostics.check()?;
        Ok(staged.into_iter().flatten().collect())
    }

    /// Removes the variants of the replaced release. A server would send such a variant instead of the restored file.
    pub(super) fn remove_stale(&self, output: &Output) -> Result<(), Problem> {
        self.stale.iter().try_for_each(|name| output.remove(name))
    }

    /// Returns a description of the other file that has this name.
    fn owner(&self, name: &str, output: &Output) -> Option<String> {
        let dir = dirs_above(name).find(|dir| self.files.contains_key(*dir));
        let is_published = looks_hashed(name) && output.has_any(name);
        reserved(name)
            .map(str::to_owned)
            .or_else(|| dir.map(|dir| format!("a file in the directory {}, which is an asset", quoted(dir))))
            .or_else(|| is_published.then(|| "a published file with other bytes".to_owned()))
    }
}

impl Published {
    fn is_at(&self, name: &str, output: &Output) -> bool {
        self.known.is_some_and(|(size, sha256)| output.has_content(name, size, &sha256))
    }

    fn content(&self, out: &Path) -> Result<Content, Problem> {
        let file = out.join(&self.hashed);
        match self.known {
            Some((size, sha256)) => Ok(Content::in_file(&file, size, sha256)),
            None => Ok(Content::read(&file, LARGEST_IN_MEMORY)?.value),
        }
    }
}

/// Returns `true` if the file under the plain name has the bytes of this entry.
fn is_original(path: &AssetPath, entry: &Entry, output: &Output) -> bool {
    let info = entry.info.as_ref();
    info.is_some_and(|info| output.has_content(path, info.size, &info.sha256))
}

/// Returns the plain names of a file and its variants.
fn plain_files(path: &AssetPath, entry: &Entry) -> Vec<(String, Published)> {
    let published = |hashed, known| Published { asset: path.clone(), hashed, known };
    let info = entry.info.as_ref();
    let known = info.map(|info| (info.size, info.sha256));
    let file = (path.to_string(), published(entry.hashed.clone(), known));
    let encodings = info.into_iter().flat_map(|info| &info.encodings);
    let variants = encodings.filter_map(|(encoding, variant)| {
        let [plain, hashed] = [path.as_str(), &entry.hashed]
            .map(|name| Some(variant_name(name, Encoding::from_name(encoding)?)));
        Some((plain?, published(hashed?, Some((variant.size, variant.sha256)))))
    });
    variants.chain([file]).collect()
}

/// Returns the variants under plain names that have the bytes of this entry.
fn stale_variants(path: &AssetPath, entry: &Entry, output: &Output) -> Vec<String> {
    let variants = entry.info.iter().flat_map(|info| variant_names(path, info));
    let there = variants.filter(|(name, variant)| output.has_content(name, variant.size, &variant.sha256));
    there.map(|(name, _)| name).collect()
}
