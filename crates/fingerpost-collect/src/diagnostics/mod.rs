//! Rules, problems with their locations, and the collector of a run's problems.

pub(crate) mod rule;
pub(crate) mod rule_severities;
pub(crate) mod location;
pub(crate) mod left_out;
pub(crate) mod problem;
pub(crate) mod note;
pub(crate) mod collector;

pub(crate) use self::{
    collector::{Diagnostic, Diagnostics},
    location::Locator,
    note::Note,
    problem::{Remarks, both},
    rule_severities::{EVERYWHERE, RuleSeverities, Severities, SeveritiesByGlob},
};
pub use self::{
    left_out::Shadowed,
    location::Location,
    problem::{Error, ErrorKind, Problem},
    rule::Rule,
};
