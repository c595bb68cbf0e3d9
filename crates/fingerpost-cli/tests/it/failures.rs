//! Tests of killed runs, concurrent runs, and runs without disk space, memory or permissions.

use std::{
    env,
    fs::{self, File, Permissions},
    io::{BufRead as _, BufReader},
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::site::{PROGRAM, RunOutput, Site};

const COLLECT: [&str; 4] = ["collect", "static", "--out", "out"];
const COMPRESS: [&str; 2] = ["--compress", "gzip:1,br:1,zstd:1"];

/// Returns the required number of killed runs. `tests/release-check` sets a larger number.
fn kill_count() -> u32 {
    let count = env::var("FINGERPOST_TEST_KILLS").ok();
    count.map_or(12, |count| count.parse().expect("FINGERPOST_TEST_KILLS is a number"))
}

/// Writes images, style sheets and modules. The style sheets and modules refer to the images and to each other, so
/// every file gets a new name when the images change.
fn write_round(site: &Site, round: u32) {
    const EACH: u32 = 100;
    for number in 0..EACH {
        let next = (number + 1) % EACH;
        let paths =
            (0..60_u32).map(|n| format!("<path d='M{}'/>\n", (n + number * 60).wrapping_mul(2_654_435_761)));
        site.write(
            &format!("static/img/{number}.svg"),
            format!("<svg>{round} {}", paths.collect::<String>()),
        );
        let import = if next == 0 { String::new() } else { format!("@import \"{next}.css\";\n") };
        let style = format!("{import}a {{ background: url(../img/{number}.svg) }}\n");
        site.write(&format!("static/css/{number}.css"), style);
        let module = format!("import './{next}.js';\nnew URL('../img/{number}.svg', import.meta.url);\n");
        site.write(&format!("static/js/{number}.js"), module);
    }
}

#[track_caller]
fn assert_no_staged_files(site: &Site) {
    let staged = fs::read_dir(site.path("out/.fingerpost/tmp")).unwrap();
    assert_eq!(staged.map(|entry| entry.unwrap().path()).collect::<Vec<_>>(), [""; 0].map(PathBuf::from));
}

#[test]
fn killed_run_leaves_the_old_release_intact() {
    assert_intact_after_kills(&COLLECT);
}

#[test]
fn run_killed_during_compression_leaves_the_old_release_intact() {
    assert_intact_after_kills(&[&COLLECT[..], &COMPRESS].concat());
}

#[test]
fn run_killed_while_making_deltas_leaves_the_old_release_intact() {
    let site = assert_intact_after_kills(&[&COLLECT[..], &["--compress", "br:1,dcz:3"]].concat());
    let manifest = site.manifest();
    let deltas = manifest.iter().map(|(_, entry)| entry.info.as_ref().unwrap().deltas.len());
    assert_eq!(deltas.sum::<usize>(), 300, "three deltas for each image");
}

fn assert_intact_after_kills(command: &[&str]) -> Site {
    let site = Site::new(&[]);
    let collect = || {
        let output = site.run(command);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        output
    };
    write_round(&site, 0);
    let began = Instant::now();
    collect();
    let mut whole_run = began.elapsed();

    let (mut kills, mut round) = (0, 0);
    while kills < kill_count() {
        round += 1;
        write_round(&site, round);
        let before = site.read("out/staticfiles.json");
        let mut run = site.command(PROGRAM).args(command).stderr(Stdio::null()).spawn().unwrap();
        let twentieths = round * 7 % 24;
        thread::sleep(whole_run * twentieths / 20);
        run.kill().unwrap();
        let killed = run.wait().unwrap().signal().is_some();
        site.assert_intact();
        kills += u32::from(killed);
        // The load of the machine varies, so the estimate is adjusted to spread the kills over the whole run.
        match (killed, twentieths) {
            (true, 20..) => whole_run = whole_run * 5 / 4,
            (false, ..20) => whole_run = whole_run * 4 / 5,
            _ => {}
        }

        collect();
        site.assert_intact();
        assert_no_staged_files(&site);
        assert_ne!(site.read("out/staticfiles.json"), before, "every file has changed");
    }

    site.assert_releases_intact();
    let again = collect();
    assert!(again.stderr.contains("0 written, 300 unchanged, nothing to publish"), "{}", again.stderr);
    site
}

/// Returns `true` if the file at every plain name equals the file at the hashed path in the manifest.
fn has_current_originals(site: &Site) -> bool {
    let same =
        |path: &str, hashed: &str| site.read(&format!("out/{path}")) == site.read(&format!("out/{hashed}"));
    site.manifest().iter().all(|(path, entry)| same(path, &entry.hashed))
}

#[test]
fn killed_rollback_leaves_both_releases_intact() {
    let site = Site::new(&[]);
    for round in [0, 1] {
        (0..60).for_each(|file| site.write(&format!("static/{file}.css"), format!("{round} {file}")));
        assert_eq!(site.run(&[&COLLECT[..], &["--originals"]].concat()).code, Some(0));
    }
    let command = |number: u64| {
        let mut command = site.command(PROGRAM);
        command.args(["rollback", &number.to_string(), "--out", "out"]);
        command
    };
    let manifest = || site.read("out/staticfiles.json");
    let roll_back = |number: u64| {
        let output = RunOutput::from(command(number).output().unwrap());
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        assert!(has_current_originals(&site), "{number}");
        manifest()
    };
    let began = Instant::now();
    let both = [roll_back(1), roll_back(2)];
    let mut whole_run = began.elapsed() / 2;

    let (mut hit, mut round) = (0, 0);
    while hit < kill_count() {
        round += 1;
        let number = 1 + u64::from(round % 2);
        let mut run = command(number).stderr(Stdio::null()).spawn().unwrap();
        let twentieths = round * 7 % 24;
        thread::sleep(whole_run * twentieths / 20);
        run.kill().unwrap();
        let killed = run.wait().unwrap().signal().is_some();
        hit += u32::from(killed);
        whole_run = match (killed, twentieths) {
            (true, 20..) => whole_run * 5 / 4,
            (false, ..20) => whole_run * 4 / 5,
            _ => whole_run,
        };
        assert!(both.contains(&manifest()));
        site.assert_intact();

        assert_eq!(roll_back(number), both[number as usize - 1]);
        assert_no_staged_files(&site);
    }
    site.assert_releases_intact();
}

/// Runs `setup`, and then the program, in a shell.
fn run_after_setup(site: &Site, setup: &str) -> RunOutput {
    let mut shell = site.command("sh");
    shell.args(["-c", &format!("{setup}; exec \"$@\""), "sh", PROGRAM]).args(COLLECT);
    shell.output().unwrap().into()
}

#[test]
fn failed_write_leaves_the_old_release_intact() {
    let site = Site::new(&[("static/a.css", "a")]);
    site.collect();
    let manifest = site.read("out/staticfiles.json");
    site.write("static/a.css", "changed");
    for file in 0..20 {
        site.write(&format!("static/{file}.bin"), vec![file; 100_000]);
    }
    // A limit on file sizes makes a write fail halfway, as on a full disk.
    let output = run_after_setup(&site, "trap '' XFSZ; ulimit -f 8");
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert!(output.stderr.starts_with("error: cannot write "), "{}", output.stderr);
    assert_eq!(output.stderr.lines().count(), 1, "expected a single message: {}", output.stderr);
    assert_eq!(site.read("out/staticfiles.json"), manifest);
    site.assert_intact();
    let names: Vec<_> =
        fs::read_dir(site.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(fs::read_dir(site.path("out/.fingerpost/tmp")).unwrap().next().is_none());

    site.collect();
    site.assert_intact();
}

/// Collects into a file system of 2 MB: a small site, a site that does not fit, and a smaller site that fits. The
/// results are copied to `after1`, `after2` and `after3`, because the file system is unmounted when the shell ends.
#[cfg(target_os = "linux")]
const ON_A_SMALL_DISK: &str = r#"
mount -t tmpfs -o size=2m tmpfs out 2>mount.log || exit 77
collect() {
    "$0" collect static --out out 2>"stderr$1"
    echo $? >"code$1"
    cp -a out "after$1"
}
collect 1
for file in 1 2 3 4 5 6 7 8 9; do head -c 400000 /dev/urandom >static/$file.bin; done
echo changed >static/a.css
collect 2
rm static/[3-9].bin
collect 3
"#;

#[cfg(target_os = "linux")]
#[test]
fn full_disk_leaves_the_old_release_intact_and_the_next_run_completes() {
    let site = Site::new(&[("static/a.css", "a{b:url(b.png)}"), ("static/b.png", "b"), ("out/x", "")]);
    let mut shell = site.command("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK, PROGRAM]);
    let Ok(status) = shell.stdout(Stdio::null()).stderr(Stdio::null()).status() else { return };
    // On a system without mounts by users, only `failed_write_leaves_the_old_release_intact` tests a failed write.
    if !status.success() && !site.path("code1").exists() {
        return;
    }
    let read = |name: &str| site.read(name).trim_end().to_owned();
    assert_eq!(["code1", "code2", "code3"].map(read), ["0", "1", "0"], "{}", site.read("stderr2"));
    let message = read("stderr2");
    assert!(message.starts_with("error: cannot write ") && message.contains("No space left"), "{message}");
    assert_eq!(message.lines().count(), 1, "expected a single message: {message}");

    assert_eq!(site.tree("after2"), site.tree("after1"));
    assert_ne!(read("after3/staticfiles.json"), read("after1/staticfiles.json"));
    for out in ["after1", "after2", "after3"] {
        site.assert_intact_in(out);
    }
}

/// Returns a command that is subject to file permissions. For root, the command runs without privileges in a user
/// namespace.
fn unprivileged_command(site: &Site) -> Option<Command> {
    let closed = site.path("closed");
    fs::write(&closed, "").unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    if File::open(&closed).is_err() {
        return Some(site.command(PROGRAM));
    }
    let in_namespace = || {
        let mut command = site.command("unshare");
        command.arg("--user");
        command
    };
    let denied = in_namespace().arg("sh").args(["-c", "! cat closed"]).output();
    let mut command = denied.is_ok_and(|output| output.status.success()).then(in_namespace)?;
    command.arg(PROGRAM);
    Some(command)
}

#[test]
fn unreadable_files_are_reported_and_nothing_is_published() {
    let site = Site::new(&[("static/a.css", "a"), ("static/b.css", "b"), ("static/dir/c.css", "c")]);
    site.collect();
    let manifest = site.read("out/staticfiles.json");
    site.write("static/a.css", "changed");
    let permit =
        |path: &str, mode| fs::set_permissions(site.path(path), Permissions::from_mode(mode)).unwrap();
    let Some(mut command) = unprivileged_command(&site) else { return };
    permit("static/b.css", 0o000);
    permit("static/dir", 0o000);
    let output = RunOutput::from(command.args(COLLECT).output().unwrap());
    permit("static/dir", 0o755);

    assert_eq!(output.code, Some(1), "{}", output.stderr);
    for path in ["static/b.css", "static/dir"] {
        let problem = format!("error: cannot read {}: ", site.quoted_path(path));
        assert!(output.stderr.lines().any(|line| line.starts_with(&problem)), "{}", output.stderr);
    }
    assert_eq!(site.read("out/staticfiles.json"), manifest);
    site.assert_intact();
}

#[test]
fn file_permissions_follow_the_umask() {
    for (umask, file, dir) in [("022", 0o644, 0o755), ("027", 0o640, 0o750), ("000", 0o666, 0o777)] {
        let site = Site::new(&[("static/css/a.css", "a")]);
        assert_eq!(run_after_setup(&site, &format!("umask {umask}")).code, Some(0));
        let mode = |path: &str| fs::metadata(site.path(path)).unwrap().permissions().mode() & 0o777;
        for path in ["out/css/a.ca978112ca1b.css", "out/staticfiles.json", "out/.fingerpost/releases/1.json"]
        {
            assert_eq!(mode(path), file, "{umask} {path}");
        }
        assert_eq!(mode("out/css"), dir, "{umask}");
    }
}

#[test]
fn concurrent_runs_execute_one_after_another() {
    let site = Site::new(&[]);
    for file in 0..50 {
        site.write(&format!("static/{file}.css"), format!("{file}"));
    }
    let spawn = |_| site.command(PROGRAM).args(COLLECT).stderr(Stdio::piped()).spawn().unwrap();
    let runs: Vec<_> = (0..6).map(spawn).collect();
    let outputs: Vec<_> =
        runs.into_iter().map(|run| RunOutput::from(run.wait_with_output().unwrap())).collect();
    assert!(outputs.iter().all(|output| output.code == Some(0)), "{outputs:?}");
    let published = outputs.iter().filter(|output| output.stderr.contains("release 1 published"));
    let idle = outputs.iter().filter(|output| output.stderr.contains("nothing to publish"));
    assert_eq!((published.count(), idle.count()), (1, 5), "{outputs:?}");
    site.assert_intact();
}

#[test]
fn run_reports_and_awaits_the_lock_unless_no_wait_is_set() {
    let site = Site::new(&[("static/a.css", "a"), ("out/.fingerpost/lock", "4242")]);
    let lock = File::options().write(true).open(site.path("out/.fingerpost/lock")).unwrap();
    lock.lock().unwrap();
    let location = site.quoted_path("out/.fingerpost/lock");

    let output = site.run(&[&COLLECT[..], &["--no-wait"]].concat());
    let problem =
        format!("the run of process 4242 holds {location}; run the command again when that run has ended");
    let hint = "omit `--no-wait` to wait for the other run";
    assert_eq!((output.code, output.stderr), (Some(1), format!("error: {problem}\nhint: {hint}\n")));

    let mut run = site.command(PROGRAM).args(COLLECT).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(run.stderr.take().unwrap()).lines();
    let message = lines.next().unwrap().unwrap();
    assert_eq!(message, format!("waiting for the run of process 4242, which holds {location}"));
    thread::sleep(Duration::from_millis(20));
    assert!(run.try_wait().unwrap().is_none(), "the run waits for the lock");
    drop(lock);
    assert!(run.wait().unwrap().success());
    assert!(lines.next().unwrap().unwrap().contains("release 1 published"));
}

#[test]
fn second_of_two_runs_waits_and_reports_the_lock_holder() {
    let site = Site::new(&[]);
    for file in 0..200 {
        site.write(&format!("static/{file}.css"), vec![file; 50_000]);
    }
    let spawn = || site.command(PROGRAM).args(COLLECT).stderr(Stdio::piped()).spawn().unwrap();
    let first = spawn();
    let holder = first.id().to_string();
    while fs::read_to_string(site.path("out/.fingerpost/lock")).unwrap_or_default() != holder {
        thread::yield_now();
    }
    let second = spawn();
    let [first, second] = [first, second].map(|run| RunOutput::from(run.wait_with_output().unwrap()));
    let location = site.quoted_path("out/.fingerpost/lock");
    let waiting = format!("waiting for the run of process {holder}, which holds {location}\n");
    assert!(second.stderr.starts_with(&waiting), "{}", second.stderr);
    assert!(second.stderr.contains("nothing to publish"), "{}", second.stderr);
    assert!(first.stderr.contains("release 1 published"), "{}", first.stderr);
    assert_eq!((first.code, second.code), (Some(0), Some(0)));
    site.assert_intact();
}

#[test]
fn run_writes_its_process_id_into_the_lock() {
    let site = Site::new(&[]);
    for file in 0..200 {
        site.write(&format!("static/{file}.css"), vec![file; 50_000]);
    }
    let mut run: Command = site.command(PROGRAM);
    let mut run = run.args(COLLECT).stderr(Stdio::null()).spawn().unwrap();
    let id = run.id().to_string();
    let is_written = (0..2_000).any(|_| {
        thread::sleep(Duration::from_millis(1));
        fs::read_to_string(site.path("out/.fingerpost/lock")).is_ok_and(|holder| holder == id)
    });
    assert!(is_written && run.wait().unwrap().success());
    assert_eq!(site.read("out/.fingerpost/lock"), "");
}

/// Backtraces are enabled, because backtraces also need memory.
#[cfg(target_os = "linux")]
#[test]
fn lack_of_memory_is_an_error_and_publishes_nothing() {
    let site = Site::new(&[("static/m.js", "")]);
    // The second script consists only of errors. The parser stores each error.
    for (statement, kilobytes) in [("(a);", 300_000), ("let [a];", 2_000_000)] {
        let count = (32 << 20) / statement.len();
        site.write("static/a.js", format!("import './m.js';{}", statement.repeat(count)));
        let command = format!("ulimit -v {kilobytes} && exec \"$0\" \"$@\"");
        let mut collect = Command::new("sh");
        collect.args(["-c", &command, PROGRAM]).args(COLLECT).current_dir(site.path(""));
        let output = collect.envs([("RUST_BACKTRACE", "1"), ("RAYON_NUM_THREADS", "1")]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.starts_with("error: not enough memory to parse `"), "{stderr}");
        assert!(!site.path("out/staticfiles.json").exists());
    }
}
