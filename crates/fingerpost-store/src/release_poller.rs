use std::{
    fmt, io, panic,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use bytes::Bytes;
use fingerpost::{Assets, Mode};

use crate::{bucket_store::BucketStore, random::jittered};

/// The default time between two requests.
const INTERVAL: Duration = Duration::from_secs(10);

/// The minimum time between two requests.
const SHORTEST: Duration = Duration::from_millis(10);

/// Requests the manifest of a bucket regularly, and reloads the assets after a change.
///
/// If the manifest is unchanged, a poll costs one request, and the response has no body. If a request or a reload fails, the
/// release of the assets stays in use, and the poller tries again after the same interval.
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// # let collect = |hash: &str| {
/// #     std::fs::write(dist.path().join(format!("app.{hash}.css")), "")?;
/// #     let manifest = format!(r#"{{"version": "1.1", "paths": {{"app.css": "app.{hash}.css"}}}}"#);
/// #     std::fs::write(dist.path().join("staticfiles.json"), manifest)
/// # };
/// use std::time::Duration;
/// use fingerpost::{Assets, Mode};
/// use fingerpost_store::{Bucket, BucketStore, PublishConfig, ReleasePoller, publish};
///
/// let bucket = Bucket::in_memory();
/// # collect("7c98040a5416")?;
/// publish(&PublishConfig::new(dist.path(), bucket.clone()))?;
/// let store = BucketStore::new(&bucket);
/// let assets = Assets::builder().store(store.clone()).mode(Mode::Production).build()?;
///
/// let poller = ReleasePoller::new(&assets, &store).interval(Duration::from_millis(20)).start()?;
/// # collect("5f546eb4606b")?;
/// publish(&PublishConfig::new(dist.path(), bucket))?; // on another machine
/// # let until = std::time::Instant::now() + Duration::from_secs(10);
/// # while assets.url("app.css")? != "/static/app.5f546eb4606b.css" && std::time::Instant::now() < until {
/// std::thread::sleep(Duration::from_millis(40));
/// # }
/// assert_eq!(assets.url("app.css")?, "/static/app.5f546eb4606b.css");
/// drop(poller); // stops
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing happens before `start`"]
pub struct ReleasePoller {
    assets: Assets,
    store: BucketStore,
    interval: Duration,
    report: Box<dyn Fn(&PollEvent) + Send>,
}

/// An event of a [`ReleasePoller`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollEvent {
    /// The assets use the new release of the bucket.
    Reloaded,
    /// A request or a reload failed, for this reason. The release of the assets stays in use. A repeated failure with the same
    /// reason is not reported again.
    Failed(String),
    /// A request succeeded after failures.
    Recovered,
}

/// A running [`ReleasePoller`], which stops when this value is dropped.
#[derive(Debug)]
#[must_use = "the poller stops when this value is dropped"]
pub struct RunningPoller {
    _stop: mpsc::Sender<()>,
}

impl ReleasePoller {
    /// Creates a poller for assets that read their manifest from `store`.
    pub fn new(assets: &Assets, store: &BucketStore) -> Self {
        let (assets, store) = (assets.clone(), store.clone());
        Self { assets, store, interval: INTERVAL, report: Box::new(|_| {}) }
    }

    /// Sets the maximum time between two requests. The actual time is between 80 and 100 % of the maximum, so that many servers
    /// do not send their requests at the same moment.
    ///
    /// Defaults to 10 seconds.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Calls `report` for each event, on the thread of the poller.
    ///
    /// By default, events are only logged with `tracing`.
    pub fn report(mut self, report: impl Fn(&PollEvent) + Send + 'static) -> Self {
        self.report = Box::new(report);
        self
    }

    /// Starts the poller on a separate thread, and sends the first request immediately. In development, the poller sends no
    /// requests, because the assets come from the source directories.
    ///
    /// # Errors
    ///
    /// The error of the system if no thread can be started.
    pub fn start(self) -> io::Result<RunningPoller> {
        let (stop, stopped) = mpsc::channel();
        if self.assets.mode() != Mode::Production {
            return Ok(RunningPoller { _stop: stop });
        }
        let thread = thread::Builder::new().name("fingerpost-poller".to_owned());
        thread.spawn(move || {
            let mut state = State::default();
            loop {
                self.poll_safely(&mut state);
                match stopped.recv_timeout(jittered(self.interval.max(SHORTEST))) {
                    Err(RecvTimeoutError::Timeout) => {}
                    _ => return,
                }
            }
        })?;
        Ok(RunningPoller { _stop: stop })
    }

    /// Polls once. A panic in the function that was passed to [`report`](Self::report) does not end the thread.
    fn poll_safely(&self, state: &mut State) {
        let poll = panic::AssertUnwindSafe(|| self.poll(state));
        if panic::catch_unwind(poll).is_err() {
            tracing::error!("a poll of the bucket has panicked");
        }
    }

    fn poll(&self, state: &mut State) {
        let event = match self.try_poll(state) {
            Ok(is_reloaded) => {
                if state.failure.take().is_some() {
                    tracing::info!("the bucket can be read again");
                    (self.report)(&PollEvent::Recovered);
                }
                is_reloaded.then_some(PollEvent::Reloaded)
            }
            Err(reason) => {
                let is_new = state.failure.as_ref() != Some(&reason);
                state.failure = Some(reason.clone());
                is_new.then_some(PollEvent::Failed(reason))
            }
        };
        match &event {
            Some(PollEvent::Failed(reason)) => tracing::warn!("the release is unchanged: {reason}"),
            Some(_) => tracing::info!("a new release is in force"),
            None => {}
        }
        event.iter().for_each(|event| (self.report)(event));
    }

    /// Returns `true` if the assets have been reloaded with another manifest.
    fn try_poll(&self, state: &mut State) -> Result<bool, String> {
        let manifest = self.store.manifest().map_err(|err| err.to_string())?;
        let Some(manifest) = manifest else { return Err("the bucket has no manifest".to_owned()) };
        if state.loaded.as_ref() == Some(&manifest) {
            return Ok(false);
        }
        // At the first poll, the manifest in the bucket may be newer than the loaded manifest.
        let before = self.assets.snapshot();
        self.assets.reload().map_err(|err| err.to_string())?;
        let is_new = before.release_id() != self.assets.snapshot().release_id();
        Ok(state.loaded.replace(manifest).is_some() || is_new)
    }
}

#[derive(Debug, Default)]
struct State {
    loaded: Option<Bytes>,
    failure: Option<String>,
}

impl fmt::Debug for ReleasePoller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReleasePoller")
            .field("store", &self.store)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
