use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;

/// The number of cached bytes, shared by all files.
#[derive(Debug, Default)]
pub(crate) struct MemoryBudget(AtomicU64);

/// Bytes of a file, which count towards the budget until this value is dropped.
#[derive(Debug)]
pub(crate) struct CachedBytes {
    pub(crate) bytes: Bytes,
    counted: u64,
    budget: Arc<MemoryBudget>,
}

impl MemoryBudget {
    /// Caches these bytes, unless the total would exceed `limit`.
    pub(crate) fn cache(self: &Arc<Self>, bytes: &Bytes, limit: u64) -> Option<CachedBytes> {
        let more = bytes.len() as u64;
        let fits = |used: u64| used.checked_add(more).filter(|all| *all <= limit);
        self.0.fetch_update(Relaxed, Relaxed, fits).ok()?;
        Some(CachedBytes { bytes: bytes.clone(), counted: more, budget: Arc::clone(self) })
    }

    /// Caches bytes embedded in the program, which need no further memory.
    pub(crate) fn cache_static(self: &Arc<Self>, bytes: &'static [u8]) -> CachedBytes {
        CachedBytes { bytes: Bytes::from_static(bytes), counted: 0, budget: Arc::clone(self) }
    }
}

impl Drop for CachedBytes {
    fn drop(&mut self) {
        self.budget.0.fetch_sub(self.counted, Relaxed);
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
}
