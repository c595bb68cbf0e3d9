use std::{cmp::Reverse, collections::VecDeque, iter};

use fingerpost::__private::Severity;
use rayon::prelude::*;

use crate::diagnostics::{
    note::Note,
    problem::{Error, ErrorKind, Problem, Remarks},
    rule_severities::RuleSeverities,
};

/// What the steps of a run have found so far. Problems are gathered, so that one run shows them all.
#[derive(Default)]
pub(crate) struct Diagnostics {
    problems: Vec<Problem>,
    /// All that does not stop the run.
    pub(crate) remarks: Remarks,
}

/// Something to be told at the end of a run.
pub(crate) enum Diagnostic {
    /// Stops the run before anything is published.
    Problem(Problem),
    /// Does not stop it.
    Warning(Problem),
}

impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Diagnostics {
    pub(crate) fn add(&mut self, diagnostic: impl Into<Diagnostic>) {
        match diagnostic.into() {
            Diagnostic::Problem(problem) => self.problems.push(problem),
            Diagnostic::Warning(warning) if self.remarks.warnings.contains(&warning) => {}
            Diagnostic::Warning(warning) => self.remarks.warnings.push(warning),
        }
    }

    pub(crate) fn problem(&mut self, kind: ErrorKind, message: impl Into<String>) {
        self.add(Problem::new(kind, message));
    }

    pub(crate) fn warn(&mut self, kind: ErrorKind, message: impl Into<String>) {
        self.add(Diagnostic::Warning(Problem::new(kind, message)));
    }

    /// Adds what has been noted of a file. A broken rule that is ignored is still a note.
    pub(crate) fn take_note(&mut self, note: &Note, severities: &RuleSeverities) {
        match note.rule.map_or(Severity::Ignore, |rule| severities.get(rule, &note.location.asset)) {
            Severity::Ignore => self.note(note.into()),
            severity => self.add_with_severity(severity, note.into()),
        }
    }

    /// Adds what nobody has to do anything about.
    pub(crate) fn note(&mut self, note: Problem) {
        self.remarks.notes.push(note);
    }

    /// As serious as its rule says.
    pub(crate) fn add_with_severity(&mut self, severity: Severity, problem: Problem) {
        match severity {
            Severity::Error => self.problems.push(problem),
            Severity::Warn => self.remarks.warnings.push(problem),
            Severity::Ignore => {}
        }
    }

    /// The good result, or nothing, and what was bad about it is written down.
    pub(crate) fn take<T>(&mut self, result: Result<T, impl Into<Diagnostic>>) -> Option<T> {
        result.map_err(|diagnostic| self.add(diagnostic)).ok()
    }

    /// Does the same to all items, on all cores, and keeps the good results.
    ///
    /// The first failure of the output dir and the first lack of memory end it, because every other item would only repeat it.
    pub(crate) fn take_all<T: Send, R: Send, F: Into<Diagnostic> + Send>(
        &mut self,
        items: Vec<T>,
        work: impl Fn(T) -> Result<R, F> + Sync,
    ) -> Result<Vec<R>, Error> {
        self.take_results(items.into_par_iter().enumerate(), work)
    }

    /// The same for items of very different sizes: whoever is free takes the largest that is left, so that nobody is alone
    /// with a large one at the end. The results come in the order of the items all the same.
    pub(crate) fn take_largest_first<T: Send, R: Send, F: Into<Diagnostic> + Send>(
        &mut self,
        items: Vec<T>,
        size: impl Fn(&T) -> u64,
        work: impl Fn(T) -> Result<R, F> + Sync,
    ) -> Result<Vec<R>, Error> {
        self.take_results(largest_first(items, size).into_iter().par_bridge(), work)
    }

    /// The same, but every second thread takes the smallest item that is left, so that few large ones are in memory at once.
    /// Items of middling size come last.
    pub(crate) fn take_from_both_ends<T: Send, R: Send, F: Into<Diagnostic> + Send>(
        &mut self,
        items: Vec<T>,
        size: impl Fn(&T) -> u64,
        work: impl Fn(T) -> Result<R, F> + Sync,
    ) -> Result<Vec<R>, Error> {
        let mut queue = VecDeque::from(largest_first(items, size));
        let next = move || match rayon::current_thread_index() {
            Some(thread) if thread % 2 == 1 => queue.pop_back(),
            _ => queue.pop_front(),
        };
        self.take_results(iter::from_fn(next).par_bridge(), work)
    }

    /// Sorts the results by the places of their items.
    fn take_results<T: Send, R: Send, F: Into<Diagnostic> + Send>(
        &mut self,
        items: impl ParallelIterator<Item = (usize, T)>,
        work: impl Fn(T) -> Result<R, F> + Sync,
    ) -> Result<Vec<R>, Error> {
        let results: Result<Vec<_>, Problem> = items
            .map(|(place, item)| match work(item).map_err(F::into) {
                Err(Diagnostic::Problem(problem))
                    if matches!(problem.kind(), ErrorKind::Output | ErrorKind::OutOfMemory) =>
                {
                    Err(problem)
                }
                result => Ok((place, result)),
            })
            .collect();
        let Some(mut results) = self.take(results) else {
            self.check()?;
            return Ok(Vec::new());
        };
        results.sort_by_key(|(place, _)| *place);
        Ok(results.into_iter().filter_map(|(_, result)| self.take(result)).collect())
    }

    /// Ends the run here, if there is any problem.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        Error::from_problems(std::mem::take(&mut self.problems))
    }
}

/// Sorts items by their sizes, each with its place.
fn largest_first<T>(items: Vec<T>, size: impl Fn(&T) -> u64) -> Vec<(usize, T)> {
    let mut queue: Vec<_> = items.into_iter().enumerate().collect();
    queue.sort_by_key(|(_, item)| Reverse(size(item)));
    queue
}
