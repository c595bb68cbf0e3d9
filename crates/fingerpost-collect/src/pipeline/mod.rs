//! The steps of a run, in order. Each module uses only earlier modules.

pub(crate) mod run_context;
pub(crate) mod asset;
pub(crate) mod scan;
pub(crate) mod bundled;
pub(crate) mod import_map;
pub(crate) mod analyze;
pub(crate) mod link;
pub(crate) mod order;
pub(crate) mod rewrite;
pub(crate) mod assign_names;
pub(crate) mod unrewritable_warnings;
pub(crate) mod import_releases;
pub(crate) mod conflicts;
pub(crate) mod compress;
pub(crate) mod deltas;
pub(crate) mod publish;
