//! The notes about files, and the collector of a run's problems.

pub(crate) mod note;
pub(crate) mod collector;

pub(crate) use fingerpost::__private::{
    EVERYWHERE, Error, ErrorKind, Location, Locator, Problem, Remarks, Rule, RuleSeverities,
    SeveritiesByGlob, Shadowed, both,
};

pub(crate) use self::{
    collector::{Diagnostic, Diagnostics},
    note::Note,
};
