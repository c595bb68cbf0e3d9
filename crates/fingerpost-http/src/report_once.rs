use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Logs a message at most once between two resets.
#[derive(Debug, Default)]
pub(crate) struct ReportOnce(AtomicBool);

impl ReportOnce {
    /// Calls `log`, unless a message has been logged since the last reset.
    pub(crate) fn report(&self, log: impl FnOnce()) {
        if !self.0.swap(true, Relaxed) {
            log();
        }
    }

    pub(crate) fn reset(&self) {
        self.0.store(false, Relaxed);
    }
}
