//! Compares `clean` on random histories with a model that records when each file was current.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::PathBuf,
    thread,
    time::{Duration, SystemTime},
};

use fingerpost::manifest::Manifest;
use fingerpost_collect::{CleanConfig, RollbackConfig, clean, rollback};
use serde::{Deserialize, Serialize};

use super::{DAY, change_time, edit, move_aside_and_back};
use crate::site::Site;

const HISTORIES: u64 = 480;
const THREADS: u64 = 8;
const STEPS: usize = 16;
const HOUR: u64 = 60 * 60;

/// Pseudorandom numbers, the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// An output directory, and the state expected by the model.
struct History {
    site: Site,
    /// Seconds since the first release.
    now: u64,
    /// The last time at which each hashed path of `a.css` was current.
    last_current: BTreeMap<String, u64>,
    log: Vec<String>,
}

impl History {
    fn new() -> Self {
        let site = Site::in_memory();
        Self { site, now: 0, last_current: BTreeMap::new(), log: Vec::new() }
    }

    fn current(&self) -> String {
        self.site.hashed("a.css")
    }

    fn record_current(&mut self) {
        self.last_current.insert(self.current(), self.now);
    }

    fn collect(&mut self, content: usize) {
        self.log.push(format!("collect {content}"));
        self.site.write("static/a.css", content.to_string());
        self.site.collect();
        self.record_current();
    }

    fn restore_manifest(&mut self, number: u64) {
        self.log.push(format!("restore {number}"));
        let manifest = self.site.release(number).manifest;
        self.site.write("out/staticfiles.json", manifest.to_json());
        self.record_current();
    }

    /// Rolls back to a release. The rollback must succeed, because every release has all its files.
    fn roll_back(&mut self, number: u64) {
        self.log.push(format!("roll back to {number}"));
        let wanted = self.site.release(number).manifest;
        let before = self.site.manifest("out");
        let report = rollback(&RollbackConfig::new(self.site.path("out")).release(number))
            .unwrap_or_else(|err| panic!("{err}: {:#?}", self.log));
        assert_eq!(self.site.manifest("out"), wanted, "{:#?}", self.log);
        // A release contains the replaced manifest. The newest release contains the new manifest.
        let releases = self.site.release_numbers("out").into_iter().map(|number| self.site.release(number));
        let releases: Vec<_> = releases.collect();
        let log = &self.log;
        assert!(releases.iter().any(|release| release.manifest == before), "{log:#?}");
        assert_eq!(releases.last().unwrap().manifest, wanted, "{log:#?}");
        assert!(report.release.is_none_or(|number| number == releases.last().unwrap().number), "{log:#?}");
        self.record_current();
    }

    /// Copies the manifest, as `cp` or `cp -p` would.
    fn copy(&mut self, with_time: bool) {
        self.log.push(format!("copy the manifest{}", if with_time { " with its time" } else { "" }));
        let [file, copy] = [MANIFEST, COPY].map(|path| self.site.path(path));
        fs::copy(&file, &copy).unwrap();
        if with_time {
            set_modified(&copy, fs::metadata(&file).unwrap().modified().unwrap());
        }
    }

    /// Moves the copy of the manifest back, unless the file in the copy was removed.
    fn move_copy_back(&mut self) {
        let (copy, dir) = (self.site.path(COPY), self.site.path("out"));
        let Ok(json) = fs::read(&copy) else { return };
        let manifest = Manifest::parse(&json, COPY).unwrap();
        if dir.join(&manifest.get("a.css").unwrap().hashed).exists() {
            self.log.push("move the copy back".to_owned());
            fs::rename(&copy, self.site.path(MANIFEST)).unwrap();
            self.record_current();
        }
    }

    fn move_aside(&mut self, number: u64) {
        self.log.push(format!("move aside for {number}"));
        let manifest = self.site.release(number).manifest;
        move_aside_and_back(&self.site, || self.site.write("out/staticfiles.json", manifest.to_json()));
        let hashed = manifest.get("a.css").unwrap().hashed.clone();
        self.last_current.insert(hashed, self.now);
        self.record_current();
    }

    /// Simulates a run that is killed after it has written the release file and before it changes the manifest.
    fn simulate_killed_run(&mut self, content: usize) {
        self.log.push(format!("kill {content}"));
        let before = ManifestState::read(&self.site);
        self.site.write("static/a.css", content.to_string());
        self.site.collect();
        before.restore(&self.site);
    }

    /// Simulates the passage of time by making every recorded time older.
    fn advance_time(&mut self, seconds: u64) {
        self.log.push(format!("pass {} days", seconds / DAY));
        self.now += seconds;
        self.record_current();
        for number in self.site.release_numbers("out") {
            edit(&self.site, number, |release| release.published -= seconds);
        }
        make_manifest_older(&self.site, seconds);
        let copy = self.site.path(COPY);
        if let Ok(metadata) = fs::metadata(&copy) {
            set_modified(&copy, metadata.modified().unwrap() - Duration::from_secs(seconds));
        }
    }

    fn clean(&mut self, keep: usize, age: u64) {
        self.log.push(format!("clean --keep {keep} --older-than {} days", age / DAY));
        let config = CleanConfig::new(self.site.path("out")).keep(keep).older_than(Duration::from_secs(age));
        let file = |number: u64| {
            let manifest = self.site.release(number).manifest;
            (number, manifest.get("a.css").unwrap().hashed.clone())
        };
        let mut releases: BTreeMap<u64, String> =
            self.site.release_numbers("out").into_iter().map(file).collect();
        let dry = clean(&config.clone().dry_run(true)).unwrap();
        let report = clean(&config).unwrap();
        assert_eq!((&dry.files, &dry.kept), (&report.files, &report.kept), "{:?}", self.log);
        // Adds a release that the run itself has recorded.
        releases.extend(report.kept.into_iter().map(file));
        let newest = releases.values().rev().take(keep).map(|hashed| (hashed, "among the newest"));
        let current = self.current();
        let young = self.last_current.iter().filter(|(_, last)| self.now - **last < age);
        let young = young.map(|(hashed, _)| (hashed, "current within the age"));
        for (hashed, reason) in newest.chain(young).chain([(&current, "current")]) {
            assert!(self.site.path("out").join(hashed).exists(), "{hashed} is {reason}: {:#?}", self.log);
        }
        // An earlier run may have removed a file that a greater age would retain.
        self.last_current.retain(|hashed, _| self.site.path("out").join(hashed).exists());
    }

    fn step(&mut self, random: &mut Random) {
        match random.below(16) {
            14 | 15 => self.roll_back(random.pick(&self.site.release_numbers("out"))),
            // Only change times reveal a moved manifest, or a copy with the modification time of the manifest.
            11 => self.copy(cfg!(unix) && random.below(2) == 0),
            12 | 13 if cfg!(unix) => self.move_copy_back(),
            10 if cfg!(unix) => self.move_aside(random.pick(&self.site.release_numbers("out"))),
            0..=2 => self.collect(random.below(5)),
            3 | 4 => self.restore_manifest(random.pick(&self.site.release_numbers("out"))),
            5 => self.simulate_killed_run(random.below(5)),
            // An additional hour per day, so that no age ends within the second of a run.
            6 | 7 => self.advance_time(random.pick(&[0, 1, 3, 8, 20].map(|days| days * (DAY + HOUR)))),
            _ => self.clean(random.below(4), DAY * random.pick(&[0, 1, 7, 15])),
        }
    }
}

/// The manifest with its times, and the recorded times.
struct ManifestState {
    manifest: Vec<u8>,
    modified: SystemTime,
    recorded: Record,
    /// `true` if the change time differs from the recorded change time.
    is_moved: bool,
}

#[derive(Serialize, Deserialize)]
struct Record {
    manifest: Times,
    reference: Times,
    edit: Option<Edit>,
}

#[derive(Serialize, Deserialize)]
struct Edit {
    until: u64,
    cause: String,
}

#[derive(Serialize, Deserialize)]
struct Times {
    modified: SystemTime,
    changed: Option<SystemTime>,
}

/// Makes all times of the manifest and its record older.
pub(super) fn make_manifest_older(site: &Site, seconds: u64) {
    let mut state = ManifestState::read(site);
    state.modified -= Duration::from_secs(seconds);
    state.recorded.manifest.modified -= Duration::from_secs(seconds);
    if let Some(edit) = &mut state.recorded.edit {
        edit.until -= seconds;
    }
    state.restore(site);
}

const MANIFEST: &str = "out/staticfiles.json";
const COPY: &str = "copy.json";
const TIMES: &str = "out/.fingerpost/manifest-times.json";

impl ManifestState {
    fn read(site: &Site) -> Self {
        let recorded: Record = serde_json::from_str(&site.read(TIMES)).unwrap();
        let file = site.path(MANIFEST);
        Self {
            manifest: fs::read(&file).unwrap(),
            modified: fs::metadata(&file).unwrap().modified().unwrap(),
            is_moved: recorded.manifest.changed != change_time(&file),
            recorded,
        }
    }

    /// Writes the manifest with its previous times. The new change time is recorded, unless the old change time differed
    /// from the record.
    fn restore(mut self, site: &Site) {
        site.write(MANIFEST, self.manifest);
        set_modified(&site.path(MANIFEST), self.modified);
        if !self.is_moved {
            self.recorded.manifest.changed = change_time(&site.path(MANIFEST));
        }
        site.write(TIMES, serde_json::to_vec(&self.recorded).unwrap());
    }
}

fn set_modified(file: &PathBuf, time: SystemTime) {
    File::options().append(true).open(file).unwrap().set_modified(time).unwrap();
}

#[test]
fn clean_never_removes_a_retained_file_in_random_histories() {
    let run = |first: u64| {
        for seed in (first..HISTORIES).step_by(THREADS as usize) {
            let mut random = Random((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut history = History::new();
            history.collect(0);
            (0..STEPS).for_each(|_| history.step(&mut random));
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|first| scope.spawn(move || run(first))).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}
