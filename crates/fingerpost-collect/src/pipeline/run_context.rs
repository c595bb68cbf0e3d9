use fingerpost::{Store, manifest::ComponentInfo, sources::Listing};

use crate::{
    collect_config::RunOptions,
    diagnostics::{Diagnostics, Problem},
    output::{Output, cache::Cache, history::History, published_files::PublishedFiles},
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
    /// Takes the lock, then reads the output directory and lists the files of the source directories.
    pub(crate) fn open(
        options: RunOptions,
        store: &'a dyn Store,
        progress: &'a dyn Progress,
    ) -> Result<(Self, Listing), Problem> {
        let mut output = Output::open(&options.out, options.writing, progress)?;
        let RunOptions { out, writing, base, .. } = &options;
        let read_records = || {
            let published = || PublishedFiles::read(out, writing.verify, writing.clock);
            rayon::join(|| Cache::read(out, base.path(), options.finds_bare), published)
        };
        let read_files = || rayon::join(|| History::read(store, out), || options.sources.list());
        let ((cache, published), (history, listing)) = rayon::join(read_records, read_files);
        output.published = published;
        Ok((Self { output, history: history?, cache, options, progress }, listing))
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
