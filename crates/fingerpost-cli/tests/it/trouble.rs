//! A run that is killed, that finds the disk full, that is not alone.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::site::{Ended, PROGRAM, Site};

const COLLECT: [&str; 4] = ["collect", "static", "--out", "out"];

/// So many kills have to hit a run that is under way.
const KILLS: u32 = 60;

#[test]
fn a_run_that_is_killed_at_any_moment_leaves_the_old_release_intact() {
    let site = Site::new(&[]);
    let change = |round: u32| {
        for file in 0..40 {
            site.write(&format!("static/dir{}/{file}.css", file % 4), format!("{round} {file} ").repeat(400));
        }
    };
    change(0);
    let began = Instant::now();
    site.collect();
    let mut whole_run = began.elapsed();

    let (mut kills, mut round) = (0, 0);
    while kills < KILLS {
        round += 1;
        change(round);
        let mut run = site.command(PROGRAM).args(COLLECT).stderr(Stdio::null()).spawn().unwrap();
        let twentieths = round % 24;
        thread::sleep(whole_run * twentieths / 20);
        run.kill().unwrap();
        let killed = run.wait().unwrap().signal().is_some();
        site.assert_intact();
        kills += u32::from(killed);
        // The machine may be busy or idle: follow it, so that the kills stay spread over the whole of a run.
        match (killed, twentieths) {
            (true, 20..) => whole_run = whole_run * 5 / 4,
            (false, ..20) => whole_run = whole_run * 4 / 5,
            _ => {}
        }
    }

    change(round + 1);
    site.collect();
    site.assert_intact();
    site.assert_releases_intact();
    assert!(fs::read_dir(site.path("out/.fingerpost/tmp")).unwrap().next().is_none());
    let again = site.run(&COLLECT);
    assert!(again.stderr.contains("0 written, 40 unchanged, nothing to publish"), "{}", again.stderr);
}

/// Runs the program from a shell that first sets the process up.
fn run_after(site: &Site, setup: &str) -> Ended {
    let mut shell = site.command("sh");
    shell.args(["-c", &format!("{setup}; exec \"$@\""), "sh", PROGRAM]).args(COLLECT);
    shell.output().unwrap().into()
}

#[test]
fn a_full_disk_leaves_the_old_release_as_it_was() {
    let site = Site::new(&[("static/a.css", "a")]);
    site.collect();
    let manifest = site.read("out/staticfiles.json");
    site.write("static/a.css", "changed");
    for file in 0..20 {
        site.write(&format!("static/{file}.bin"), vec![file; 100_000]);
    }
    // A limit for the size of files fails a write halfway, as a full disk does.
    let ended = run_after(&site, "trap '' XFSZ; ulimit -f 8");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("error: cannot write "), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "one cause, one message: {}", ended.stderr);
    assert_eq!(site.read("out/staticfiles.json"), manifest);
    site.assert_intact();
    let names: Vec<_> =
        fs::read_dir(site.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(fs::read_dir(site.path("out/.fingerpost/tmp")).unwrap().next().is_none());

    site.collect();
    site.assert_intact();
}

#[test]
fn files_are_for_all_whom_the_umask_allows() {
    for (umask, file, dir) in [("022", 0o644, 0o755), ("027", 0o640, 0o750), ("000", 0o666, 0o777)] {
        let site = Site::new(&[("static/css/a.css", "a")]);
        assert_eq!(run_after(&site, &format!("umask {umask}")).code, Some(0));
        let mode = |path: &str| fs::metadata(site.path(path)).unwrap().permissions().mode() & 0o777;
        for path in ["out/css/a.ca978112ca1b.css", "out/staticfiles.json", "out/.fingerpost/releases/1.json"]
        {
            assert_eq!(mode(path), file, "{umask} {path}");
        }
        assert_eq!(mode("out/css"), dir, "{umask}");
    }
}

#[test]
fn runs_at_the_same_time_take_turns() {
    let site = Site::new(&[]);
    for file in 0..50 {
        site.write(&format!("static/{file}.css"), format!("{file}"));
    }
    let spawn = |_| site.command(PROGRAM).args(COLLECT).stderr(Stdio::piped()).spawn().unwrap();
    let runs: Vec<_> = (0..6).map(spawn).collect();
    let ended: Vec<_> = runs.into_iter().map(|run| Ended::from(run.wait_with_output().unwrap())).collect();
    assert!(ended.iter().all(|ended| ended.code == Some(0)), "{ended:?}");
    let published = ended.iter().filter(|ended| ended.stderr.contains("release 1 published"));
    let idle = ended.iter().filter(|ended| ended.stderr.contains("nothing to publish"));
    assert_eq!((published.count(), idle.count()), (1, 5), "{ended:?}");
    site.assert_intact();
}

#[test]
fn a_run_waits_for_another_and_says_so_unless_told_not_to() {
    let site = Site::new(&[("static/a.css", "a"), ("out/.fingerpost/lock", "4242")]);
    let lock = File::options().write(true).open(site.path("out/.fingerpost/lock")).unwrap();
    lock.lock().unwrap();
    let place = site.shown("out/.fingerpost/lock");

    let ended = site.run(&[&COLLECT[..], &["--no-wait"]].concat());
    let problem =
        format!("the run of process 4242 holds {place}; wait until it has ended and run this again");
    let hint = "leave `--no-wait` out to wait for it";
    assert_eq!((ended.code, ended.stderr), (Some(1), format!("error: {problem}\nhint: {hint}\n")));

    let mut run = site.command(PROGRAM).args(COLLECT).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(run.stderr.take().unwrap()).lines();
    let message = lines.next().unwrap().unwrap();
    assert_eq!(message, format!("waiting for the run of process 4242, which holds {place}"));
    thread::sleep(Duration::from_millis(20));
    assert!(run.try_wait().unwrap().is_none(), "it waits");
    drop(lock);
    assert!(run.wait().unwrap().success());
    assert!(lines.next().unwrap().unwrap().contains("release 1 published"));
}

#[test]
fn a_run_names_itself_in_the_lock() {
    let site = Site::new(&[]);
    for file in 0..200 {
        site.write(&format!("static/{file}.css"), vec![file; 50_000]);
    }
    let mut run: Command = site.command(PROGRAM);
    let mut run = run.args(COLLECT).stderr(Stdio::null()).spawn().unwrap();
    let id = run.id().to_string();
    let named = (0..2_000).any(|_| {
        thread::sleep(Duration::from_millis(1));
        fs::read_to_string(site.path("out/.fingerpost/lock")).is_ok_and(|holder| holder == id)
    });
    assert!(named && run.wait().unwrap().success());
    assert_eq!(site.read("out/.fingerpost/lock"), "");
}
