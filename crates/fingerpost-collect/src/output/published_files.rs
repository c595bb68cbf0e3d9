//! The stamps of published files. A run does not read files whose stamps are unchanged.

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
    __private::{Clock, FileStamp, read_stable},
    manifest::Digest,
};
use serde::{Deserialize, Serialize};

use crate::output::{
    signed_json::{parse_signed, write_signed},
    staging::Staging,
};

/// Without this file, the next run reads all published files.
const FILE: &str = ".fingerpost/published.json";

/// The records of published files, by name in the output directory.
#[derive(Default)]
pub(crate) struct PublishedFiles {
    records: Mutex<BTreeMap<String, Record>>,
    /// The time when the records were saved. A record proves nothing about a file that was modified at or after this
    /// time. The clock of the file system may not have advanced between the record and a later change.
    recorded_at: Option<SystemTime>,
    /// `true` if every file is read, even if its stamp is unchanged.
    verify: bool,
    clock: Clock,
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
    /// Recorded by an earlier run.
    #[default]
    Recorded,
    /// Recorded by an earlier run, and still correct.
    Confirmed,
    New,
}

impl PublishedFiles {
    /// Reads the records of an output directory. A missing or damaged file counts as empty.
    pub(crate) fn read(dir: &Path, verify: bool, clock: Clock) -> Self {
        let file = dir.join(FILE);
        let records = fs::read(&file).ok().and_then(|bytes| parse_signed(&bytes)).unwrap_or_default();
        let modified = fs::metadata(&file).and_then(|metadata| metadata.modified());
        Self { records: Mutex::new(records), recorded_at: modified.ok(), verify, clock, ..Self::default() }
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<String, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `true` if a file has this digest. Reads the file unless a record proves the digest.
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

    /// Returns `true` if an unchanged stamp proves unchanged bytes: all times of the stamp are before `recorded_at`, by the
    /// clock of the file system.
    fn proves(&self, stamp: FileStamp) -> bool {
        // `is_settled_at` requires a difference of two seconds, which is only needed for a comparison with another clock.
        let margin = Duration::from_secs(2) - Duration::from_nanos(1);
        self.recorded_at.is_some_and(|moment| stamp.is_settled_at(moment + margin))
    }

    /// Records the digest of a file.
    pub(crate) fn insert(&self, name: &str, stamp: FileStamp, sha256: Digest) {
        let mut records = self.records();
        let known = records.get(name).is_some_and(|record| (record.stamp, record.sha256) == (stamp, sha256));
        // A record whose stamp is not trusted yet is written again as soon as the stamp can be trusted.
        let is_enough = self.proves(stamp) || !stamp.is_settled_at((self.clock.now)());
        let state = if known && is_enough { State::Confirmed } else { State::New };
        records.insert(name.to_owned(), Record { stamp, sha256, state });
    }

    /// Records a damaged file: the content does not match the name.
    pub(crate) fn note_damaged(&self, name: &str) {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    /// Counts a written file as repaired, if the file was damaged.
    pub(crate) fn note_written(&self, name: &str) {
        if self.damaged.lock().unwrap_or_else(PoisonError::into_inner).remove(name) {
            self.repaired.fetch_add(1, Relaxed);
        }
    }

    /// Returns the number of damaged files that are written again.
    pub(crate) fn repaired(&self) -> usize {
        self.repaired.load(Relaxed)
    }

    /// Returns the number of files that were read with `verify`.
    pub(crate) fn verified(&self) -> usize {
        if self.verify { self.read.load(Relaxed) } else { 0 }
    }

    /// Saves the records of all files of this run, unless all records are unchanged.
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
