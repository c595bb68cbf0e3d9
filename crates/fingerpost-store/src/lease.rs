//! The lock of a bucket. A lock that is not renewed expires, so that a killed run does not block the next run.

use std::{
    env, process,
    sync::Arc,
    time::{Duration, Instant},
};

use fingerpost::__private::quoted;
use object_store::{PutMode, UpdateVersion};
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex, task::JoinHandle, time::sleep};

use crate::{
    attributes,
    error::{Error, ErrorKind},
    objects::{Object, Put, SharedObjects},
    probe::StoreClock,
    progress::{ProgressStep, Steps},
    random::random,
};

const LOCK: &str = ".fingerpost/lock";

/// The tolerance for timestamps of stores, which have a precision of one second.
const CLOCK_PRECISION: Duration = Duration::from_secs(2);

/// The settings of a lock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeaseOptions {
    /// The time without a renewal after which the lock expires.
    pub(crate) length: Duration,
    /// `true` to wait if another run holds the lock, `false` to fail.
    pub(crate) wait: bool,
}

/// The content of the lock. A released lock remains in the bucket, because stores have no conditional deletion.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LockFile {
    /// The run that holds the lock. Empty if no run holds the lock.
    holder: String,
    /// A random number that identifies the run.
    id: String,
    milliseconds: u64,
}

/// A held lock, which is renewed in the background until the lock is released or dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    held: Arc<Held>,
    clock: StoreClock,
    renewal: JoinHandle<()>,
}

#[derive(Debug)]
struct Held {
    objects: SharedObjects,
    file: LockFile,
    /// `None` if another run has taken over the lock.
    version: Mutex<Option<UpdateVersion>>,
}

impl Lease {
    /// Takes the lock. `command` is the name of the run in the messages of other runs.
    pub(crate) async fn acquire(
        objects: &SharedObjects,
        command: &str,
        options: LeaseOptions,
        clock: StoreClock,
        steps: &Steps,
    ) -> Result<Self, Error> {
        let length = options.length.max(Duration::from_millis(1));
        let file = LockFile {
            holder: holder(command),
            id: format!("{:016x}", random()),
            milliseconds: length.as_millis().try_into().unwrap_or(u64::MAX),
        };
        let version = take(objects, &file, options, clock, steps).await?;
        let held = Arc::new(Held { objects: objects.clone(), file, version: Mutex::new(Some(version)) });
        let renewed = held.clone();
        let renewal = tokio::spawn(async move {
            loop {
                sleep(length / 3).await;
                // `check` reports a lock that another run took over. The next renewal repeats a failed request.
                let _ = renewed.renew().await;
            }
        });
        Ok(Self { held, clock, renewal })
    }

    /// Returns the time since 1970 by the clock of the store.
    pub(crate) fn now(&self) -> Duration {
        Duration::from_millis(self.clock.now().try_into().unwrap_or_default())
    }

    /// Renews the lock. Fails if another run has taken over the lock.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        if self.held.renew().await? {
            return Ok(());
        }
        let lock = quoted(self.held.objects.url_of(LOCK));
        let message = format!(
            "another run took over {lock}, because this run did not renew the lock in time; run the command again"
        );
        Err(Error::new(ErrorKind::Locked, message))
    }

    /// Releases the lock. After an error, the lock expires by itself.
    pub(crate) async fn release(self) {
        // A renewal in progress changes the version.
        let version = self.held.version.lock().await.take();
        self.renewal.abort();
        let Some(version) = version else { return };
        let free = LockFile { holder: String::new(), ..self.held.file.clone() };
        if let Err(err) = write(&self.held.objects, &free, PutMode::Update(version)).await {
            tracing::warn!("the lock is not released: {err}");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

impl Held {
    /// Returns `false` if another run has taken over the lock.
    async fn renew(&self) -> Result<bool, Error> {
        let mut version = self.version.lock().await;
        let Some(known) = version.clone() else { return Ok(false) };
        *version = match write(&self.objects, &self.file, PutMode::Update(known)).await? {
            Put::Written(new) => Some(new),
            // An earlier attempt may have succeeded without a response.
            Put::Refused => match self.objects.get(LOCK).await? {
                Some(lock) if parse(&lock).is_some_and(|file| file.id == self.file.id) => Some(lock.version),
                _ => None,
            },
        };
        Ok(version.is_some())
    }
}

async fn take(
    objects: &SharedObjects,
    file: &LockFile,
    options: LeaseOptions,
    clock: StoreClock,
    steps: &Steps,
) -> Result<UpdateVersion, Error> {
    let (mut seen, mut is_announced) = (None, false);
    loop {
        let mode = match objects.get(LOCK).await? {
            None => PutMode::Create,
            Some(lock) => {
                let other = parse(&lock);
                if other.as_ref().is_some_and(|other| other.id == file.id) {
                    return Ok(lock.version);
                }
                let since = match &seen {
                    Some((version, since)) if *version == lock.version => *since,
                    _ => Instant::now(),
                };
                seen = Some((lock.version.clone(), since));
                if is_held(other.as_ref(), lock.written, since, clock, options.length) {
                    if !is_announced {
                        announce(objects, other.as_ref(), options, steps)?;
                        is_announced = true;
                    }
                    sleep((options.length / 60).clamp(Duration::from_millis(2), Duration::from_secs(1)))
                        .await;
                    continue;
                }
                PutMode::Update(lock.version)
            }
        };
        if let Put::Written(version) = write(objects, file, mode).await? {
            return Ok(version);
        }
    }
}

/// Returns `true` if another run holds the lock, and the lock has not expired. The clock of the store and the clock of this
/// machine are never compared.
fn is_held(
    other: Option<&LockFile>,
    written: i64,
    seen: Instant,
    clock: StoreClock,
    default: Duration,
) -> bool {
    let is_free = other.is_some_and(|other| other.holder.is_empty());
    let length = other.map_or(default, |other| Duration::from_millis(other.milliseconds));
    let end = length.saturating_add(if length < CLOCK_PRECISION { length } else { CLOCK_PRECISION });
    let age = Duration::from_millis(u64::try_from(clock.now() - written).unwrap_or_default());
    !is_free && age < end && seen.elapsed() < end
}

/// Reports that another run holds the lock. Fails if this run must not wait.
fn announce(
    objects: &SharedObjects,
    other: Option<&LockFile>,
    options: LeaseOptions,
    steps: &Steps,
) -> Result<(), Error> {
    let lock = quoted(objects.url_of(LOCK));
    let holder = quoted(other.map_or("another run", |other| &other.holder));
    if !options.wait {
        let message = format!("{holder} holds {lock}; run the command again when that run has ended");
        return Err(Error::new(ErrorKind::Locked, message));
    }
    let length = other.map_or(options.length, |other| Duration::from_millis(other.milliseconds));
    let message = format!(
        "waiting for {holder}, which holds {lock}; the lock of a run that was killed expires after {} s",
        length.as_secs()
    );
    steps.send(ProgressStep::Waiting(message));
    Ok(())
}

async fn write(objects: &SharedObjects, file: &LockFile, mode: PutMode) -> Result<Put, Error> {
    let json = serde_json::to_vec(file).expect("a lock is plain data");
    let attributes = attributes::record(&json);
    objects.put(LOCK, json.into(), mode, attributes).await
}

fn parse(lock: &Object) -> Option<LockFile> {
    serde_json::from_slice(&lock.bytes).ok()
}

fn holder(command: &str) -> String {
    let host = ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(|name| env::var(name).ok());
    let host = host.filter(|host| !host.is_empty()).map_or_else(String::new, |host| format!(" on {host}"));
    format!("{command}, process {}{host}", process::id())
}
