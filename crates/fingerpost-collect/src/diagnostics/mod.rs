//! Rules, problems with their places, and the collector of the problems of a run.

pub(crate) mod rule;
pub(crate) mod rule_severities;
pub(crate) mod location;
pub(crate) mod left_out;
pub(crate) mod problem;
pub(crate) mod note;
pub(crate) mod collector;
