//! Feature `watch`: what the operating system says about the source dirs spares asking it again.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::sources::Sources;

/// How long an answer holds without a look, at most. Not every change is told: not on a network mount, not where a queue
/// overflows, not by a watcher that has died.
const LIMIT: Duration = Duration::from_millis(250);

/// Counts what happens in the source dirs.
pub(crate) struct Watch {
    events: Arc<AtomicU64>,
    /// Watches until it is dropped.
    _watcher: Box<dyn Any + Send + Sync>,
}

/// Until when a look at a file holds, and how much had happened by then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    holds_until: Instant,
    events: u64,
}

impl Watch {
    /// Watches all source dirs; `None` without the feature, and where they cannot be watched.
    pub(crate) fn start(sources: &Sources) -> Option<Self> {
        watch(sources)
    }

    /// To be asked for before the look, so that what happens during it counts as after it.
    pub(crate) fn now(&self) -> Moment {
        Moment { holds_until: Instant::now() + LIMIT, events: self.events.load(Ordering::Acquire) }
    }

    /// Whether what was seen then still holds, as far as anybody has said. Makes no system call.
    pub(crate) fn holds_since(&self, moment: Moment) -> bool {
        self.events.load(Ordering::Acquire) == moment.events && Instant::now() < moment.holds_until
    }
}

#[cfg(not(feature = "watch"))]
fn watch(_: &Sources) -> Option<Watch> {
    None
}

#[cfg(feature = "watch")]
fn watch(sources: &Sources) -> Option<Watch> {
    let watch = notify_watch(sources);
    watch
        .inspect_err(|err| {
            tracing::warn!("the source dirs cannot be watched: {err}; each call looks at the file")
        })
        .ok()
}

#[cfg(feature = "watch")]
fn notify_watch(sources: &Sources) -> notify::Result<Watch> {
    use notify::{
        EventKind, RecursiveMode, Watcher as _,
        event::{AccessKind, AccessMode},
    };

    let events = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&events);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file tells of itself, too. Errors and overflows count: something may have been lost.
        let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let only_read =
            event.is_ok_and(|event| event.kind.is_access() && event.kind != written && !event.need_rescan());
        if !only_read {
            counter.fetch_add(1, Ordering::Release);
        }
    })?;
    for source in sources.dirs() {
        watcher.watch(source.dir(), RecursiveMode::Recursive)?;
    }
    Ok(Watch { events, _watcher: Box::new(watcher) })
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("events", &self.events).finish_non_exhaustive()
    }
}
