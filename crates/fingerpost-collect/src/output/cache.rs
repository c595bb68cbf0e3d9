//! Results of earlier runs, so that unchanged files need not be read again. Deleting the cache costs time and changes no
//! output.

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use fingerpost::{__private::FileStamp, sources::SourceFile};
use serde::{Deserialize, Serialize, Serializer};

use super::signed_json::{parse_signed, write_signed};
use crate::output::{
    source_info::{AssignedName, Inputs, SourceInfo},
    staging::Staging,
};

pub(crate) const FILE: &str = ".fingerpost/cache.json";

/// The version of the analysis of a file. Raise it when the analysis finds something else than before: otherwise unchanged files
/// keep their earlier results until the version of this crate changes.
const ANALYSIS: u32 = 2;

/// A run by another program, with other features or checks or for another base URL would find out other things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    version: String,
    analysis: u32,
    js: bool,
    /// The parser of scripts asserts more then, and gives up more.
    debug: bool,
    base: String,
}

#[derive(Deserialize)]
struct Contents {
    key: Key,
    sources: HashMap<String, Arc<SourceInfo>>,
}

#[derive(Serialize)]
struct ContentsOut<'a, E: CacheEntry> {
    key: &'a Key,
    #[serde(serialize_with = "source_infos_out")]
    sources: &'a [E],
}

#[derive(Serialize)]
struct SourceInfoOut<'a> {
    #[serde(flatten)]
    source_info: &'a SourceInfo,
    assigned_name: AssignedName,
}

/// What a run knows of one file, for the next.
pub(crate) trait CacheEntry {
    /// The asset path.
    fn path(&self) -> &str;
    fn source_info(&self) -> &Arc<SourceInfo>;
    fn inputs(&self) -> &Inputs;
    fn assigned_name(&self) -> AssignedName;
}

/// What an earlier run knew of the source files.
pub(crate) struct Cache {
    key: Key,
    sources: HashMap<String, Arc<SourceInfo>>,
}

impl Cache {
    /// Reads the cache of an output dir. One that is not there, is damaged, or is another program's, is as good as empty.
    pub(crate) fn read(dir: &Path, base: &str) -> Self {
        let key = Key {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            analysis: ANALYSIS,
            js: cfg!(feature = "js"),
            debug: cfg!(debug_assertions),
            base: base.to_owned(),
        };
        let contents = fs::read(dir.join(FILE)).ok().and_then(|bytes| parse(&bytes));
        let sources = contents.filter(|contents| contents.key == key).map(|contents| contents.sources);
        Self { key, sources: sources.unwrap_or_default() }
    }

    /// What is known of a file, if nobody has touched it since. Costs one `stat`.
    pub(crate) fn source_info(&self, file: &SourceFile) -> Option<Arc<SourceInfo>> {
        let source_info =
            self.sources.get(file.path.as_str()).filter(|source_info| source_info.file == file.file)?;
        let stamp = FileStamp::from_metadata(&fs::metadata(&file.file).ok()?);
        (stamp == source_info.stamp).then(|| source_info.clone())
    }

    /// Gives the memory back. From here on nothing is known any more.
    pub(crate) fn forget(&mut self) {
        self.sources = HashMap::new();
    }

    /// Writes down what this run knows, unless that is the same.
    pub(crate) fn save<E: CacheEntry>(&self, entries: &[E], staging: &Staging) {
        let is_known = |entry: &E| {
            let source_info = self
                .sources
                .get(entry.path())
                .filter(|source_info| Arc::ptr_eq(source_info, entry.source_info()));
            source_info.is_some_and(|source_info| source_info.named_from(entry.inputs()).is_some())
        };
        if trusted(entries).count() == self.sources.len() && trusted(entries).all(is_known) {
            return;
        }
        let contents = ContentsOut { key: &self.key, sources: entries };
        if let Err(problem) = staging.put(FILE.as_ref(), |file| write_signed(&contents, file)) {
            tracing::warn!("the next run will take longer: {problem}");
        }
    }
}

/// What nobody has changed lately: only of that the same stamp means the same bytes.
fn trusted<E: CacheEntry>(entries: &[E]) -> impl Iterator<Item = &E> {
    entries.iter().filter(|entry| entry.source_info().is_trusted)
}

fn source_info_out<E: CacheEntry>(entry: &E) -> (&str, SourceInfoOut<'_>) {
    (entry.path(), SourceInfoOut { source_info: entry.source_info(), assigned_name: entry.assigned_name() })
}

fn source_infos_out<E: CacheEntry, S: Serializer>(entries: &[E], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(trusted(entries).map(source_info_out))
}

fn parse(bytes: &[u8]) -> Option<Contents> {
    let mut contents: Contents = parse_signed(bytes)?;
    for source_info in contents.sources.values_mut() {
        Arc::get_mut(source_info)?.is_trusted = true;
    }
    Some(contents)
}
