//! The tags of the lists of entries that templates use.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use hashbrown::HashMap;

use crate::markup::escaped;

/// The tags of a page, without a nonce.
#[derive(Debug, Default)]
pub(crate) struct TagText {
    text: String,
    /// The ends of the attributes of all tags, where a nonce is inserted.
    attribute_ends: Vec<usize>,
}

impl TagText {
    /// Adds a tag in two parts: the text up to the end of the attributes, and the rest.
    pub(crate) fn push(&mut self, attributes: &str, end: &str) {
        let separator = if self.text.is_empty() { "" } else { "\n" };
        self.text.extend([separator, attributes]);
        self.attribute_ends.push(self.text.len());
        self.text.push_str(end);
    }

    /// Returns the tags, separated by line feeds. Every tag contains the nonce, unless the nonce is empty.
    pub(crate) fn with_nonce(&self, nonce: &str) -> String {
        if nonce.is_empty() {
            return self.text.clone();
        }
        let nonce = escaped(nonce);
        let attribute = [" nonce=\"", &nonce, "\""];
        let length = attribute.iter().map(|piece| piece.len()).sum::<usize>();
        let mut out = String::with_capacity(self.text.len() + self.attribute_ends.len() * length);
        let (mut written, mut first) = (0, None);
        for &end in &self.attribute_ends {
            out.push_str(&self.text[written..end]);
            written = end;
            match first {
                // Appending one prepared attribute is faster than appending its three parts.
                Some(first) => out.extend_from_within(first..first + length),
                None => {
                    first = Some(out.len());
                    out.extend(attribute);
                }
            }
        }
        out.push_str(&self.text[written..]);
        out
    }
}

type Texts = HashMap<Box<[u32]>, Arc<TagText>, foldhash::fast::RandomState>;

/// The tags of lists of entries, by the positions of the entries. A lookup takes no lock and does not allocate. Each list
/// is added once, because a template contains the same list in every call.
#[derive(Default)]
pub(crate) struct TagCache(ArcSwap<Texts>);

/// The maximum number of lists, and the maximum size of all texts. Only templates that compute names have more lists.
const MAX_LISTS: usize = 256;
const MAX_BYTES: usize = 4 * 1024 * 1024;

impl TagCache {
    /// Applies `take` to the tags of a list, if the tags are cached.
    #[inline]
    pub(crate) fn get<R>(&self, entries: &[u32], take: impl FnOnce(&TagText) -> R) -> Option<R> {
        self.0.load().get(entries).map(|text| take(text))
    }

    /// Adds the tags of a list, unless the cache is full.
    pub(crate) fn insert(&self, entries: &[u32], text: &Arc<TagText>) {
        self.0.rcu(|texts| {
            let bytes = texts.values().map(|text| text.text.len()).sum::<usize>() + text.text.len();
            if texts.len() >= MAX_LISTS || bytes > MAX_BYTES {
                return Arc::clone(texts);
            }
            let mut texts = Texts::clone(texts);
            texts.insert(entries.into(), Arc::clone(text));
            texts.into()
        });
    }
}

impl fmt::Debug for TagCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TagCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_size_of_cached_texts_are_limited() {
        let cache = TagCache::default();
        let text = |length: usize| Arc::new(TagText { text: "x".repeat(length), attribute_ends: Vec::new() });
        let is_cached = |list: &[u32], length| {
            cache.insert(list, &text(length));
            cache.get(list, |text| text.text.len()) == Some(length)
        };
        assert!(is_cached(&[1, 2], MAX_BYTES - 300));
        assert!(!is_cached(&[2, 1], 301) && is_cached(&[2, 1], 1));
        for list in 3..=MAX_LISTS as u32 {
            assert!(is_cached(&[list], 1), "{list}");
        }
        assert!(!is_cached(&[], 0));
    }
}
