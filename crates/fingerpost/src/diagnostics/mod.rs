//! Rules, and problems with their locations.

pub(crate) mod rule;
pub(crate) mod rule_severities;
pub(crate) mod location;
pub(crate) mod left_out;
pub(crate) mod problem;
