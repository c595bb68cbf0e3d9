use serde::{Deserialize, Serialize};

use super::{ErrorKind, Location, Problem, Rule};

/// A remark about a file: a broken rule, or information that needs no action.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) location: Location,
    pub(crate) message: String,
    /// The broken rule. `None` for information that needs no action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<Rule>,
}

impl From<&Note> for Problem {
    fn from(note: &Note) -> Self {
        let kind = note.rule.map_or(ErrorKind::Unknown, ErrorKind::Rule);
        Self::with_location(note.location.clone(), kind, note.message.clone())
    }
}
