use fingerpost::manifest::ComponentInfo;

use crate::{
    config::Job,
    diagnostics::{collector::Findings, problem::Problem},
    output::{Output, OutputOptions, cache::Cache, history::History},
    progress::Progress,
};

/// The components of the app version by name.
pub(crate) type Components = Vec<(String, ComponentInfo)>;

/// One run: what it is to do, where it writes, and what it finds there.
pub(crate) struct Run<'a> {
    pub(crate) job: Job,
    pub(crate) output: Output,
    pub(crate) history: History,
    pub(crate) cache: Cache,
    pub(crate) progress: &'a dyn Progress,
}

impl<'a> Run<'a> {
    /// Takes the lock first, so that nobody changes what is read then.
    pub(crate) fn open(job: Job, progress: &'a dyn Progress) -> Result<Self, Problem> {
        let Job { fsync, wait, dry_run, verify, .. } = job;
        let options = OutputOptions { fsync, wait, dry_run, verify };
        let output = Output::open(&job.out, options, progress)?;
        let history = History::read(&job.out)?;
        let cache = Cache::read(&job.out, job.base.path());
        Ok(Self { job, output, history, cache, progress })
    }

    /// Digests the components of the app version.
    pub(crate) fn components(&self, findings: &mut Findings) -> Components {
        let Job { version, out, .. } = &self.job;
        let digest = |name: &String| {
            let info = version.digest_component(name, Some(out)).map_err(Problem::from);
            Some((name.clone(), findings.take(info)?))
        };
        version.components.keys().filter_map(digest).collect()
    }
}
