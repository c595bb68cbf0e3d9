//! What a run has to say: rules, problems with their places, and the collection of them.

pub(crate) mod rule;
pub(crate) mod rule_severities;
pub(crate) mod location;
pub(crate) mod left_out;
pub(crate) mod problem;
pub(crate) mod note;
pub(crate) mod collector;
