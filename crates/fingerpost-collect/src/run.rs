use fingerpost::Manifest;

use crate::{
    asset::Asset, cache::Cache, config::Job, error::Problem, history::History, output::Output,
    progress::Progress,
};

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
        let output = Output::open(&job, progress)?;
        let history = History::read(&job.out)?;
        let cache = Cache::read(&job.out, job.base.path());
        Ok(Self { job, output, history, cache, progress })
    }

    /// The manifest that names these assets.
    pub(crate) fn manifest(&self, assets: &[Asset]) -> Manifest {
        let mut manifest = Manifest::new(self.job.base.path());
        for Asset { path, hashed, info, .. } in assets {
            manifest.insert(path.clone(), hashed.as_str(), info.clone());
        }
        manifest
    }
}
