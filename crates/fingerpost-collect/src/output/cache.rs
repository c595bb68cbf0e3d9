//! What earlier runs have found out, so that files that have not changed need not be read again. It saves time and
//! nothing else: whoever deletes it gets the same output.

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use fingerpost::{__private::FileStamp, sources::SourceFile};
use serde::{Deserialize, Serialize, Serializer};

use super::signed_json::{parse_signed, write_signed};
use crate::{
    output::staging::Staging,
    source_info::{Inputs, Named, Page},
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
    pages: HashMap<String, Arc<Page>>,
}

#[derive(Serialize)]
struct ContentsOut<'a, E: CacheEntry> {
    key: &'a Key,
    #[serde(serialize_with = "pages_out")]
    pages: &'a [E],
}

#[derive(Serialize)]
struct PageOut<'a> {
    #[serde(flatten)]
    page: &'a Page,
    named: Named,
}

/// What a run knows of one file, for the next.
pub(crate) trait CacheEntry {
    /// The asset path.
    fn path(&self) -> &str;
    fn page(&self) -> &Arc<Page>;
    fn inputs(&self) -> &Inputs;
    fn named(&self) -> Named;
}

/// The pages of an earlier run.
pub(crate) struct Cache {
    key: Key,
    pages: HashMap<String, Arc<Page>>,
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
        let pages = contents.filter(|contents| contents.key == key).map(|contents| contents.pages);
        Self { key, pages: pages.unwrap_or_default() }
    }

    /// What is known of a file, if nobody has touched it since. Costs one `stat`.
    pub(crate) fn page(&self, file: &SourceFile) -> Option<Arc<Page>> {
        let page = self.pages.get(file.path.as_str()).filter(|page| page.file == file.file)?;
        let stamp = FileStamp::from_metadata(&fs::metadata(&file.file).ok()?);
        (stamp == page.stamp).then(|| page.clone())
    }

    /// Gives the memory back. From here on nothing is known any more.
    pub(crate) fn forget(&mut self) {
        self.pages = HashMap::new();
    }

    /// Writes down what this run knows, unless that is the same.
    pub(crate) fn save<E: CacheEntry>(&self, entries: &[E], staging: &Staging) {
        let is_known = |entry: &E| {
            let page = self.pages.get(entry.path()).filter(|page| Arc::ptr_eq(page, entry.page()));
            page.is_some_and(|page| page.named_from(entry.inputs()).is_some())
        };
        if trusted(entries).count() == self.pages.len() && trusted(entries).all(is_known) {
            return;
        }
        let contents = ContentsOut { key: &self.key, pages: entries };
        if let Err(problem) = staging.put(FILE.as_ref(), |file| write_signed(&contents, file)) {
            tracing::warn!("the next run will take longer: {problem}");
        }
    }
}

/// What nobody has changed lately: only of that the same stamp means the same bytes.
fn trusted<E: CacheEntry>(entries: &[E]) -> impl Iterator<Item = &E> {
    entries.iter().filter(|entry| entry.page().is_trusted)
}

fn page_out<E: CacheEntry>(entry: &E) -> (&str, PageOut<'_>) {
    (entry.path(), PageOut { page: entry.page(), named: entry.named() })
}

fn pages_out<E: CacheEntry, S: Serializer>(entries: &[E], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(trusted(entries).map(page_out))
}

fn parse(bytes: &[u8]) -> Option<Contents> {
    let mut contents: Contents = parse_signed(bytes)?;
    for page in contents.pages.values_mut() {
        Arc::get_mut(page)?.is_trusted = true;
    }
    Some(contents)
}
