//! The analysis of one source file, with the assigned name.

use std::{borrow::Cow, path::PathBuf};

use fingerpost::{
    __private::{FileStamp, ImportMap},
    manifest::{ContentHash, Digest},
};
use serde::{Deserialize, Serialize};

use crate::{
    diagnostics::Note,
    output::content::ContentId,
    references::{Reference, Target, Unrewritable},
};

/// The analysis of a source file, which the next run reads from the cache.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SourceInfo {
    pub(crate) file: PathBuf,
    pub(crate) stamp: FileStamp,
    /// `true` if the stamp is old enough that an unchanged stamp proves unchanged bytes.
    #[serde(skip)]
    pub(crate) is_trusted: bool,
    pub(crate) content_id: ContentId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) references: Vec<Reference>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<Note>,
    /// The targets of references that cannot be rewritten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unrewritable: Vec<Unrewritable>,
    /// The name from the run that saved this analysis. `None` for a file that was not rewritten, because its name follows from
    /// `content_id`. The name of the current run is in [`Asset`](crate::pipeline::asset::Asset).
    #[serde(default, skip_serializing)]
    pub(crate) assigned_name: Option<Box<AssignedName>>,
}

/// The name and the final bytes of a rewritten file, with the inputs of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AssignedName {
    pub(crate) from: Inputs,
    pub(crate) hash: ContentHash,
    pub(crate) content_id: ContentId,
}

/// The inputs of the name and the final bytes of a file, except the bytes of the source file. Empty for a file without
/// references.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// The digest of the positions of the references and of the hashes to insert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hashes: Option<Digest>,
    /// For a member of a cycle, the digest from which the group hash is computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<Digest>,
}

impl SourceInfo {
    /// Returns `true` if a reference has an asset path as its target. In that case, the file may have to be rewritten.
    pub(crate) fn names_assets(&self) -> bool {
        self.references.iter().any(|reference| matches!(reference.target, Target::Asset(_)))
    }

    /// Returns the asset paths that a script imports statically, by the URLs of the assets or by the names of the import map.
    /// Some of the assets may be missing.
    pub(crate) fn static_imports(&self, import_map: &ImportMap) -> impl Iterator<Item = Cow<'_, str>> {
        let imports = self.references.iter().filter(|reference| reference.imports_asset_url);
        imports.filter_map(|reference| match &reference.target {
            Target::Asset(path) => Some(path.into()),
            Target::Bare(name) => Some(import_map.hashed_target(name)?.into()),
            _ => None,
        })
    }

    /// Returns the bare module specifiers.
    pub(crate) fn bare_specifiers(&self) -> impl Iterator<Item = &str> {
        self.references.iter().filter_map(|reference| match &reference.target {
            Target::Bare(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Returns the hash and the final bytes for these inputs, if they are known: from the bytes of a file that is not
    /// rewritten, and otherwise from the earlier run.
    pub(crate) fn named_from(&self, inputs: &Inputs) -> Option<(ContentHash, ContentId)> {
        if *inputs == Inputs::default() {
            return Some((ContentHash::from(&self.content_id.sha256), self.content_id));
        }
        let named = self.assigned_name.as_deref().filter(|named| named.from == *inputs)?;
        Some((named.hash, named.content_id))
    }
}
