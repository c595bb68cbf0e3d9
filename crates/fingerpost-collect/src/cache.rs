//! What earlier runs have found out, so that files that have not changed need not be read again. It saves time and
//! nothing else: whoever deletes it gets the same output.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    sync::Arc,
};

use fingerpost::{Digest, SourceFile, Stamp};
use serde::{Deserialize, Serialize};

use crate::{
    asset::Asset,
    output::Output,
    page::{Named, Page},
};

pub(crate) const FILE: &str = ".fingerpost/cache.json";

/// A run by another program, with other features or for another base URL would find out other things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    version: String,
    js: bool,
    base: String,
}

#[derive(Deserialize)]
struct Contents {
    key: Key,
    pages: HashMap<String, Arc<Page>>,
}

#[derive(Serialize)]
struct ContentsOut<'a> {
    key: &'a Key,
    pages: BTreeMap<&'a str, PageOut<'a>>,
}

#[derive(Serialize)]
struct PageOut<'a> {
    #[serde(flatten)]
    page: &'a Page,
    named: Named,
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
            js: cfg!(feature = "js"),
            base: base.to_owned(),
        };
        let contents = fs::read(dir.join(FILE)).ok().and_then(|bytes| parse(&bytes));
        let pages = contents.filter(|contents| contents.key == key).map(|contents| contents.pages);
        Self { key, pages: pages.unwrap_or_default() }
    }

    /// What is known of a file, if nobody has touched it since. Costs one `stat`.
    pub(crate) fn page(&self, file: &SourceFile) -> Option<Arc<Page>> {
        let page = self.pages.get(file.path.as_str()).filter(|page| page.file == file.file)?;
        let stamp = Stamp::of(&fs::metadata(&file.file).ok()?);
        (stamp == page.stamp).then(|| page.clone())
    }

    /// Writes down what this run knows, unless that is the same.
    pub(crate) fn save(&self, assets: &[Asset], output: &Output) {
        let trusted = || assets.iter().filter(|asset| asset.page.is_trusted);
        let is_known = |asset: &Asset| {
            let page = self.pages.get(asset.path.as_str()).filter(|page| Arc::ptr_eq(page, &asset.page));
            page.is_some_and(|page| page.named_from(&asset.from).is_some())
        };
        if trusted().count() == self.pages.len() && trusted().all(is_known) {
            return;
        }
        let pages = trusted().map(page_out).collect();
        let json = serde_json::to_vec(&ContentsOut { key: &self.key, pages });
        let written = json
            .map(|json| output.put(FILE, &[Digest::of(&json).to_string().as_bytes(), b"\n", &json].concat()));
        if let Ok(Err(problem)) = written {
            tracing::warn!("the next run will take longer: {problem}");
        }
    }
}

fn page_out(asset: &Asset) -> (&str, PageOut<'_>) {
    (asset.path.as_str(), PageOut { page: &asset.page, named: asset.named() })
}

/// The digest in the first line tells a damaged file from a whole one.
fn parse(bytes: &[u8]) -> Option<Contents> {
    let (digest, json) = bytes.split_at_checked(64)?;
    let json = json.strip_prefix(b"\n")?;
    if digest != Digest::of(json).to_string().as_bytes() {
        return None;
    }
    let mut contents: Contents = serde_json::from_slice(json).ok()?;
    for page in contents.pages.values_mut() {
        Arc::get_mut(page)?.is_trusted = true;
    }
    Some(contents)
}
