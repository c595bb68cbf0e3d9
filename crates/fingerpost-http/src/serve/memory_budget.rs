use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;

/// How much of the memory for files is taken.
#[derive(Debug, Default)]
pub(crate) struct Memory(AtomicU64);

/// The bytes of a file, which take their share of the memory until they are dropped.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) bytes: Bytes,
    memory: Arc<Memory>,
}

impl Memory {
    /// Keeps these bytes, unless all that is kept were more than `limit` then.
    pub(crate) fn keep(self: &Arc<Self>, bytes: &Bytes, limit: u64) -> Option<Kept> {
        let more = bytes.len() as u64;
        let fits = |taken: u64| taken.checked_add(more).filter(|all| *all <= limit);
        self.0.fetch_update(Relaxed, Relaxed, fits).ok()?;
        Some(Kept { bytes: bytes.clone(), memory: Arc::clone(self) })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.memory.0.fetch_sub(self.bytes.len() as u64, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_makes_room() {
        let memory = Arc::new(Memory::default());
        let bytes = Bytes::from_static(b"four");
        let first = memory.keep(&bytes, 6);
        assert!(first.is_some() && memory.keep(&bytes, 6).is_none());
        drop(first);
        assert!(memory.keep(&bytes, 6).is_some());
    }
}
