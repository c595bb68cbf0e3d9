//! Asset paths are case-sensitive also on a case-insensitive file system.

use std::{fs, path::Path, process::Command};

use fingerpost::{Assets, ErrorKind, Mode};

use crate::support::{Dir, dev, hash, in_command, later, wait_for_a_new_time, write_note};

#[track_caller]
fn reason(assets: &Assets, path: &str) -> String {
    let err = assets.url(path).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::NotFound);
    assert_eq!(assets.integrity(path).unwrap_err().to_string(), err.to_string());
    err.to_string().rsplit_once(": ").unwrap().1.to_owned()
}

/// Checks that asset paths are case-sensitive in `dir`, a case-insensitive directory.
fn assert_case_sensitive_in(dir: &Path) {
    for path in ["css/app.css", "css/404", "css/é.css", "later/css/b.css", "css/B.css"] {
        let file = dir.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, path).unwrap();
    }
    let assets = Assets::builder().source(dir).source(dir.join("later")).mode(Mode::Dev);
    let assets = assets.clock(later).build().unwrap();
    let versioned = |path: &str| format!("/static/{path}?v={}", hash(path));
    for _ in 0..2 {
        assert_eq!(assets.url("css/app.css").unwrap(), *versioned("css/app.css"));
        assert_eq!(assets.url("css/404").unwrap(), *versioned("css/404"));
        assert_eq!(reason(&assets, "css/App.css"), "on disk `App.css` is spelled `app.css`");
        assert_eq!(reason(&assets, "CSS/app.css"), "on disk `CSS` is spelled `css`");
        assert_eq!(reason(&assets, "css/É.css"), "on disk `É.css` is spelled `é.css`");
        // The first source directory contains `B.css` instead of `b.css`.
        let b = format!("/static/css/b.css?v={}", hash("later/css/b.css"));
        assert_eq!(assets.url("css/b.css").unwrap(), *b);
    }
    wait_for_a_new_time(dir);
    fs::rename(dir.join("css/app.css"), dir.join("css/App.css")).unwrap();
    assert_eq!(reason(&assets, "css/app.css"), "on disk `app.css` is spelled `App.css`");
    assert!(assets.url("css/App.css").is_ok());
    fs::rename(dir.join("css/B.css"), dir.join("css/b.css")).unwrap();
    assert_eq!(assets.url("css/b.css").unwrap(), *format!("/static/css/b.css?v={}", hash("css/B.css")));
}

fn is_case_insensitive(dir: &Path) -> bool {
    fs::write(dir.join("probe"), "").unwrap();
    dir.join("PROBE").exists()
}

/// Returns a command that mounts a case-insensitive tmpfs (Linux 6.13) for one process, then executes the program in
/// the arguments.
fn command_with_case_insensitive_tmpfs(dir: &Path) -> Command {
    const MOUNT: &str = r#"dir=$1; shift
        mount -t tmpfs -o casefold tmpfs "$dir" && mkdir "$dir/folded" && chattr +F "$dir/folded" && exec "$@""#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", MOUNT, "sh"]).arg(dir);
    command
}

#[test]
fn asset_paths_are_case_sensitive_on_a_case_insensitive_file_system() {
    let dir = Dir::new();
    if is_case_insensitive(dir.as_ref()) {
        return assert_case_sensitive_in(&dir.path("here"));
    }
    let mounted = command_with_case_insensitive_tmpfs(dir.as_ref()).arg("true").output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        return write_note(
            "no case-insensitive file system is available, so unlisted names are tested only in /proc",
        );
    }
    let mut process = command_with_case_insensitive_tmpfs(dir.as_ref());
    process.arg(std::env::current_exe().unwrap()).env("IT_DIR", dir.as_ref());
    let output = in_command(process, || {
        let folded = Path::new(&std::env::var_os("IT_DIR").unwrap()).join("folded");
        assert!(is_case_insensitive(&folded));
        assert_case_sensitive_in(&folded);
        "case-sensitive".to_owned()
    });
    assert_eq!(output, "case-sensitive");
}

#[test]
fn names_differing_in_case_are_distinct_on_a_case_sensitive_file_system() {
    let dir = Dir::with_paths(&["app.css"]);
    if is_case_insensitive(dir.as_ref()) {
        return write_note("the file system is case-insensitive");
    }
    let assets = dev(&dir).build().unwrap();
    let text = assets.url("App.css").unwrap_err().to_string();
    assert!(text.ends_with(" (did you mean `app.css`, which differs in case?)"), "{text}");
    for path in ["App.css", "APP.CSS", "aPP.CSS"] {
        dir.write(path, path);
    }
    for path in ["app.css", "App.css", "APP.CSS", "aPP.CSS"] {
        assert_eq!(assets.url(path).unwrap(), *format!("/static/{path}?v={}", hash(path)));
    }
}

#[test]
fn windows_name_aliases_are_not_found() {
    let dir = Dir::with_paths(&["a.css", "a long name.css", "css/a.css"]);
    let assets = dev(&dir).build().unwrap();
    for path in
        ["a.css.", "a.css ", "a.css::$DATA", "ALONGN~1.CSS", "css./a.css", "a.css:stream", "CON", "a.css%00"]
    {
        assert_ne!(assets.url(path).map_err(|err| err.kind()), Ok(assets.url("a.css").unwrap()), "{path}");
        let kind = assets.url(path).unwrap_err().kind();
        assert!(matches!(kind, ErrorKind::NotFound | ErrorKind::InvalidPath), "{path}: {kind:?}");
    }
}

/// Returns the paths of the `comm` files of this process and this thread.
///
/// In `/proc` the ID of every thread can be opened, but only processes are listed. On a
/// case-insensitive file system, unlisted names can also be opened.
#[cfg(target_os = "linux")]
fn listed_and_unlisted() -> (String, String) {
    let task = fs::read_link("/proc/thread-self").unwrap();
    let [process, _, thread] = task.iter().map(|name| name.to_str().unwrap()).collect::<Vec<_>>()[..] else {
        panic!("{} is not PROCESS/task/THREAD", task.display());
    };
    (format!("{process}/comm"), format!("{thread}/comm"))
}

#[cfg(target_os = "linux")]
#[test]
fn file_not_listed_by_its_directory_is_not_found() {
    let in_a_thread = || {
        let (listed, unlisted) = listed_and_unlisted();
        let assets = Assets::dev("/proc").unwrap();
        assert!(assets.url(&listed).is_ok());
        assert!(Path::new("/proc").join(&unlisted).exists());
        let thread = unlisted.strip_suffix("/comm").unwrap();
        assert_eq!(
            reason(&assets, &unlisted),
            format!("the directory has no entry that is spelled `{thread}`")
        );
    };
    std::thread::spawn(in_a_thread).join().unwrap();
}
