//! What is known of one source file: all that a run finds out by reading it, and what came of it.

use std::path::PathBuf;

use fingerpost::{
    __private::FileStamp,
    manifest::{ContentHash, Digest, FileInfo},
};
use serde::{Deserialize, Serialize};

use crate::{
    diagnostics::note::Note,
    output::content::ContentId,
    references::{reference::Reference, resolve::Target, unrewritable::Unrewritable},
};

/// A file as it was when it was read. The cache keeps it for the next run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SourceInfo {
    pub(crate) file: PathBuf,
    pub(crate) stamp: FileStamp,
    /// Whether the same stamp, seen later, means the same bytes, and they are known for what they are.
    #[serde(skip)]
    pub(crate) is_trusted: bool,
    pub(crate) content_id: ContentId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) references: Vec<Reference>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<Note>,
    /// What it names where nothing can be rewritten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unrewritable: Vec<Unrewritable>,
    /// What came of it in the run that kept it. This run's is in its [`Asset`](crate::pipeline::asset::Asset).
    #[serde(default, skip_serializing)]
    pub(crate) assigned_name: Option<Box<AssignedName>>,
}

/// What came of a file, and what it was made from besides its own bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AssignedName {
    pub(crate) from: Inputs,
    pub(crate) hash: ContentHash,
    pub(crate) info: FileInfo,
}

/// All that the name and the final bytes of a file follow from, besides its own bytes. A file that refers to nothing has
/// none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// The places of its references and the hashes that go there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hashes: Option<Digest>,
    /// In a cycle, what the hash of the group is made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<Digest>,
}

impl SourceInfo {
    /// Returns `true` if it may have to be rewritten: a reference leads to a place for an asset.
    pub(crate) fn names_assets(&self) -> bool {
        self.references.iter().any(|reference| matches!(reference.target, Target::Asset(_)))
    }

    /// What came of the file in an earlier run, if the same would come of it now.
    pub(crate) fn named_from(&self, inputs: &Inputs) -> Option<&AssignedName> {
        self.assigned_name.as_deref().filter(|named| named.from == *inputs)
    }
}
