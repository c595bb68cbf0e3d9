/// Receives the progress of a run. All methods do nothing by default.
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
#[allow(unused_variables, reason = "the parameters are named for implementations")]
pub trait Progress: Sync {
    /// Called if another run holds the lock and this run waits. `message` describes the other run.
    fn waiting(&self, message: &str) {}

    /// Called when the source directories have been listed, with the number of files to collect.
    fn found(&self, files: usize) {}

    /// Called for each collected file, from several threads at the same time.
    fn collected(&self) {}

    /// Called before compression starts, with the number of compressions.
    fn compressing(&self, times: usize) {}

    /// Called after each compression, from several threads at the same time.
    fn compressed(&self) {}
}

/// Ignores all progress.
impl Progress for () {}
