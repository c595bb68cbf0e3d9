use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;
use http::HeaderMap;

use crate::serve::shared_headers::SharedHeaders;

/// The number of cached bytes, shared by all files.
#[derive(Debug, Default)]
pub(crate) struct MemoryBudget(AtomicU64);

/// Bytes of a file, which count towards the budget until this value is dropped.
#[derive(Debug)]
pub(crate) struct CachedBytes {
    pub(crate) bytes: Bytes,
    /// The headers of a 200 and of a 304.
    headers: [OnceLock<Arc<SharedHeaders>>; 2],
    counted: u64,
    budget: Arc<MemoryBudget>,
}

/// The approximate size of cached headers, including their copy in the types of a framework.
const HEADERS_SIZE: u64 = 2048;

impl MemoryBudget {
    /// Caches these bytes, unless the total would exceed `limit`.
    pub(crate) fn cache(self: &Arc<Self>, bytes: &Bytes, limit: u64) -> Option<CachedBytes> {
        let counted = bytes.len() as u64;
        self.reserve(counted, limit).then(|| self.cached(bytes.clone(), counted))
    }

    /// Caches bytes embedded in the program, which need no further memory.
    pub(crate) fn cache_static(self: &Arc<Self>, bytes: &'static [u8]) -> CachedBytes {
        self.cached(Bytes::from_static(bytes), 0)
    }

    fn cached(self: &Arc<Self>, bytes: Bytes, counted: u64) -> CachedBytes {
        CachedBytes { bytes, headers: Default::default(), counted, budget: Arc::clone(self) }
    }

    /// Returns `false` if the total would exceed `limit`.
    fn reserve(&self, more: u64, limit: u64) -> bool {
        let fits = |used: u64| used.checked_add(more).filter(|all| *all <= limit);
        self.0.fetch_update(Relaxed, Relaxed, fits).is_ok()
    }
}

impl CachedBytes {
    /// Returns the cached headers of a 200 or a 304.
    pub(crate) fn headers(&self, is_not_modified: bool) -> Option<&Arc<SharedHeaders>> {
        self.headers[usize::from(is_not_modified)].get()
    }

    /// Caches headers, unless the total would exceed `limit`.
    pub(crate) fn cache_headers(&self, is_not_modified: bool, headers: HeaderMap, limit: u64) {
        let cached = &self.headers[usize::from(is_not_modified)];
        // If two threads cache the same headers, one fails.
        if self.budget.reserve(HEADERS_SIZE, limit) && cached.set(SharedHeaders::new(headers).into()).is_err()
        {
            self.budget.0.fetch_sub(HEADERS_SIZE, Relaxed);
        }
    }
}

impl Drop for CachedBytes {
    fn drop(&mut self) {
        let headers = self.headers.iter().filter(|headers| headers.get().is_some()).count() as u64;
        self.budget.0.fetch_sub(self.counted + headers * HEADERS_SIZE, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_bytes_free_the_budget() {
        let budget = Arc::new(MemoryBudget::default());
        let bytes = Bytes::from_static(b"four");
        let first = budget.cache(&bytes, 6);
        assert!(first.is_some() && budget.cache(&bytes, 6).is_none());
        drop(first);
        drop(budget.cache_static(b"more than six"));
        assert!(budget.cache(&bytes, 6).is_some());
    }

    #[test]
    fn headers_count_towards_the_budget() {
        let budget = Arc::new(MemoryBudget::default());
        let cached = budget.cache(&Bytes::from_static(b"four"), 4).unwrap();
        cached.cache_headers(false, HeaderMap::new(), HEADERS_SIZE);
        assert!(cached.headers(false).is_none());
        cached.cache_headers(false, HeaderMap::new(), HEADERS_SIZE + 4);
        cached.cache_headers(true, HeaderMap::new(), HEADERS_SIZE + 4);
        assert!(cached.headers(false).is_some() && cached.headers(true).is_none());
        drop(cached);
        assert_eq!(budget.0.load(Relaxed), 0);
    }
}
