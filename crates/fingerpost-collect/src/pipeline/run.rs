use fingerpost::manifest::{ComponentInfo, Manifest};

use crate::{
    config::Job,
    diagnostics::{collector::Findings, problem::Problem},
    output::{Output, cache::Cache, history::History},
    pipeline::asset::Asset,
    progress::Progress,
};

/// The components of the app version by name.
type Components = Vec<(String, ComponentInfo)>;

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

    /// Digests the components of the app version.
    pub(crate) fn components(&self, findings: &mut Findings) -> Components {
        let Job { version, out, .. } = &self.job;
        let digest = |name: &String| {
            let info = version.digest_component(name, Some(out)).map_err(Problem::from);
            Some((name.clone(), findings.take(info)?))
        };
        version.components.keys().filter_map(digest).collect()
    }

    /// The manifest that names these assets and components.
    pub(crate) fn manifest(&self, assets: &[Asset], components: Components) -> Manifest {
        let mut manifest = Manifest::new(self.job.base.path());
        for (name, info) in components {
            manifest.insert_component(name, info);
        }
        for Asset { path, hashed, info, .. } in assets {
            manifest.insert(path.clone(), hashed.as_str(), info.clone());
        }
        manifest
    }
}
