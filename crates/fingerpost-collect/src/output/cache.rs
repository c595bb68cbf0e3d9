//! The cached analysis of source files. A run analyzes only changed files. Deleting the cache makes the next run slower, and
//! changes no output.

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use fingerpost::{__private::FileStamp, sources::SourceFile};
use serde::{Serialize, Serializer};

use super::signed_json::{parse_signed, write_signed};
use crate::output::{
    source_info::{AssignedName, SourceInfo},
    staging::Staging,
};

pub(crate) const FILE: &str = ".fingerpost/cache.json";

/// The version of the analysis. Increment the number with every change of the results. Otherwise, the earlier results of
/// unchanged files are used until the version of this crate changes.
const ANALYSIS: u32 = 5;

/// The result for one file, as saved in the cache.
pub(crate) struct CacheEntry<'a> {
    /// The asset path.
    pub(crate) path: &'a str,
    pub(crate) source_info: &'a Arc<SourceInfo>,
    /// `None` for a file that is not rewritten.
    pub(crate) assigned_name: Option<AssignedName>,
}

#[derive(Serialize)]
struct SavedInfo<'a> {
    #[serde(flatten)]
    source_info: &'a SourceInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_name: Option<AssignedName>,
}

/// A map by asset path. Serialized from an iterator, so that the whole map is never in memory.
struct SavedInfos<I>(I);

impl<'a, I: Iterator<Item = CacheEntry<'a>> + Clone> Serialize for SavedInfos<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone().map(|CacheEntry { path, source_info, assigned_name }| {
            (path, SavedInfo { source_info, assigned_name })
        }))
    }
}

/// The results of an earlier run.
pub(crate) struct Cache {
    /// Identifies the build, the base URL and the kinds of references, on which the results depend.
    key: String,
    sources: HashMap<String, Arc<SourceInfo>>,
}

impl Cache {
    /// Reads the cache of an output directory. A cache that is missing, damaged or has another key counts as empty.
    /// `finds_bare` is `true` if bare module specifiers are references.
    pub(crate) fn read(dir: &Path, base: &str, finds_bare: bool) -> Self {
        // The parser of scripts has more assertions in a debug build, and rejects more scripts.
        let (version, js, debug) = (env!("CARGO_PKG_VERSION"), cfg!(feature = "js"), cfg!(debug_assertions));
        let key = format!(
            "version={version} analysis={ANALYSIS} js={js} debug={debug} bare={finds_bare} base={base}"
        );
        let sources = fs::read(dir.join(FILE)).ok().and_then(|bytes| parse(&bytes, &key));
        Self { key, sources: sources.unwrap_or_default() }
    }

    /// Returns the earlier result for a file, if its stamp is unchanged.
    pub(crate) fn source_info(&self, file: &SourceFile, stamp: Option<FileStamp>) -> Option<Arc<SourceInfo>> {
        let source_info = self.sources.get(file.path.as_str())?;
        let is_same = source_info.file == file.file && Some(source_info.stamp) == stamp;
        is_same.then(|| source_info.clone())
    }

    /// Empties the cache, to free its memory.
    pub(crate) fn clear(&mut self) {
        self.sources = HashMap::new();
    }

    /// Saves the results for the next run, unless the results are unchanged. Skips recently changed files, because their
    /// stamps cannot be trusted.
    pub(crate) fn save<'a>(&self, entries: impl Iterator<Item = CacheEntry<'a>> + Clone, staging: &Staging) {
        let trusted = entries.filter(|entry| entry.source_info.is_trusted);
        let is_known = |CacheEntry { path, source_info, assigned_name }: CacheEntry<'_>| {
            let known = self.sources.get(path).filter(|known| Arc::ptr_eq(known, source_info));
            known.is_some_and(|known| known.assigned_name.as_deref() == assigned_name.as_ref())
        };
        if trusted.clone().count() == self.sources.len() && trusted.clone().all(is_known) {
            return;
        }
        let contents = (&self.key, SavedInfos(trusted));
        if let Err(problem) = staging.put(FILE.as_ref(), |file| write_signed(&contents, file)) {
            tracing::warn!("the next run will take longer: {problem}");
        }
    }
}

fn parse(bytes: &[u8], key: &str) -> Option<HashMap<String, Arc<SourceInfo>>> {
    let (saved_key, mut sources): (String, HashMap<String, Arc<SourceInfo>>) = parse_signed(bytes)?;
    for source_info in sources.values_mut() {
        Arc::get_mut(source_info)?.is_trusted = true;
    }
    (saved_key == key).then_some(sources)
}
