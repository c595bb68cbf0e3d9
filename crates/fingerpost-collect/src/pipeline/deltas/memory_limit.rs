use std::sync::{Condvar, Mutex, PoisonError};

/// Limits the memory of concurrent tasks. A task that needs more than the limit runs alone.
pub(super) struct MemoryLimit {
    free: Mutex<u64>,
    freed: Condvar,
    limit: u64,
}

impl MemoryLimit {
    pub(super) fn new(limit: u64) -> Self {
        Self { free: Mutex::new(limit), freed: Condvar::new(), limit }
    }

    /// Runs a task as soon as enough memory is free.
    pub(super) fn run<R>(&self, needed: u64, task: impl FnOnce() -> R) -> R {
        let needed = needed.min(self.limit);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *self.freed.wait_while(free, |free| *free < needed).unwrap_or_else(PoisonError::into_inner) -= needed;
        let _guard = Guard { limit: self, needed };
        task()
    }
}

/// Frees the memory of a task when dropped, even if the task panics.
struct Guard<'a> {
    limit: &'a MemoryLimit,
    needed: u64,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        *self.limit.free.lock().unwrap_or_else(PoisonError::into_inner) += self.needed;
        self.limit.freed.notify_all();
    }
}
