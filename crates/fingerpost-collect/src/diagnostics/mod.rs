//! Rules, problems with their locations, and the collector of a run's problems.

pub(crate) mod rule;
pub(crate) mod rule_severities;
pub(crate) mod location;
pub(crate) mod left_out;
pub(crate) mod problem;
pub(crate) mod note;
pub(crate) mod collector;
