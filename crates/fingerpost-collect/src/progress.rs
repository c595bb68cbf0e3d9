/// Follows a run while it is under way. Every method does nothing unless it is written.
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # std::fs::write(site.path().join("app.css"), "body{}")?;
/// # let out = tempfile::tempdir()?;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use fingerpost_collect::{CollectConfig, Progress, collect_with};
///
/// #[derive(Default)]
/// struct Counter(AtomicUsize);
///
/// impl Progress for Counter {
///     fn collected(&self) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
///
/// let counter = Counter::default();
/// let report = collect_with(&CollectConfig::new(out.path()).source(site.path()), &counter)?;
/// assert_eq!(report.files, counter.0.into_inner());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Progress: Sync {
    /// Another run holds the lock, and this one waits for it. `message` is a sentence that says which.
    fn waiting(&self, message: &str) {
        let _ = message;
    }

    /// The source dirs have been listed: so many files will be collected.
    fn found(&self, files: usize) {
        let _ = files;
    }

    /// One more file is done. Called from several threads at once.
    fn collected(&self) {}

    /// All files have their names, and so many times one will be compressed.
    fn compressing(&self, times: usize) {
        let _ = times;
    }

    /// One more is compressed. Called from several threads at once.
    fn compressed(&self) {}
}

/// Tells nobody.
impl Progress for () {}
