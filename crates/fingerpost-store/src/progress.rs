use std::sync::Arc;

/// Receives the progress of a run, such as [`publish_with`](crate::publish_with). The run calls the methods on the calling
/// thread. By default, the methods do nothing.
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// # std::fs::write(dist.path().join("app.7c98040a5416.css"), "body{}")?;
/// # std::fs::write(dist.path().join("staticfiles.json"), br#"{"version": "1.1", "paths": {"app.css": "app.7c98040a5416.css"}}"#)?;
/// use std::cell::Cell;
/// use fingerpost_store::{Bucket, Progress, PublishConfig, publish_with};
///
/// #[derive(Default)]
/// struct Counter(Cell<usize>);
///
/// impl Progress for Counter {
///     fn uploaded(&self, _bytes: u64) {
///         self.0.set(self.0.get() + 1);
///     }
/// }
///
/// let counter = Counter::default();
/// let report = publish_with(&PublishConfig::new(dist.path(), Bucket::in_memory()), &counter)?;
/// assert_eq!(report.uploaded, counter.0.get());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[allow(unused_variables, reason = "the parameters are named for implementations")]
pub trait Progress {
    /// Called if another run holds the lock and this run waits. `message` describes the other run.
    fn waiting(&self, message: &str) {}

    /// Called before the first upload, with the number of objects to upload and their total size.
    fn uploading(&self, objects: usize, bytes: u64) {}

    /// Called after each upload, with the size of the object.
    fn uploaded(&self, bytes: u64) {}

    /// Called before the first deletion, with the number of objects to delete.
    fn deleting(&self, objects: usize) {}

    /// Called after each batch of deletions, with the number of deleted objects.
    fn deleted(&self, objects: usize) {}
}

/// Ignores all progress.
impl Progress for () {}

/// A message to the calling thread.
pub(crate) enum Step<T> {
    Progress(ProgressStep),
    Done(T),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProgressStep {
    Waiting(String),
    Uploading(usize, u64),
    Uploaded(u64),
    Deleting(usize),
    Deleted(usize),
}

impl ProgressStep {
    pub(crate) fn report(&self, progress: &dyn Progress) {
        match self {
            Self::Waiting(message) => progress.waiting(message),
            Self::Uploading(objects, bytes) => progress.uploading(*objects, *bytes),
            Self::Uploaded(bytes) => progress.uploaded(*bytes),
            Self::Deleting(objects) => progress.deleting(*objects),
            Self::Deleted(objects) => progress.deleted(*objects),
        }
    }
}

/// Sends the progress of a run to the calling thread.
#[derive(Clone)]
pub(crate) struct Steps(Arc<dyn Fn(ProgressStep) + Send + Sync>);

impl Steps {
    pub(crate) fn new<T: Send + 'static>(sender: std::sync::mpsc::Sender<Step<T>>) -> Self {
        // The calling thread may have panicked.
        Self(Arc::new(move |step| drop(sender.send(Step::Progress(step)))))
    }

    pub(crate) fn send(&self, step: ProgressStep) {
        (self.0)(step);
    }
}
