use std::{fs::File, io::Write as _, sync::Mutex, thread};

use fingerpost_collect::{CleanConfig, ErrorKind, Progress, clean, clean_with, collect, collect_with};

use crate::site::Site;

/// Takes the lock as another run does, and returns the locked file.
fn take_lock(site: &Site) -> File {
    site.write("out/.fingerpost/lock", "");
    let mut lock = File::options().read(true).write(true).open(site.path("out/.fingerpost/lock")).unwrap();
    lock.lock().unwrap();
    lock.write_all(b"4242").unwrap();
    lock
}

/// On Windows, a locked file cannot be read, so the process is unknown.
const HOLDER: &str = if cfg!(windows) { "another run" } else { "the run of process 4242" };

#[test]
fn run_without_wait_reports_the_lock_holder() {
    let site = Site::new(&[("static/a.css", "a")]);
    let lock = take_lock(&site);
    let err = collect(&site.config().wait(false)).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Locked);
    let lock_file = site.quoted_path("out/.fingerpost/lock");
    assert_eq!(
        err.to_string(),
        format!("{HOLDER} holds {lock_file}; run the command again when that run has ended")
    );

    drop(lock);
    assert_eq!(collect(&site.config().wait(false)).unwrap().release, Some(1));
}

#[test]
fn dry_run_needs_no_lock() {
    let site = Site::new(&[("static/a.css", "a")]);
    let _lock = take_lock(&site);
    assert_eq!(collect(&site.config().dry_run(true)).unwrap().release, Some(1));
}

/// Releases the lock as soon as a run waits for the lock.
struct ReleaseOnWait(Mutex<(Option<File>, String)>);

impl Progress for ReleaseOnWait {
    fn waiting(&self, message: &str) {
        *self.0.lock().unwrap() = (None, message.to_owned());
    }
}

#[test]
fn waiting_run_reports_the_lock_holder() {
    let site = Site::new(&[("static/a.css", "a")]);
    let progress = ReleaseOnWait(Mutex::new((Some(take_lock(&site)), String::new())));
    assert_eq!(collect_with(&site.config(), &progress).unwrap().release, Some(1));
    let lock_file = site.quoted_path("out/.fingerpost/lock");
    assert_eq!(progress.0.into_inner().unwrap().1, format!("waiting for {HOLDER}, which holds {lock_file}"));
    assert_eq!(site.read("out/.fingerpost/lock"), "", "the lock is free");
}

#[test]
fn concurrent_runs_execute_one_after_another() {
    let site = Site::new(&[("static/a.css", "a"), ("other/a.css", "b")]);
    let other = || site.config_to("out").source(site.path("other"));
    let releases: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| collect(&other()).unwrap().release)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(releases.iter().filter(|release| **release == Some(1)).count(), 1);
    assert_eq!(releases.iter().filter(|release| release.is_none()).count(), 7);
    site.assert_intact("out");
}

#[test]
fn clean_uses_the_same_lock() {
    let site = Site::new(&[("static/a.css", "a")]);
    site.collect();
    let config = CleanConfig::new(site.path("out"));
    let lock = take_lock(&site);
    let err = clean(&config.clone().wait(false)).unwrap_err();
    let lock_file = site.quoted_path("out/.fingerpost/lock");
    assert_eq!(err.kind(), ErrorKind::Locked);
    assert_eq!(
        err.to_string(),
        format!("{HOLDER} holds {lock_file}; run the command again when that run has ended")
    );
    assert_eq!(clean(&config.clone().dry_run(true).wait(false)).unwrap().kept, [1]);

    let progress = ReleaseOnWait(Mutex::new((Some(lock), String::new())));
    assert_eq!(clean_with(&config, &progress).unwrap().kept, [1]);
    assert_eq!(progress.0.into_inner().unwrap().1, format!("waiting for {HOLDER}, which holds {lock_file}"));
}
