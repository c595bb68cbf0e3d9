use std::{cmp::Reverse, collections::VecDeque, iter};

use fingerpost::__private::Severity;
use rayon::prelude::*;

use crate::diagnostics::{Error, ErrorKind, Problem, Remarks, RuleSeverities, note::Note};

/// Collects the problems of all steps, so that one run reports all problems.
#[derive(Default)]
pub(crate) struct Diagnostics {
    problems: Vec<Problem>,
    /// Findings that do not stop the run.
    pub(crate) remarks: Remarks,
}

/// A problem that stops the run, or a warning.
pub(crate) enum Diagnostic {
    /// Stops the run before anything is published.
    Problem(Problem),
    /// Does not stop the run.
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

    /// Adds a note as an error or a warning, by the severity of its rule. Notes without a rule, or with an ignored rule,
    /// remain notes.
    pub(crate) fn take_note(&mut self, note: &Note, severities: &RuleSeverities) {
        match note.rule.map_or(Severity::Ignore, |rule| severities.get(rule, &note.location.asset)) {
            Severity::Ignore => self.remarks.notes.push(note.into()),
            severity => self.add_with_severity(severity, note.into()),
        }
    }

    /// Adds a problem as an error or a warning. Drops the problem if the severity is `Ignore`.
    pub(crate) fn add_with_severity(&mut self, severity: Severity, problem: Problem) {
        match severity {
            Severity::Error => self.problems.push(problem),
            Severity::Warn => self.remarks.warnings.push(problem),
            Severity::Ignore => {}
        }
    }

    /// Returns the value, or adds the diagnostic and returns `None`.
    pub(crate) fn take<T>(&mut self, result: Result<T, impl Into<Diagnostic>>) -> Option<T> {
        result.map_err(|diagnostic| self.add(diagnostic)).ok()
    }

    /// Applies `work` to all items in parallel, adds the diagnostics, and returns the values in the order of the items.
    ///
    /// Stops at the first failure to write and at the first lack of memory, because all other items would fail for the
    /// same reason.
    pub(crate) fn take_all<T: Send, R: Send, F: Into<Diagnostic> + Send>(
        &mut self,
        items: Vec<T>,
        work: impl Fn(T) -> Result<R, F> + Sync,
    ) -> Result<Vec<R>, Error> {
        self.take_by_size(items, |_| 0, false, work)
    }

    /// Works like [`take_all`](Self::take_all), but each thread takes the largest remaining item, so that no large item
    /// remains at the end. With `from_both_ends`, every second thread takes the smallest remaining item, so that few
    /// large items are in memory at the same time.
    pub(crate) fn take_by_size<T: Send, R: Send, F: Into<Diagnostic> + Send>(
        &mut self,
        items: Vec<T>,
        size: impl Fn(&T) -> u64,
        from_both_ends: bool,
        work: impl Fn(T) -> Result<R, F> + Sync,
    ) -> Result<Vec<R>, Error> {
        let mut queue: VecDeque<_> = items.into_iter().enumerate().collect();
        queue.make_contiguous().sort_by_key(|(_, item)| Reverse(size(item)));
        let next = move || match rayon::current_thread_index() {
            Some(thread) if from_both_ends && thread % 2 == 1 => queue.pop_back(),
            _ => queue.pop_front(),
        };
        let ends_run =
            |problem: &Problem| matches!(problem.kind(), ErrorKind::Output | ErrorKind::OutOfMemory);
        let results: Result<Vec<_>, Problem> = iter::from_fn(next)
            .par_bridge()
            .map(|(index, item)| match work(item).map_err(F::into) {
                Err(Diagnostic::Problem(problem)) if ends_run(&problem) => Err(problem),
                result => Ok((index, result)),
            })
            .collect();
        let Some(mut results) = self.take(results) else {
            self.check()?;
            return Ok(Vec::new());
        };
        results.sort_by_key(|(index, _)| *index);
        Ok(results.into_iter().filter_map(|(_, result)| self.take(result)).collect())
    }

    /// Fails with all problems so far, if there are any.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        Error::from_problems(std::mem::take(&mut self.problems))
    }
}
