//! Feature `watch`: a file is checked with `stat` only after a file system event, or after 250 ms, instead of at every
//! call.

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

/// The longest time for which a cached file is used without a `stat`. Events may be missing: on network mounts, after a
/// queue overflow, or because the watcher failed.
const MAX_AGE: Duration = Duration::from_millis(250);

/// Counts the events in the source directories.
pub(crate) struct Watch {
    events: Arc<AtomicU64>,
    /// The watcher. Events stop when the watcher is dropped.
    _watcher: Box<dyn Any + Send + Sync>,
}

/// The number of events before a file was checked, and the time at which the check expires.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checkpoint {
    expires: Instant,
    events: u64,
}

impl Watch {
    /// Watches all source directories. Returns `None` if a directory cannot be watched.
    #[cfg(feature = "watch")]
    pub(crate) fn start(sources: &Sources) -> Option<Self> {
        let watch = notified::watch(sources, |_| {});
        let warn = |err: &notify::Error| {
            tracing::warn!("the source directories cannot be watched: {err}; each call checks the file");
        };
        watch.inspect_err(warn).ok()
    }

    /// Returns `None`: without the feature, each call checks the file.
    #[cfg(not(feature = "watch"))]
    pub(crate) fn start(_: &Sources) -> Option<Self> {
        None
    }

    /// Creates a checkpoint. Call `checkpoint` before checking a file, so that events during the check invalidate the
    /// checkpoint.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        Checkpoint { expires: Instant::now() + MAX_AGE, events: self.events.load(Ordering::Acquire) }
    }

    /// Returns `true` if the checkpoint has not expired, and no event has occurred since the creation of the checkpoint.
    /// Makes no system call.
    pub(crate) fn is_unchanged_since(&self, checkpoint: Checkpoint) -> bool {
        self.events.load(Ordering::Acquire) == checkpoint.events && Instant::now() < checkpoint.expires
    }
}

#[cfg(feature = "watch")]
mod notified {
    use std::fs;

    use notify::{
        Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
        event::{AccessKind, AccessMode},
    };

    use super::*;

    /// Watches the source directories. Calls `on_event` for each event, and counts the event afterwards.
    pub(super) fn watch(
        sources: &Sources,
        mut on_event: impl FnMut(&notify::Result<Event>) + Send + 'static,
    ) -> notify::Result<Watch> {
        let events = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&events);
        let count = move |event: notify::Result<Event>| {
            on_event(&event);
            if may_be_a_change(&event) {
                counter.fetch_add(1, Ordering::Release);
            }
        };
        let config = Config::default().with_follow_symlinks(sources.rules().follow_symlinks());
        let mut watcher = RecommendedWatcher::new(count, config)?;
        for source in sources.dirs() {
            // Without `follow_symlinks`, notify skips directories that are symlinks, including the source directory
            // itself.
            let dir = fs::canonicalize(source.dir())?;
            watcher.watch(&dir, RecursiveMode::Recursive)?;
        }
        Ok(Watch { events, _watcher: Box::new(watcher) })
    }

    /// Returns `true` unless the event is an access other than the close of a written file. Errors and overflows count as
    /// changes, because events may be lost.
    pub(super) fn may_be_a_change(event: &notify::Result<Event>) -> bool {
        let Ok(event) = event else { return true };
        let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
        !event.kind.is_access() || event.kind == written || event.need_rescan()
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("events", &self.events).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "watch"))]
mod tests {
    use notify::{
        Error, Event, EventKind,
        event::{AccessKind, AccessMode, CreateKind, DataChange, Flag, ModifyKind, RemoveKind, RenameMode},
    };

    use super::notified::may_be_a_change;

    #[test]
    fn all_events_except_reads_count_as_changes() {
        let access = |kind| EventKind::Access(kind);
        let reading = [
            access(AccessKind::Any),
            access(AccessKind::Read),
            access(AccessKind::Open(AccessMode::Any)),
            access(AccessKind::Open(AccessMode::Write)),
            access(AccessKind::Close(AccessMode::Read)),
            access(AccessKind::Other),
        ];
        for kind in reading {
            assert!(!may_be_a_change(&Ok(Event::new(kind))), "{kind:?}");
            // An overflow counts, regardless of the kind of the event.
            assert!(may_be_a_change(&Ok(Event::new(kind).set_flag(Flag::Rescan))), "{kind:?}");
        }
        for kind in [
            EventKind::Any,
            EventKind::Other,
            access(AccessKind::Close(AccessMode::Write)),
            EventKind::Create(CreateKind::File),
            EventKind::Modify(ModifyKind::Any),
            EventKind::Modify(ModifyKind::Data(DataChange::Any)),
            EventKind::Modify(ModifyKind::Name(RenameMode::From)),
            EventKind::Modify(ModifyKind::Name(RenameMode::Both)),
            EventKind::Remove(RemoveKind::Any),
            EventKind::Remove(RemoveKind::Folder),
        ] {
            assert!(may_be_a_change(&Ok(Event::new(kind))), "{kind:?}");
        }
        assert!(may_be_a_change(&Err(Error::generic("something"))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn edit_lost_in_a_queue_overflow_is_detected() {
        use std::{
            fs::{self, File},
            sync::{Arc, atomic::Ordering, mpsc},
            thread,
            time::{Duration, Instant, SystemTime},
        };

        use crate::{
            bundle::{BundleSettings, bundle_cache::BundleCache},
            dev::{
                Development,
                file_cache::{ByPath, FileCache},
            },
            files::clock::Clock,
            manifest::digest::Digest,
            sources::{SourceDir, Sources, ignore_rules::IgnoreRules},
            url::{base_url::BaseUrl, url_options::UrlOptions},
        };

        const TIMEOUT: Duration = Duration::from_secs(60);

        let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
        let limit: usize = limit.trim().parse().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let [edited, one, other] = ["a.css", "b.css", "c.css"].map(|name| dir.path().join(name));
        for file in [&edited, &one, &other] {
            fs::write(file, "before").unwrap();
        }
        let sources = Sources::open(vec![SourceDir::new(dir.path())], IgnoreRules::default(), None).unwrap();

        // The watcher thread handles the first event, and then blocks until `resume` is dropped.
        let (resume, resumed) = mpsc::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        let watch = super::notified::watch(&sources, move |event| {
            sender.send(event.as_ref().map(|event| (event.kind, event.need_rescan())).ok()).ok();
            resumed.recv().ok();
        });
        let watch = watch.unwrap();
        let events = Arc::clone(&watch.events);
        let later = Clock { now: || SystemTime::now() + Duration::from_secs(3) };
        let files = FileCache::new(sources, later);
        let base = BaseUrl::default();
        let options = UrlOptions {
            base,
            mount_path_len: None,
            origin: None,
            dev_version_query: true,
            origin_warning: std::sync::Once::new(),
        };
        let development = Development {
            files,
            options: options.into(),
            bundles: BundleCache::new(BundleSettings::default(), Vec::new(), BaseUrl::default(), later),
            dev_server: None,
            watch: Some(watch),
            confirmed: ByPath::default(),
        };
        let has_content =
            |content: &[u8]| development.file("a.css").unwrap().digest == Digest::from_content(content);
        File::open(&one).unwrap();
        assert!(matches!(receiver.recv_timeout(TIMEOUT).unwrap(), Some((EventKind::Access(_), false))));

        // The loop alternates between two files, because equal consecutive events are merged.
        for file in [&one, &other].into_iter().cycle().take(limit + 1_000) {
            File::open(file).unwrap();
        }
        assert!(has_content(b"before"));
        let before = events.load(Ordering::Acquire);
        fs::write(&edited, "after").unwrap();
        drop(resume);

        let overflow = loop {
            match receiver.recv_timeout(TIMEOUT).unwrap() {
                Some((EventKind::Access(AccessKind::Open(_)), false)) => {}
                other => break other,
            }
        };
        assert_eq!(overflow, Some((EventKind::Other, true)), "the edit causes only an overflow event");
        let released = Instant::now();
        while events.load(Ordering::Acquire) == before && released.elapsed() < TIMEOUT {
            thread::yield_now();
        }
        assert_eq!(events.load(Ordering::Acquire), before + 1);
        assert!(has_content(b"after"));
    }
}
