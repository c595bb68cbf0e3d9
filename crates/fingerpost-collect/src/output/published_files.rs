//! The stamps of published files: a file that nobody has touched since is not read again.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use fingerpost::{
    __private::{FileStamp, read_stable},
    manifest::Digest,
};
use serde::{Deserialize, Serialize};

use crate::output::{
    signed_json::{parse_signed, write_signed},
    staging::Staging,
};

/// Losing it costs one reading of all published files.
const FILE: &str = ".fingerpost/published.json";

/// The published files that are known, by their names in the output dir.
#[derive(Default)]
pub(crate) struct PublishedFiles {
    records: Mutex<BTreeMap<String, Record>>,
    /// Records of files that are not older than this prove nothing: the clock of the file system may have stood still between
    /// the record and a later change.
    recorded_at: Option<SystemTime>,
    /// `true` if every file is read, even if its stamp is unchanged.
    verify: bool,
    read: AtomicUsize,
    damaged: Mutex<HashSet<String>>,
    repaired: AtomicUsize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    stamp: FileStamp,
    sha256: Digest,
    #[serde(skip)]
    state: State,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// By an earlier run.
    #[default]
    Recorded,
    /// By an earlier run, and still so.
    Confirmed,
    New,
}

impl PublishedFiles {
    /// Reads the record of an output dir. One that is missing or damaged is as good as empty.
    pub(crate) fn read(dir: &Path, verify: bool) -> Self {
        let file = dir.join(FILE);
        let records = fs::read(&file).ok().and_then(|bytes| parse_signed(&bytes)).unwrap_or_default();
        let modified = fs::metadata(&file).and_then(|metadata| metadata.modified());
        Self { records: Mutex::new(records), recorded_at: modified.ok(), verify, ..Self::default() }
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<String, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `true` if a file holds these bytes. It is read unless its stamp is known.
    pub(crate) fn holds(&self, name: &str, file: &Path, stamp: FileStamp, sha256: Digest) -> bool {
        if self.is_known(name, stamp, sha256) {
            return true;
        }
        self.read.fetch_add(1, Relaxed);
        let Ok(reading) = read_stable(file, |file| Digest::from_reader(file)) else { return false };
        let holds = reading.is_stable && reading.value.0 == sha256;
        if holds {
            self.insert(name, reading.stamp, sha256);
        }
        holds
    }

    fn is_known(&self, name: &str, stamp: FileStamp, sha256: Digest) -> bool {
        let mut records = self.records();
        let record = records.get_mut(name).filter(|record| (record.stamp, record.sha256) == (stamp, sha256));
        match record {
            Some(record) if record.state != State::Recorded => true,
            Some(record) if !self.verify && self.proves(stamp) => {
                record.state = State::Confirmed;
                true
            }
            _ => false,
        }
    }

    /// Returns `true` if the same stamp means the same bytes: all its times are before the record, by the clock of the file system.
    fn proves(&self, stamp: FileStamp) -> bool {
        // `is_settled_at` asks for a difference of two seconds, which is for moments by another clock.
        let margin = Duration::from_secs(2) - Duration::from_nanos(1);
        self.recorded_at.is_some_and(|moment| stamp.is_settled_at(moment + margin))
    }

    /// Records what a file holds.
    pub(crate) fn insert(&self, name: &str, stamp: FileStamp, sha256: Digest) {
        let mut records = self.records();
        let known = records.get(name).is_some_and(|record| (record.stamp, record.sha256) == (stamp, sha256));
        // A record without trusted stamps is written again as soon as its stamps can be trusted.
        let is_enough = self.proves(stamp) || !stamp.is_settled_at(SystemTime::now());
        let state = if known && is_enough { State::Confirmed } else { State::New };
        records.insert(name.to_owned(), Record { stamp, sha256, state });
    }

    /// Notes a file that does not hold what its name stands for.
    pub(crate) fn note_damaged(&self, name: &str) {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    /// Counts a file that is written, if it was damaged.
    pub(crate) fn note_written(&self, name: &str) {
        if self.damaged.lock().unwrap_or_else(PoisonError::into_inner).remove(name) {
            self.repaired.fetch_add(1, Relaxed);
        }
    }

    /// How many damaged files are written again.
    pub(crate) fn repaired(&self) -> usize {
        self.repaired.load(Relaxed)
    }

    /// How many files were read, if all were to be.
    pub(crate) fn verified(&self) -> usize {
        if self.verify { self.read.load(Relaxed) } else { 0 }
    }

    /// Writes down which files this run has seen, unless that is the same as before.
    pub(crate) fn save(&self, staging: &Staging) {
        let mut records = self.records();
        if records.values().all(|record| record.state == State::Confirmed) {
            return;
        }
        records.retain(|_, record| record.state != State::Recorded);
        if let Err(problem) = staging.put(FILE.as_ref(), |file| write_signed(&*records, file)) {
            tracing::warn!("the next run will take longer: {problem}");
        }
    }
}
