use fingerpost::{Store, manifest::ComponentInfo};

use crate::{
    collect_config::RunOptions,
    diagnostics::{Diagnostics, Problem},
    output::{Output, cache::Cache, history::History},
    progress::Progress,
};

/// The components of the app version, by name.
pub(crate) type Components = Vec<(String, ComponentInfo)>;

/// The options of a run, and the state of its output directory.
pub(crate) struct Run<'a> {
    pub(crate) options: RunOptions,
    pub(crate) output: Output,
    pub(crate) history: History<'a>,
    pub(crate) cache: Cache,
    pub(crate) progress: &'a dyn Progress,
}

impl<'a> Run<'a> {
    /// Takes the lock, then reads the output directory.
    pub(crate) fn open(
        options: RunOptions,
        store: &'a dyn Store,
        progress: &'a dyn Progress,
    ) -> Result<Self, Problem> {
        let output = Output::open(&options.out, options.writing, progress)?;
        let history = History::read(store, &options.out)?;
        let cache = Cache::read(&options.out, options.base.path(), options.finds_bare);
        Ok(Self { options, output, history, cache, progress })
    }

    /// Digests the components of the app version.
    pub(crate) fn components(&self, diagnostics: &mut Diagnostics) -> Components {
        let RunOptions { version, out, .. } = &self.options;
        let digest = |name: &String| {
            let info = version.digest_component(name, Some(out)).map_err(Problem::from);
            Some((name.clone(), diagnostics.take(info)?))
        };
        version.components.keys().filter_map(digest).collect()
    }
}
